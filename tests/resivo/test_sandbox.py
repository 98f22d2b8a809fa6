"""Resivo's sandbox: its calls, in the contract's shapes, over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ireserve_resivo.sandbox import ResivoSandbox

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
AUTHORISATIONS = "/v8/sites/site-1/authorizations"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[ResivoSandbox]:
    with ResivoSandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: ResivoSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        token = client.post("/oauth2/token", data=grant(sandbox)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def grant(sandbox: ResivoSandbox, **changed: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    } | changed


def body(**changed: Any) -> dict[str, Any]:
    return {
        "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
        "componentIds": ["c-1", "c-2"],
        "restrictions": {"validFrom": "2026-11-21T08:45:00Z", "validTo": "2026-11-21T11:00:00Z"},
        "recipients": [{"email": "a@example.org", "firstName": "Ada", "language": "nl"}],
    } | changed


def create(client: httpx.Client, **changed: Any) -> str:
    answer = client.post(f"{AUTHORISATIONS}/remote-access", json=body(**changed))
    assert answer.status_code == 201
    return str(answer.json()["id"])


def revoke(client: httpx.Client, authorisation: str) -> httpx.Response:
    return client.request("DELETE", f"{AUTHORISATIONS}/{authorisation}/revoke", json={})


def names(answer: httpx.Response) -> list[str]:
    return [each["displayName"] for each in answer.json()]


def test_a_token_comes_with_its_lifetime_and_type(sandbox: ResivoSandbox) -> None:
    answer = httpx.post(f"{sandbox.url}/oauth2/token", data=grant(sandbox))
    assert answer.status_code == 200
    assert answer.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
    }


def test_a_token_without_a_lifetime_counts_for_300_seconds(
    sandbox: ResivoSandbox, clock: Clock
) -> None:
    sandbox.expires_in = None
    answer = httpx.post(f"{sandbox.url}/oauth2/token", data=grant(sandbox)).json()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    clock.now += timedelta(seconds=299)
    before = httpx.get(f"{sandbox.url}/v8/sites/site-1", headers=bearer)
    clock.now += timedelta(seconds=1)
    after = httpx.get(f"{sandbox.url}/v8/sites/site-1", headers=bearer)
    assert "expires_in" not in answer
    assert (before.status_code, after.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "all"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_token_request_gets_an_oauth_error(
    sandbox: ResivoSandbox, changed: dict[str, str], status: int, error: str
) -> None:
    answer = httpx.post(f"{sandbox.url}/oauth2/token", data=grant(sandbox, **changed))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_token_request_in_json_is_refused(sandbox: ResivoSandbox) -> None:
    answer = httpx.post(f"{sandbox.url}/oauth2/token", json=grant(sandbox))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic c2FuZGJveA=="])
def test_a_missing_or_wrong_token_is_401(client: httpx.Client, authorization: str) -> None:
    answer = client.get("/v8/sites/site-1", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json() == {"statusCode": 401, "message": "Unauthorized", "error": "Unauthorized"}


def test_a_token_under_another_scheme_is_401(client: httpx.Client) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    answer = client.get("/v8/sites/site-1", headers={"Authorization": f"Basic {token}"})
    assert answer.status_code == 401


def test_the_owners_sites_are_listed(client: httpx.Client) -> None:
    answer = client.get("/v8/site-owners/so-1/sites")
    assert answer.json() == [
        {"id": "site-1", "displayName": "Town hall", "defaultLocale": "nl-NL"},
        {"id": "site-2", "displayName": "Sports centre", "defaultLocale": "nl-NL"},
    ]


def test_a_site_is_read_with_the_locale_that_was_set(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.set_default_locale("de_CH")
    answer = client.get("/v8/sites/site-1")
    assert answer.json() == {"id": "site-1", "displayName": "Town hall", "defaultLocale": "de_CH"}


def test_each_site_lists_its_own_components(client: httpx.Client) -> None:
    first = client.get("/v8/sites/site-1/components", params={"scope": "all"})
    second = client.get("/v8/sites/site-2/components", params={"scope": "all"})
    assert first.json()[:2] == [
        {"id": "c-1", "displayName": "Main entrance"},
        {"id": "c-2", "displayName": "Studio 1"},
    ]
    assert set(names(first)).isdisjoint(names(second))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v7/sites/site-1", 404),
        ("GET", "/sites/site-1", 404),
        ("GET", "//v8/sites/site-1", 404),
        ("GET", "/v8/sites/site-9", 404),
        ("GET", "/v8/sites/site-1%2Fcomponents", 404),
        ("GET", "/v8/sites/site-9/components?scope=all", 404),
        ("GET", "/v8/sites/site-9/authorizations", 404),
        ("GET", "/v8/site-owners/so-2/sites", 404),
        ("GET", "/v8/sites/site-1/components", 400),
        ("GET", "/v8/sites/site-1/components?scope=online", 400),
        ("GET", "/v8/sites/site-1/components?scope=all&page=0", 400),
        ("GET", "/v8/sites/site-1/authorizations?displayName=x", 400),
        ("GET", "/v8/sites/site-1/authorizations/auth-9", 404),
        ("PUT", "/v8/sites/site-1", 405),
    ],
)
def test_a_call_that_the_contract_does_not_have_is_refused(
    sandbox: ResivoSandbox, client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, sandbox.url + path)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)


def test_a_credential_of_scope_site_reads_its_site_but_lists_none(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.site_scoped = True
    assert client.get("/v8/site-owners/so-1/sites").status_code == 403
    assert client.get("/v8/sites/site-1").status_code == 200


def test_an_encoded_id_is_the_same_id(client: httpx.Client) -> None:
    assert client.get("/v8/sites/%73ite-1").json()["id"] == "site-1"


def test_access_that_was_created_can_be_read_and_listed(client: httpx.Client) -> None:
    made = create(client)
    read = client.get(f"{AUTHORISATIONS}/{made}")
    assert read.json() == {
        "id": made,
        "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
        "status": "active",
        "credentials": [{"status": "active", "isExpired": False}],
        "restrictions": {"validFrom": "2026-11-21T08:45:00Z", "validTo": "2026-11-21T11:00:00Z"},
    }
    assert client.get(AUTHORISATIONS).json() == [read.json()]


def test_the_sandbox_shows_what_was_created(sandbox: ResivoSandbox, client: httpx.Client) -> None:
    made = create(client)
    (shown,) = sandbox.authorisations
    assert (shown.id, shown.site, shown.status, shown.live) == (made, "site-1", "active", True)
    assert shown.display_name == "i-Reserve 15492 · 3f9c-81ab77d0"
    assert shown.component_ids == ("c-1", "c-2")
    assert shown.valid_from == NOW + timedelta(minutes=45)
    assert shown.valid_to == NOW + timedelta(hours=3)
    assert shown.recipients == ({"email": "a@example.org", "firstName": "Ada", "language": "nl"},)


def test_access_of_another_site_is_not_found(client: httpx.Client) -> None:
    made = create(client)
    assert client.get(f"/v8/sites/site-2/authorizations/{made}").status_code == 404
    assert client.get("/v8/sites/site-2/authorizations").json() == []


def test_access_is_expired_once_its_window_is_over(
    sandbox: ResivoSandbox, client: httpx.Client, clock: Clock
) -> None:
    made = create(client)
    clock.now = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
    token = client.post("/oauth2/token", data=grant(sandbox)).json()["access_token"]
    read = client.get(
        f"{AUTHORISATIONS}/{made}", headers={"Authorization": f"Bearer {token}"}
    ).json()
    assert (read["status"], read["credentials"]) == (
        "active",
        [{"status": "active", "isExpired": True}],
    )
    assert sandbox.live_authorisations == ()


def test_revoking_ends_access_and_a_second_time_is_an_error(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    made = create(client)
    first, second = revoke(client, made), revoke(client, made)
    assert (first.status_code, first.content) == (204, b"")
    assert (second.status_code, second.json()["error"]) == (409, "Conflict")
    assert client.get(f"{AUTHORISATIONS}/{made}").json()["status"] == "revoked"
    assert sandbox.live_authorisations == ()


@pytest.mark.parametrize("sent", [{}, {"content": b"{}"}, {"json": {"reason": "x"}}, {"json": []}])
def test_revoking_asks_for_an_empty_json_object(
    sandbox: ResivoSandbox, client: httpx.Client, sent: dict[str, Any]
) -> None:
    made = create(client)
    answer = client.request("DELETE", f"{AUTHORISATIONS}/{made}/revoke", **sent)
    assert answer.status_code == 400
    assert [each.id for each in sandbox.live_authorisations] == [made]


def test_access_that_a_person_revoked_in_the_portal_is_read_as_revoked(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    made = create(client)
    sandbox.revoke_behind_back(made)
    assert client.get(f"{AUTHORISATIONS}/{made}").json()["credentials"] == [
        {"status": "revoked", "isExpired": False}
    ]


def test_its_integration_and_environment_fit_its_own_state(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    row = sandbox.integration()
    form = {name: row["auth"][name] for name in ("client_id", "client_secret")}
    doors = client.get(f"/v8/sites/{row['auth']['site_id']}/components", params={"scope": "all"})
    assert (row["id"], row["vendor"], row["stage"]) == ("resivo-main", sandbox.name, "test")
    assert (
        client.post("/oauth2/token", data=form | {"grant_type": "client_credentials"}).status_code
        == 200
    )
    assert client.get(f"/v8/site-owners/{row['auth']['site_owner_id']}/sites").status_code == 200
    assert set(row["mapping"][1]["targets"]) <= set(names(doors))
    assert sandbox.environment() == {"IRESERVE_RESIVO_API_URL": sandbox.url}
