"""`migrate`."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.host.command_line import Workplace

from ireserve_integrations.ledger import KEY_VARIABLE
from ireserve_integrations.ledger.database import Database
from ireserve_integrations.ledger.schema import newest_revision, upgrade

_NEWEST = newest_revision()


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """Return a place without a key: none is needed."""
    place = Workplace(tmp_path, monkeypatch)
    monkeypatch.delenv(KEY_VARIABLE)
    return place


def _make_old(url: str) -> None:
    database = Database(url, any_revision=True)
    with closing(database), database.writing() as connection:
        upgrade(connection, "0001")


def test_migrate_says_from_where_to_where_and_where_the_copy_is(workplace: Workplace) -> None:
    _make_old(str(workplace.database))

    ran = workplace.run("migrate")

    name = "ireserve-integrations.db"
    assert ran.status == 0
    assert ran.out == f"ledger {name} went from revision 0001 to {_NEWEST}.\n"
    assert ran.err == (f"as it was before: {name}.before-{_NEWEST}; delete it when all is well\n")
    assert f"{name}.before-{_NEWEST}" in workplace.files


def test_migrate_answers_machines(workplace: Workplace) -> None:
    _make_old(str(workplace.database))

    ran = workplace.run("migrate", "--json")

    assert (ran.status, ran.answer) == (0, {"from": "0001", "to": _NEWEST})


def test_migrate_says_when_there_is_nothing_to_do(workplace: Workplace) -> None:
    Database(str(workplace.database)).close()

    ran = workplace.run("migrate")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"ledger ireserve-integrations.db is up to date at revision {_NEWEST}.\n"


def test_migrate_sets_an_empty_database_up(workplace: Workplace) -> None:
    ran = workplace.run("migrate", "--json")

    assert (ran.status, ran.answer) == (0, {"from": None, "to": _NEWEST})
    assert workplace.files == ["integrations.toml", "ireserve-integrations.db"]


def test_migrate_brings_a_server_up_to_date(workplace: Workplace, empty_postgres_url: str) -> None:
    _make_old(empty_postgres_url)

    ran = workplace.run("--database", empty_postgres_url, "migrate")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("ledger postgresql:///ledger_")
    assert ran.out.endswith(f" went from revision 0001 to {_NEWEST}.\n")


def test_migrate_refuses_what_cannot_be_used(workplace: Workplace) -> None:
    workplace.write("notes.txt", "not a database, but long enough to be looked at" * 100)

    ran = workplace.run("migrate", "--database", "notes.txt")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "ledger notes.txt: file is not a database\n"
