"""Sandboxes of vendors and of the booking core: found by entry point, and run by hand."""

import json
import shlex
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Protocol, runtime_checkable

import click

from ..kit.settings import near_miss
from ..testing.controls import PREFIX
from ..testing.faults import FaultKind
from ..testing.sandbox import Sandbox
from .entry_points import BrokenError, list_names, load
from .failures import FailedError, InputError
from .options import Options
from .streams import note, print_json
from .toml_text import write_integration

GROUP = "ireserve.sandboxes"


@runtime_checkable
class CoreSandbox(Protocol):
    """A sandbox that plays the booking core: it has a table of its own instead of a row."""

    def booking_core(self) -> Mapping[str, str]:
        """Return a table `[booking_core]` that works here as it is."""


def list_vendors() -> list[str]:
    """Return the vendors whose sandbox is installed, sorted."""
    return list_names(GROUP)


def load_sandbox(vendor: str) -> type[Sandbox]:
    """Return a vendor's sandbox.

    Raises:
        InputError: None is installed.
        FailedError: It is broken.
    """
    vendors = list_vendors()
    if vendor not in vendors:
        raise InputError(f"there is no sandbox of {vendor!r}{near_miss(vendor, tuple(vendors))}")
    try:
        loaded = load(GROUP, vendor)
    except BrokenError as error:
        raise FailedError(f"the sandbox of {vendor} cannot be used: {error}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Sandbox)):
        raise FailedError(f"the sandbox of {vendor} cannot be used: it is no Sandbox")
    return loaded


def run_sandboxes(options: Options, vendor: str | None, port: int) -> None:
    """Run one vendor's sandbox, or all of them, until SIGINT or SIGTERM."""
    vendors = list_vendors() if vendor is None else [vendor]
    if not vendors:
        raise InputError("no sandbox is installed")
    if port and len(vendors) > 1:
        raise InputError(f"--port is for one sandbox: name one of {', '.join(vendors)}")
    kinds = [load_sandbox(name) for name in vendors]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        running = [stack.enter_context(_start(kind, port)) for kind in kinds]
        _announce(options, running)
        threading.Event().wait()


def _start(kind: type[Sandbox], port: int) -> Sandbox:
    try:
        return kind(port).start()
    except OSError as error:
        raise InputError(f"port {port}: {error.strerror}") from error


def _announce(options: Options, running: Sequence[Sandbox]) -> None:
    if options.as_json:
        print_json({sandbox.name: _as_json(sandbox) for sandbox in running})
        return
    for sandbox in running:
        click.echo("\n".join(_instructions(sandbox)))
    note("Ctrl-C ends it.")


def _as_json(sandbox: Sandbox) -> dict[str, Any]:
    common = {
        "url": sandbox.url,
        "controls": sandbox.url + PREFIX,
        "environment": sandbox.environment(),
    }
    if isinstance(sandbox, CoreSandbox):
        return common | {"booking_core": sandbox.booking_core()}
    return common | {"integration": sandbox.integration()}


def _settings(sandbox: Sandbox) -> str:
    """Return what goes into integrations.toml."""
    if not isinstance(sandbox, CoreSandbox):
        return write_integration(sandbox.integration())
    texts = (f"{key} = {json.dumps(text)}" for key, text in sandbox.booking_core().items())
    return "\n".join(["[booking_core]", *texts])


def _instructions(sandbox: Sandbox) -> Iterator[str]:
    """Yield what a person copies from: all of it works as it stands."""
    controls = sandbox.url + PREFIX
    post = "curl -H 'Content-Type: application/json'"
    yield f"The sandbox of {sandbox.name} listens on {sandbox.url}"
    yield "\nSet, in the shell that is to use it:\n"
    for name, value in sandbox.environment().items():
        yield f"  export {name}={shlex.quote(value)}"
    yield "  export IRESERVE_SECRET_KEY=$(ireserve-integrations keygen)"
    yield "\nPut into integrations.toml:\n"
    yield from (f"  {line}" for line in _settings(sandbox).splitlines())
    yield "\nSee what it holds, and what it was asked:\n"
    yield f"  curl {controls}state"
    yield f"  curl {controls}requests"
    yield "\nLet things go wrong, and right again:\n"
    yield f'  {post} -d \'{{"kind": "rate_limited", "times": 2}}\' {controls}faults'
    yield f"  {post} -X PUT -d '{{\"seconds\": 2}}' {controls}latency"
    yield f"  curl -X DELETE {controls}faults"
    yield f"\nKinds of faults: {', '.join(FaultKind)}."
    yield 'A fault strikes once; "times", "method" and "path" (a regular expression) say otherwise.'
    yield ""
