"""Which call of a vendor a request asks for."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import unquote

from .exchange import Reply, Request


class RefusedError(Exception):
    """A call is refused; the sandbox answers it in the vendor's error body."""

    def __init__(self, status: int, message: str | list[str]) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True, kw_only=True)
class Route:
    """One call of a vendor's API."""

    method: str
    path: str
    """Such as `/v8/sites/{site}`; a name in braces stands for one segment."""
    answer: Callable[..., Reply]
    """Called with the request and the segments by name, decoded, while the state is locked; it may
    raise `RefusedError`."""
    public: bool = False
    """Asks for no token."""
    searching: bool = False
    """Lists what a lost reply is looked for in; the fault `not_listed` strikes only these."""
    query: Collection[str] = ()
    """The names that may stand in the query."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path)))

    def segments(self, request: Request) -> Mapping[str, str] | None:
        """Return the named segments of a request to this path, decoded; None for another path."""
        found = self.pattern.fullmatch(request.path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}

    def refuse_unknown(self, query: Iterable[str]) -> None:
        """Refuse a query that holds names which this call does not have.

        Raises:
            RefusedError: Naming them.
        """
        if unknown := sorted(set(query) - set(self.query)):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, [f"property {name} should not exist" for name in unknown]
            )


def find(routes: Iterable[Route], request: Request) -> tuple[Route, Mapping[str, str]]:
    """Return the call that is asked for, and the path's named segments.

    Raises:
        RefusedError: 404 for an unknown path, 405 for one that has no such method.
    """
    there = False
    for route in routes:
        segments = route.segments(request)
        if segments is not None and route.method == request.method:
            return route, segments
        there = there or segments is not None
    status = HTTPStatus.METHOD_NOT_ALLOWED if there else HTTPStatus.NOT_FOUND
    raise RefusedError(status, f"Cannot {request.method} {request.path}")
