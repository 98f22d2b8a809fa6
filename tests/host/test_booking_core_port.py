"""What holds of every booking core: the one in memory, and i-Reserve over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pytest

from ireserve_integrations.booking_core import BookingCore, InMemoryCore, open_booking_core
from ireserve_integrations.booking_core.sandbox import IreserveSandbox
from ireserve_integrations.config import BookingCoreSettings, Catalogue
from ireserve_integrations.errors import OutcomeUnknownError, RejectedError, UnavailableError
from ireserve_integrations.kit.transport import Http, open_client
from ireserve_integrations.model import BookedObject, Booking

CATALOGUE = Catalogue(statuses={"30": "PAID"})
START, END = "2026-11-21T10:00:00+0100", "2026-11-21T12:00:00+0100"
BOOKING = Booking(
    id="15492",
    start=datetime.fromisoformat(START),
    end=datetime.fromisoformat(END),
    status="30",
    objects=(BookedObject(object="17", sub_object="171"),),
    fields={"custom12": "old"},
)


class Behind(Protocol):
    """What is behind the port of a core that holds `BOOKING`."""

    @property
    def core(self) -> BookingCore:
        """The port."""

    def writes(self) -> list[tuple[str, dict[str, str], str | None]]:
        """Return what was written, in order."""

    def lose_reply(self) -> None:
        """Let the next call be carried out, and its reply be lost."""

    def refuse_next(self) -> None:
        """Let the next call not be carried out."""

    def hide(self) -> None:
        """Let there be no call that reads."""


class Memory:
    def __init__(self) -> None:
        self.core = InMemoryCore(BOOKING, catalogue=CATALOGUE)

    def writes(self) -> list[tuple[str, dict[str, str], str | None]]:
        return [(one.booking, dict(one.fields), one.status) for one in self.core.writes]

    def lose_reply(self) -> None:
        self.core.fail(OutcomeUnknownError("lost"), done=True)

    def refuse_next(self) -> None:
        self.core.fail(UnavailableError("later"))

    def hide(self) -> None:
        self.core.readable = False


@dataclass
class OverHttp:
    sandbox: IreserveSandbox
    core: BookingCore

    def writes(self) -> list[tuple[str, dict[str, str], str | None]]:
        return [(one.booking, dict(one.fields), one.status) for one in self.sandbox.writes]

    def lose_reply(self) -> None:
        self.sandbox.fault("lost_reply")

    def refuse_next(self) -> None:
        self.sandbox.fault("rate_limited")

    def hide(self) -> None:
        self.sandbox.fault("not_listed", status=405, times=None)


@contextmanager
def over_http() -> Iterator[OverHttp]:
    parts = {"object_id": "171", "mainobject_id": "17", "status_code": "30", "custom12": "old"}
    with IreserveSandbox() as sandbox, open_client() as client:
        sandbox.put_booking("15492", date_from=START, date_till=END, **parts)
        settings: dict[str, Any] = {"catalogue": CATALOGUE, **sandbox.booking_core()}
        core = open_booking_core(
            BookingCoreSettings(**settings), lambda: Http(client, deadline_s=5, jitter=lambda: 0)
        )
        assert core is not None
        yield OverHttp(sandbox, core)


@contextmanager
def in_memory() -> Iterator[Memory]:
    yield Memory()


@pytest.fixture(params=[in_memory, over_http])
def behind(request: pytest.FixtureRequest) -> Iterator[Behind]:
    with request.param() as behind:
        yield behind


def test_a_booking_is_read_as_it_is_stored(behind: Behind) -> None:
    assert behind.core.read_booking("15492") == BOOKING


def test_the_catalogue_is_what_the_operator_said(behind: Behind) -> None:
    assert behind.core.read_catalogue() == CATALOGUE


def test_fields_are_written_at_once_and_emptied_ones_too(behind: Behind) -> None:
    behind.core.write_fields("15492", {"custom12": "", "custom13": "auth-9"})

    assert behind.writes() == [("15492", {"custom12": "", "custom13": "auth-9"}, None)]
    stored = behind.core.read_booking("15492")
    assert stored is not None
    assert stored.fields == {"custom12": "", "custom13": "auth-9"}
    assert stored.status == "30"


def test_no_fields_are_no_call(behind: Behind) -> None:
    behind.refuse_next()

    behind.core.write_fields("15492", {})

    assert behind.writes() == []


def test_a_status_is_moved_and_leaves_the_fields(behind: Behind) -> None:
    behind.core.move_status("15492", "98")

    assert behind.writes() == [("15492", {}, "98")]
    stored = behind.core.read_booking("15492")
    assert stored is not None
    assert (stored.status, stored.fields) == ("98", {"custom12": "old"})


def test_an_unknown_booking_cannot_be_written(behind: Behind) -> None:
    with pytest.raises(RejectedError, match=r"no such booking|no booking 7"):
        behind.core.write_fields("7", {"custom12": "x"})
    with pytest.raises(RejectedError, match=r"no such booking|no booking 7"):
        behind.core.move_status("7", "98")
    assert behind.writes() == []


def test_a_core_that_cannot_be_read_says_none(behind: Behind) -> None:
    behind.hide()

    assert behind.core.read_booking("15492") is None


def test_a_lost_reply_is_an_unknown_outcome_and_writing_again_is_fine(behind: Behind) -> None:
    behind.lose_reply()

    with pytest.raises(OutcomeUnknownError):
        behind.core.write_fields("15492", {"custom12": "auth-9"})
    behind.core.write_fields("15492", {"custom12": "auth-9"})

    assert behind.writes() == [("15492", {"custom12": "auth-9"}, None)] * 2
    stored = behind.core.read_booking("15492")
    assert stored is not None
    assert stored.fields == {"custom12": "auth-9"}


def test_what_was_not_done_is_said_and_not_sent_again(behind: Behind) -> None:
    behind.refuse_next()

    with pytest.raises(UnavailableError):
        behind.core.move_status("15492", "98")

    assert behind.writes() == []


def test_without_a_kind_there_is_no_core() -> None:
    def lend() -> Http:
        raise AssertionError

    assert open_booking_core(None, lend) is None
    assert open_booking_core(BookingCoreSettings(base_url="https://r.example"), lend) is None
