"""The commands as they are typed; each loads what it needs when it runs."""

# ruff: noqa: PLC0415  # `--help` must load neither SQLAlchemy, httpx, marshmallow nor rich

from pathlib import Path
from typing import Literal

import click

from .options import Options, with_json, with_options


@click.command("plugins")
@with_options
def plugins(options: Options) -> None:
    """List the installed plugins.

    The broken and the blocked ones too, with what is wrong.
    """
    from .administration import list_plugins

    _finish(list_plugins(options))


@click.command("validate")
@with_options
def validate(options: Options) -> None:
    """List every problem of every integration's settings.

    Offline: no vendor is asked, and no key is needed.
    """
    from .administration import validate_settings

    _finish(validate_settings(options))


@click.command("check")
@click.argument("integration", metavar="ID")
@click.option(
    "--stage",
    type=click.Choice(["test", "production"]),
    help="Which checklist; by default the integration's own.",
)
@with_options
def check(options: Options, integration: str, stage: Literal["test", "production"] | None) -> None:
    """Test the connection: the set-up guide's checklist.

    Asks the vendor, and changes nothing there.
    """
    from .administration import run_checklist

    _finish(run_checklist(options, integration, stage))


@click.command("targets")
@click.argument("integration", metavar="ID")
@with_options
def targets(options: Options, integration: str) -> None:
    """List the doors that mapping rows may name."""
    from .administration import list_targets

    _finish(list_targets(options, integration))


@click.command("dispatch")
@click.argument("event", metavar="EVENT.json", type=click.Path(path_type=Path))
@with_options
def dispatch(options: Options, event: Path) -> None:
    """Hand over booking changes, and work them off.

    EVENT.json holds one event or an array of them, ours or i-Reserve's booking JSON; - reads
    standard input. What the booking core is to write back is in the answer.
    """
    from .bookings import dispatch_events

    _finish(dispatch_events(options, event))


@click.command("open")
@click.argument("integration", metavar="ID")
@click.argument("booking", metavar="BOOKING")
@click.option("--lock", metavar="LOCK", help="Which of the booking's locks; its id.")
@with_options
def open_lock(options: Options, integration: str, booking: str, lock: str | None) -> None:
    """Open a lock for a booking, now.

    BOOKING is a file with a booking or an event, or the id of a booking that the ledger knows.
    """
    from .buttons import open_lock

    _finish(open_lock(options, integration, booking, lock))


@click.command("action")
@click.argument("integration", metavar="ID")
@click.argument("name", metavar="NAME")
@click.argument("parameters", metavar="[KEY=VALUE]...", nargs=-1)
@with_options
def action(options: Options, integration: str, name: str, parameters: tuple[str, ...]) -> None:
    """Press one of an integration's buttons."""
    from .buttons import press_button

    _finish(press_button(options, integration, name, parameters))


@click.command("demo")
@with_json
def demo(options: Options) -> None:
    """Tell one story with every vendor's sandbox, step by step.

    Needs no key, no account and no network, leaves nothing behind, and fails if any step does not
    do what it says.
    """
    from .demo import run_demo

    _finish(run_demo(as_json=options.as_json))


@click.command("keygen")
@with_json
def keygen(options: Options) -> None:
    """Print a new key for IRESERVE_SECRET_KEY."""
    from .administration import print_key

    print_key(options)


@click.command("sandbox")
@click.argument("vendor", required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default a free one.")
@with_json
def sandbox(options: Options, vendor: str | None, port: int) -> None:
    """Run a vendor's stand-in on this machine.

    Without VENDOR all that are installed. It prints what to set to use it, and runs until Ctrl-C.
    """
    from .sandboxes import run_sandboxes

    run_sandboxes(options, vendor, port)


@click.command("migrate")
@with_options
def migrate(options: Options) -> None:
    """Bring the ledger of an earlier version to this one.

    Needs no key. An SQLite file is copied beside itself first; what is up to date stays as it is.
    """
    from .administration import migrate_ledger

    migrate_ledger(options)


COMMANDS = (
    plugins,
    validate,
    check,
    targets,
    dispatch,
    open_lock,
    action,
    demo,
    keygen,
    sandbox,
    migrate,
)


def _finish(done: bool) -> None:  # noqa: FBT001  # whether nobody has to do, or wait for, anything
    click.get_current_context().exit(0 if done else 1)
