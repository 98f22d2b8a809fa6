"""Sets the stage, plays the story, and tells it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...host import IntegrationHost
from ...ledger import KEY_VARIABLE, new_key
from ...testing.sandbox import Sandbox
from ..failures import FailedError, reading
from ..sandboxes import list_vendors, load_sandbox
from ..streams import print_json
from ..tables import print_line
from ..toml_text import write_integration
from .step import Step
from .story import Story
from .telling import tell_step
from .witness import Witness

_PATIENCE = "[host]\ncall_deadline_s = 2\nlate_request_s = 0.5\n\n"  # so that nobody waits long


def run_demo(*, as_json: bool) -> bool:
    """Play the story with every sandbox that it fits, and tell it; True.

    Raises:
        FailedError: A step did not do what it says, or there is no such sandbox.
    """
    steps = list(_play(quiet=as_json))
    if as_json:
        print_json([step.as_json() for step in steps])
    if not steps:
        raise FailedError("there is no sandbox to show anything with")
    last = steps[-1]
    if not last.ok:
        raise FailedError(f"{last.vendor}, step {last.number} ({last.title}): {last.error}")
    if not as_json:
        print_line(("Every step did what it says.", "bold green"))
    return True


def _play(*, quiet: bool) -> Iterator[Step]:
    """Yield every vendor's steps as they are done, up to the first that is not as it says."""
    for vendor in list_vendors():
        for step in _play_with(load_sandbox(vendor), quiet=quiet):
            if not quiet:
                tell_step(step)
            yield step
            if not step.ok:
                return


def _play_with(kind: type[Sandbox], *, quiet: bool) -> Iterator[Step]:
    """Yield a vendor's steps; none where it gives no access beforehand."""
    with kind() as sandbox:
        row = sandbox.integration()
        if "trigger_statuses" not in row.get("details", {}):
            return
        if not quiet:
            _introduce(sandbox, row)
        with _open_host(sandbox, row) as host:
            yield from Story(host, Witness(sandbox), row).steps()


@contextmanager
def _open_host(sandbox: Sandbox, row: Mapping[str, Any]) -> Iterator[IntegrationHost]:
    """Lend a host that knows the sandbox, a key of its own, and nothing of the environment."""
    environ = {**sandbox.environment(), KEY_VARIABLE: new_key()}
    with TemporaryDirectory(prefix="ireserve-demo-") as folder:
        path = Path(folder) / "integrations.toml"
        path.write_text(_PATIENCE + write_integration(row), encoding="utf-8")
        with reading():
            host = IntegrationHost.open(path, environ=environ)
        with host:
            yield host


def _introduce(sandbox: Sandbox, row: Mapping[str, Any]) -> None:
    print_line(
        f"The sandbox of {sandbox.name} listens on {sandbox.url}; integration {row['id']} is "
        "configured for it. No key, no account, and nothing leaves this machine."
    )
    print_line()
