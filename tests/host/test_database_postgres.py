"""What is PostgreSQL's own: who may connect, the server's clock, and a server that goes away."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from tests.postgres import PostgresServer

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger.database import Database
from ireserve_integrations.ledger.tables import secrets

_WITHOUT_DRIVER = """
import sys
sys.modules["psycopg"] = None
from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger.database import Database
try:
    Database("postgresql://ana:pa55word@host/ledger")
except LedgerError as error:
    print(error)
"""
_CLOCK_OF_A_SERVER = """
CREATE SEQUENCE looks;
CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$
    SELECT pg_catalog.clock_timestamp() + interval '1 day' * nextval('public.looks') $$;
"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with closing(Database(postgres_url)) as database:
        yield database


def _keep(database: Database, name: str) -> None:
    with database.writing() as connection:
        connection.execute(secrets.insert(), {"name": name, "value": ""})


def _kept(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(secrets.c.name).order_by("name")).scalars())


def _with_options(url: str, options: str) -> str:
    return f"{url}&options={options}"


# --- who may connect ------------------------------------------------------------------------------


def test_an_address_may_leave_the_driver_out(postgres_url: str) -> None:
    with closing(Database(postgres_url.replace("+psycopg", ""))) as database:
        _keep(database, "one")

        assert (_kept(database), database.dialect) == (["one"], "postgresql")


def test_a_wrong_password_is_said_and_not_shown(postgres: PostgresServer) -> None:
    with pytest.raises(LedgerError, match=r'password authentication failed for user "pos') as wrong:
        Database(postgres.url("postgres", password="pa55word"))

    assert str(wrong.value).startswith("ledger postgresql:///postgres: ")
    assert "pa55word" not in str(wrong.value)


def test_a_ledger_shows_no_password(database: Database, postgres_url: str) -> None:
    password = postgres_url.split(":")[2].split("@", maxsplit=1)[0]

    assert password in postgres_url
    assert password not in f"{database!r} {database.name} {vars(database)}"


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(LedgerError, match=r"^ledger postgresql://127.0.0.1:1/ledger: .*refused"):
        Database("postgresql://ana:pa55word@127.0.0.1:1/ledger")


def test_a_missing_driver_is_said_with_what_installs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DRIVER], check=True, capture_output=True, text=True
    )

    assert done.stdout == (
        "ledger postgresql://host/ledger is in PostgreSQL, whose driver is not installed: "
        "pip install 'ireserve-integrations[postgres]'\n"
    )


def test_a_database_that_cannot_hold_every_name_is_refused(postgres: PostgresServer) -> None:
    with (
        postgres.lent(migrated=False, options="ENCODING 'SQL_ASCII'") as url,
        pytest.raises(LedgerError, match=r"has the encoding SQL_ASCII: make a database with"),
    ):
        Database(url)


# --- how it is used -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("timezone", "UTC"),
        ("client_encoding", "UTF8"),
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
        ("application_name", "ireserve-integrations"),
    ],
)
def test_a_session_is_what_the_ledger_needs_whatever_the_default(
    postgres_url: str, setting: str, value: str
) -> None:
    url = _with_options(postgres_url, "-ctimezone=Asia/Tokyo%20-csynchronous_commit=off")

    with closing(Database(url)) as database, database.writing() as connection:
        assert connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == value


def test_a_stricter_synchronous_commit_stays(postgres_url: str) -> None:
    url = _with_options(postgres_url, "-csynchronous_commit=remote_apply")

    with closing(Database(url)) as database, database.writing() as connection:
        found = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()

    assert found == "remote_apply"


def test_every_letter_is_kept(database: Database) -> None:
    _keep(database, "Zoë 🚪 門")

    assert _kept(database) == ["Zoë 🚪 門"]


def test_writers_do_not_wait_for_each_other(database: Database) -> None:
    with database.writing() as first:
        first.execute(secrets.insert(), {"name": "first", "value": ""})
        _keep(database, "second")

    assert _kept(database) == ["first", "second"]


