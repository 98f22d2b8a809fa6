"""Where the next page of a list is; an address that an answer carries leads to the API or nowhere.

Salto's lists are pages of 20, in an envelope that names the next page, or bare arrays that do not
say where they end; `$skip` goes on with those, until nothing new comes.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from ireserve_integrations.errors import ProtocolError

_MOST_PAGES = 200  # of one list; a vendor that goes on longer is walking in circles
_PORTS = {"http": 80, "https": 443}


class Entry(Protocol):
    """What lists hold."""

    @property
    def id(self) -> str:
        """Told apart by this."""


E = TypeVar("E", bound=Entry)


Page: TypeAlias = tuple[tuple[E, ...], str | None, bool]
"""What `wire.parse_page` returns."""


def list_all(url: str, read: Callable[[str], Page[E]]) -> tuple[E, ...]:
    """Return the entries of all pages in the vendor's order, each once.

    Raises:
        ProtocolError: The pages do not end, or lead elsewhere.
    """
    entries: dict[str, E] = {}
    seen: set[str] = set()
    skip, page = 0, url
    while page not in seen and len(seen) < _MOST_PAGES:
        seen.add(page)
        more, following, ends = read(page)
        fresh = {entry.id: entry for entry in more if entry.id not in entries}
        entries |= fresh
        if following is not None:
            page = _own_page(page, following)
        elif ends or not fresh:
            return tuple(entries.values())
        else:
            skip += len(more)
            page = f"{url}?$skip={skip}"
    raise ProtocolError(f"GET {urlsplit(url).path}: the list's pages do not end")


def _own_page(here: str, following: str) -> str:
    """Return the next page's address, which must be the API's own: our token goes there.

    Raises:
        ProtocolError: It leads elsewhere.
    """
    try:
        address = urljoin(here, following)
        same = _origin(urlsplit(address)) == _origin(urlsplit(here))
    except ValueError:
        same = False
    if not same:
        raise ProtocolError(f"GET {urlsplit(here).path}: the next page is not at the API")
    return address


def _origin(address: SplitResult) -> tuple[str, str | None, int | None, str | None]:
    port = address.port or _PORTS.get(address.scheme)
    return address.scheme, address.hostname, port, address.username
