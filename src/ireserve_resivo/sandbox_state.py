"""What Resivo's sandbox keeps, sites with components and authorisations; part of `sandbox`."""

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A door."""

    id: str
    display_name: str

    def as_json(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {"id": self.id, "displayName": self.display_name}


@dataclass(slots=True, kw_only=True)
class Site:
    """A site of the one Site Owner."""

    id: str
    display_name: str
    default_locale: str
    components: list[Component] = field(default_factory=list)
    """In the order in which they are listed."""

    def as_json(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "id": self.id,
            "displayName": self.display_name,
            "defaultLocale": self.default_locale,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """Remote access, as it stood when it was asked for."""

    id: str
    site: str
    display_name: str
    component_ids: tuple[str, ...]
    valid_from: datetime
    """Aware, in UTC, as is the end."""
    valid_to: datetime
    recipients: tuple[dict[str, str], ...] = field(repr=False)
    """As they were sent."""
    status: Literal["active", "revoked"] = "active"
    is_expired: bool = False
    """Whether the end was past by the sandbox's clock."""

    @property
    def live(self) -> bool:
        """Whether it would still open its doors, now or once its window begins."""
        return self.status == "active" and not self.is_expired

    def as_json(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "id": self.id,
            "displayName": self.display_name,
            "status": self.status,
            "credentials": [{"status": self.status, "isExpired": self.is_expired}],
            "restrictions": {
                "validFrom": f"{self.valid_from:%Y-%m-%dT%H:%M:%SZ}",
                "validTo": f"{self.valid_to:%Y-%m-%dT%H:%M:%SZ}",
            },
        }


class Holdings:
    """Everything that the vendor knows; whoever uses it holds the sandbox's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.sites: dict[str, Site] = {}
        self._clock = clock
        self._made: dict[str, Authorisation] = {}
        self._numbers = count(1)

    def add_site(self, site: str, display_name: str, names: Iterable[str], locale: str) -> None:
        """Add a site with components of these names.

        Raises:
            ValueError: There is one with this id.
        """
        if site in self.sites:
            raise ValueError(f"there is a site {site!r} already")
        components = [self._new_component(name) for name in names]
        self.sites[site] = Site(
            id=site, display_name=display_name, default_locale=locale, components=components
        )

    def site(self, site: str) -> Site:
        """Return a site.

        Raises:
            ValueError: There is none with this id; the sentence lists what there is.
        """
        if site not in self.sites:
            raise ValueError(f"there is no site {site!r}, only {', '.join(self.sites)}")
        return self.sites[site]

    def rename_component(self, old: str, new: str, site: str) -> None:
        """Give a component another name; ValueError for an unknown one."""
        components, place = self._find(old, site)
        components[place] = replace(components[place], display_name=new)

    def remove_component(self, name: str, site: str) -> None:
        """Take a component away; ValueError for an unknown one."""
        components, place = self._find(name, site)
        del components[place]

    def replace_component_id(self, name: str, site: str) -> None:
        """Give a component an id that none had before; ValueError for an unknown one."""
        components, place = self._find(name, site)
        components[place] = self._new_component(name)

    def duplicate_component(self, name: str, site: str) -> None:
        """Add a second component of a name; ValueError for an unknown one."""
        components, _ = self._find(name, site)
        components.append(self._new_component(name))

    def unknown_components(self, site: str, component_ids: Iterable[str]) -> list[str]:
        """Return the ids that are not of a component of the site, in their order."""
        known = {component.id for component in self.site(site).components}
        return [each for each in component_ids if each not in known]

    def authorise(
        self, site: str, body: dict[str, Any], window: tuple[datetime, datetime]
    ) -> Authorisation:
        """Keep what a create asks for, under an id that no other run gives either."""
        made = Authorisation(
            id=f"auth-{secrets.token_hex(6)}",
            site=site,
            display_name=body["displayName"],
            component_ids=tuple(body["componentIds"]),
            valid_from=window[0],
            valid_to=window[1],
            recipients=tuple(body["recipients"]),
        )
        self._made[made.id] = made
        return made

    def authorisations(self, sites: Collection[str]) -> list[Authorisation]:
        """Return what was made in these sites, oldest first, revoked and expired ones included."""
        now = self._clock()
        return [
            replace(each, is_expired=each.valid_to <= now)
            for each in self._made.values()
            if each.site in sites
        ]

    def authorisation(self, authorisation_id: str) -> Authorisation:
        """Return one of them.

        Raises:
            ValueError: There is none with this id.
        """
        if authorisation_id not in self._made:
            raise ValueError(f"there is no authorisation {authorisation_id!r}")
        kept = self._made[authorisation_id]
        return replace(kept, is_expired=kept.valid_to <= self._clock())

    def revoke(self, authorisation_id: str) -> None:
        """End it now; one that has ended stays so.

        Raises:
            ValueError: There is none with this id.
        """
        self.authorisation(authorisation_id)
        self._made[authorisation_id] = replace(self._made[authorisation_id], status="revoked")

    def _new_component(self, name: str) -> Component:
        return Component(id=f"c-{next(self._numbers)}", display_name=name)

    def _find(self, name: str, site: str) -> tuple[list[Component], int]:
        components = self.site(site).components
        names = [component.display_name for component in components]
        if name not in names:
            raise ValueError(f"{site} has no component {name!r}, only {', '.join(names)}")
        return components, names.index(name)
