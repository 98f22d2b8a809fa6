"""The lines of the checklist that Resivo itself answers, in the set-up guide's order."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from ireserve_integrations.errors import IntegrationError
from ireserve_integrations.model import Check, MappingRow

from .client import Client
from .doors import SEVERAL_SITES, Door, fault_of, group_by_name, name_of, to_door
from .wire import Site

T = TypeVar("T")

TOKEN, SITES, SITE = "Token", "Sites listed", "Configured site"
COMPONENTS, UNIQUE, MAPPED = "Components listed", "Display names unique", "Mapped names found"
LINES = (TOKEN, SITES, SITE, COMPONENTS, UNIQUE, MAPPED)
_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What Resivo said."""

    checks: tuple[Check, ...]
    """One for each of `LINES`."""
    sites: tuple[Site, ...] = ()
    """Those whose doors are used; empty where that could not be found out."""


def survey(client: Client, mapping: Sequence[MappingRow]) -> Survey:
    """Ask for everything that an integration needs; reads only, and raises nothing."""
    token = _check_token(client)
    if token.status == "failed":
        return Survey(checks=(token, *not_checked(LINES[1:], "there is no token")))
    listed, sites = _check_sites(client)
    used, site = _check_site(client, listed)
    doors, components = _check_components(client, used)
    rest = (
        (_check_unique(doors, mapping), _check_mapped(doors, mapping))
        if doors
        else not_checked((UNIQUE, MAPPED), "no component is known")
    )
    return Survey(checks=(token, sites, site, components, *rest), sites=used)


def not_checked(names: Iterable[str], reason: str) -> tuple[Check, ...]:
    """Return failed lines for steps that an earlier one keeps from being taken."""
    return tuple(
        Check(name=name, status="failed", message=f"not checked: {reason}") for name in names
    )


def shorten(names: Iterable[str]) -> str:
    """Return names for a sentence, the first few."""
    listed = list(names)
    more = f" and {len(listed) - _MOST_SHOWN} more" if len(listed) > _MOST_SHOWN else ""
    return ", ".join(listed[:_MOST_SHOWN]) + more


def _check_token(client: Client) -> Check:
    _, failure = _ask(TOKEN, client.get_token)
    return failure or _passed(TOKEN, "the client id and secret are accepted")


def _check_sites(client: Client) -> tuple[tuple[Site, ...] | None, Check]:
    """Return the owner's sites; None where they could not be listed."""
    sites, failure = _ask(SITES, client.list_sites)
    if failure:
        return None, failure
    if sites is None:
        limited = "this credential is limited to one site"
        if client.account.site_id is None:
            return None, _failed(SITES, f"{limited}: set its Site ID")
        return None, Check(name=SITES, status="warning", message=limited)
    if not sites:
        return (), _failed(SITES, "the Site Owner has no site: check the Site Owner ID")
    return sites, _passed(SITES, shorten(name_of(site) for site in sites))


def _check_site(client: Client, listed: tuple[Site, ...] | None) -> tuple[tuple[Site, ...], Check]:
    """Return the sites whose doors are used."""
    site_id = client.account.site_id
    if site_id is None:
        return _check_every_site(listed or ())
    known = next((site for site in listed or () if site.id == site_id), None)
    if known is None and listed:
        there = shorten(name_of(site) for site in listed)
        return (), _failed(SITE, f"{site_id} is none of the Site Owner's sites: {there}")
    read, failure = (known, None) if known else _ask(SITE, partial(client.read_site, site_id))
    if failure:
        return (), failure
    if read is None:
        return (), _failed(SITE, f"there is no site {site_id}: check the Site ID")
    return (read,), _passed(SITE, name_of(read))


def _check_every_site(sites: tuple[Site, ...]) -> tuple[tuple[Site, ...], Check]:
    """Answer for an integration without a Site ID."""
    match sites:
        case ():
            return (), not_checked((SITE,), "no site is known")[0]
        case (only,):
            return sites, _passed(SITE, f"no Site ID is set; there is only {name_of(only)}")
        case _:
            message = f"no Site ID is set: a door's name must exist in one of {len(sites)} sites"
            return sites, Check(name=SITE, status="warning", message=message)


def _check_components(client: Client, sites: tuple[Site, ...]) -> tuple[list[Door], Check]:
    """Return the doors of the sites; empty where there is none, or they could not be listed."""
    if not sites:
        return [], not_checked((COMPONENTS,), "no site is known")[0]
    several = len(sites) > 1
    doors: list[Door] = []
    for site in sites:
        components, failure = _ask(COMPONENTS, partial(client.list_components, site.id))
        if failure:
            return [], failure
        where = name_of(site) if several else ""
        doors += [to_door(component, site.id, where) for component in components or ()]
    if not doors:
        return [], _failed(COMPONENTS, "there is none: check the Site ID and the connection")
    return doors, _passed(COMPONENTS, f"{len(doors)}: {shorten(sorted(d.name for d in doors))}")


def _check_unique(doors: Sequence[Door], mapping: Sequence[MappingRow]) -> Check:
    counts = Counter((door.site_id, door.name) for door in doors)
    twice = sorted({name for (_, name), count in counts.items() if count > 1})
    if not twice:
        return _passed(UNIQUE, "every component has a name of its own")
    mapped = {target.strip() for row in mapping for target in row.targets}
    status: Literal["failed", "warning"] = "warning" if mapped.isdisjoint(twice) else "failed"
    message = f"more than one component is named {shorten(repr(name) for name in twice)}"
    return Check(name=UNIQUE, status=status, message=message)


def _check_mapped(doors: Sequence[Door], mapping: Sequence[MappingRow]) -> Check:
    if not mapping:
        return Check(name=MAPPED, status="warning", message="nothing is mapped yet")
    by_name = group_by_name(doors)
    faults = [fault for row in mapping for fault in _faults_of(row, by_name)]
    if faults:
        return _failed(MAPPED, "; ".join(faults))
    return _passed(MAPPED, f"{len(mapping)} rows, every name is there")


def _faults_of(row: MappingRow, by_name: dict[str, list[Door]]) -> list[str]:
    """Say what is wrong with a row, naming its object."""
    of = row.object if row.sub_object is None else f"{row.object}/{row.sub_object}"
    names = [target.strip() for target in row.targets]
    faults = [f"{of}: {fault}" for name in names if (fault := fault_of(name, by_name))]
    sites = {by_name[name][0].site_id for name in names if name in by_name}
    if not faults and len(sites) > 1:
        faults.append(f"{of}: its doors lie in several sites: {SEVERAL_SITES}")
    return faults


def _ask(name: str, ask: Callable[[], T]) -> tuple[T | None, Check | None]:
    """Return the answer, or the failed line that its error makes."""
    try:
        return ask(), None
    except IntegrationError as error:
        return None, _failed(name, str(error))


def _passed(name: str, message: str) -> Check:
    return Check(name=name, status="passed", message=message)


def _failed(name: str, message: str) -> Check:
    return Check(name=name, status="failed", message=message)
