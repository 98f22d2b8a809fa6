"""Alerts in the ledger: one per cause, on each kind of database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ireserve_integrations.ledger import Alert, Cause, Keys, Ledger, new_key

FAILED = Alert(cause=Cause.FAILED, message="do this", integration="main", booking="15492")
DOOR = Alert(cause=Cause.MAPPING, message="no such door", integration="main", about="front")


class Clock:
    """Goes on by a minute whenever it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    ledger = Ledger(ledger_url, keys=Keys(new_key()), lease_s=1, clock=Clock())
    yield ledger
    ledger.close()


def _messages(ledger: Ledger) -> list[str]:
    return [one.message for one in ledger.alerts.list()]


def test_an_alert_that_is_opened_again_is_one_alert_with_the_new_message(ledger: Ledger) -> None:
    ledger.alerts.open(FAILED)
    [first] = ledger.alerts.list()
    ledger.alerts.open(replace(FAILED, message="do that"))

    [found] = ledger.alerts.list()

    assert found.message == "do that"
    assert found.opened_at == first.opened_at


def test_alerts_are_listed_oldest_first(ledger: Ledger) -> None:
    ledger.alerts.open(DOOR)
    ledger.alerts.open(FAILED)

    assert _messages(ledger) == ["no such door", "do this"]


def test_what_an_alert_is_about_sets_it_apart(ledger: Ledger) -> None:
    ledger.alerts.open(DOOR)
    ledger.alerts.open(replace(DOOR, about="side", message="nor this"))

    ledger.alerts.close(Cause.MAPPING, about="front")

    assert _messages(ledger) == ["nor this"]


def test_only_alerts_of_the_named_causes_and_places_are_closed(ledger: Ledger) -> None:
    elsewhere = replace(FAILED, integration="other", message="elsewhere")
    ledger.alerts.open(FAILED)
    ledger.alerts.open(elsewhere)
    ledger.alerts.open(DOOR)

    ledger.alerts.close(Cause.FAILED, Cause.LOST_REPLY, integration="main")

    assert _messages(ledger) == ["elsewhere", "no such door"]


def test_a_cause_that_comes_back_is_a_new_alert(ledger: Ledger) -> None:
    ledger.alerts.open(FAILED)
    [before] = ledger.alerts.list()
    ledger.alerts.close(Cause.FAILED)
    ledger.alerts.open(FAILED)

    [after] = ledger.alerts.list()

    assert before.opened_at is not None
    assert after.opened_at is not None
    assert after.opened_at > before.opened_at


def test_settling_leaves_exactly_the_wanted_ones_of_a_cause(ledger: Ledger) -> None:
    ledger.alerts.open(DOOR)
    ledger.alerts.open(FAILED)

    ledger.alerts.settle(Cause.MAPPING, [replace(DOOR, about="side", message="side door")])

    assert _messages(ledger) == ["do this", "side door"]


def test_settling_one_integration_leaves_the_others_alone(ledger: Ledger) -> None:
    ledger.alerts.open(DOOR)
    ledger.alerts.open(replace(DOOR, integration="other", message="other's"))

    ledger.alerts.settle(Cause.MAPPING, [], integration="main")

    assert _messages(ledger) == ["other's"]


def test_settling_what_is_open_already_keeps_since_when(ledger: Ledger) -> None:
    ledger.alerts.open(DOOR)
    before = ledger.alerts.list()

    ledger.alerts.settle(Cause.MAPPING, [DOOR])

    assert ledger.alerts.list() == before
