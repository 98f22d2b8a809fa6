"""Which doors there are, and which one a name means today.

Mapping rows hold display names: an id can change on a site migration, the name stays.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from cachetools import TTLCache

from ireserve_integrations.errors import ConfigError
from ireserve_integrations.kit.flight import Flights

from .client import Client
from .wire import Component, Site

T = TypeVar("T")

SEVERAL_SITES = "set a Site ID, one integration per site"
_SHARED_S = 1.0  # a burst of bookings asks once a second for a site's doors
_LISTS = 1024  # far more than any host has sites; only a bound
_MOST_NAMES = 30  # shown where a name is not among them


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A door and where it is."""

    id: str
    name: str
    """Without surrounding blanks."""
    site_id: str
    site_name: str = ""
    """Empty where the site is the configured one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A booking's doors, all in one site."""

    site_id: str
    ids: tuple[str, ...]
    """Sorted, each once."""

    @property
    def place(self) -> Mapping[str, str]:
        """Where a grant for them is made."""
        return place_of(self.site_id)


class Listings(Flights[Any]):
    """What lists answered within the last second; shared by threads, each asked for once."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        super().__init__(TTLCache(_LISTS, ttl=_SHARED_S, timer=timer), what="list of doors")


class Doors:
    """An account's doors, for one hook call."""

    def __init__(self, client: Client, listings: Listings) -> None:
        self._client, self._listings = client, listings
        self._used: dict[Hashable, object] = {}

    def list_sites(self) -> tuple[Site, ...]:
        """Return the owner's sites.

        Raises:
            ConfigError: The credential is limited to one site, and that is not said which.
        """
        sites = self._get("sites", self._client.list_sites)
        if sites is None:
            raise ConfigError("this credential is limited to one site: set its Site ID")
        return sites

    def list_doors(self) -> tuple[Door, ...]:
        """Return the doors of the configured site, or of all the owner's, in their order."""
        site_id = self._client.account.site_id
        if site_id is not None:
            return self._doors_of(site_id)
        return tuple(
            door for site in self.list_sites() for door in self._doors_of(site.id, name_of(site))
        )

    def resolve(self, names: Iterable[str]) -> Resolved:
        """Return the ids that the names have now.

        Raises:
            ConfigError: A name is missing, or means two doors, or the doors lie in two sites.
        """
        found = find_doors(names, self.list_doors())
        sites = {door.site_id for door in found}
        if len(sites) != 1:
            where = ", ".join(sorted(f"{door.name!r} in {door.site_name!r}" for door in found))
            raise ConfigError(
                f"a booking's doors lie in several sites ({where}): {SEVERAL_SITES}",
                about=tuple(sorted({door.name for door in found})),
            )
        return Resolved(site_id=sites.pop(), ids=tuple(sorted({door.id for door in found})))

    def forget(self) -> None:
        """Let the next question ask the vendor: what was answered is no longer true."""
        for key, answer in self._used.items():
            self._listings.drop(key, answer)

    def _doors_of(self, site_id: str, site_name: str = "") -> tuple[Door, ...]:
        components = self._get(site_id, partial(self._client.list_components, site_id))
        return tuple(to_door(component, site_id, site_name) for component in components)

    def _get(self, what: str, ask: Callable[[], T]) -> T:
        key = (self._client.account, what)
        answer: T = self._listings.get(key, ask, left_s=lambda: self._client.left_s)
        self._used[key] = answer
        return answer


def find_doors(names: Iterable[str], doors: Iterable[Door]) -> tuple[Door, ...]:
    """Return the one door of each name; names are compared exactly, without surrounding blanks.

    Raises:
        ConfigError: Names are missing or mean two doors, which it is `about`; the message lists
            what there is.
    """
    by_name = group_by_name(doors)
    wanted = sorted({name.strip() for name in names})
    faults = {name: fault for name in wanted if (fault := fault_of(name, by_name))}
    if faults:
        message = f"{'; '.join(faults.values())}. {_what_there_is(by_name)}"
        raise ConfigError(message, about=tuple(faults))
    return tuple(by_name[name][0] for name in wanted)


def group_by_name(doors: Iterable[Door]) -> dict[str, list[Door]]:
    """Return the doors by their names."""
    by_name: dict[str, list[Door]] = {}
    for door in doors:
        by_name.setdefault(door.name, []).append(door)
    return by_name


def fault_of(name: str, by_name: Mapping[str, list[Door]]) -> str | None:
    """Say why a name does not mean one door; None if it does."""
    doors = by_name.get(name, [])
    if not doors:
        return f"no door is named {name!r}"
    if len(doors) == 1:
        return None
    sites = sorted({door.site_name for door in doors})
    if len(sites) > 1:
        return f"{name!r} is a door in several sites ({', '.join(sites)}): {SEVERAL_SITES}"
    return f"{len(doors)} doors are named {name!r}: give each a name of its own in Resivo"


def name_of(site: Site) -> str:
    """Return a site's name for people; two sites may share one, so with its id."""
    return f"{site.display_name} ({site.id})"


def to_door(component: Component, site_id: str, site_name: str = "") -> Door:
    """Return a component as a door."""
    name = component.display_name.strip()
    return Door(id=component.id, name=name, site_id=site_id, site_name=site_name)


def place_of(site_id: str) -> Mapping[str, str]:
    """Return where a grant in a site is made, to find it again whatever the settings say then."""
    return {"site_id": site_id}


def _what_there_is(names: Iterable[str]) -> str:
    shown = sorted(names)
    if not shown:
        return "There is no door at all: check the Site ID and the connection."
    more = f" and {len(shown) - _MOST_NAMES} more" if len(shown) > _MOST_NAMES else ""
    return f"There is: {', '.join(shown[:_MOST_NAMES])}{more}."
