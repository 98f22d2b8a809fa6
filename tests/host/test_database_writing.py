"""How the ledger is written: whole or not at all, by any number of threads and processes."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger.database import Database

_INCREMENTS = 50
_WAIT_FOR_A_LINE = "import sys\nprint('ready', flush=True)\nsys.stdin.readline()\n"
_INCREMENT_OFTEN = """
from sqlalchemy import text
from ireserve_integrations.ledger.database import Database
database = Database(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with database.writing() as connection:
        value = connection.execute(text("SELECT value FROM counter")).scalar_one()
        connection.execute(text("UPDATE counter SET value = :v"), {"v": value + 1})
database.close()
"""
_CREATE = """
from datetime import UTC, datetime
from ireserve_integrations.ledger import Keys, Ledger
from ireserve_integrations.model import Booking, StatusChange
ledger = Ledger(sys.argv[1], keys=Keys(sys.argv[2]), lease_s=30)
start = datetime(2026, 11, 21, 10, tzinfo=UTC)
booking = Booking(id=sys.argv[3], start=start, end=start.replace(hour=12))
ledger.record([StatusChange(booking=booking, new_status="30")], {"one": "fake"}, ())
print(ledger.installation)
ledger.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(str(path))) as database:
        yield database


@pytest.fixture
def counter(database: Database) -> Callable[[], int]:
    """Make a table with one number; return what reads it."""
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return lambda: _read(database)


def _read(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT value FROM counter")).scalar_one())


def _write_and_fail(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE counter SET value = 7"))
        _ = 1 / 0


def _increment_often(database: Database, together: threading.Barrier) -> None:
    together.wait(20)
    for _ in range(_INCREMENTS):
        with database.writing() as connection:
            value = connection.execute(text("SELECT value FROM counter")).scalar_one()
            connection.execute(text("UPDATE counter SET value = :v"), {"v": value + 1})


def _create(path: Path, together: threading.Barrier) -> int:
    together.wait(20)
    with closing(Database(str(path))) as created, created.reading() as connection:
        return len(connection.execute(text("SELECT 1 FROM alembic_version")).all())


def _run_at_once(code: str, *arguments: tuple[str, ...]) -> list[str]:
    """Run code in processes that begin together; return what each printed, once all are done."""
    command = [sys.executable, "-W", "error", "-c", _WAIT_FOR_A_LINE + code]
    begun = [
        subprocess.Popen([*command, *one], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for one in arguments
    ]
    assert [_first_line(process) for process in begun] == ["ready\n"] * len(begun)
    with ThreadPoolExecutor(len(begun)) as pool:
        printed = list(pool.map(_finish, begun))
    assert [process.returncode for process in begun] == [0] * len(begun)
    return printed


def _first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _finish(process: "subprocess.Popen[str]") -> str:
    return process.communicate("go\n", timeout=60)[0]


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_what_is_committed_is_on_disk(database: Database, pragma: str, value: object) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_a_block_that_fails_writes_nothing(database: Database, counter: Callable[[], int]) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(database)

    assert counter() == 0


def test_a_fault_in_use_is_a_ledger_error_without_what_was_written(database: Database) -> None:
    with (
        pytest.raises(LedgerError, match=r"ledger.db: no such table: nowhere$"),
        database.writing() as connection,
    ):
        connection.execute(text("INSERT INTO nowhere VALUES (:v)"), {"v": "pa55word"})


def test_a_reader_sees_one_state_and_keeps_no_writer_waiting(
    database: Database, counter: Callable[[], int]
) -> None:
    with database.reading() as reading:
        before = reading.execute(text("SELECT value FROM counter")).scalar_one()
        with database.writing() as writing:
            writing.execute(text("UPDATE counter SET value = 7"))
        after = reading.execute(text("SELECT value FROM counter")).scalar_one()

    assert (before, after, counter()) == (0, 0, 7)


def test_increments_of_many_threads_lose_nothing(
    database: Database, counter: Callable[[], int]
) -> None:
    together = threading.Barrier(8)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_increment_often, [database] * 8, [together] * 8))

    assert counter() == 8 * _INCREMENTS


def test_increments_of_many_processes_lose_nothing(path: Path, counter: Callable[[], int]) -> None:
    _run_at_once(_INCREMENT_OFTEN, *[(str(path), str(_INCREMENTS))] * 4)

    assert counter() == 4 * _INCREMENTS


def test_processes_that_create_one_ledger_at_once_all_work(path: Path, key: str) -> None:
    printed = _run_at_once(_CREATE, *[(str(path), key, f"b-{n}") for n in range(4)])

    assert len(set(printed)) == 1
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT booking FROM pairs ORDER BY 1").fetchall()
    assert found == [("b-0",), ("b-1",), ("b-2",), ("b-3",)]


def test_threads_that_create_one_ledger_at_once_all_work(path: Path) -> None:
    together = threading.Barrier(8)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(_create, [path] * 8, [together] * 8)) == [1] * 8


def test_a_file_that_another_process_is_setting_up_is_waited_for(path: Path) -> None:
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        ThreadPoolExecutor() as pool,
    ):
        other.execute("BEGIN EXCLUSIVE")

        opening = pool.submit(Database, str(path))
        assert not wait([opening], timeout=0.3).done

        other.execute("COMMIT")
        opening.result(20).close()


def test_threads_that_create_ledgers_at_once_all_work(tmp_path: Path) -> None:
    together = threading.Barrier(8)
    paths = [tmp_path / f"{number}.db" for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(_create, paths, [together] * 8)) == [1] * 8
