"""Salto's sandbox: the kit's faults, at the identity server and at the API alike."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ireserve_saltoks.sandbox import SaltoksSandbox

OPEN = {"locked_state": "unlocked"}


@pytest.fixture
def sandbox() -> Iterator[SaltoksSandbox]:
    with SaltoksSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: SaltoksSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        token = ask_token(sandbox, client).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def door(sandbox: SaltoksSandbox, client: httpx.Client) -> str:
    """The path by which a lock opens that needs no code."""
    site = client.get("/v1.2/sites").json()[0]["id"]
    sandbox.forget_requests()
    return f"/v1.2/sites/{site}/locks/{sandbox.lock_id('Bicycle shed')}/locking"


def ask_token(sandbox: SaltoksSandbox, client: httpx.Client, **settings: Any) -> httpx.Response:
    form = {"grant_type": "password", "scope": "user_api.full_access"}
    form |= {"username": sandbox.username, "password": sandbox.password}
    basic = (sandbox.client_id, sandbox.client_secret)
    return client.post("/connect/token", data=form, auth=basic, **settings)


def wait_until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; fail after ten seconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.002)


def test_too_many_requests_has_no_known_error_code(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str
) -> None:
    sandbox.fault("rate_limited", retry_after=7)
    answer = client.patch(door, json=OPEN)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json() == {"Message": "Too many requests"}
    assert sandbox.openings == ()


@pytest.mark.parametrize(("work_done", "opened"), [(False, 0), (True, 1)])
def test_a_server_error_comes_before_or_after_the_door_opened(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, work_done: bool, opened: int
) -> None:
    sandbox.fault("server_error", status=503, work_done=work_done)
    answer = client.patch(door, json=OPEN)
    assert (answer.status_code, len(sandbox.openings)) == (503, opened)


@pytest.mark.parametrize(("kind", "opened"), [("lost_reply", 1), ("cut", 0)])
def test_without_a_reply_the_door_opened_or_did_not(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, kind: str, opened: int
) -> None:
    sandbox.fault(kind)
    with pytest.raises(httpx.RemoteProtocolError):
        client.patch(door, json=OPEN)
    assert len(sandbox.openings) == opened
    assert [each.status for each in sandbox.requests] == [None]


def test_a_late_answer_comes_after_the_door_opened(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str
) -> None:
    sandbox.fault("latency", seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        client.patch(door, json=OPEN, timeout=0.05)
    wait_until(lambda: sandbox.openings)


def test_malformed_json_instead_of_an_empty_answer(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str
) -> None:
    sandbox.open_has_body = False
    sandbox.fault("malformed_json")
    answer = client.patch(door, json=OPEN)
    assert (answer.status_code, answer.content[:1], len(sandbox.openings)) == (200, b"{", 1)


def test_a_list_can_have_the_wrong_shape(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str
) -> None:
    sandbox.fault("wrong_shape", path="/sites$", body={"items": "none"})
    assert client.get("/v1.2/sites").json() == {"items": "none"}


@pytest.mark.parametrize(
    ("kind", "parameters", "status"),
    [
        ("rate_limited", {}, 429),
        ("server_error", {"status": 502, "body": "html"}, 502),
        ("redirect", {"status": 307}, 307),
    ],
)
def test_the_identity_server_alone_can_be_struck(
    sandbox: SaltoksSandbox,
    client: httpx.Client,
    kind: str,
    parameters: dict[str, Any],
    status: int,
) -> None:
    sandbox.fault(kind, path="^/connect/token$", times=None, **parameters)
    assert ask_token(sandbox, client).status_code == status
    assert client.get("/v1.2/sites").status_code == 200


def test_a_token_can_come_in_the_wrong_shape(sandbox: SaltoksSandbox, client: httpx.Client) -> None:
    sandbox.fault("wrong_shape", body={"access_token": 7})
    assert ask_token(sandbox, client).json() == {"access_token": 7}


@pytest.mark.parametrize("kind", ["lost_reply", "cut", "cut_body"])
def test_a_token_can_be_lost_on_its_way(
    sandbox: SaltoksSandbox, client: httpx.Client, kind: str
) -> None:
    sandbox.fault(kind, path="/connect/token")
    with pytest.raises(httpx.RemoteProtocolError):
        ask_token(sandbox, client)


def test_an_expired_token_is_refused_until_a_new_one_is_fetched(
    sandbox: SaltoksSandbox, client: httpx.Client
) -> None:
    sandbox.fault("expired_token")
    refused = client.get("/v1.2/sites")
    token = ask_token(sandbox, client).json()["access_token"]
    again = client.get("/v1.2/sites", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["ErrorCode"]) == (401, "1500")
    assert again.status_code == 200


def test_an_expired_token_does_not_strike_the_client_that_shows_itself_for_a_new_one(
    sandbox: SaltoksSandbox, client: httpx.Client
) -> None:
    sandbox.fault("expired_token")
    ask_token(sandbox, client)
    assert len(sandbox.armed_faults) == 1
    assert client.get("/v1.2/sites").status_code == 401
