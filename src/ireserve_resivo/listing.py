"""All that lives in an account's sites, one page of one site's list at a time."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ireserve_integrations.errors import RejectedError
from ireserve_integrations.kit.paging import MOST_PAGES, endless
from ireserve_integrations.model import AccessPage

from .client import Client
from .doors import Doors
from .grants import list_site_ids, to_access


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where the list goes on, perhaps another day, with other settings."""

    site: str
    page: str | None = None
    """The address that the vendor gave; None for the site's first page."""
    read: int = 0
    """How many pages of the site have been read, those that were read anew too."""

    def __str__(self) -> str:
        """Return the text that stands for it outside."""
        return json.dumps(asdict(self))


def list_page(client: Client, doors: Doors, text: str | None) -> AccessPage:
    """Return the authorisations of one page.

    A page that Resivo no longer knows is its site's first one.

    Raises:
        RejectedError: Resivo has no list of authorisations after all.
        ProtocolError: The pages do not end, or lead elsewhere.
    """
    sites = sorted(list_site_ids(client, doors))
    mark = read_mark(text, sites)
    if mark is None:
        return AccessPage(accesses=())
    if mark.read == MOST_PAGES:
        raise endless(f"/sites/{mark.site}/authorizations")
    try:
        found, following = client.read_authorizations(mark.site, mark.page)
    except RejectedError:
        if mark.page is None:
            raise
        found, following = client.read_authorizations(mark.site, None)
    after = go_on(mark, following, sites)
    return AccessPage(
        accesses=tuple(to_access(one, mark.site) for one in found),
        next_page=None if after is None else str(after),
    )


def read_mark(text: str | None, sites: Sequence[str]) -> Mark | None:
    """Return where to read; None where there is no site.

    The beginning, where the text is none of ours or names a site that is no longer the account's.
    """
    if not sites:
        return None
    match _raw(text or ""):
        case {"site": str(site), "page": str() | None as page, "read": int(read)} if site in sites:
            return Mark(site=site, page=page, read=read)
    return Mark(site=sites[0])


def go_on(mark: Mark, following: str | None, sites: Sequence[str]) -> Mark | None:
    """Return where the list goes on: at the next page, or in the next of the sorted sites."""
    if following is not None:
        return replace(mark, page=following, read=mark.read + 1)
    after = sites[sites.index(mark.site) + 1 :]
    return Mark(site=after[0]) if after else None


def _raw(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
