"""Salto KS's answers when it is overloaded or broken."""

from collections.abc import Callable
from typing import Protocol

import pytest

from ireserve_integrations.errors import OutcomeUnknownError, ProtocolError, UnavailableError
from ireserve_saltoks.client import Client

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette

TOKEN, OPEN, PIN = "^/connect/token$", "/locking$", "/pin"


class Vendor(Protocol):
    """What `conftest` offers."""

    def code(self) -> str: ...
    def first_code(self) -> str: ...
    def fails(self, kind: str, **parameters: object) -> None: ...


@pytest.mark.parametrize(
    ("retry_after", "pause_s"),
    [
        pytest.param(
            60, 60.0, marks=cassette("locks-429-retry-after-seconds", shows="`Retry-After: 60`")
        ),
        pytest.param(
            "Tue, 15 Jan 2030 08:02:00 GMT",
            120.0,
            marks=cassette("locks-429-retry-after-date", shows="`Retry-After` is a date"),
        ),
    ],
)
def test_too_many_requests_says_when_to_come_again(
    client: Client, vendor: Vendor, site_id: str, retry_after: object, pause_s: float
) -> None:
    vendor.fails("rate_limited", retry_after=retry_after)

    with pytest.raises(UnavailableError, match="429") as caught:
        client.list_locks(site_id)
    assert caught.value.retry_after_s == pause_s


@cassette("locks-429-then-200", shows="a short `Retry-After` is waited for, and the read repeated")
def test_a_short_pause_is_made_in_place(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.fails("rate_limited", retry_after=0)

    assert len(client.list_locks(site_id)) == 6


@cassette("open-429", shows="not opened, and not sent again by itself")
def test_an_opening_among_too_many_requests_was_not_carried_out(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.fails("rate_limited", retry_after=7)

    with pytest.raises(UnavailableError, match="429") as caught:
        client.open_lock(*studio, vendor.code())
    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(
            500, "json", marks=cassette("locks-500-json", shows="a JSON body; a read is repeated")
        ),
        pytest.param(
            502, "html", marks=cassette("locks-502-html", shows="an HTML body; a read is repeated")
        ),
        pytest.param(
            503, "empty", marks=cassette("locks-503-empty", shows="no body; a read is repeated")
        ),
        pytest.param(
            504, "html", marks=cassette("locks-504-html", shows="an HTML body; a read is repeated")
        ),
    ],
)
def test_a_read_is_repeated_after_a_server_error(
    client: Client, vendor: Vendor, site_id: str, status: int, body: str
) -> None:
    vendor.fails("server_error", status=status, body=body)

    assert len(client.list_locks(site_id)) == 6


@cassette("locks-503-three-times", shows="a read gives up after three attempts")
def test_a_vendor_that_stays_away_is_unavailable(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.fails("server_error", status=503, times=3)

    with pytest.raises(UnavailableError, match="503"):
        client.list_locks(site_id)


@cassette("token-503-three-times", shows="no token: nothing was done")
def test_without_a_token_the_vendor_is_unavailable(client: Client, vendor: Vendor) -> None:
    vendor.fails("server_error", path=TOKEN, status=503, body="empty", times=3)

    with pytest.raises(UnavailableError, match="POST /connect/token: 503"):
        client.get_token()


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(
            {"status": 500, "body": "json"},
            marks=cassette("open-500-json", shows="it may have been opened: 500"),
        ),
        pytest.param(
            {"status": 502, "body": "html"},
            marks=cassette("open-502-html", shows="it may have been opened: 502, HTML"),
        ),
        pytest.param(
            {"status": 503, "body": "empty"},
            marks=cassette("open-503-empty", shows="it may have been opened: no body"),
        ),
        pytest.param(
            {"status": 504, "body": "json"},
            marks=cassette("open-504-json", shows="it may have been opened: 504"),
        ),
    ],
)
def test_an_opening_answered_by_a_server_error_may_have_been_carried_out(
    client: Client,
    vendor: Vendor,
    studio: tuple[str, str],
    failure: dict[str, object],
    count_requests: Callable[[], int],
) -> None:
    vendor.fails("server_error", path=OPEN, work_done=True, **failure)

    with pytest.raises(OutcomeUnknownError, match=f"locking: {failure['status']}"):
        client.open_lock(*studio, vendor.code())
    assert count_requests() == 2


@cassette("get-pin-503", shows="somebody may have been sent a PIN; asked for once")
def test_a_pin_answered_by_a_server_error_may_have_been_sent(
    client: Client, vendor: Vendor, site_id: str, iq_id: str, count_requests: Callable[[], int]
) -> None:
    vendor.fails("server_error", path=PIN, status=503, work_done=True)

    with pytest.raises(OutcomeUnknownError, match="pin: 503"):
        client.send_pin(site_id, iq_id, "sms")
    assert count_requests() == 2


@cassette("set-pin-503", shows="the PIN may have been set; sent once")
def test_a_set_pin_answered_by_a_server_error_may_have_been_carried_out(
    client: Client,
    vendor: Vendor,
    site_id: str,
    active_iq_id: str,
    count_requests: Callable[[], int],
) -> None:
    vendor.fails("server_error", path=PIN, status=503, work_done=True)

    with pytest.raises(OutcomeUnknownError, match="pin: 503"):
        client.set_pin(site_id, active_iq_id, vendor.code(), "5000")
    assert count_requests() == 2


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            "malformed_json", marks=cassette("locks-malformed-json", shows="JSON that breaks off")
        ),
        pytest.param(
            "wrong_shape", marks=cassette("locks-wrong-shape", shows="JSON with other members")
        ),
    ],
)
def test_locks_that_cannot_be_read_are_a_protocol_error(
    client: Client, vendor: Vendor, site_id: str, kind: str
) -> None:
    vendor.fails(kind)

    with pytest.raises(ProtocolError, match="locks: the answer is not as documented"):
        client.list_locks(site_id)


@cassette("iq-secret-wrong-shape", shows="200 without a `secret`")
def test_an_answer_without_a_secret_is_a_protocol_error(
    client: Client, vendor: Vendor, site_id: str, iq_id: str
) -> None:
    vendor.fails("wrong_shape")

    with pytest.raises(ProtocolError, match="secret: the answer is not as documented"):
        client.read_secret(site_id, iq_id)


@cassette("token-wrong-shape", shows="200 without an `access_token`")
def test_an_answer_without_a_token_is_a_protocol_error(client: Client, vendor: Vendor) -> None:
    vendor.fails("wrong_shape", path=TOKEN)

    with pytest.raises(ProtocolError, match="POST /connect/token: the answer is not as documented"):
        client.get_token()


@cassette("open-malformed-json", shows="200 with JSON that breaks off: it is open all the same")
def test_what_an_opening_answers_is_not_looked_at(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.fails("malformed_json", path=OPEN)

    assert client.open_lock(*studio, vendor.code()) is None
