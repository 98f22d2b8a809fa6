"""Revisions lead to the tables that the code uses, on each kind of database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from tests.postgres import PostgresServer

from ireserve_integrations import ledger
from ireserve_integrations.ledger.database import Database
from ireserve_integrations.ledger.tables import metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def connection(ledger_url: str) -> Iterator[Connection]:
    with closing(Database(ledger_url)) as database, database.writing() as connection:
        yield connection


@pytest.fixture
def script() -> ScriptDirectory:
    config = Config()
    folder = Path(ledger.__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config)


def _is_ours(name: str | None, kind: str, parents: Any) -> bool:
    return not str(parents.get("table_name") or name).startswith("procrastinate_")


def _differences(connection: Connection) -> list[str]:
    """Return in what the tables differ from what the code uses; comments are the code's only."""
    options = {"compare_type": True, "include_name": _is_ours}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    kinds = [one[0] if isinstance(one, tuple) else one[0][0] for one in found]
    return sorted(kind for kind in kinds if kind != "modify_comment")


def test_the_revisions_make_the_tables_that_the_code_uses(connection: Connection) -> None:
    assert _differences(connection) == []


def test_the_comparison_would_notice_a_difference(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE pairs DROP COLUMN failures"))
    connection.execute(text("DROP INDEX grants_made"))

    assert _differences(connection) == ["add_column", "add_index"]


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


# --- what Procrastinate keeps ---------------------------------------------------------------------


def test_procrastinate_keeps_nothing_in_a_file(path: Path) -> None:
    with closing(Database(str(path))) as database, database.reading() as connection:
        names = inspect(connection).get_table_names()

    assert [name for name in names if name.startswith("procrastinate")] == []


def test_procrastinate_can_keep_its_jobs(postgres: PostgresServer, postgres_url: str) -> None:
    with closing(postgres.connect(postgres_url)) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('pairs', 'work')"
        )
        [job] = connection.execute("SELECT status FROM procrastinate_fetch_job_v2(NULL, NULL)")

    assert job == ("doing",)


def test_what_procrastinate_has_already_is_left(
    postgres: PostgresServer, empty_postgres_url: str
) -> None:
    with closing(postgres.connect(empty_postgres_url)) as connection:
        connection.execute("CREATE TABLE procrastinate_jobs (theirs INTEGER)")

        Database(empty_postgres_url).close()

        columns = connection.execute("SELECT * FROM procrastinate_jobs").description
    assert columns is not None
    assert [column.name for column in columns] == ["theirs"]
