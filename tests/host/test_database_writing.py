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
from sqlalchemy import Connection, select, text

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger.database import Database
from ireserve_integrations.ledger.tables import audit, secrets

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
from sqlalchemy import text
from ireserve_integrations.ledger.database import Database
database = Database(sys.argv[1])
with database.writing() as connection:
    connection.execute(text("INSERT INTO secrets VALUES (:name, '')"), {"name": sys.argv[2]})
    print(connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one())
database.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(str(path))) as database:
        yield database


@pytest.fixture
def any_database(ledger_url: str) -> Iterator[Database]:
    """Lend a new ledger's database, of each kind."""
    with closing(Database(ledger_url)) as database:
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


def _insert(database: Database, name: str) -> None:
    with database.writing() as connection:
        connection.execute(secrets.insert(), {"name": name, "value": "pa55word"})


def _names(connection: Connection) -> list[str]:
    return list(connection.execute(select(secrets.c.name).order_by("name")).scalars())


def _write_and_fail(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(secrets.insert(), {"name": "half", "value": ""})
        _ = 1 / 0


def _write_audit(database: Database, statement: str) -> None:
    with database.writing() as connection:
        connection.execute(text(statement))


def _increment_often(database: Database, together: threading.Barrier) -> None:
    together.wait(20)
    for _ in range(_INCREMENTS):
        with database.writing() as connection:
            value = connection.execute(text("SELECT value FROM counter")).scalar_one()
            connection.execute(text("UPDATE counter SET value = :v"), {"v": value + 1})


def _create(url: str, together: threading.Barrier) -> int:
    together.wait(20)
    with closing(Database(url)) as created, created.reading() as connection:
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


def test_what_one_wrote_another_reads(any_database: Database, ledger_url: str) -> None:
    _insert(any_database, "one")

    with closing(Database(ledger_url)) as another:
        _insert(another, "two")

        with any_database.reading() as ours, another.reading() as theirs:
            assert _names(ours) == _names(theirs) == ["one", "two"]


def test_a_block_that_fails_writes_nothing(any_database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(any_database)

    with any_database.reading() as connection:
        assert _names(connection) == []


def test_a_fault_in_use_is_a_ledger_error_without_what_was_written(any_database: Database) -> None:
    _insert(any_database, "Ada Vos")

    with pytest.raises(LedgerError, match=r"(?i)unique constraint") as caught:
        _insert(any_database, "Ada Vos")

    assert any_database.name in str(caught.value)
    assert "pa55word" not in str(caught.value)
    assert "Ada" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_reader_sees_one_state_and_keeps_no_writer_waiting(any_database: Database) -> None:
    with any_database.reading() as reading:
        before = _names(reading)
        _insert(any_database, "new")
        after = _names(reading)

    with any_database.reading() as later:
        assert (before, after, _names(later)) == ([], [], ["new"])


@pytest.mark.parametrize("deed", ["UPDATE audit SET what = 'nothing'", "DELETE FROM audit"])
def test_what_the_audit_holds_cannot_be_changed(any_database: Database, deed: str) -> None:
    with any_database.writing() as connection:
        row = {"at": any_database.now(), "what": "granted", "detail": {}}
        connection.execute(audit.insert(), row)

    with pytest.raises(LedgerError, match=r"audit is append-only$"):
        _write_audit(any_database, deed)

    with any_database.reading() as connection:
        assert connection.execute(select(audit.c.what)).scalars().all() == ["granted"]


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


def test_processes_that_create_one_ledger_at_once_all_work(ledger_url: str) -> None:
    printed = _run_at_once(_CREATE, *[(ledger_url, f"name-{n}") for n in range(4)])

    assert printed == ["1\n"] * 4
    with closing(Database(ledger_url)) as database, database.reading() as connection:
        assert _names(connection) == ["name-0", "name-1", "name-2", "name-3"]


def test_threads_that_create_one_ledger_at_once_all_work(ledger_url: str) -> None:
    together = threading.Barrier(8)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(_create, [ledger_url] * 8, [together] * 8)) == [1] * 8


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
    paths = [str(tmp_path / f"{number}.db") for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(_create, paths, [together] * 8)) == [1] * 8
