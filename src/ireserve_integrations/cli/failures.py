"""Why a command ends without having done what it was asked: a sentence and an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, ClassVar

import click

from ..errors import ConfigError, IntegrationError, LedgerError
from .streams import note


class Failure(click.ClickException):
    """A sentence for standard error, beginning with what is wrong."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence."""
        note(self.message, file)


class InputError(Failure):
    """What was given cannot be used; nothing was done."""

    exit_code: ClassVar[int] = 2


class FailedError(Failure):
    """It was tried, and failed or was refused."""

    exit_code: ClassVar[int] = 1


@contextmanager
def reading(what: str = "") -> Iterator[None]:
    """Lend a block in which nothing is done yet: whatever is wrong in it is the input.

    Args:
        what: The file or integration that the sentence begins with, where it does not say so.

    Raises:
        InputError: Something cannot be used: a file, a setting of the whole file, the ledger.
    """
    try:
        yield
    except (ConfigError, LedgerError, ValueError) as error:
        raise InputError(f"{what}: {error}" if what else str(error)) from error


@contextmanager
def asking(integration: str) -> Iterator[None]:
    """Lend a block that asks one integration for something.

    Raises:
        InputError: There is no such thing to ask, or the ledger cannot be used.
        FailedError: The integration cannot be used, or the vendor did not do it.
    """
    try:
        yield
    except IntegrationError as error:
        where = f"integration {integration}"
        message = str(error).removeprefix(f"{where}: ")
        raise FailedError(f"{where}: {message} ({error.kind})") from error
    except (LedgerError, ValueError) as error:
        raise InputError(str(error)) from error
