"""The ledger's file: where it is, who may read it, and what cannot be used as one."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger.database import Database
from ireserve_integrations.ledger.tables import secrets

_NOBODY = 65_534
_MODE = {"ledger.db": 0o600, "ledger.db-shm": 0o600, "ledger.db-wal": 0o600}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """Set the process's umask; put back when the test ends."""
    former = os.umask(0o022)
    yield os.umask
    os.umask(former)


@pytest.fixture
def foreign_folder() -> Iterator[Path]:
    """Return a folder of ours as somebody sees it who is not root; root may write everywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        os.seteuid(os.getuid())
        folder.chmod(0o755)


@pytest.fixture
def somebodys_ledger(foreign_folder: Path) -> Path:
    """Return a ledger of somebody who is not root, and become that one."""
    path = foreign_folder / "ledger.db"
    Database(str(path)).close()
    with suppress(PermissionError):
        os.chown(foreign_folder, _NOBODY, -1)
        os.chown(path, _NOBODY, -1)
    _become_somebody()
    return path


def _become_somebody() -> None:
    with suppress(PermissionError):  # somebody already
        os.seteuid(_NOBODY)


def _keep_secrets(database: Database, *names: str) -> None:
    with database.writing() as connection:
        for name in names:
            connection.execute(secrets.insert(), {"name": name, "value": ""})


def _kept(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(secrets.c.name).order_by("name")).scalars())


def _modes(path: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}


# --- where it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277, 0o777])
def test_every_file_is_private_under_any_umask(
    path: Path, umask: Callable[[int], int], mask: int
) -> None:
    umask(mask)

    with closing(Database(str(path))):
        assert _modes(path) == _MODE


def test_an_empty_file_is_set_up_and_made_private(path: Path) -> None:
    path.touch(0o644)

    with closing(Database(str(path))):
        assert _modes(path) == _MODE


@pytest.mark.parametrize("name", ["what?.db", "100%20 @ home:1.db", "sqlite:db", "#'\";é.db"])
def test_a_path_may_hold_anything_that_a_files_name_may(tmp_path: Path, name: str) -> None:
    Database(str(tmp_path / name)).close()

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_address_leads_to_the_same_file_as_its_path(path: Path) -> None:
    Database(f"sqlite:///{path}").close()

    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://ana:pa55word@host/ledger", "or in PostgreSQL, not in mysql: "),
        (
            "postgresql+asyncpg://ana:pa55word@host/ledger",
            "PostgreSQL, not in postgresql+asyncpg: ",
        ),
        ("sqlite+aiosqlite:///ledger.db", "in an SQLite file or in PostgreSQL, not in sqlite+aio"),
        ("nonsense://", "in an SQLite file or in PostgreSQL, not in nonsense: "),
        ("postgresql://ana:pa55word@host:port/ledger", "that is no database address: "),
        ("postgresql://ana:12@pa55word@host/ledger", "in its password, write @ as %40"),
        ("postgresql://ana:12@x/pa55word@host/ledger", "in its password, write @ as %40"),
        ("postgresql://ana:pa55word@host", "the database address names no database: "),
        ("://", "that is no database address: "),
        ("sqlite://", "the database address names no file, or more than one: "),
        ("sqlite:///:memory:", "the database address names no file, or more than one: "),
        ("sqlite://host/ledger.db", "the database address names no file, or more than one: "),
        ("sqlite:///ledger.db?mode=ro", "the database address names no file, or more than one: "),
        (":memory:", "the database address names no file, or more than one: "),
        ("", "the database address names no file, or more than one: "),
    ],
)
def test_an_address_of_something_else_is_refused(address: str, told: str) -> None:
    with pytest.raises(LedgerError) as caught:
        Database(address)

    message = str(caught.value)
    assert told in message
    assert "pa55word" not in message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "Is a directory"),
        ("missing/ledger.db", "No such file or directory"),
        ("file/ledger.db", "Not a directory"),
        ("a\0b", "that is not a file's name"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_path_that_no_file_can_have_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    path = os.path.join(tmp_path, name)  # noqa: PTH118  # pathlib takes the dot away

    with pytest.raises(LedgerError) as caught:
        Database(path)

    assert str(caught.value) == f"ledger {path!r} cannot be written: {reason}"


# --- what cannot be used --------------------------------------------------------------------------


def test_a_read_only_folder_is_refused(foreign_folder: Path) -> None:
    foreign_folder.chmod(0o555)
    _become_somebody()

    with pytest.raises(LedgerError, match=r"cannot be written: Permission denied$"):
        Database(str(foreign_folder / "ledger.db"))


def test_a_read_only_file_is_refused(foreign_folder: Path) -> None:
    path = foreign_folder / "ledger.db"
    Database(str(path)).close()
    path.chmod(0o444)
    _become_somebody()

    with pytest.raises(LedgerError, match=r"cannot be written: Permission denied$"):
        Database(str(path))


def test_a_file_whose_journal_cannot_be_made_is_refused(foreign_folder: Path) -> None:
    path = foreign_folder / "ledger.db"
    Database(str(path)).close()
    path.chmod(0o666)
    foreign_folder.chmod(0o555)
    _become_somebody()

    with pytest.raises(LedgerError, match=rf"^ledger {path}: "):
        Database(str(path))


def test_what_is_no_database_is_refused_and_left_as_it_was(path: Path) -> None:
    path.write_bytes(b"junk" * 1_000)

    with pytest.raises(LedgerError, match=r"ledger.db: file is not a database$"):
        Database(str(path))

    assert path.read_bytes() == b"junk" * 1_000


def test_another_programs_database_is_refused_and_gets_no_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (value INTEGER)")

    with pytest.raises(LedgerError, match=r"ledger.db is another program's database: give"):
        Database(str(path))

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


# --- what stops being usable ----------------------------------------------------------------------


def test_a_file_that_was_read_only_for_a_while_is_written_again(somebodys_ledger: Path) -> None:
    path = somebodys_ledger
    with closing(Database(str(path))) as database:
        with database.reading():  # keeps the one connection that may write
            path.chmod(0o400)
            with pytest.raises(LedgerError, match=r"attempt to write a readonly database$"):
                _keep_secrets(database, "refused")
        path.chmod(0o600)
        path.with_name("ledger.db-wal").chmod(0o600)  # SQLite gave it the file's mode

        _keep_secrets(database, "kept")

        assert _kept(database) == ["kept"]


def test_a_file_that_stays_locked_is_said_and_works_afterwards(path: Path) -> None:
    with (
        closing(Database(str(path), patience_s=0.05)) as database,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"ledger.db: database is locked$"):
            _keep_secrets(database, "refused")
        other.execute("ROLLBACK")

        _keep_secrets(database, "kept")

        assert _kept(database) == ["kept"]


@pytest.fixture
def disk() -> Iterator[dict[str, int]]:
    """Limit every SQLite file of this process to `disk["pages"]`."""
    limit = {"pages": 1_000_000}

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit['pages']}")

    event.listen(Engine, "begin", begun)
    yield limit
    event.remove(Engine, "begin", begun)


def test_a_full_disk_is_said_and_leaves_nothing_half_written(
    path: Path, disk: dict[str, int]
) -> None:
    with closing(Database(str(path))) as database:
        disk["pages"] = 1  # no more than it has now
        with pytest.raises(LedgerError, match=r"ledger.db: database or disk is full$"):
            _keep_secrets(database, "small", "x" * 100_000)
        found = _kept(database)
        disk["pages"] = 1_000_000

        _keep_secrets(database, "y" * 100_000)

        assert (found, _kept(database)) == ([], ["y" * 100_000])
