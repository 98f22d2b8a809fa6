"""What is handed over is one row until somebody needs it; then all of it is there, in its order."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.host.fake_rig import CANCELLED, CONFIRMED, Rig
from tests.host.worker_rig import WorkerRig, booked

_MORE_THAN_AT_ONCE = 450


@pytest.fixture
def shop(rig: Rig) -> Iterator[WorkerRig]:
    with ExitStack() as stack:
        shop = WorkerRig(rig, None, stack)
        shop.configure()
        yield shop


def _rows(shop: WorkerRig, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in shop.rig.ask(statement)]


def _waiting(shop: WorkerRig) -> int:
    return len(shop.rig.ask("SELECT 1 FROM events WHERE waiting IS NOT NULL"))


def test_a_change_that_was_handed_over_is_one_row_that_names_nobody(shop: WorkerRig) -> None:
    shop.submit(booked())

    [(waiting, customer)] = _rows(shop, "SELECT waiting, customer FROM events")
    assert shop.rig.bookings == []
    assert _rows(shop, "SELECT * FROM pairs") == []
    assert "ada" not in waiting + customer
    assert "31612345678" not in waiting + customer


def test_nothing_of_it_is_left_in_the_event_once_it_is_unfolded(shop: WorkerRig) -> None:
    shop.submit(booked())

    shop.drain()

    assert _rows(shop, "SELECT waiting, customer FROM events") == [(None, None)]
    assert shop.vendor.times("make") == 1


def test_more_than_is_unfolded_at_once_is_unfolded_all_the_same(shop: WorkerRig) -> None:
    shop.submit(*(booked(number=number) for number in range(_MORE_THAN_AT_ONCE)))

    shop.drain()

    assert _waiting(shop) == 0
    assert len(shop.vendor.live) == _MORE_THAN_AT_ONCE


def test_who_takes_a_pair_knows_what_was_handed_over_since_it_became_due(shop: WorkerRig) -> None:
    shop.submit(booked())
    shop.host.repairs  # noqa: B018  # which unfolds, so that the pair is due
    shop.submit(booked(CANCELLED))

    [outcome] = shop.host.dispatch(booked("40", number=1))

    assert outcome.outcome == "skipped"
    assert shop.vendor.log == []


def test_a_dispatch_unfolds_its_own_bookings_alone(shop: WorkerRig) -> None:
    shop.submit(booked(number=2))

    shop.host.dispatch(booked())

    assert shop.rig.bookings == ["b-1"]
    assert _waiting(shop) == 1


def test_a_newer_booking_that_waits_is_the_one_that_is_known(shop: WorkerRig) -> None:
    shop.host.dispatch(booked())
    shop.submit(booked("40", objects=["18"]))

    known = shop.host.known_booking("b-1")

    assert (known.status, known.objects[0].object) == ("40", "18")


def test_a_booking_that_nothing_but_waits_of_is_known(shop: WorkerRig) -> None:
    shop.submit(booked())

    assert shop.host.known_booking("b-1").status == CONFIRMED
    with pytest.raises(ValueError, match="no booking 'b-2'"):
        shop.host.known_booking("b-2")


def test_an_older_change_that_waits_does_not_overrule_a_newer_booking(shop: WorkerRig) -> None:
    shop.submit(booked("40", sequence=2, objects=["18"]), booked("40", sequence=1))

    assert shop.host.known_booking("b-1").objects[0].object == "18"


def test_an_event_that_comes_again_while_it_waits_is_known(shop: WorkerRig) -> None:
    accepted = [shop.host.submit(booked(event_id="e-1")) for _ in range(2)]

    whats = [(one.what, one.detail["accepted"]) for one in shop.host.audit("b-1")]
    assert accepted == [True, False]
    assert whats == [("came in", True), ("came in", False)]


def test_an_event_that_waits_for_another_booking_is_known_as_that_ones(shop: WorkerRig) -> None:
    shop.submit(booked(event_id="e-1"))

    [recorded] = shop.host.record(booked(event_id="e-1", number=2))

    assert (recorded.accepted, recorded.unknown) == (False, True)
    shop.drain()
    assert shop.rig.bookings == ["b-1"]


def test_a_change_without_an_event_id_that_waits_is_known(shop: WorkerRig) -> None:
    events = [booked(), booked(), booked(CANCELLED), booked()]

    assert [one.accepted for one in shop.host.record(events)] == [True, False, True, True]


def test_what_is_unfolded_is_not_looked_through_again(shop: WorkerRig) -> None:
    shop.submit(booked())
    shop.drain()
    shop.rig.ask(
        "WITH RECURSIVE more (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM more LIMIT 10001) "
        "INSERT INTO events (number, booking, status, digest, arrived_at) "
        "SELECT n, 'b-1', '40', '', '2026-11-21 10:00:00' FROM more"
    )

    shop.host.repairs  # noqa: B018  # which unfolds

    assert _rows(shop, "SELECT unfolded FROM installation") == [(10_002,)]


def test_the_audit_says_when_it_came_in_before_anybody_works_on_it(shop: WorkerRig) -> None:
    shop.submit(booked(), booked(CANCELLED))

    arrived = _rows(shop, "SELECT arrived_at FROM events ORDER BY number")
    entries = list(shop.host.audit())
    assert [entry.detail["status"] for entry in entries] == [CONFIRMED, CANCELLED]
    assert [f"{entry.at:%Y-%m-%d %H:%M:%S.%f}" for entry in entries] == [at for (at,) in arrived]


def test_reconciliation_knows_a_booking_of_which_nothing_but_this_came(shop: WorkerRig) -> None:
    shop.submit(booked())

    shop.host.reconciliation  # noqa: B018  # which unfolds

    assert shop.rig.bookings == ["b-1"]


def test_a_customer_who_waits_can_be_forgotten(shop: WorkerRig) -> None:
    repairs = shop.host.repairs
    shop.submit(booked())

    repairs.forget_customer("b-1")

    assert _rows(shop, "SELECT customer FROM events") == [(None,)]
    assert _rows(shop, "SELECT customer FROM bookings") == [(None,)]


def test_what_is_erased_is_gone_from_the_file(shop: WorkerRig) -> None:
    shop.submit(*(booked(number=number) for number in range(1, 10)))
    [(token,)] = _rows(shop, "SELECT customer FROM events WHERE booking = 'b-5'")
    shop.host.repairs.forget_customer("b-5")

    shop.host.close()  # which leaves no log behind

    assert token.encode() not in shop.rig.database.read_bytes()


def test_an_integration_that_was_added_since_owes_nothing_of_it(shop: WorkerRig) -> None:
    shop.submit(booked())
    shop.configure(integrations=("main", "second"))

    shop.drain()

    assert _rows(shop, "SELECT integration FROM pairs") == [("main",)]
