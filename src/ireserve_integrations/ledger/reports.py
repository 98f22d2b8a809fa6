"""What a ledger tells whoever may read its file: nothing that the key protects."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import LedgerError
from .address import parse_address
from .alerts import Alert, read_alerts
from .audit import Entry, read_audit
from .database import Database
from .schema import newest_revision, read_revision
from .seen import Seen, read_seen
from .unfolding import unfold_all


class Reports:
    """A ledger without its key: what the key protects is not read."""

    def __init__(self, url: str) -> None:
        """Open it, setting it up where there is nothing.

        Raises:
            LedgerError: It cannot be used.
        """
        self._database = Database(url)

    def __enter__(self) -> Self:
        """Return the reports themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the database."""
        self._database.close()

    def alerts(self) -> list[Alert]:
        """Return what is open, oldest first."""
        with self._database.reading() as connection:
            return read_alerts(connection)

    def audit(self, booking: str | None) -> Iterator[Entry]:
        """Yield what happened, in its order, of one booking or all.

        Raises:
            LedgerError: What was handed over, and nobody has looked at yet, cannot be written down.
        """
        unfold_all(self._database, self._database.now)
        return read_audit(self._database, booking)


def seen_in(url: str) -> Seen:
    """Return what events showed, of a ledger that is only looked at: no key, nothing set up.

    Nothing where there is no ledger, or it cannot be read by this version.
    """
    try:
        address = parse_address(url)
        path = address.database or ""
        if address.drivername.startswith("sqlite") and not _holds_something(Path(path)):
            return Seen()
        with closing(Database(url, any_revision=True)) as database, database.reading() as found:
            if read_revision(found) != newest_revision():
                return Seen()
            return read_seen(found)
    except LedgerError:
        return Seen()


def _holds_something(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except (OSError, ValueError):
        return False
