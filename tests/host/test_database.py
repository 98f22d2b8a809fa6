"""The ledger's file: where it is, who may read it, and what cannot be used as one."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger.database import Database

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
        with suppress(PermissionError):
            os.seteuid(os.getuid())
        folder.chmod(0o755)


def _become_somebody() -> None:
    with suppress(PermissionError):  # somebody already
        os.seteuid(_NOBODY)


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
        ("postgresql://ana:pa55word@host/ledger", "in an SQLite file, not in postgresql: "),
        ("sqlite+aiosqlite:///ledger.db", "in an SQLite file, not in sqlite+aiosqlite: "),
        ("nonsense://", "in an SQLite file, not in nonsense: "),
        ("postgresql://ana:pa55word@host:port/ledger", "that is no database address: "),
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
    assert message.endswith(f"{told}give the path of a file, or sqlite:///path")
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


def test_a_ledger_of_a_newer_version_is_refused_with_what_it_needs(path: Path) -> None:
    Database(str(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(LedgerError) as caught:
        Database(str(path))

    assert str(caught.value) == (
        f"ledger {path} has revision 9999, this version of ireserve-integrations needs 0001: "
        "install the version that made it"
    )
