"""A ledger of another version: refused with what mends it, and brought to this one."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text
from tests.postgres import PostgresServer

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger.database import Database
from ireserve_integrations.ledger.revisions import migrate
from ireserve_integrations.ledger.schema import newest_revision, read_revision, upgrade

_NEWEST = newest_revision()
_EARLIER = [f"{number:04}" for number in range(1, int(_NEWEST))]
_WRITTEN = """
INSERT INTO installation (id, name, digest_key, made_at)
    VALUES (1, '3f9c', 'k', '2026-11-20 08:00:00');
INSERT INTO secrets VALUES ('site', 'locked');
INSERT INTO bookings VALUES ('15492', '{"status": "30"}', NULL, '2026-11-21 11:00:00', 7);
INSERT INTO events (number, event_id, booking, status, sequence, digest, arrived_at)
    VALUES (1, 'e-1', '15492', '20', 6, 'd', '2026-11-20 09:00:00');
INSERT INTO events (number, event_id, booking, status, sequence, digest, arrived_at)
    VALUES (2, 'e-2', '15492', '30', 7, 'd', '2026-11-20 09:00:00');
INSERT INTO pairs (integration, booking, vendor, applied, failures, lease)
    VALUES ('resivo-main', '15492', 'resivo', 1, 2, 3);
INSERT INTO grants (integration, booking, vendor, state, label, place, targets, said,
        said_start, said_end, said_objects)
    VALUES ('resivo-main', '15492', 'resivo', 'current', 'label', '{}', '[]', 's',
        '2026-11-21 09:00:00', '2026-11-21 11:00:00', '[]');
