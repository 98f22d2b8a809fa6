"""How a list comes out of Salto's sandbox, in either shape and in pages; part of `sandbox`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from ireserve_integrations.testing.sandbox import Request

from .sandbox_rules import SaltoRefusedError

ListShape: TypeAlias = Literal["items", "bare", "whole"]
PAGING = ("$top", "$skip")


def listed(
    request: Request,
    entries: Sequence[Mapping[str, Any]],
    shape: ListShape,
    *,
    page_size: int,
    base: str,
) -> object:
    """Return what a list call answers.

    Args:
        request: Its `$top` and `$skip` choose the page.
        entries: All that there are.
        shape: See `SaltoksSwitches.list_shapes`.
        page_size: How many come where `$top` is not sent.
        base: What the address of the next page begins with.

    Raises:
        SaltoRefusedError: `$top` or `$skip` is no such number (400, 1101).
    """
    top, skip = read_top(request, page_size), _read_skip(request)
    if shape == "whole":
        return entries
    end = skip + top
    if shape == "bare":
        return entries[skip:end]
    query = urlencode({"$top": top, "$skip": end}, safe="$")
    following = f"{base}{request.path}?{query}" if end < len(entries) else None
    # `count` was null wherever it was measured
    return {"items": entries[skip:end], "next_page_link": following, "count": None}


def read_top(request: Request, page_size: int) -> int:
    """Return how many entries are asked for; SaltoRefusedError (400, 1101) for no such number."""
    top = request.query.get("$top", str(page_size))
    if not re.fullmatch("[1-9][0-9]{0,3}", top):
        raise SaltoRefusedError(400, "1101", "$top must be a number from 1 to 9999")
    return int(top)


def _read_skip(request: Request) -> int:
    skip = request.query.get("$skip", "0")
    if not re.fullmatch("[0-9]{1,6}", skip):
        raise SaltoRefusedError(400, "1101", "$skip must be a number from 0")
    return int(skip)
