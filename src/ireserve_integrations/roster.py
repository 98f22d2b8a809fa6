"""The configured integrations, each with its plugin's word on it: usable, or why not."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .config import (
    Configuration,
    Entry,
    UnresolvedError,
    platform_settings,
    settings_problems,
)
from .errors import ConfigError, IntegrationError, PluginError
from .hook_thread import where_raised
from .kit.settings import booking_fields, near_miss
from .model import NOTHING, ConfigProblem, Integration, PluginInfo
from .plugins import Plugins


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One integration as the host uses it."""

    integration: Integration
    info: PluginInfo | None
    """None where its plugin cannot be used."""
    problems: tuple[ConfigProblem, ...]
    """All that is wrong with its settings, warnings too."""
    fault: IntegrationError | None
    """Why it cannot be used, if so; the others work all the same."""

    @property
    def reference_field(self) -> str | None:
        """The booking field that holds a grant's reference, if the vendor keeps one there."""
        if self.info is None or self.info.reference_field is None:
            return None
        names = booking_fields(self.info.details, self.integration.details)
        return names.get(self.info.reference_field)

    @property
    def fields(self) -> frozenset[str]:
        """Every booking field that its settings name."""
        if self.info is None:
            return frozenset()
        return frozenset(booking_fields(self.info.details, self.integration.details).values())


class UnknownIntegrationError(KeyError, ValueError):
    """There is no integration of that id; a `KeyError`, so that a roster is an honest mapping."""

    __str__ = Exception.__str__  # a KeyError would put its sentence in quotes


class Roster(Mapping[str, Member]):
    """The members by id, in the order of the file."""

    def __init__(
        self,
        configuration: Configuration,
        plugins: Plugins,
        *,
        environ: Mapping[str, str],
        deadline_s: float,
    ) -> None:
        """Read every integration, and ask its plugin what it thinks of the settings.

        Raises:
            ConfigError: A platform table cannot be used, which concerns the whole file.
        """
        infos = plugins.infos
        platforms = {
            vendor: _read_platform(info, vendor, configuration, environ)
            for vendor, info in infos.items()
        }
        across = settings_problems(configuration.entries, infos, configuration.booking_core)
        self._members = {
            entry.integration.id: _member(
                entry,
                plugins,
                platform=platforms.get(entry.integration.vendor, NOTHING),
                across=across[entry.integration.id],
                deadline_s=deadline_s,
            )
            for entry in configuration.entries
        }

    def __getitem__(self, integration: str) -> Member:
        """Return a member.

        Raises:
            UnknownIntegrationError: There is none of that id.
        """
        try:
            return self._members[integration]
        except KeyError:
            raise UnknownIntegrationError(
                f"there is no integration {integration!r}"
                f"{near_miss(integration, tuple(self._members))}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids in the order of the file."""
        return iter(self._members)

    def __len__(self) -> int:
        """Return how many integrations there are."""
        return len(self._members)

    @cached_property
    def vendors(self) -> dict[str, str]:
        """The vendor of each integration, by id."""
        return {name: member.integration.vendor for name, member in self._members.items()}

    @cached_property
    def fields(self) -> frozenset[str]:
        """Every booking field that any settings name; no other is kept."""
        return frozenset().union(*(member.fields for member in self._members.values()))

    def siblings(self, integration: Integration) -> tuple[Integration, ...]:
        """Return the vendor's other integrations."""
        return tuple(
            member.integration
            for member in self._members.values()
            if member.integration.vendor == integration.vendor
            and member.integration.id != integration.id
        )


def _read_platform(
    info: PluginInfo, vendor: str, configuration: Configuration, environ: Mapping[str, str]
) -> Mapping[str, Any] | IntegrationError:
    """Return a vendor's platform settings, or why this vendor has none."""
    try:
        return platform_settings(info, vendor, configuration, environ)
    except UnresolvedError as error:
        return error
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001  # the schema is the plugin's code
        where = where_raised(error)
        return PluginError(f"plugin {vendor} cannot read platform.{vendor}: {where}")


def _member(
    entry: Entry,
    plugins: Plugins,
    *,
    platform: Mapping[str, Any] | IntegrationError,
    across: tuple[ConfigProblem, ...],
    deadline_s: float,
) -> Member:
    integration = entry.integration
    info: PluginInfo | None = None
    said: tuple[ConfigProblem, ...] = ()
    fault: IntegrationError | None = None
    try:
        info = plugins.require(integration.vendor)
        integration = _staged(entry, info)
        if isinstance(platform, IntegrationError):
            raise platform
        integration = replace(integration, platform=platform)
        said = tuple(
            plugins.call(
                integration.vendor,
                "validate_config",
                deadline_s=deadline_s,
                integration=integration,
            )
        )
    except IntegrationError as error:
        fault = error
        if isinstance(error, ConfigError) and integration.vendor:  # an empty one is told already
            place = "platform" if isinstance(error, UnresolvedError) else "vendor"
            said = (ConfigProblem(path=place, message=str(error).removeprefix("vendor: ")),)
    problems = tuple(_each_place_once((*entry.problems, *across, *said)))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors and (fault is None or isinstance(fault, ConfigError)):
        told = "; ".join(f"{problem.path}: {problem.message}" for problem in errors)
        fault = ConfigError(f"integration {integration.id}: {told}")
    return Member(integration=integration, info=info, problems=problems, fault=fault)


def _staged(entry: Entry, info: PluginInfo) -> Integration:
    """Return what was typed, in the stage that the vendor's settings say unless one is typed."""
    one = entry.integration
    if info.stage_setting is None or entry.stage_typed:
        return one
    stage = info.stages.get(str(one.auth.get(info.stage_setting)), one.stage)
    return replace(one, stage=stage)


def _each_place_once(problems: Iterable[ConfigProblem]) -> Iterator[ConfigProblem]:
    """Leave out what a plugin says of a place that was found wrong before it looked."""
    found: dict[str, str] = {}
    for problem in problems:
        known = found.setdefault(problem.path, problem.message)
        if known == problem.message or problem.message != "is missing":
            yield problem
