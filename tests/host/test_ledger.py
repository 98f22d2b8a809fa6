"""The ledger's door: what is written down of a change, and what is not."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger import Keys, Ledger
from ireserve_integrations.model import BookedObject, Booking, Customer, StatusChange

_START = datetime(2026, 11, 21, 10, tzinfo=UTC)
_ADA = Customer(
    first_name="Wilhelmina",
    last_name="Zonneveld",
    email="w.zonneveld@example.org",
    phone="+31612345678",
    language="nl-NL",
)
_BOOKING = Booking(
    id="15492",
    status="20",
    start=_START,
    end=_START + timedelta(hours=2),
    objects=(BookedObject(object="17"), BookedObject(object="18", sub_object="181")),
    customer=_ADA,
    fields={"custom12": "auth-9", "custom99": "a note on Wilhelmina's knee"},
)
_VENDORS = {"one": "fake", "two": "fake", "three": "other"}
Query = Callable[[str], list[Any]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(database: Path, key: str) -> Iterator[Ledger]:
    ledger = Ledger(str(database), keys=Keys(key), lease_s=30, clock=lambda: _START)
    with closing(ledger):
        yield ledger


@pytest.fixture
def query(database: Path) -> Query:
    """Ask, or change, the file behind the ledger's back."""

    def ask(statement: str) -> list[Any]:
        with closing(sqlite3.connect(database)) as connection, connection:
            return connection.execute(statement).fetchall()

    return ask


def _change(
    status: str, /, event_id: str | None = None, sequence: int | None = None, **booking: Any
) -> StatusChange:
    return StatusChange(
        booking=replace(_BOOKING, **booking),
        new_status=status,
        event_id=event_id,
        sequence=sequence,
    )


def _record(ledger: Ledger, *changes: StatusChange) -> list[bool]:
    recorded = ledger.record(changes, _VENDORS, {"custom12"})
    return [one.accepted for one in recorded]


def _statuses(query: Query) -> list[str]:
    return [status for (status,) in query("SELECT status FROM events ORDER BY number")]


# --- what is the same event -----------------------------------------------------------------------


def test_an_event_id_is_known_once(ledger: Ledger, query: Query) -> None:
    first, second = _change("30", event_id="e-1"), _change("70", event_id="e-2")

    assert _record(ledger, first) == [True]
    assert _record(ledger, second, first) == [True, False]
    assert _statuses(query) == ["30", "70"]


@pytest.mark.parametrize(
    "other", [_change("70", event_id="e-1"), _change("30", event_id="e-1", id="15493")]
)
def test_what_a_known_event_says_now_is_ignored_with_a_warning(
    ledger: Ledger, query: Query, other: StatusChange
) -> None:
    _record(ledger, _change("30", event_id="e-1"))

    (recorded,) = ledger.record([other], _VENDORS, ())

    assert not recorded.accepted
    assert recorded.warning == (
        "event e-1 was known already and said something else; what it says now is ignored"
    )
    assert _statuses(query) == ["30"]


def test_an_event_that_is_known_of_another_booking_brings_nothing_to_this_one(
    ledger: Ledger, query: Query
) -> None:
    _record(ledger, _change("30", event_id="e-1"))

    (recorded,) = ledger.record([_change("30", event_id="e-1", id="15493")], _VENDORS, ())

    assert recorded.unknown
    assert query("SELECT DISTINCT booking FROM pairs") == [("15492",)]


def test_the_same_event_once_more_is_no_reason_for_a_warning(ledger: Ledger) -> None:
    _record(ledger, _change("30", event_id="e-1"))

    (recorded,) = ledger.record([_change("30", event_id="e-1")], _VENDORS, ())

    assert recorded.warning is None


def test_without_an_event_id_the_latest_change_is_known(ledger: Ledger, query: Query) -> None:
    assert _record(ledger, _change("30"), _change("30"), _change("70")) == [True, False, True]
    assert _record(ledger, _change("30"), _change("30", id="15493")) == [True, True]
    assert _statuses(query) == ["30", "70", "30", "30"]


@pytest.mark.parametrize(
    "changed",
    [
        {"start": _START + timedelta(minutes=1)},
        {"end": _START + timedelta(hours=3)},
        {"status": "30"},
        {"objects": (BookedObject(object="17"),)},
        {"objects": (BookedObject(object="17"), BookedObject(object="18/181"))},
        {"customer": replace(_ADA, email="other@example.org")},
        {"customer": replace(_ADA, language="de")},
        {"fields": {"custom12": "auth-9"}},
    ],
)
def test_a_change_of_anything_is_a_change(ledger: Ledger, changed: dict[str, Any]) -> None:
    assert _record(ledger, _change("30"), _change("30", **changed)) == [True, True]


