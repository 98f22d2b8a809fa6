"""Revisions lead to the tables that the code uses."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from ireserve_integrations import ledger
from ireserve_integrations.ledger.database import Database
from ireserve_integrations.ledger.tables import metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def connection(path: Path) -> Iterator[Connection]:
    with closing(Database(str(path))) as database, database.reading() as connection:
        yield connection


@pytest.fixture
def script() -> ScriptDirectory:
    config = Config()
    folder = Path(ledger.__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config)


def test_the_revisions_make_the_tables_that_the_code_uses(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True})

    assert compare_metadata(context, metadata) == []


def test_the_comparison_would_notice_a_difference(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE pairs DROP COLUMN failures"))
    connection.execute(text("DROP INDEX grants_made"))
    context = MigrationContext.configure(connection, opts={"compare_type": True})

    differences = [difference[0] for difference in compare_metadata(context, metadata)]

    assert sorted(differences) == ["add_column", "add_index"]


def test_a_new_ledger_has_the_newest_revision(
    connection: Connection, script: ScriptDirectory
) -> None:
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()

    assert found == script.get_heads()


def test_revisions_are_numbered_in_their_order(script: ScriptDirectory) -> None:
    numbers = [revision.revision for revision in script.walk_revisions()]

    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] == "0001"


def test_a_ledger_that_is_set_up_is_not_set_up_again(path: Path) -> None:
    Database(str(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT * FROM sqlite_master").fetchall()

    Database(str(path)).close()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM sqlite_master").fetchall() == before


def test_a_ledger_whose_setting_up_was_cut_off_is_set_up(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")

    with closing(Database(str(path))) as database, database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM events")).scalar_one() == 0