def test_thirty_two_threads_write_at_once(database: Database) -> None:
    together = threading.Barrier(32)

    def write(number: int) -> None:
        with database.writing() as connection:
            together.wait(30)
            connection.execute(secrets.insert(), {"name": f"{number:02}", "value": ""})

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(write, range(32)))

    assert _kept(database) == [f"{number:02}" for number in range(32)]


def test_a_thread_too_many_is_told(postgres_url: str) -> None:
    with ExitStack() as stack:
        database = stack.enter_context(closing(Database(postgres_url, patience_s=0.05)))
        for _ in range(32):
            stack.enter_context(database.reading())

        with pytest.raises(LedgerError, match=r"all its connections are in use$"):
            _kept(database)


def test_the_audit_cannot_be_emptied(database: Database) -> None:
    with (
        pytest.raises(LedgerError, match=r": audit is append-only$"),
        database.writing() as connection,
    ):
        connection.execute(text("TRUNCATE audit"))


# --- its clock ------------------------------------------------------------------------------------


def test_the_time_is_the_servers_and_asked_for_once_a_minute(
    postgres: PostgresServer, postgres_url: str
) -> None:
    with closing(postgres.connect(postgres_url)) as connection:
        connection.execute(_CLOCK_OF_A_SERVER)
    url = _with_options(postgres_url, "-csearch_path=public,pg_catalog")

    with closing(Database(url)) as database:
        found = [database.now()]
        _keep(database, "one")
        found += [database.now()]

    tomorrow = datetime.now(UTC) + timedelta(days=1)  # each look is a day later than the one before
    assert [abs(tomorrow - moment) < timedelta(minutes=1) for moment in found] == [True, True]
    assert found[0] < found[1]
    assert found[0].tzinfo is UTC


# --- another program's ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE TABLE theirs (value INTEGER)",
        "CREATE TABLE alembic_version AS SELECT 'ab12cd34ef56' AS version_num",
    ],
)
def test_another_programs_database_is_refused_and_gets_no_tables(
    postgres: PostgresServer, empty_postgres_url: str, theirs: str
) -> None:
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    with closing(postgres.connect(empty_postgres_url)) as connection:
        connection.execute(theirs)

        with pytest.raises(LedgerError, match="is another program's database: give it a database"):
            Database(empty_postgres_url)

        assert connection.execute(tables).fetchall() == [(1,)]


# --- a server that goes away ----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_loses_nothing_and_the_ledger_goes_on(
    postgres_server: PostgresServer, how: str
) -> None:
    url = postgres_server.url(postgres_server.create(migrated=True))
    with closing(Database(url)) as database:
        _keep(database, "before")
        getattr(postgres_server, how)()
        with pytest.raises(LedgerError, match=r"^ledger postgresql:///ledger_\w+: .*connection"):
            _keep(database, "meanwhile")
        postgres_server.start()

        _keep(database, "afterwards")

        assert _kept(database) == ["afterwards", "before"]


def test_a_restart_that_nobody_noticed_costs_nothing(postgres_server: PostgresServer) -> None:
    url = postgres_server.url(postgres_server.create(migrated=True))
    with closing(Database(url)) as database:
        postgres_server.stop()
        postgres_server.start()

        _keep(database, "afterwards")

        assert _kept(database) == ["afterwards"]


def test_a_block_that_a_restart_cuts_off_wrote_nothing(postgres_server: PostgresServer) -> None:
    url = postgres_server.url(postgres_server.create(migrated=True))
    with closing(Database(url)) as database:
        with pytest.raises(LedgerError), database.writing() as connection:  # noqa: PT012  # is cut
            connection.execute(secrets.insert(), {"name": "half", "value": ""})
            postgres_server.stop()
            postgres_server.start()

        assert _kept(database) == []
