"""How a step is told to people: of long ids in paths, the beginning."""

import re

from ...testing.exchange import Recorded
from ..tables import print_line
from .side import show_body
from .step import Step

_INDENT = 3
_NO_REPLY = "no reply"
_UUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def tell_step(step: Step) -> None:
    """Print what was done, what went over the wire, and what is claimed of it."""
    print_line((f"{step.number}. {step.title}", "bold"))
    for vendor, request in step.requests:
        _tell_request(vendor, request)
    if not step.requests:
        print_line(("nothing went over the wire", "dim"), indent=_INDENT)
    for remark in step.told.remarks:
        print_line((remark, "dim"), indent=_INDENT)
    for claim in step.told.claims:
        mark = ("✓ ", "green") if claim.holds else ("✗ ", "bold red")
        print_line(mark, claim.sentence, indent=_INDENT)
    print_line()


def _tell_request(vendor: str, request: Recorded) -> None:
    status, path = str(request.status or _NO_REPLY), _UUID.sub(r"\1…", request.path)
    print_line(
        (f"→ {vendor} ", "cyan"),
        f"{request.method} {path} ",
        (status, "cyan"),
        indent=_INDENT,
    )
    for name, value in show_body(request):
        print_line((f"{name}: {value}", "cyan"), indent=2 * _INDENT)
