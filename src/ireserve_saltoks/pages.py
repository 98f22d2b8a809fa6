"""Salto's lists: pages of 20, in an envelope that names the next page, or bare arrays.

Those do not say where they end: `$skip` goes on with them, until nothing new comes.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from ireserve_integrations.kit.paging import read_entries


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
    seen: set[str] = set()
    skip = 0

    def read_fresh(page: str) -> tuple[tuple[E, ...], str | None]:
        nonlocal skip
        entries, following, ends = read(page)
        fresh = {entry.id: entry for entry in entries if entry.id not in seen}
        seen.update(fresh)
        if following is None and not ends and fresh:
            skip += len(entries)
            following = f"{url}?$skip={skip}"
        return tuple(fresh.values()), following

    return tuple(read_entries(url, read_fresh))
