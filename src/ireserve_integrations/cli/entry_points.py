"""What installed distributions bring, by entry point: each loaded alone, when it is asked for."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ..hook_thread import where_raised


class BrokenError(Exception):
    """An entry point that cannot be used; the sentence says why."""


def list_names(group: str) -> list[str]:
    """Return the names of a group's entry points, sorted, without loading any."""
    return sorted(_named(group))


def load(group: str, name: str) -> Any:
    """Return what an entry point leads to.

    Raises:
        BrokenError: It cannot be loaded, or several distributions bring one of that name.
    """
    found = _named(group)[name]
    if len(found) > 1:
        brought_by = ", ".join(sorted(str(point.dist and point.dist.name) for point in found))
        raise BrokenError(f"several distributions bring it: {brought_by}; uninstall all but one")
    try:
        return found[0].load()
    except (Exception, SystemExit) as error:  # whatever a foreign module does when it is loaded
        raise BrokenError(f"it cannot be loaded: {where_raised(error)}") from error


def _named(group: str) -> dict[str, list[EntryPoint]]:
    named: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=group):
        named.setdefault(point.name, []).append(point)
    return named
