"""The schema's revisions: which one a database has, and how it gets the newest.

Revisions are numbered files in `migrations/versions`; their numbers have four digits.
"""

import re
import threading
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ..errors import LedgerError

_MIGRATIONS = Path(__file__).parent / "migrations"
_OURS = re.compile(r"[0-9]{4}")
_PROCRASTINATE = "procrastinate_"  # may have been there before us
_upgrading = threading.Lock()  # Alembic's context is the process's


def read_revision(connection: Connection) -> str | None:
    """Return the revision that a database has; None where there is no ledger in it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def newest_revision() -> str:
    """Return the newest revision's number without loading Alembic."""
    return max(path.stem.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_others(connection: Connection, revision: str | None) -> bool:
    """Tell whether another program keeps its tables in this database."""
    if revision is not None:
        return _OURS.fullmatch(revision) is None
    tables = inspect(connection).get_table_names()
    return any(not name.startswith(_PROCRASTINATE) for name in tables)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring a database to a later revision, inside the caller's transaction.

    Args:
        connection: Whose transaction changes nothing else.
        revision: A number, or the newest.

    Raises:
        LedgerError: A library that a revision needs is not installed.
    """
    from alembic import command  # noqa: PLC0415  # only a database that is not the newest needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        with _upgrading:
            command.upgrade(config, revision)
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"a ledger in PostgreSQL needs {error.name}, which is not installed: "
            "pip install 'ireserve-integrations[postgres]'"
        ) from None
