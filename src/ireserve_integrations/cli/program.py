"""The program: its commands, those that vendors bring, and how it ends."""

import logging
import sys
from collections.abc import Callable, Sequence

import click

from ..hook_thread import where_raised
from .commands import COMMANDS
from .entry_points import BrokenError, list_names, load
from .failures import FailedError
from .operations import OPERATIONS
from .options import program_options
from .streams import note, prepare_streams

_log = logging.getLogger(__name__)

NAME = "ireserve-integrations"
COMMANDS_GROUP = "ireserve.commands"
_INTERRUPTED = 130  # as shells have it: 128 and the number of SIGINT


class Program(click.Group):
    """Its own commands in the order of the design, then those of vendors."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's
        """Return every command's name."""
        return [*self.commands, *(n for n in list_names(COMMANDS_GROUP) if n not in self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; a vendor's is loaded now, and one that is broken says so when run."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in list_names(COMMANDS_GROUP):
            return own
        try:
            loaded = load(COMMANDS_GROUP, cmd_name)
        except BrokenError as error:
            return _broken(cmd_name, str(error))
        if not isinstance(loaded, click.Command):
            return _broken(cmd_name, "it is no click command")
        return loaded


_OWN = {str(one.name): one for one in (*COMMANDS, *OPERATIONS)}


@click.group(NAME, cls=Program, commands=_OWN)
@program_options
@click.version_option(package_name=NAME)
def cli(**_: object) -> None:
    """Let a booking open a door: hand booking changes to access-control integrations.

    The options may also stand after the command. The exit status is 0 for done, 1 when something
    failed, was refused or is still pending (and the output says what), 2 for usage or input that
    cannot be used; nothing is done then.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit.

    Args:
        arguments: Without the program's name; by default the process's own.
    """
    prepare_streams()
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(_end(lambda: cli.main(arguments, prog_name=NAME, standalone_mode=False)))


def _end(run: Callable[[], object]) -> int:
    """Return the exit status, with a sentence where there is something to say."""
    try:
        status = run()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        note("Interrupted.")
        return _INTERRUPTED
    except OSError as error:  # the disk is full, the stream is gone
        note(f"{error.filename or 'the operating system refused'}: {error.strerror or error}")
        return 1
    except Exception as error:  # noqa: BLE001  # people get a sentence, whatever happened
        _log.debug("unexpected", exc_info=True)
        note(
            f"Unexpected {where_raised(error)}: this is a bug of {NAME}, or of a plugin's command."
        )
        return 1
    return status if isinstance(status, int) else 0


def _broken(name: str, why: str) -> click.Command:
    """Return a command that stands for one that cannot be used, whatever its arguments."""

    def refuse() -> None:
        raise FailedError(f"command {name} cannot be used: {why}")

    return click.Command(
        name,
        callback=refuse,
        short_help=f"Cannot be used: {why}",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
