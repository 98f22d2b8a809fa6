"""How a step is told to people."""

from ...testing.exchange import Recorded
from ..tables import print_line
from .step import Step
from .witness import show_body

_INDENT = 3
_NO_REPLY = "no reply"


def tell_step(step: Step) -> None:
    """Print what was done, what went over the wire, and what is claimed of it."""
    print_line((f"{step.number}. {step.title}", "bold"))
    for request in step.requests:
        _tell_request(request)
    for remark in step.told.remarks:
        print_line((remark, "dim"), indent=_INDENT)
    for claim in step.told.claims:
        mark = ("✓ ", "green") if claim.holds else ("✗ ", "bold red")
        print_line(mark, claim.sentence, indent=_INDENT)
    print_line()


def _tell_request(request: Recorded) -> None:
    status = str(request.status or _NO_REPLY)
    print_line(
        ("→ ", "cyan"), f"{request.method} {request.path}  ", (status, "cyan"), indent=_INDENT
    )
    for name, value in show_body(request):
        print_line((f"{name}: {value}", "cyan"), indent=2 * _INDENT)
