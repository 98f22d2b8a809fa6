"""Resivo's API call by call: what goes over the wire, and what comes back of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

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
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import Http
from ireserve_resivo.client import Client
from ireserve_resivo.config import Account
from ireserve_resivo.wire import Component, Recipient, RemoteAccess, Site

API = "https://api.resivo.io"
TOKEN = httpx.Response(200, json={"access_token": "token-1", "expires_in": 300})
SITE = {"id": "site-1", "displayName": "Town hall", "defaultLocale": "nl-NL"}
DOORS = [{"id": "c-1", "displayName": "Main entrance"}, {"id": "c-2", "displayName": "Studio 1"}]
AUTHORIZATION = {"id": "auth-9", "displayName": "x", "status": "active"}
WANTED = RemoteAccess(
    display_name="i-Reserve 15492 · 3f9c-81ab77d0",
    component_ids=("c-1",),
    valid_from=datetime(2026, 11, 21, 8, 45, tzinfo=UTC),
    valid_to=datetime(2026, 11, 21, 11, 0, tzinfo=UTC),
    recipient=Recipient(email="ada@example.org", first_name="Ada", language="nl"),
)

Answers = dict[str, Any]
Call = Callable[[Client], object]


class Vendor:
    """Answers by "METHOD /path?query"; a list is answered one by one, a dict or list as JSON."""

    def __init__(self) -> None:
        self.answers: Answers = {"POST /oauth2/token": TOKEN}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers[f"{request.method} {request.url.raw_path.decode()}"]
        answer = answer.pop(0) if isinstance(answer, Queue) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def lines(self) -> list[str]:
        return [f"{one.method} {one.url.raw_path.decode()}" for one in self.requests]


class Queue(list[Any]):
    """Answers in their order."""


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def client(vendor: Vendor) -> Iterator[Client]:
    with httpx.Client(transport=httpx.MockTransport(vendor)) as transport:
        http = Http(transport, deadline_s=20, jitter=lambda: -0.49)
        yield Client(account(), http, Tokens(margin_s=30))


def account(**changed: Any) -> Account:
    given: Mapping[str, Any] = {
        "api_url": API,
        "api_version": "v8",
        "site_owner_id": "so-1",
        "client_id": "cid-77",
        "client_secret": "very-secret",
        "site_id": "site-1",
    }
    return Account(**{**given, **changed})


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


def test_the_token_comes_by_client_credentials_in_a_form(client: Client, vendor: Vendor) -> None:
    assert client.get_token() == "token-1"

    [request] = vendor.requests
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.content.decode() == (
        "grant_type=client_credentials&client_id=cid-77&client_secret=very-secret"
    )


def test_sites_are_listed_with_the_token(client: Client, vendor: Vendor) -> None:
    vendor.answers[f"GET {SITES}"] = [SITE]

    assert client.list_sites() == (
        Site(id="site-1", display_name="Town hall", default_locale="nl-NL"),
    )
    assert vendor.requests[-1].headers["Authorization"] == "Bearer token-1"


def test_components_are_listed_in_the_vendors_order(client: Client, vendor: Vendor) -> None:
    vendor.answers[f"GET {COMPONENTS}"] = DOORS

    assert client.list_components("site-1") == (
        Component(id="c-1", display_name="Main entrance"),
        Component(id="c-2", display_name="Studio 1"),
    )


def test_a_create_sends_what_is_wanted_and_returns_the_id(client: Client, vendor: Vendor) -> None:
    vendor.answers[f"POST {CREATE}"] = httpx.Response(201, json={"id": "auth-9", "more": 1})

    assert client.create_remote_access("site-1", WANTED) == "auth-9"
    assert json.loads(vendor.requests[-1].content) == {
        "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
        "componentIds": ["c-1"],
        "restrictions": {"validFrom": "2026-11-21T08:45:00Z", "validTo": "2026-11-21T11:00:00Z"},
        "recipients": [{"email": "ada@example.org", "firstName": "Ada", "language": "nl"}],
    }


def test_a_revoke_sends_an_empty_object(client: Client, vendor: Vendor) -> None:
    vendor.answers[f"DELETE {REVOKE}"] = httpx.Response(204)

    client.revoke_authorization("site-1", "auth-9")

    assert vendor.requests[-1].content == b"{}"
    assert vendor.requests[-1].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", ["site", "read"])
def test_what_is_not_there_is_none(client: Client, vendor: Vendor, name: str) -> None:
    line, call = CALLS[name]
    vendor.answers[line] = httpx.Response(404, text="<html>")

    assert call(client) is None


def test_revoking_what_is_not_there_is_fine(client: Client, vendor: Vendor) -> None:
    vendor.answers[f"DELETE {REVOKE}"] = httpx.Response(404)

    client.revoke_authorization("site-1", "auth-9")


def test_a_credential_of_one_site_is_refused_the_list_of_sites(
    client: Client, vendor: Vendor
) -> None:
    vendor.answers[f"GET {SITES}"] = httpx.Response(403)

    assert client.list_sites() is None


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_list_that_the_vendor_does_not_have_is_refused_and_asked_for_once(
    client: Client, vendor: Vendor, status: int
) -> None:
    vendor.answers[f"GET {LIST}"] = httpx.Response(status)

    with pytest.raises(RejectedError, match="does not list authorisations"):
        client.list_authorizations("site-1")
    assert vendor.lines == ["POST /oauth2/token", f"GET {LIST}"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("site", 403), ("components", 404), ("create", 400), ("create", 404), ("create", 403)]
    + [("read", 403), ("list", 403), ("revoke", 403), ("revoke", 409), ("sites", 404)],
)
def test_another_refusal_is_a_rejection_with_the_vendors_words(
    client: Client, vendor: Vendor, name: str, status: int
) -> None:
    line, call = CALLS[name]
    vendor.answers[line] = httpx.Response(status, json={"message": ["no", "never"]})

    with pytest.raises(RejectedError) as caught:
        call(client)
    assert f"{status}: no; never" in str(caught.value)
    assert str(caught.value).startswith(line.partition("?")[0])


def test_no_right_is_said_in_words(client: Client, vendor: Vendor) -> None:
    vendor.answers[f"GET {READ}"] = httpx.Response(403)

    with pytest.raises(RejectedError, match="no right to this, 403"):
        client.read_authorization("site-1", "auth-9")


def test_a_refused_create_repeats_nothing_of_the_person(client: Client, vendor: Vendor) -> None:
    message = "Ada <ada@example.org>, +31612345678: componentIds must not be empty"
    vendor.answers[f"POST {CREATE}"] = httpx.Response(400, json={"message": message})

    with pytest.raises(RejectedError) as caught:
        client.create_remote_access("site-1", WANTED)
    assert "componentIds must not be empty" in str(caught.value)
    assert not [
        word for word in ("Ada", "ada@", "example", "3161") if word in str(caught.value)
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000, b"\xff"])
def test_a_refusal_without_json_is_a_rejection_all_the_same(
    client: Client, vendor: Vendor, body: bytes
) -> None:
    vendor.answers[f"POST {CREATE}"] = httpx.Response(400, content=body)

    with pytest.raises(RejectedError, match="remote-access: 400$"):
        client.create_remote_access("site-1", WANTED)


@every_call
def test_a_refused_token_is_replaced_once(
    client: Client, vendor: Vendor, line: str, call: Call
) -> None:
    new = httpx.Response(200, json={"access_token": "token-2"})
    vendor.answers["POST /oauth2/token"] = Queue([TOKEN, new])
    vendor.answers[line] = httpx.Response(401)

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
    vendor.answers["POST /oauth2/token"] = httpx.Response(status, json=refusal)

    with pytest.raises(AuthError) as caught:
        client.list_sites()
    assert str(caught.value) == (
        f"POST /oauth2/token: {status}, the client id or secret is refused (invalid_client)"
    )


def test_an_account_refused_without_words_is_an_auth_error(client: Client, vendor: Vendor) -> None:
    vendor.answers["POST /oauth2/token"] = httpx.Response(401, text="<html>")

    with pytest.raises(AuthError, match="no reason given"):
        client.get_token()


@pytest.mark.parametrize("name", ["sites", "site", "components", "read", "list"])
@pytest.mark.parametrize("body", [b'{"unexpected": true}', b"{", b"", b"5", b'[{"id": 5}]'])
def test_an_answer_of_another_shape_is_a_protocol_error_that_quotes_the_path(
    client: Client, vendor: Vendor, name: str, body: bytes
) -> None:
    line, call = CALLS[name]
    vendor.answers[line] = httpx.Response(200, content=body)

    with pytest.raises(ProtocolError, match="not as documented") as caught:
        call(client)
    assert str(caught.value).startswith(line.partition("?")[0])
    assert "unexpected" not in str(caught.value)


@pytest.mark.parametrize("body", [b"{}", b"{", b"", b'{"id": ""}', b'{"id": 9}', b"[]"])
def test_a_create_whose_answer_has_no_id_may_have_been_carried_out(
    client: Client, vendor: Vendor, body: bytes
) -> None:
    vendor.answers[f"POST {CREATE}"] = httpx.Response(201, content=body)

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
    vendor.answers[line] = answer

    with pytest.raises(error):
        call(client)
    assert vendor.lines == ["POST /oauth2/token", line]


@pytest.mark.parametrize("name", ["sites", "site", "components", "read", "list"])
def test_a_read_is_tried_again_by_itself(client: Client, vendor: Vendor, name: str) -> None:
    line, call = CALLS[name]
    good = AUTHORIZATION | SITE if name in {"site", "read"} else []
    vendor.answers[line] = Queue([httpx.Response(503), httpx.ConnectError("no"), good])

    assert call(client) is not None
    assert vendor.lines.count(line) == 3


@pytest.mark.parametrize(
    ("site_id", "path"),
    [("a/b", "/v8/sites/a%2Fb"), ("a?b#c", "/v8/sites/a%3Fb%23c"), ("...", "/v8/sites/...")],
)
def test_an_id_reaches_no_other_resource(
    client: Client, vendor: Vendor, site_id: str, path: str
) -> None:
    vendor.answers[f"GET {path}"] = SITE

    client.read_site(site_id)

    assert vendor.lines[-1] == f"GET {path}"


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_an_id_that_servers_resolve_is_never_sent(
    client: Client, vendor: Vendor, bad: str
) -> None:
    with pytest.raises(RejectedError):
        client.read_authorization("site-1", bad)
    assert vendor.lines == []
