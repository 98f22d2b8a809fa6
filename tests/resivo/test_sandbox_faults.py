"""Resivo's sandbox: the faults that can be switched on, as a caller meets them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from ireserve_integrations.testing.sandbox import FaultKind
from ireserve_resivo.sandbox import ResivoSandbox

AUTHORISATIONS = "/v8/sites/site-1/authorizations"
BODY = {
    "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
    "componentIds": ["c-1"],
    "restrictions": {"validFrom": "2126-11-21T08:45:00Z", "validTo": "2126-11-21T11:00:00Z"},
    "recipients": [{"email": "a@example.org"}],
}


@pytest.fixture
def sandbox() -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: ResivoSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        authorise(sandbox, client)
        sandbox.forget_requests()
        yield client


def authorise(sandbox: ResivoSandbox, client: httpx.Client) -> None:
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    token = client.post("/oauth2/token", data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def create(client: httpx.Client, **settings: Any) -> httpx.Response:
    return client.post(f"{AUTHORISATIONS}/remote-access", json=BODY, **settings)


def read_site(client: httpx.Client) -> httpx.Response:
    return client.get("/v8/sites/site-1")


def wait_until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; fail after ten seconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.002)


def test_too_many_requests_says_when_to_come_again(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("rate_limited", retry_after=7)
    answer = create(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["message"] == "Too many requests"
    assert sandbox.authorisations == ()


def test_too_many_requests_may_leave_out_when(sandbox: ResivoSandbox, client: httpx.Client) -> None:
    sandbox.fault(FaultKind.RATE_LIMITED)
    assert "Retry-After" not in create(client).headers


@pytest.mark.parametrize(
    ("parameters", "kind", "content"),
    [
        ({}, "application/json; charset=utf-8", b"Internal Server Error"),
        ({"status": 502, "body": "html"}, "text/html; charset=utf-8", b"<html>"),
        ({"status": 503, "body": "empty"}, None, b""),
    ],
)
def test_a_server_error_has_json_html_or_nothing_as_its_body(
    sandbox: ResivoSandbox,
    client: httpx.Client,
    parameters: dict[str, Any],
    kind: str | None,
    content: bytes,
) -> None:
    sandbox.fault("server_error", **parameters)
    answer = create(client)
    assert (answer.status_code, answer.headers.get("Content-Type")) == (
        parameters.get("status", 500),
        kind,
    )
    assert content in answer.content
    assert sandbox.authorisations == ()


def test_a_server_error_may_come_after_the_work_was_done(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("server_error", status=504, work_done=True)
    assert create(client).status_code == 504
    assert len(sandbox.live_authorisations) == 1


@pytest.mark.parametrize(("kind", "made"), [("lost_reply", 1), ("cut", 0)])
def test_without_a_reply_the_work_was_done_or_was_not(
    sandbox: ResivoSandbox, client: httpx.Client, kind: str, made: int
) -> None:
    sandbox.fault(kind)
    with pytest.raises(httpx.RemoteProtocolError):
        create(client)
    assert len(sandbox.live_authorisations) == made
    assert [each.status for each in sandbox.requests] == [None]


def test_a_reply_can_break_off_in_the_middle_of_its_body(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("cut_body")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message"):
        create(client)
    assert len(sandbox.live_authorisations) == 1
    assert sandbox.requests[0].status == 201


def test_an_answer_without_a_body_gets_one_that_can_be_cut(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    made = create(client).json()["id"]
    sandbox.fault("cut_body")
    with pytest.raises(httpx.RemoteProtocolError):
        client.request("DELETE", f"{AUTHORISATIONS}/{made}/revoke", json={})
    assert sandbox.live_authorisations == ()


def test_malformed_json_comes_after_the_work_was_done(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("malformed_json")
    answer = create(client)
    assert (answer.status_code, answer.headers["Content-Type"][:16]) == (201, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()
    assert len(sandbox.live_authorisations) == 1


def test_a_revoke_with_malformed_json_is_no_204(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    made = create(client).json()["id"]
    sandbox.fault("malformed_json")
    answer = client.request("DELETE", f"{AUTHORISATIONS}/{made}/revoke", json={})
    assert (answer.status_code, answer.content[:1]) == (200, b"{")


def test_a_refused_request_stays_refused_under_a_fault_of_successes(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("malformed_json")
    assert client.get("/v8/sites/site-9").json()["message"] == "Site not found"


@pytest.mark.parametrize(
    ("parameters", "shape"), [({}, {"unexpected": True}), ({"body": [{"id": 7}]}, [{"id": 7}])]
)
def test_a_wrong_shape_is_json_that_is_not_as_documented(
    sandbox: ResivoSandbox, client: httpx.Client, parameters: dict[str, Any], shape: Any
) -> None:
    sandbox.fault("wrong_shape", **parameters)
    answer = read_site(client)
    assert (answer.status_code, answer.json()) == (200, shape)


def test_an_oversized_answer_is_json_of_that_size(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("oversized", size=100_000)
    answer = read_site(client)
    assert len(answer.content) > 100_000
    assert set(answer.json()) == {"padding"}


def test_an_expired_token_is_refused_until_a_new_one_is_fetched(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("expired_token")
    first, second = read_site(client), read_site(client)
    authorise(sandbox, client)
    assert (first.status_code, second.status_code) == (401, 401)
    assert read_site(client).status_code == 200


def test_an_expired_token_waits_for_a_request_that_carries_one(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    del client.headers["Authorization"]
    sandbox.fault("expired_token")
    authorise(sandbox, client)
    assert [read_site(client).status_code, len(sandbox.armed_faults)] == [401, 0]


def test_a_slow_body_never_lets_a_read_time_out_and_still_takes_its_time(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("slow_body", seconds=0.001)
    began = time.monotonic()
    answer = read_site(client)
    assert time.monotonic() - began > 0.001 * len(answer.content)
    assert answer.json()["id"] == "site-1"


def test_a_redirect_leads_elsewhere_and_does_nothing(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("redirect", status=307)
    answer = create(client)
    assert (answer.status_code, answer.headers["Location"]) == (307, "https://elsewhere.invalid/")
    assert sandbox.authorisations == ()


def test_not_listed_strikes_only_the_list_that_a_lost_reply_is_looked_for_in(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("not_listed", status=405, times=None)
    doors = client.get("/v8/sites/site-1/components", params={"scope": "all"})
    assert (doors.status_code, create(client).status_code) == (200, 201)
    assert client.get(AUTHORISATIONS).status_code == 405


def test_a_late_answer_comes_after_the_work_was_done(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("latency", seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        create(client, timeout=0.05)
    wait_until(lambda: sandbox.live_authorisations)
    assert sandbox.requests[0].status is None


def test_a_late_request_is_carried_out_after_its_caller_went_away(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("latency", seconds=0.2, before_work=True)
    with pytest.raises(httpx.ReadTimeout):
        create(client, timeout=0.02)
    assert sandbox.live_authorisations == ()
    wait_until(lambda: sandbox.live_authorisations)


def test_latency_delays_every_answer_and_holds_no_other_up(sandbox: ResivoSandbox) -> None:
    sandbox.latency_s = 0.2
    began = time.monotonic()
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(httpx.get, [sandbox.url] * 8))
    assert 0.2 < time.monotonic() - began < 1.2
    assert len(sandbox.requests) == 8
