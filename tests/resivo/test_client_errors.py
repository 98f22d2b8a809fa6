"""What Resivo's refusals and silences become, call by call."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import httpx
import pytest

from ireserve_integrations.errors import (
    AuthError,
    IntegrationError,
    OutcomeUnknownError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_resivo.client import Client
from ireserve_resivo.wire import Recipient, RemoteAccess

Call = Callable[[Client], object]

THING = {"id": "site-1", "displayName": "Town hall", "status": "active"}
WANTED = RemoteAccess(
    display_name="i-Reserve 15492 · 3f9c-81ab77d0",
    component_ids=("c-1",),
    valid_from=datetime(2026, 11, 21, 8, 45, tzinfo=UTC),
    valid_to=datetime(2026, 11, 21, 11, 0, tzinfo=UTC),
    recipient=Recipient(email="ada@example.org", first_name="Ada", language="nl"),
)

SITES = "/v8/site-owners/so-1/sites"
COMPONENTS = "/v8/sites/site-1/components?scope=all"
CREATE = "/v8/sites/site-1/authorizations/remote-access"
LIST = "/v8/sites/site-1/authorizations"
READ = f"{LIST}/auth-9"
REVOKE = f"{READ}/revoke"


CALLS: dict[str, tuple[str, Call]] = {
    "sites": (f"GET {SITES}", Client.list_sites),
    "site": ("GET /v8/sites/site-1", lambda client: client.read_site("site-1")),
    "components": (f"GET {COMPONENTS}", lambda client: client.list_components("site-1")),
    "create": (f"POST {CREATE}", lambda client: client.create_remote_access("site-1", WANTED)),
    "read": (f"GET {READ}", lambda client: client.read_authorization("site-1", "auth-9")),
    "list": (f"GET {LIST}", lambda client: client.list_authorizations("site-1")),
    "revoke": (f"DELETE {REVOKE}", lambda client: client.revoke_authorization("site-1", "auth-9")),
}
every_call = pytest.mark.parametrize(("line", "call"), CALLS.values(), ids=CALLS)


class Vendor(Protocol):
    """What `conftest` offers."""

    requests: list[httpx.Request]

    @property
    def lines(self) -> list[str]: ...
    def answer(self, line: str, *answers: object) -> None: ...


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_list_that_the_vendor_does_not_have_is_refused_and_asked_for_once(
    client: Client, vendor: Vendor, status: int
) -> None:
    vendor.answer(f"GET {LIST}", httpx.Response(status))

    with pytest.raises(RejectedError, match="does not list authorisations"):
        client.list_authorizations("site-1")
    assert vendor.lines == [f"GET {LIST}"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("sites", 404),
        ("site", 403),
        ("components", 404),
        ("create", 400),
        ("create", 403),
        ("create", 404),
        ("read", 403),
        ("list", 403),
        ("revoke", 403),
        ("revoke", 409),
    ],
)
def test_another_refusal_is_a_rejection_with_the_vendors_words(
    client: Client, vendor: Vendor, name: str, status: int
) -> None:
    line, call = CALLS[name]
    vendor.answer(line, httpx.Response(status, json={"message": ["no", "never"]}))

    with pytest.raises(RejectedError) as caught:
        call(client)
    assert f"{status}: no; never" in str(caught.value)
    assert str(caught.value).startswith(line.partition("?")[0])


def test_no_right_is_said_in_words(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {READ}", httpx.Response(403))

    with pytest.raises(RejectedError, match="no right to this, 403"):
        client.read_authorization("site-1", "auth-9")


def test_a_refused_create_repeats_nothing_of_the_person(client: Client, vendor: Vendor) -> None:
    message = "Ada <ada@example.org>, +31612345678: componentIds must not be empty"
    vendor.answer(f"POST {CREATE}", httpx.Response(400, json={"message": message}))

    with pytest.raises(RejectedError) as caught:
        client.create_remote_access("site-1", WANTED)
    assert "componentIds must not be empty" in str(caught.value)
    assert not [word for word in ("Ada", "ada@", "example", "3161") if word in str(caught.value)]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000, b"\xff"])
def test_a_refusal_without_json_is_a_rejection_all_the_same(
    client: Client, vendor: Vendor, body: bytes
) -> None:
    vendor.answer(f"POST {CREATE}", httpx.Response(400, content=body))

    with pytest.raises(RejectedError, match=r"remote-access: 400$"):
        client.create_remote_access("site-1", WANTED)


@every_call
def test_a_refused_token_is_replaced_once(
    client: Client, vendor: Vendor, line: str, call: Call
) -> None:
    tokens = [{"access_token": "token-1"}, {"access_token": "token-2"}]
    vendor.answer("POST /oauth2/token", *tokens)
    vendor.answer(line, httpx.Response(401))

    with pytest.raises(AuthError, match="401"):
        call(client)
    assert [one.headers["Authorization"] for one in vendor.requests[1::2]] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_account_is_an_auth_error_with_the_oauth_code_alone(
    client: Client, vendor: Vendor, status: int
) -> None:
    refusal = {"error": "invalid_client", "error_description": "cid-77 or very-secret is wrong"}
    vendor.answer("POST /oauth2/token", httpx.Response(status, json=refusal))

    with pytest.raises(AuthError) as caught:
        client.list_sites()
    assert str(caught.value) == (
        f"POST /oauth2/token: {status}, the client id or secret is refused (invalid_client)"
    )


def test_an_account_refused_without_words_is_an_auth_error(client: Client, vendor: Vendor) -> None:
    vendor.answer("POST /oauth2/token", httpx.Response(401, text="<html>"))

    with pytest.raises(AuthError, match="no reason given"):
        client.get_token()


@pytest.mark.parametrize("name", ["sites", "site", "components", "read", "list"])
@pytest.mark.parametrize("body", [b'{"unexpected": true}', b"{", b"", b"5", b'[{"id": 5}]'])
def test_an_answer_of_another_shape_is_a_protocol_error_that_quotes_the_path(
    client: Client, vendor: Vendor, name: str, body: bytes
) -> None:
    line, call = CALLS[name]
    vendor.answer(line, httpx.Response(200, content=body))

    with pytest.raises(ProtocolError, match="not as documented") as caught:
        call(client)
    assert str(caught.value).startswith(line.partition("?")[0])
    assert "unexpected" not in str(caught.value)


@pytest.mark.parametrize("body", [b"{}", b"{", b"", b'{"id": ""}', b'{"id": 9}', b"[]"])
def test_a_create_whose_answer_has_no_id_may_have_been_carried_out(
    client: Client, vendor: Vendor, body: bytes
) -> None:
    vendor.answer(f"POST {CREATE}", httpx.Response(201, content=body))

    with pytest.raises(OutcomeUnknownError):
        client.create_remote_access("site-1", WANTED)


@pytest.mark.parametrize("name", ["create", "revoke"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500), OutcomeUnknownError),
        (httpx.Response(501), OutcomeUnknownError),
        (httpx.ReadTimeout("late"), OutcomeUnknownError),
        (httpx.ReadError("cut"), OutcomeUnknownError),
        (httpx.ConnectError("refused"), UnavailableError),
        (httpx.Response(429), UnavailableError),
    ],
)
def test_a_write_is_sent_once_whatever_comes(
    client: Client, vendor: Vendor, name: str, answer: object, error: type[IntegrationError]
) -> None:
    line, call = CALLS[name]
    vendor.answer(line, answer)

    with pytest.raises(error):
        call(client)
    assert vendor.lines == [line]


@pytest.mark.parametrize("name", ["sites", "site", "components", "read", "list"])
def test_a_read_is_tried_again_by_itself(client: Client, vendor: Vendor, name: str) -> None:
    line, call = CALLS[name]
    good: object = THING if name in {"site", "read"} else []
    vendor.answer(line, httpx.Response(503), httpx.ConnectError("no"), good)

    assert call(client) is not None
    assert vendor.lines.count(line) == 3
