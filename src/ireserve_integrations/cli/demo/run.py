"""Sets the stage, plays the story, and tells it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ...host import IntegrationHost
from ...ledger import KEY_VARIABLE, new_key
from ...testing.sandbox import Sandbox
from ..failures import FailedError, reading
from ..sandboxes import list_vendors, load_sandbox
from ..streams import print_json
from ..tables import print_line
from ..toml_text import write_integration
from .cast import Cast
from .side import Side
from .stage import Stage
from .step import Step
from .story import Story
from .telling import tell_step

_PATIENCE = "[host]\ncall_deadline_s = 2\nlate_request_s = 0.5\n\n"  # so that nobody waits long


def run_demo(*, as_json: bool) -> bool:
    """Play the story with every sandbox that has a part in it, and tell it; True.

    Raises:
        FailedError: A step did not do what it says, or there is no such sandbox.
    """
    kinds = [load_sandbox(vendor) for vendor in list_vendors()]
    steps = list(play(kinds, quiet=as_json))
    if as_json:
        print_json([step.as_json() for step in steps])
    if not steps:
        raise FailedError("there is no sandbox to show anything with")
    last = steps[-1]
    if not last.ok:
        raise FailedError(f"step {last.number} ({last.title}): {last.error}")
    if not as_json:
        print_line(("Every step did what it says.", "bold green"))
    return True


def play(kinds: Iterable[type[Sandbox]], *, quiet: bool) -> Iterator[Step]:
    """Play the story with these sandboxes; yield each step, up to one that is not as it says."""
    with ExitStack() as stack:
        running = [stack.enter_context(kind()) for kind in kinds]
        cast = Cast.of(running)
        if not cast.sides:
            return
        if not quiet:
            _introduce(cast.sides)
        host = stack.enter_context(_open_host(cast.sides))
        for step in Story(Stage(host, cast)).steps():
            if not quiet:
                tell_step(step)
            yield step
            if not step.ok:
                return


@contextmanager
def _open_host(sides: Sequence[Side]) -> Iterator[IntegrationHost]:
    """Lend a host that knows the sandboxes, a key of its own, and nothing of the environment."""
    environ = {KEY_VARIABLE: new_key()}
    for side in sides:
        environ |= side.sandbox.environment()
    rows = "\n".join(write_integration(side.row) for side in sides)
    with TemporaryDirectory(prefix="ireserve-demo-") as folder:
        path = Path(folder) / "integrations.toml"
        path.write_text(_PATIENCE + rows, encoding="utf-8")
        with reading():
            host = IntegrationHost.open(path, environ=environ)
        with host:
            yield host


def _introduce(sides: Sequence[Side]) -> None:
    print_line("One host, one configuration and one ledger, with a sandbox for each vendor:")
    for side in sides:
        print_line(f"{side.sandbox.url}  {side.label}, integration {side.name}", indent=3)
    print_line("No key, no account, and nothing leaves this machine.")
    print_line()
