"""What is wrong with settings only beside each other, or only for who knows the vendor's tabs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ..kit.settings import booking_fields, secret_names
from ..model import ConfigProblem, PluginInfo
from .booking_core import BookingCoreSettings
from .entry import Entry

_Owner = tuple[str, str]  # an integration's id and one of its settings
_LITERAL = 'stands in the file; { env = "NAME" } or { file = "path" } keeps it out of it'


def settings_problems(
    entries: Iterable[Entry],
    infos: Mapping[str, PluginInfo],
    booking_core: BookingCoreSettings | None = None,
) -> dict[str, tuple[ConfigProblem, ...]]:
    """Return what the entries' settings show beside each other.

    Args:
        entries: Of the file, the inactive ones too: these still empty their booking fields.
        infos: By vendor; entries of another vendor are passed over.
        booking_core: Whose phone and language fields no integration may overwrite.

    Returns:
        By integration, for every entry: a booking field with two owners (error, at each of them),
        a secret that is typed into the file (warning).
    """
    known = [entry for entry in entries if entry.integration.vendor in infos]
    owners = _owners(known, infos, booking_core)
    found: dict[str, tuple[ConfigProblem, ...]] = {e.integration.id: () for e in entries}
    for entry in known:
        info = infos[entry.integration.vendor]
        found[entry.integration.id] = (
            *_shared_fields(entry, info, owners),
            *_literal_secrets(entry, info),
        )
    return found


def _owners(
    entries: Iterable[Entry],
    infos: Mapping[str, PluginInfo],
    booking_core: BookingCoreSettings | None,
) -> Mapping[str, list[_Owner]]:
    """Return who names each booking field."""
    owners: defaultdict[str, list[_Owner]] = defaultdict(list)
    if booking_core is not None:
        for setting in ("phone_field", "language_field"):
            owners[getattr(booking_core, setting) or ""].append(("[booking_core]", setting))
    for entry in entries:
        one = entry.integration
        for setting, name in booking_fields(infos[one.vendor].details, one.details).items():
            owners[name].append((one.id, f"details.{setting}"))
    return owners


def _shared_fields(
    entry: Entry, info: PluginInfo, owners: Mapping[str, list[_Owner]]
) -> Iterator[ConfigProblem]:
    one = entry.integration
    for setting, name in booking_fields(info.details, one.details).items():
        path = f"details.{setting}"
        others = [_told(other, one.id) for other in owners[name] if other != (one.id, path)]
        if others:
            message = f"{name} is also named by {', '.join(others)}; give each its own field"
            yield ConfigProblem(path=path, message=message)


def _literal_secrets(entry: Entry, info: PluginInfo) -> Iterator[ConfigProblem]:
    for name in sorted(secret_names(info.auth) - entry.references):
        if isinstance(entry.integration.auth.get(name), str):
            yield ConfigProblem(path=f"auth.{name}", message=_LITERAL, severity="warning")


def _told(owner: _Owner, asking: str) -> str:
    integration, setting = owner
    return setting if integration == asking else f"{integration} {setting}"
