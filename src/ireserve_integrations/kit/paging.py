"""Lists that come in pages: an address that an answer carries leads to the API, or nowhere."""

from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from ..errors import ProtocolError

E = TypeVar("E")
Page: TypeAlias = tuple[tuple[E, ...], str | None]
"""A page's entries, and the address of the next one; None at the end."""

MOST_PAGES = 200
"""Of one list; a vendor that goes on longer is walking in circles."""

_PORTS = {"http": 80, "https": 443}


def read_entries(first: str, read: Callable[[str], Page[E]]) -> Iterator[E]:
    """Return the entries of all pages of a list, in the vendor's order.

    Args:
        first: The first page's address.
        read: Returns a page's entries, and the next page's address as the vendor gave it.

    Raises:
        ProtocolError: The pages do not end, or lead elsewhere.
    """
    seen: set[str] = set()
    page: str | None = first
    while page is not None:
        if page in seen or len(seen) == MOST_PAGES:
            raise endless(first)
        seen.add(page)
        entries, following = read(page)
        yield from entries
        page = next_page(page, following)


def next_page(here: str, following: str | None) -> str | None:
    """Return the next page's whole address, which must be the API's own: our token goes there.

    Raises:
        ProtocolError: It leads elsewhere.
    """
    if not following:
        return None
    address = own_address(here, following)
    if address is None:
        raise ProtocolError(f"GET {urlsplit(here).path}: the next page is not at the API")
    return address


def own_address(here: str, address: str) -> str | None:
    """Return an address as it is read on a page of the API; None if it leads elsewhere."""
    try:
        whole = urljoin(here, address)
        return whole if _origin(urlsplit(whole)) == _origin(urlsplit(here)) else None
    except ValueError:
        return None


def endless(here: str) -> ProtocolError:
    """Return the error of a list that goes round in circles."""
    return ProtocolError(f"GET {urlsplit(here).path}: the list's pages do not end")


def _origin(address: SplitResult) -> tuple[str, str | None, int | None, str | None]:
    port = address.port or _PORTS.get(address.scheme)
    return address.scheme, address.hostname, port, address.username
