"""Salto KS's API call by call: what goes over the wire, and what comes back of it."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Protocol

import httpx
import pytest

from ireserve_integrations.errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    OutcomeUnknownError,
    PluginError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_saltoks.client import Client
from ireserve_saltoks.refusals import error_of
from ireserve_saltoks.wire import Refusal, parse_refusal

SITES, LOCKS, IQS = "/v1.2/sites", "/v1.2/sites/site-1/locks", "/v1.2/sites/site-1/iqs"
ACTIVATED = "/v1.2/me/site-1/activated_iqs"
SECRET, PIN = f"{IQS}/iq-1/secret", f"{IQS}/iq-1/pin"
OPEN = f"{LOCKS}/lock-1/locking"
OTP_INVALID = {"ErrorCode": "3102", "Message": "Request execution failed with code: otp_invalid"}


class Vendor(Protocol):
    """What `conftest` offers."""

    requests: list[httpx.Request]

    @property
    def lines(self) -> list[str]: ...
    def answer(self, line: str, *answers: object) -> None: ...


def locks(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"lock-{number}", "customer_reference": "x"} for number in numbers]


def ids(client: Client) -> list[str]:
    return [lock.id for lock in client.list_locks("site-1")]


def test_the_token_comes_by_password_from_the_identity_server(
    client: Client, vendor: Vendor
) -> None:
    assert client.get_token() == "token-1"

    [request] = vendor.requests
    basic = b64encode(b"platform-client:client-secret").decode()
    assert str(request.url) == "https://identity.example/connect/token"
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.content.decode() == (
        "grant_type=password&username=svc%40example.org&password=very-secret"
        "&scope=user_api.full_access"
    )


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (400, {"error": "invalid_grant"}, r"username or password .* \(invalid_grant\)"),
        (400, {"error": "invalid_client"}, r"OAuth client is refused.* \(invalid_client\)"),
        (401, {"error": "invalid_client"}, r"OAuth client is refused.* \(invalid_client\)"),
        (400, [], r"refuses a token.* \(no reason given\)"),
        (400, {"error": "invalid_scope"}, r"may not open locks.* \(invalid_scope\)"),
        (403, "<html>", r"refuses a token.* \(no reason given\)"),
    ],
)
def test_a_refused_token_says_who_is_refused(
    client: Client, vendor: Vendor, status: int, body: object, says: str
) -> None:
    vendor.answer("POST /connect/token", httpx.Response(status, json=body))

    with pytest.raises(AuthError, match=says) as caught:
        client.list_sites()
    assert "svc@" not in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_a_refused_token_is_minted_again_once(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {SITES}", httpx.Response(401, json={"ErrorCode": 1500}), [])

    assert client.list_sites() == ()
    assert len(vendor.requests) - len(vendor.lines) == 2


def test_a_token_that_is_refused_twice_is_not_minted_for_ever(
    client: Client, vendor: Vendor
) -> None:
    vendor.answer(f"PATCH {OPEN}", httpx.Response(401))

    with pytest.raises(AuthError):
        client.open_lock("site-1", "lock-1", "28a5a")
    assert len(vendor.lines) == 2


@pytest.mark.parametrize("shape", ["envelope", "bare"])
def test_both_shapes_of_a_list_are_read(client: Client, vendor: Vendor, shape: str) -> None:
    site = {"id": "site-1", "site_uid": "NL1", "customer_reference": "Town hall"}
    vendor.answer(
        f"GET {SITES}",
        {"envelope": {"items": [site], "next_page_link": None}, "bare": [site]}[shape],
    )
    vendor.answer(f"GET {SITES}?$skip=1", [])

    [read] = client.list_sites()

    assert (read.id, read.site_uid, read.customer_reference) == ("site-1", "NL1", "Town hall")
    assert vendor.requests[-1].headers["Authorization"] == "Bearer token-1"


def test_pages_are_followed_to_their_end(client: Client, vendor: Vendor) -> None:
    second = f"https://api.example{LOCKS}?$top=2&$skip=2"
    vendor.answer(f"GET {LOCKS}", {"items": locks(1, 2), "next_page_link": second})
    vendor.answer(f"GET {LOCKS}?$top=2&$skip=2", {"items": locks(2, 3), "next_page_link": None})

    assert ids(client) == ["lock-1", "lock-2", "lock-3"]


def test_bare_pages_are_skipped_through_until_one_is_empty(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {LOCKS}", locks(1, 2))
    vendor.answer(f"GET {LOCKS}?$skip=2", locks(3))
    vendor.answer(f"GET {LOCKS}?$skip=3", [])

    assert ids(client) == ["lock-1", "lock-2", "lock-3"]


def test_a_bare_list_that_comes_whole_each_time_is_read_once(
    client: Client, vendor: Vendor
) -> None:
    vendor.answer(f"GET {LOCKS}", locks(1, 2))
    vendor.answer(f"GET {LOCKS}?$skip=2", locks(1, 2))

    assert ids(client) == ["lock-1", "lock-2"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/v1.2/sites/site-1/locks",
        "http://api.example/v1.2/sites/site-1/locks",
        "https://api.example:8443/v1.2/sites/site-1/locks",
        "https://svc@api.example/v1.2/sites/site-1/locks",
        "//evil.example/locks",
        "https://[",
    ],
)
def test_a_next_page_elsewhere_is_not_followed(
    client: Client, vendor: Vendor, elsewhere: str
) -> None:
    vendor.answer(f"GET {LOCKS}", {"items": locks(1), "next_page_link": elsewhere})

    with pytest.raises(ProtocolError, match="the next page is not at the API"):
        client.list_locks("site-1")
    assert vendor.lines == [f"GET {LOCKS}"]


def test_pages_that_go_in_circles_end(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {LOCKS}", {"items": locks(1), "next_page_link": LOCKS})

    with pytest.raises(ProtocolError, match="do not end"):
        client.list_locks("site-1")


def test_iqs_and_where_the_user_is_activated_are_listed(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {IQS}", {"items": [{"id": "iq-1", "online": True}]})
    vendor.answer(f"GET {ACTIVATED}", {"items": [{"iq_id": "iq-1", "activated": True}]})

    assert [(iq.id, iq.online) for iq in client.list_iqs("site-1")] == [("iq-1", True)]
    assert [one.activated for one in client.list_activated_iqs("site-1")] == [True]


def test_the_secret_is_read(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {SECRET}", {"secret": "ABCDEFGHIJKLMNOP"})

    assert client.read_secret("site-1", "iq-1") == "ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize(("by", "query"), [("sms", ""), ("email", "?send_email=true")])
def test_a_pin_is_sent_by_sms_or_e_mail(
    client: Client, vendor: Vendor, by: Any, query: str
) -> None:
    vendor.answer(f"GET {PIN}{query}", httpx.Response(204))

    client.send_pin("site-1", "iq-1", by)

    assert vendor.lines == [f"GET {PIN}{query}"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(503), httpx.Response(500), httpx.ReadTimeout("")]
)
def test_a_pin_that_may_have_been_sent_is_not_asked_for_again(
    client: Client, vendor: Vendor, answer: object
) -> None:
    vendor.answer(f"GET {PIN}", answer)

    with pytest.raises(OutcomeUnknownError):
        client.send_pin("site-1", "iq-1", "sms")
    assert len(vendor.lines) == 1


def test_set_pin_sends_a_code_and_a_delta(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"PUT {PIN}", httpx.Response(204))

    assert client.set_pin("site-1", "iq-1", "28a5a", "0000") is None
    assert json.loads(vendor.requests[-1].content) == {"otp": "28a5a", "delta": "0000"}


@pytest.mark.parametrize(
    ("otp", "body"),
    [
        ("28a5a", {"locked_state": "unlocked", "otp": "28a5a"}),
        (None, {"locked_state": "unlocked"}),
    ],
)
@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="<html>"), httpx.Response(204), {"locked_state": "locked"}]
)
def test_any_2xx_is_an_open_lock(
    client: Client, vendor: Vendor, otp: str | None, body: object, answer: object
) -> None:
    vendor.answer(f"PATCH {OPEN}", answer)

    assert client.open_lock("site-1", "lock-1", otp) is None
    assert json.loads(vendor.requests[-1].content) == body


@pytest.mark.parametrize("call", ["open_lock", "set_pin"])
def test_a_wrong_code_is_told_and_never_sent_again(
    client: Client, vendor: Vendor, call: str
) -> None:
    for line in (f"PATCH {OPEN}", f"PUT {PIN}"):
        vendor.answer(line, httpx.Response(400, json=OTP_INVALID))
    calls: dict[str, Callable[[], Refusal | None]] = {
        "open_lock": lambda: client.open_lock("site-1", "lock-1", "28a5a"),
        "set_pin": lambda: client.set_pin("site-1", "iq-1", "28a5a", "0000"),
    }

    refusal = calls[call]()

    assert refusal is not None
    assert refusal.otp_invalid
    assert len(vendor.lines) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(500), OutcomeUnknownError),
        (httpx.Response(503, json=OTP_INVALID), OutcomeUnknownError),
        (httpx.ReadTimeout(""), OutcomeUnknownError),
        (httpx.RemoteProtocolError("cut"), OutcomeUnknownError),
        (httpx.ConnectError("refused"), UnavailableError),
        (httpx.Response(429), UnavailableError),
        (httpx.Response(302), ProtocolError),
    ],
)
def test_an_opening_is_sent_once_whatever_comes(
    client: Client, vendor: Vendor, answer: object, kind: type[IntegrationError]
) -> None:
    vendor.answer(f"PATCH {OPEN}", answer)

    with pytest.raises(kind):
        client.open_lock("site-1", "lock-1", "28a5a")
    assert len(vendor.lines) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (400, {"ErrorCode": 3102, "Message": "otp_invalid"}, RejectedError, "activated again"),
        (403, {"ErrorCode": "3102", "Message": "otp_blocked"}, UnavailableError, "25 minutes"),
        (404, {"ErrorCode": 2202, "Message": "Otp is invalid"}, PluginError, "was sent none"),
        (400, {"ErrorCode": "3102", "Message": "pin_not_changed"}, RejectedError, "GET PIN"),
        (
            403,
            {"ErrorCode": "2203", "Message": "This user is already activated on this Iq"},
            RejectedError,
            "must reset this account's PIN",
        ),
        (403, {"ErrorCode": 2203, "Message": ""}, RejectedError, "no right"),
        (403, {"Message": "command_forbidden"}, RejectedError, "must reset this account's PIN"),
        (400, {"ErrorCode": "1100"}, PluginError, "does not understand"),
        (400, {"ErrorCode": 1101}, PluginError, "does not understand"),
        (404, {"ErrorCode": "2202", "Message": "Lock not found"}, ConfigError, "the mapping"),
        (403, {"ErrorCode": "2212"}, RejectedError, "subscription is not valid"),
        (400, {"ErrorCode": "3102", "Message": "lock_offline"}, UnavailableError, "offline"),
        (409, {"ErrorCode": "9999"}, UnavailableError, "offline"),
        (404, None, UnavailableError, "offline"),
    ],
)
def test_every_refusal_says_who_must_do_what(
    status: int, body: object, kind: type[IntegrationError], says: str
) -> None:
    error = error_of(parse_refusal(status, body), "Main entrance")

    assert type(error) is kind
    assert str(error).startswith("Main entrance: ")
    assert says in str(error)
    assert f"({status}" in str(error)


def test_a_block_says_for_how_long_and_an_offline_lock_does_not() -> None:
    blocked = error_of(Refusal(status=403, message="otp_blocked"), "x")
    offline = error_of(Refusal(status=409), "x")

    assert isinstance(blocked, UnavailableError)
    assert isinstance(offline, UnavailableError)
    assert (blocked.retry_after_s, offline.retry_after_s) == (1500, None)


def test_a_refusal_that_is_no_json_is_read_too(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"PATCH {OPEN}", httpx.Response(418, text="<html>"))

    assert client.open_lock("site-1", "lock-1", None) == Refusal(status=418)


@pytest.mark.parametrize("line", [f"GET {SECRET}", f"GET {PIN}", f"GET {LOCKS}"])
def test_what_is_refused_names_the_request_and_is_asked_once(
    client: Client, vendor: Vendor, line: str
) -> None:
    vendor.answer(line, httpx.Response(403, json={"ErrorCode": 2203}))
    calls: dict[str, Callable[[], object]] = {
        f"GET {SECRET}": lambda: client.read_secret("site-1", "iq-1"),
        f"GET {PIN}": lambda: client.send_pin("site-1", "iq-1", "sms"),
        f"GET {LOCKS}": lambda: client.list_locks("site-1"),
    }

    with pytest.raises(RejectedError, match=f"^{line}: this account has no right") as caught:
        calls[line]()
    assert "(403, 2203)" in str(caught.value)
    assert len(vendor.lines) == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c"), ("...", "...")],
)
def test_an_id_reaches_no_other_resource(
    client: Client, vendor: Vendor, given: str, path: str
) -> None:
    line = f"PATCH /v1.2/sites/{path}/locks/{path}/locking"
    vendor.answer(line, httpx.Response(204))

    client.open_lock(given, given, None)

    assert vendor.lines == [line]


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_an_id_that_servers_resolve_is_never_sent(client: Client, vendor: Vendor, bad: str) -> None:
    with pytest.raises(RejectedError):
        client.open_lock("site-1", bad, None)
    assert vendor.requests == []
