"""i-Reserve's REST hook: what goes over the wire, and what its answers mean."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ireserve_integrations.booking_core import IreserveCore
from ireserve_integrations.config import BookingCoreSettings
from ireserve_integrations.errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    OutcomeUnknownError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.transport import Http, open_client

BASE = "https://reserve.example.org/town"
HOOK = "/town/api/rest/hook/booking/"
RIGHT = "entity_booking_update"
SETTINGS = BookingCoreSettings(
    kind="ireserve", base_url=BASE, token="t0k", phone_field="custom3", language_field="custom4"
)
STORED = {
    "id": 15492,
    "object_id": 171,
    "mainobject_id": 17,
    "date_from": "2018-02-13T09:30:00+0100",
    "date_till": "2018-02-13T10:30:00+0100",
    "status_code": 30,
    "status": "PAID",
    "customer": "Vos",
    "email": "ada@example.org",
    "custom3": "0612345678",
    "custom4": "nl",
    "custom12": "auth-9",
}

Answer = Callable[[httpx.Request], httpx.Response]


class Wire:
    """A core whose HTTP ends in `answer`, and what was sent."""

    def __init__(self, answer: Answer, settings: BookingCoreSettings = SETTINGS) -> None:
        self.sent: list[httpx.Request] = []
        self._answer = answer
        client = open_client(httpx.MockTransport(self._reply))
        self.core = IreserveCore(settings, lambda: Http(client, deadline_s=5, jitter=lambda: -0.5))

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(one.content) for one in self.sent]

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self._answer(request)


def answering(status: int, body: Any = None, **headers: str) -> Wire:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Wire(lambda _: httpx.Response(status, content=content, headers=headers))


def failing(error: httpx.HTTPError) -> Wire:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    return Wire(fail)


# --- what is sent ---------------------------------------------------------------------------------


def test_fields_go_in_one_post_with_the_token() -> None:
    wire = answering(200, STORED)

    wire.core.write_fields("15492", {"custom12": "auth-9", "custom13": ""})

    [request] = wire.sent
    assert (request.method, str(request.url)) == ("POST", BASE + "/api/rest/hook/booking/")
    assert request.headers["Authorization"] == "Bearer t0k"
    assert request.headers["Content-Type"] == "application/json"
    assert wire.bodies == [{"id": "15492", "custom12": "auth-9", "custom13": ""}]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("98", 98),
        ("0", 0),
        ("PAID", "PAID"),
        ("098", "098"),
        ("-1", "-1"),
        ("٩٨", "٩٨"),
        ("9" * 15, 999_999_999_999_999),
        ("9" * 16, "9" * 16),
    ],
)
def test_a_status_goes_as_a_number_where_it_is_one(status: str, code: object) -> None:
    wire = answering(200, STORED)

    wire.core.move_status("15492", status)

    assert wire.bodies == [{"id": "15492", "status_code": code}]


@pytest.mark.parametrize("name", ["status_code", "id", "email", "date_from", "mainobject_desc"])
def test_a_bookings_own_property_is_never_written_as_a_field(name: str) -> None:
    wire = answering(200, STORED)

    with pytest.raises(ConfigError, match=rf"^{name}: not a custom field of i-Reserve"):
        wire.core.write_fields("15492", {"custom12": "x", name: "70"})

    assert wire.sent == []


def test_a_read_asks_for_one_booking_by_its_quoted_id() -> None:
    wire = answering(404)

    wire.core.read_booking("a/b c")

    [request] = wire.sent
    assert (request.method, request.url.raw_path) == ("GET", HOOK.encode() + b"a%2Fb%20c")
    assert request.headers["Authorization"] == "Bearer t0k"


@pytest.mark.parametrize("booking", ["", ".", ".."])
def test_an_id_that_leads_elsewhere_is_not_read(booking: str) -> None:
    wire = answering(200, STORED)

    with pytest.raises(RejectedError, match="is not an id"):
        wire.core.read_booking(booking)

    assert wire.sent == []


# --- what a read answers --------------------------------------------------------------------------


def test_a_booking_is_read_with_the_settings_of_the_core() -> None:
    booking = answering(200, STORED).core.read_booking("15492")

    assert booking is not None
    assert (booking.id, booking.status, str(booking.objects[0])) == ("15492", "30", "17/171")
    assert booking.start.isoformat() == "2018-02-13T09:30:00+01:00"
    assert (booking.customer.phone, booking.customer.language) == ("0612345678", "nl")
    assert booking.fields == {"custom12": "auth-9"}


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_read_call_that_is_not_there_is_asked_once(status: int) -> None:
    wire = answering(status)

    assert wire.core.read_booking("15492") is None
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        [STORED],
        None,
        {},
        STORED | {"id": 15493},
        STORED | {"status_code": ""},
        STORED | {"date_from": "2018-02-13T09:30:00"},
        STORED | {"object_id": None},
    ],
    ids=["html", "empty", "list", "null", "bare", "another", "no status", "naive", "no object"],
)
def test_a_read_that_answers_something_else_is_no_booking(body: Any) -> None:
    with pytest.raises(ProtocolError, match=rf"^GET {HOOK}15492: the answer is not as documented$"):
        answering(200, body).core.read_booking("15492")


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AuthError), (403, RejectedError), (429, UnavailableError), (503, UnavailableError)],
)
def test_a_read_that_fails_is_not_taken_for_a_missing_call(
    status: int, error: type[IntegrationError]
) -> None:
    with pytest.raises(error, match=str(status)):
        answering(status).core.read_booking("15492")


# --- what a write answers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (400, RejectedError, f"POST {HOOK}: 400 for booking 15492, custom12"),
        (401, AuthError, f"POST {HOOK}: 401, the vendor refuses this account's token"),
        (
            403,
            RejectedError,
            f"POST {HOOK}: 403 for booking 15492, custom12: the token lacks the right {RIGHT}",
        ),
        (
            404,
            RejectedError,
            f"POST {HOOK}: 404 for booking 15492, custom12: there is no such booking",
        ),
        (429, UnavailableError, f"POST {HOOK}: 429"),
        (302, ProtocolError, f"POST {HOOK}: 302, and redirects are not followed"),
        (500, OutcomeUnknownError, f"POST {HOOK}: 500"),
        (503, OutcomeUnknownError, f"POST {HOOK}: 503"),
    ],
)
def test_a_write_that_is_refused_is_sent_once_and_quotes_no_value(
    status: int, error: type[IntegrationError], says: str
) -> None:
    wire = answering(status, {"message": "custom12 cannot be s3cret", "token": "t0k"})

    with pytest.raises(error) as raised:
        wire.core.write_fields("15492", {"custom12": "s3cret"})

    assert str(raised.value) == says
    assert len(wire.sent) == 1


def test_a_refused_status_is_named() -> None:
    with pytest.raises(RejectedError, match=r"400 for booking 15492, status_code$"):
        answering(400).core.move_status("15492", "98")


def test_the_pause_that_the_core_asks_for_is_passed_on() -> None:
    with pytest.raises(UnavailableError) as raised:
        answering(429, **{"Retry-After": "90"}).core.move_status("15492", "98")

    assert raised.value.retry_after_s == 90


@pytest.mark.parametrize(
    "body",
    [b"<html>Log in</html>", b"", None, [], {"id": "15493"}, {"status": "ok"}],
    ids=["html", "empty", "null", "list", "another", "no id"],
)
def test_a_success_that_is_not_about_the_booking_is_no_success(body: Any) -> None:
    with pytest.raises(OutcomeUnknownError, match="the answer is not as documented"):
        answering(200, body).core.write_fields("15492", {"custom12": "s3cret"})


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ConnectError("refused"), UnavailableError),
        (httpx.ConnectTimeout("late"), UnavailableError),
        (httpx.ReadTimeout("late"), OutcomeUnknownError),
        (httpx.ReadError("cut"), OutcomeUnknownError),
    ],
)
def test_a_broken_connection_says_whether_it_may_have_been_done(
    failure: httpx.HTTPError, error: type[IntegrationError]
) -> None:
    wire = failing(failure)

    with pytest.raises(error):
        wire.core.move_status("15492", "98")

    assert len(wire.sent) == 1


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        BookingCoreSettings(kind="ireserve", token="t0k"),
        BookingCoreSettings(kind="ireserve", base_url=BASE),
    ],
    ids=["no address", "no token"],
)
def test_an_address_and_a_token_are_needed(settings: BookingCoreSettings) -> None:
    with pytest.raises(ConfigError, match="needs base_url and token"):
        Wire(lambda _: httpx.Response(200), settings)


def test_a_token_that_no_header_can_hold_is_not_quoted() -> None:
    wire = Wire(
        lambda _: httpx.Response(200),
        BookingCoreSettings(kind="ireserve", base_url=BASE, token="tökén"),
    )

    with pytest.raises(ProtocolError, match=r"cannot be sent as it stands$"):
        wire.core.move_status("15492", "98")

    assert wire.sent == []