def test_a_time_in_another_zone_is_no_change(ledger: Ledger) -> None:
    start = datetime.fromisoformat("2026-11-21T11:00:00+01:00")

    assert _record(ledger, _change("30"), _change("30", start=start)) == [True, False]


# --- what is kept ---------------------------------------------------------------------------------


def test_of_a_booking_what_settings_name_is_kept(ledger: Ledger) -> None:
    _record(ledger, _change("30"))

    kept = replace(_BOOKING, fields={"custom12": "auth-9"})
    assert ledger.booking("15492") == replace(kept, status="30")


def test_a_booking_that_never_came_is_none(ledger: Ledger) -> None:
    assert ledger.booking("15492") is None


def test_nothing_personal_stands_in_the_files_in_plain_text(
    ledger: Ledger, database: Path, key: str
) -> None:
    _record(ledger, _change("30", event_id="e-1"), _change("40", event_id="e-2"))

    files = sorted(database.parent.glob("ledger.db*"))
    content = b"".join(file.read_bytes() for file in files)

    assert [file.name for file in files] == ["ledger.db", "ledger.db-shm", "ledger.db-wal"]
    assert b"custom12" in content
    assert b"auth-9" in content
    assert b"wilhelmina" not in content.lower()
    assert b"zonneveld" not in content.lower()
    assert b"example.org" not in content
    assert b"612345678" not in content
    assert b"nl-NL" not in content
    assert b"knee" not in content
    assert key.encode() not in content


def test_customers_of_two_bookings_cannot_be_exchanged(ledger: Ledger, query: Query) -> None:
    _record(ledger, _change("30"), _change("30", id="15493"))
    query("UPDATE bookings SET customer = (SELECT customer FROM bookings WHERE id = '15493')")

    with pytest.raises(LedgerError, match="changed by hand: a row holds another"):
        ledger.booking("15492")


# --- which booking is the newest ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sequences", "newest"),
    [
        ((None, None), "second"),
        ((1, 2), "second"),
        ((2, 1), "first"),
        ((2, 2), "second"),
        ((None, 1), "second"),
        ((7, None), "second"),
        ((7, None, 6), "second"),
        ((7, None, 7), "third"),
        ((None, 7, 6), "second"),
    ],
)
def test_the_highest_sequence_is_the_newest_booking_else_the_latest(
    ledger: Ledger, sequences: tuple[int | None, ...], newest: str
) -> None:
    names = ("first", "second", "third")
    changes = [
        _change("30", event_id=name, sequence=sequence, customer=Customer(first_name=name))
        for name, sequence in zip(names, sequences, strict=False)
    ]

    _record(ledger, *changes)

    found = ledger.booking("15492")
    assert found is not None
    assert found.customer.first_name == newest


# --- who owes something ---------------------------------------------------------------------------


def test_every_integration_owes_something_for_a_change(ledger: Ledger, query: Query) -> None:
    _record(ledger, _change("30"))

    assert query("SELECT integration, vendor, booking, due_at FROM pairs ORDER BY 1") == [
        ("one", "fake", "15492", "2026-11-21 10:00:00.000000"),
        ("three", "other", "15492", "2026-11-21 10:00:00.000000"),
        ("two", "fake", "15492", "2026-11-21 10:00:00.000000"),
    ]


def test_an_event_that_comes_again_is_tried_again(ledger: Ledger, query: Query) -> None:
    _record(ledger, _change("30", event_id="e-1"))
    query("UPDATE pairs SET due_at = NULL, failed_as = 'RejectedError'")

    _record(ledger, _change("30", event_id="e-1"))

    assert query("SELECT count(*) FROM pairs WHERE due_at IS NOT NULL") == [(3,)]


def test_without_integrations_a_change_is_written_down(ledger: Ledger, query: Query) -> None:
    ledger.record([_change("30")], {}, ())

    assert (_statuses(query), query("SELECT * FROM pairs")) == (["30"], [])


def test_recording_is_all_or_nothing(ledger: Ledger, query: Query) -> None:
    query(
        "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.status = '70' "
        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    )

    with pytest.raises(LedgerError, match="the disk is full"):
        _record(ledger, _change("30"), _change("70"))

    assert _statuses(query) == []
    assert query("SELECT * FROM bookings UNION SELECT integration, 1, 1, 1, 1 FROM pairs") == []


def test_what_a_failed_change_named_is_written_down_by_the_next(
    ledger: Ledger, query: Query
) -> None:
    query(
        "CREATE TRIGGER refuse BEFORE INSERT ON events "
        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    )
    with pytest.raises(LedgerError):
        _record(ledger, _change("30"))
    query("DROP TRIGGER refuse")

    _record(ledger, _change("30"))

    assert ledger.seen().statuses == {"30"}
    assert ("18", "181") in ledger.seen().objects
