"""Procrastinate on PostgreSQL: the queue of any number of workers on any hosts.

A job carries a pair's key, and nothing else: the ledger decides what is to be done, and whether.
It has no lock, and Procrastinate does not retry it (a sleeping retry under a lock holds the
cancellation behind it, and a killed worker's lock stays); what failed becomes a job for its time.

Procrastinate's own tools see the jobs: with the ledger's address in `IRESERVE_DATABASE`,
`procrastinate --app ireserve_integrations.queue.procrastinate.app shell`.
"""

import json
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, bindparam, text

from ..errors import LedgerError
from ..ledger import Ledger, PairKey
from ..ledger.address import parse_address
from ..ledger.postgres import driver_arguments
from .port import Crew

if TYPE_CHECKING:
    import procrastinate

    from .procrastinate_carrier import ProcrastinateCarrier

_log = logging.getLogger(__name__)

DATABASE_VARIABLE = "IRESERVE_DATABASE"
QUEUE = "ireserve"
TASK = "ireserve_integrations.work_off"

_AT_ONCE = 1_000  # jobs in one statement

# By Procrastinate's own function, over the ledger's own connections. A server that crashes may
# forget the jobs of its last moments: they only wake, and waiting for the disk would double a
# submission's time.
_defer = text(
    "SELECT set_config('synchronous_commit', 'off', true), procrastinate_defer_jobs_v1(array_agg("
    "ROW(:queue, :task, 0, NULL, NULL, one.key, :at)::procrastinate_job_to_defer_v1"
    " ORDER BY one.place)) "
    "FROM jsonb_array_elements(CAST(:keys AS jsonb)) WITH ORDINALITY AS one (key, place)"
).bindparams(bindparam("at", type_=DateTime(timezone=True)))


class ProcrastinateQueue:
    """Wakes the workers of one ledger in PostgreSQL."""

    name = "Procrastinate"

    def __init__(self, ledger: Ledger) -> None:
        """Take whose."""
        self._ledger = ledger

    def wake(self, keys: Iterable[PairKey]) -> None:
        """Defer a job for each pair; one that cannot be deferred is found by the next sweep."""
        self._defer(list(keys), None)

    def later(self, key: PairKey, at: datetime) -> None:
        """Defer a job for a time."""
        self._defer([key], at)

    def carry(self, crew: Crew, *, drain: bool) -> "ProcrastinateCarrier":
        """Begin to bring jobs to a crew.

        Raises:
            LedgerError: Procrastinate is not installed.
        """
        try:
            from .procrastinate_carrier import ProcrastinateCarrier  # noqa: PLC0415  # of the extra
        except ImportError:
            raise LedgerError(_MISSING) from None
        return ProcrastinateCarrier(self._ledger.database.driver_arguments(), crew, drain=drain)

    def _defer(self, keys: list[PairKey], at: datetime | None) -> None:
        try:
            for start in range(0, len(keys), _AT_ONCE):
                jobs = [key.as_columns() for key in keys[start : start + _AT_ONCE]]
                with self._ledger.database.writing() as connection:
                    connection.execute(
                        _defer,
                        {
                            "queue": QUEUE,
                            "task": TASK,
                            "keys": json.dumps(jobs),
                            "at": at and at.astimezone(UTC),
                        },
                    )
        except LedgerError as error:
            _log.warning("%s; a worker finds what is due by itself, a little later", error)


_MISSING = (
    "a worker of a ledger in PostgreSQL needs Procrastinate, which is not installed: "
    "pip install 'ireserve-integrations[postgres]'"
)


def __getattr__(name: str) -> "procrastinate.App":
    """Make `app` for Procrastinate's own tools when they ask for it.

    Raises:
        AttributeError: There is no such name.
        LedgerError: The environment does not say where the ledger is, or it is not in PostgreSQL.
    """
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from .procrastinate_carrier import tools_app  # noqa: PLC0415  # of the extra
    except ImportError:
        raise LedgerError(_MISSING) from None
    address = parse_address(os.environ.get(DATABASE_VARIABLE, ""))
    if address.drivername.startswith("sqlite"):
        raise LedgerError(
            f"set {DATABASE_VARIABLE} to the ledger's address, postgresql+psycopg://…"
        )
    return tools_app(driver_arguments(address))