INSERT INTO openings (integration, vendor, booking, lock, claimed_at)
    VALUES ('salto-main', 'saltoks', '15492', 'lock-1', '2026-11-21 09:30:00')"""
_INSTALLATION = "id, name, digest_key, made_at"
_EVENT = "number, event_id, booking, status, sequence, digest, arrived_at"
_TABLES = ("secrets", "bookings", "grants", "openings")
_SELECTIONS = [
    *(f"SELECT * FROM {name}" for name in _TABLES),  # noqa: S608  # ours
    f"SELECT {_INSTALLATION} FROM installation",  # noqa: S608
    f"SELECT {_EVENT} FROM events",  # noqa: S608
]
_MakeOld = Callable[[str], None]


@pytest.fixture
def make_old(ledger_url: str) -> _MakeOld:
    """Make a ledger of a revision, with a row and more in every table of the first."""

    def make(revision: str) -> None:
        database = Database(ledger_url, any_revision=True)
        with closing(database), database.writing() as connection:
            upgrade(connection, revision)
            for statement in _WRITTEN.split(";"):
                connection.exec_driver_sql(statement)

    return make


@pytest.fixture
def make_future(ledger_url: str) -> Callable[[], None]:
    """Make a ledger of a version that is still to come."""

    def make() -> None:
        with closing(Database(ledger_url)) as database, database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    return make


def _rows(connection: Connection) -> list[list[tuple[object, ...]]]:
    return [
        [tuple(row) for row in connection.exec_driver_sql(selection)] for selection in _SELECTIONS
    ]


def _look(url: str) -> tuple[str | None, list[list[tuple[object, ...]]]]:
    database = Database(url, any_revision=True)
    with closing(database), database.reading() as connection:
        return read_revision(connection), _rows(connection)


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", _EARLIER)
def test_a_ledger_of_an_earlier_version_is_refused_with_what_mends_it(
    make_old: _MakeOld, ledger_url: str, revision: str
) -> None:
    make_old(revision)

    with pytest.raises(LedgerError) as caught:
        Database(ledger_url)

    message = str(caught.value)
    assert f" has revision {revision}, this version of ireserve-integrations " in message
    assert f"needs {_NEWEST}: run `ireserve-integrations --database " in message
    assert message.endswith(" migrate`")


def test_the_command_that_mends_a_file_can_be_typed_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "my ledger.db"
    database = Database(str(path), any_revision=True)
    with closing(database), database.writing() as connection:
        upgrade(connection, "0001")

    with pytest.raises(LedgerError, match=rf"`ireserve-integrations --database '{path}' migrate`$"):
        Database(str(path))


def test_the_command_that_mends_a_server_shows_no_password(
    postgres: PostgresServer, empty_postgres_url: str
) -> None:
    Database(empty_postgres_url).close()
    with closing(postgres.connect(empty_postgres_url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")

    with pytest.raises(LedgerError, match=r"run `ireserve-integrations --database … migrate`$"):
        Database(empty_postgres_url)


@pytest.mark.parametrize("use", [Database, migrate])
def test_a_ledger_of_a_later_version_is_refused_with_what_it_needs(
    make_future: Callable[[], None], ledger_url: str, use: Callable[[str], object]
) -> None:
    make_future()

    with pytest.raises(LedgerError) as caught:
        use(ledger_url)

    assert str(caught.value).endswith(
        f" has revision 9999, this version of ireserve-integrations needs {_NEWEST}: "
        "install the version that made it"
    )


def test_another_programs_database_is_not_migrated(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (value INTEGER)")

    with pytest.raises(LedgerError, match=r"theirs.db is another program's database: give"):
        migrate(str(path))

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


# --- migrated -------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", _EARLIER)
def test_a_ledger_of_any_earlier_version_is_migrated_with_what_it_holds(
    make_old: _MakeOld, ledger_url: str, revision: str
) -> None:
    make_old(revision)
    before = _look(ledger_url)

    migrated = migrate(ledger_url)

    Database(ledger_url).close()
    assert (migrated.before, migrated.after) == (revision, _NEWEST)
    assert before[0] == revision
    assert _look(ledger_url) == (_NEWEST, before[1])


def test_a_pair_of_the_first_version_knows_its_newest_event(
    make_old: _MakeOld, ledger_url: str
) -> None:
    make_old("0001")

    migrate(ledger_url)

    with closing(Database(ledger_url)) as database, database.reading() as connection:
        found = connection.execute(text("SELECT newest, applied, failures, lease FROM pairs"))
        assert [tuple(row) for row in found] == [(2, 1, 2, 3)]


def test_the_events_of_an_earlier_version_are_unfolded(make_old: _MakeOld, ledger_url: str) -> None:
    make_old("0003")

    migrate(ledger_url)

    with closing(Database(ledger_url)) as database, database.reading() as connection:
        assert connection.execute(text("SELECT unfolded FROM installation")).scalar_one() == 2


def test_an_empty_database_becomes_a_ledger(ledger_url: str) -> None:
    migrated = migrate(ledger_url)

    assert (migrated.before, migrated.after, migrated.copy) == (None, _NEWEST, None)
    Database(ledger_url).close()


def test_what_is_up_to_date_stays_as_it_is(ledger_url: str) -> None:
    Database(ledger_url).close()

    migrated = migrate(ledger_url)

    assert (migrated.before, migrated.after, migrated.copy) == (_NEWEST, _NEWEST, None)


def test_a_migration_that_fails_changes_nothing(make_old: _MakeOld, ledger_url: str) -> None:
    make_old("0001")
    with (
        closing(Database(ledger_url, any_revision=True)) as database,
        database.writing() as connection,
    ):
        connection.execute(text("CREATE TABLE outages (theirs INTEGER)"))  # 0002 stumbles over it

    with pytest.raises(LedgerError, match=r"outages.* already exists"):
        migrate(ledger_url)

    with (
        closing(Database(ledger_url, any_revision=True)) as database,
        database.reading() as connection,
    ):
        columns = [column["name"] for column in inspect(connection).get_columns("pairs")]
        assert (read_revision(connection), "newest" in columns) == ("0001", False)


def test_migrating_at_once_migrates_once(make_old: _MakeOld, ledger_url: str) -> None:
    make_old("0001")

    with ThreadPoolExecutor(4) as pool:
        migrated = list(pool.map(migrate, [ledger_url] * 4))

    assert sorted(str(one.before) for one in migrated) == ["0001", _NEWEST, _NEWEST, _NEWEST]


# --- copied aside ---------------------------------------------------------------------------------


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """Return an SQLite ledger of the first revision, used by others a moment ago."""
    path = tmp_path / "ledger.db"
    database = Database(str(path), any_revision=True)
    with closing(database), database.writing() as connection:
        upgrade(connection, "0001")
    return path


def test_a_file_is_copied_aside_before_it_is_migrated(old_file: Path) -> None:
    copy = migrate(str(old_file)).copy

    assert copy == old_file.with_name(f"ledger.db.before-{_NEWEST}")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in old_file.parent.iterdir()) == ["ledger.db", copy.name]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("0001",)]


def test_what_others_have_committed_and_not_yet_moved_is_in_the_copy(old_file: Path) -> None:
    with closing(sqlite3.connect(old_file)) as other:  # keeps its journal beside the file
        other.execute("INSERT INTO secrets VALUES ('site', 'locked')")
        other.commit()

        copy = migrate(str(old_file)).copy

    assert copy is not None
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM secrets").fetchall() == [("site",)]


def test_a_copy_is_never_overwritten(old_file: Path) -> None:
    earlier = old_file.with_name(f"ledger.db.before-{_NEWEST}")
    earlier.write_text("an earlier one")

    copy = migrate(str(old_file)).copy

    assert copy == old_file.with_name(f"ledger.db.before-{_NEWEST}-2")
    assert earlier.read_text() == "an earlier one"


def test_a_file_that_cannot_be_copied_is_not_migrated(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 245)  # its copy would need a longer name than files may have
    database = Database(str(path), any_revision=True)
    with closing(database), database.writing() as connection:
        upgrade(connection, "0001")

    with pytest.raises(LedgerError, match=r"x cannot be copied aside: File name too long$"):
        migrate(str(path))

    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT * FROM alembic_version").fetchall() == [("0001",)]
