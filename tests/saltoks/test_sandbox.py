"""Salto's sandbox: its calls, in the contract's shapes, over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ireserve_saltoks.sandbox import SaltoksSandbox

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
UNKNOWN = "00000000-0000-4000-8000-000000000000"


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
def sandbox(clock: Clock) -> Iterator[SaltoksSandbox]:
    with SaltoksSandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: SaltoksSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        token = ask_token(sandbox).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def site(client: httpx.Client) -> str:
    """The path of the first site."""
    return f"/v1.2/sites/{client.get('/v1.2/sites').json()[0]['id']}"


def ask_token(
    sandbox: SaltoksSandbox,
    auth: tuple[str, str] = ("sandbox-client", "sandbox-secret"),
    **changed: str,
) -> httpx.Response:
    form = {
        "grant_type": "password",
        "username": "svc@example.org",
        "password": "sandbox-password",
        "scope": "user_api.full_access",
    }
    return httpx.post(f"{sandbox.url}/connect/token", data=form | changed, auth=auth)


def error(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("ErrorCode")


def test_a_token_comes_with_its_lifetime_and_type(sandbox: SaltoksSandbox) -> None:
    answer = ask_token(sandbox)
    assert answer.status_code == 200
    assert answer.json() | {"access_token": ""} == {
        "access_token": "",
        "expires_in": 3600,
        "token_type": "Bearer",
    }


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"auth": ("another", "sandbox-secret")}, "invalid_client"),
        ({"auth": ("sandbox-client", "wrong")}, "invalid_client"),
        ({"username": "nobody@example.org"}, "invalid_grant"),
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "svc-2@example.org"}, "invalid_grant"),
        ({"scope": "user_api"}, "invalid_scope"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"client_id": "sandbox-client"}, "invalid_request"),
    ],
)
def test_a_wrong_token_request_gets_an_oauth_error(
    sandbox: SaltoksSandbox, changed: dict[str, Any], error: str
) -> None:
    answer = ask_token(sandbox, **changed)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic !",
        "Basic /w==",
        "Basic c2FuZGJveC1jbGllbnQ=",
        "Basic c2FuZGJveC1jbGllbnQ6c2FuZGJveC1zZWNyZXQ=!",
        "Bearer c2FuZGJveC1jbGllbnQ6c2FuZGJveC1zZWNyZXQ=",
    ],
)
def test_a_client_that_does_not_show_itself_as_http_basic_is_unknown(
    sandbox: SaltoksSandbox, header: str
) -> None:
    form = {"grant_type": "password", "username": "a", "password": "b", "scope": "c"}
    answer = httpx.post(
        f"{sandbox.url}/connect/token", data=form, headers={"Authorization": header}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_a_token_request_in_json_is_refused(sandbox: SaltoksSandbox) -> None:
    answer = httpx.post(f"{sandbox.url}/connect/token", json={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic c2FuZGJveA=="])
def test_a_missing_or_wrong_token_is_401(client: httpx.Client, authorization: str) -> None:
    answer = client.get("/v1.2/sites", headers={"Authorization": authorization})
    assert error(answer) == (401, "1500")
    assert answer.json()["Message"]


def test_a_token_counts_as_long_as_it_said(
    sandbox: SaltoksSandbox, client: httpx.Client, clock: Clock
) -> None:
    clock.now += timedelta(seconds=3599)
    before = client.get("/v1.2/sites")
    clock.now += timedelta(seconds=1)
    assert (before.status_code, client.get("/v1.2/sites").status_code) == (200, 401)


def test_a_token_may_live_shorter(sandbox: SaltoksSandbox) -> None:
    sandbox.expires_in = 90
    assert ask_token(sandbox).json()["expires_in"] == 90


def test_the_sites_are_listed_with_uid_and_id(client: httpx.Client) -> None:
    first, second = client.get("/v1.2/sites").json()
    assert first == {
        "id": first["id"],
        "site_uid": "NL6254340082",
        "customer_reference": "Town hall",
        "time_zone": "Europe/Amsterdam",
    }
    assert (second["site_uid"], len(second["id"])) == ("NL7318205546", 36)


def test_both_versions_answer_the_same(client: httpx.Client, site: str) -> None:
    newer = client.get(f"{site}/locks").json()
    assert client.get(f"{site}/locks".replace("v1.2", "v1.1")).json() == newer


def test_a_lock_is_listed_with_its_label_state_and_iq(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    lock = client.get(f"{site}/locks").json()["items"][0]
    assert lock == {
        "id": sandbox.lock_id("Main entrance"),
        "customer_reference": "Main entrance",
        "online": True,
        "locked_state": "locked",
        "lock_type": "escutcheon",
        "battery_level": "fresh",
        "iq": {
            "id": sandbox.iq_id("IQ ground floor"),
            "customer_reference": "IQ ground floor",
            "is_online": True,
            "otp_enabled": True,
        },
    }


def test_the_locks_are_of_every_kind(client: httpx.Client, site: str) -> None:
    locks = client.get(f"{site}/locks").json()["items"]
    assert [
        (
            each["customer_reference"],
            each["online"],
            each["iq"] and (each["iq"]["customer_reference"], each["iq"]["otp_enabled"]),
        )
        for each in locks
    ] == [
        ("Main entrance", True, ("IQ ground floor", True)),
        ("Studio 1", True, ("IQ ground floor", True)),
        ("Studio 2", True, ("IQ annex", True)),
        ("Council chamber", False, ("IQ ground floor", True)),
        ("Bicycle shed", True, ("IQ shed", False)),
        ("Archive", True, None),
    ]


def test_the_iqs_of_a_site_are_listed(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    iqs = client.get(f"{site}/iqs").json()["items"]
    assert [each["customer_reference"] for each in iqs] == [
        "IQ ground floor",
        "IQ annex",
        "IQ shed",
    ]
    assert iqs[0] == {
        "id": sandbox.iq_id("IQ ground floor"),
        "customer_reference": "IQ ground floor",
        "state": "active",
        "restore_required": False,
        "online": True,
        "otp_enabled": True,
    }


def test_ids_are_the_same_in_every_run_and_differ_from_each_other(sandbox: SaltoksSandbox) -> None:
    ids = {
        sandbox.lock_id("Main entrance"),
        sandbox.lock_id("Studio 1"),
        sandbox.iq_id("IQ annex"),
    }
    assert SaltoksSandbox().lock_id("Main entrance") == sandbox.lock_id("Main entrance")
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1.3/sites", (404, "2202")),
        ("GET", "/sites", (404, "2202")),
        ("POST", "/v1.2/sites", (405, None)),
        ("GET", "/v1.2/sites?$filter=x", (400, "1101")),
        ("GET", f"/v1.2/sites/{UNKNOWN}/locks", (404, "2202")),
        ("GET", f"/v1.2/sites/{UNKNOWN}/iqs", (404, "2202")),
        ("GET", f"/v1.2/me/{UNKNOWN}/activated_iqs", (404, "2202")),
        ("GET", f"/v1.2/sites/{UNKNOWN}/entries", (404, "2202")),
        ("GET", "/v1.2/sites/NL6254340082/locks", (400, "1100")),
        ("GET", "/v1.2/me/NL6254340082/activated_iqs", (400, "1100")),
        ("GET", f"/v1.2/sites/{UNKNOWN}/iqs/IQ-1/secret", (400, "1100")),
    ],
)
def test_a_call_that_the_contract_does_not_have_is_refused(
    client: httpx.Client, method: str, path: str, expected: tuple[int, str | None]
) -> None:
    assert error(client.request(method, path)) == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/iqs/{UNKNOWN}/secret"),
        ("GET", f"/iqs/{UNKNOWN}/pin"),
        ("PUT", f"/iqs/{UNKNOWN}/pin"),
        ("PATCH", f"/locks/{UNKNOWN}/locking"),
    ],
)
def test_an_iq_or_a_lock_that_the_site_does_not_have_is_not_found(
    client: httpx.Client, site: str, method: str, path: str
) -> None:
    assert error(client.request(method, site + path)) == (404, "2202")


def test_a_lock_and_an_iq_of_another_site_are_not_found(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    lock = client.patch(f"{site}/locks/{sandbox.lock_id('Turnstile')}/locking", json={})
    iq = client.get(f"{site}/iqs/{sandbox.iq_id('IQ sports')}/secret")
    assert (error(lock), error(iq)) == ((404, "2202"), (404, "2202"))


def test_the_audit_has_the_newest_opening_first_and_only_in_the_older_version(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, clock: Clock
) -> None:
    lock = sandbox.lock_id("Bicycle shed")
    client.patch(f"{site}/locks/{lock}/locking", json={"locked_state": "unlocked"})
    clock.now += timedelta(minutes=1)
    client.patch(f"{site}/locks/{lock}/locking", json={"locked_state": "unlocked"})
    older = site.replace("v1.2", "v1.1")
    query = {"$top": "20", "$orderby": "utc_date_time desc"}
    answer = client.get(f"{older}/entries", params=query).json()
    assert [each["utc_date_time"] for each in answer["items"]] == [
        "2026-11-21T08:01:00Z",
        "2026-11-21T08:00:00Z",
    ]
    newest = answer["items"][0]
    assert (newest["event_category"], newest["access_by"]) == ("lock_opened", "remote")
    assert (newest["lock_id"], newest["lock_customer_reference"]) == (lock, "Bicycle shed")
    assert answer["continuation_token"] is None
    assert client.get(f"{site}/entries", params=query).status_code == 405


def test_the_audit_of_another_site_does_not_show_it(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    lock = sandbox.lock_id("Bicycle shed")
    client.patch(f"{site}/locks/{lock}/locking", json={"locked_state": "unlocked"})
    other = client.get("/v1.2/sites").json()[1]["id"]
    assert client.get(f"/v1.1/sites/{other}/entries").json()["items"] == []


def test_the_audit_says_when_there_is_more(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    path = f"{site}/locks/{sandbox.lock_id('Bicycle shed')}/locking"
    client.patch(path, json={"locked_state": "unlocked"})
    client.patch(path, json={"locked_state": "unlocked"})
    audit = f"{site}/entries".replace("v1.2", "v1.1")
    one = client.get(audit, params={"$top": "1"}).json()
    both = client.get(audit, params={"$top": "2"}).json()
    assert (len(one["items"]), bool(one["continuation_token"])) == (1, True)
    assert (len(both["items"]), both["continuation_token"]) == (2, None)


def test_the_audit_is_not_ordered_by_anything_else(client: httpx.Client, site: str) -> None:
    path = f"{site}/entries".replace("v1.2", "v1.1")
    assert error(client.get(path, params={"$orderby": "date"})) == (400, "1102")


def test_an_error_code_can_be_a_number(sandbox: SaltoksSandbox, client: httpx.Client) -> None:
    sandbox.numeric_error_codes = True
    assert error(client.get("/v1.2/nothing")) == (404, 2202)


def test_its_integration_and_environment_fit_its_own_state(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    row = sandbox.integration()
    account = {name: row["auth"][name] for name in ("username", "password")}
    locks = {each["id"] for each in client.get(f"{site}/locks").json()["items"]}
    iqs = [each["id"] for each in client.get(f"{site}/iqs").json()["items"]]
    assert (row["id"], row["vendor"], row["active"]) == ("salto-main", sandbox.name, True)
    assert row["auth"]["environment"] == "acceptance"
    assert ask_token(sandbox, **account).status_code == 200
    assert client.get("/v1.2/sites").json()[0]["site_uid"] == row["auth"]["site_uid"]
    assert row["auth"]["iq_id"] == iqs[0]
    assert {each["targets"][0] for each in row["mapping"]} <= locks
    assert [(each["object"], each.get("sub_object")) for each in row["mapping"]] == [
        ("17", None),
        ("17", "171"),
    ]
    assert sandbox.environment() == {
        "IRESERVE_SALTOKS_ACCEPTANCE_API_URL": sandbox.url,
        "IRESERVE_SALTOKS_ACCEPTANCE_IDENTITY_URL": sandbox.url,
        "IRESERVE_SALTOKS_ACCEPTANCE_CLIENT_ID": "sandbox-client",
        "IRESERVE_SALTOKS_ACCEPTANCE_CLIENT_SECRET": "sandbox-secret",
    }
