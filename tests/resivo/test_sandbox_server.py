"""The sandbox kit: the server's life, its record, and what can be asked of it by hand."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from ireserve_integrations.testing.exchange import Request, RequestLog
from ireserve_integrations.testing.loopback import LoopbackServer
from ireserve_integrations.testing.sandbox import Reply, utc_now
from ireserve_resivo.sandbox import ResivoSandbox

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[ResivoSandbox]:
    with ResivoSandbox(clock=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: ResivoSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        yield client


def wait_until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; fail after ten seconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.002)


def connections() -> list[str]:
    return [each.name for each in threading.enumerate() if "process_request" in each.name]


@pytest.mark.parametrize("host", ["0.0.0.0", "", "localhost", "192.168.1.1", "::1", "8.8.8.8"])  # noqa: S104
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="listens on loopback only"):
        ResivoSandbox(host=host)
    with pytest.raises(ValueError, match="listens on loopback only"):
        LoopbackServer(host, 0, answer=lambda _: Reply(status=200), date=utc_now, name="x")


def test_it_has_no_address_before_it_is_started() -> None:
    with pytest.raises(RuntimeError, match="no address before it is started"):
        _ = ResivoSandbox().url


def test_starting_and_closing_twice_is_fine() -> None:
    sandbox = ResivoSandbox(host="127.0.0.1").start()
    address = sandbox.start().url
    assert httpx.get(f"{address}/x").status_code == 404
    sandbox.close()
    sandbox.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_one_that_comes_back_has_its_address_and_its_state(sandbox: ResivoSandbox) -> None:
    before = sandbox.url
    sandbox.rename_component("Studio 1", "Atelier 1")
    sandbox.close()
    sandbox.start()
    state = httpx.get(f"{before}/_sandbox/state").json()
    assert state["sites"][0]["components"][1] == {"id": "c-2", "displayName": "Atelier 1"}


def test_requests_of_one_client_share_a_connection(client: httpx.Client) -> None:
    with client.stream("GET", "/a") as first:
        mine = first.extensions["network_stream"].get_extra_info("client_addr")
        first.read()
    with client.stream("POST", "/b", json={"a": 1}) as second:
        assert second.extensions["network_stream"].get_extra_info("client_addr") == mine


def test_closing_ends_idle_connections_and_those_in_an_answer_at_once(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    others = len(connections())
    client.get("/idle")
    sandbox.fault("latency", seconds=600)
    sandbox.fault("slow_body", seconds=600)
    with ThreadPoolExecutor(2) as callers:
        waiting = [callers.submit(httpx.get, sandbox.url, timeout=60) for _ in range(2)]
        wait_until(lambda: len(sandbox.requests) == 3)
        began = time.monotonic()
        sandbox.close()
        took = time.monotonic() - began
    assert took < 1
    assert [type(each.exception()) for each in waiting] == [httpx.RemoteProtocolError] * 2
    wait_until(lambda: len(connections()) <= others)


def test_head_and_body_leave_in_one_piece(sandbox: ResivoSandbox) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(sandbox.url).port or 0)) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        received = connection.recv(65_536)
    assert received.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert received.endswith(b'"error": "Not Found"}')


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Content-Length: x", b"411"),
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: 1048577", b"413"),
    ],
)
def test_a_body_of_no_or_too_great_a_length_is_refused(
    sandbox: ResivoSandbox, header: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(sandbox.url).port or 0)) as connection:
        connection.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n\r\n")
        received = connection.recv(65_536)
    assert received.startswith(b"HTTP/1.1 " + status)
    assert sandbox.requests == ()


def test_requests_are_told_on_no_output(
    client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get("/x")
    client.request("HEAD", "/x")
    assert capfd.readouterr() == ("", "")


def test_a_caller_that_goes_away_is_told_on_no_output(
    sandbox: ResivoSandbox, client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    others = len(connections())
    sandbox.fault("oversized", size=20_000_000, path="oauth2")
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    with client.stream("POST", "/oauth2/token", data=form) as answer:
        assert next(answer.iter_raw(1)) == b"{"
    client.close()
    wait_until(lambda: len(connections()) <= others)
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_the_sandbox_itself_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        ResivoSandbox(clock=lambda: 1 // 0) as sandbox,  # type: ignore[arg-type,return-value]  # on purpose
        pytest.raises(httpx.RemoteProtocolError),
    ):
        httpx.get(sandbox.url)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_date_header_follows_the_clock_and_can_be_wrong(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    right = client.get("/x").headers["Date"]
    sandbox.date_offset_s = -90
    wrong = client.get("/x").headers["Date"]
    assert right == "Sat, 21 Nov 2026 08:00:00 GMT"
    assert (NOW - parsedate_to_datetime(wrong)).total_seconds() == 90


def test_a_request_is_recorded_as_it_arrived_and_was_answered(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    client.post("/v8/a%2Fb?scope=all&empty=", json={"a": None}, headers={"X-Thing": "y"})
    client.post("/oauth2/token", data={"grant_type": "x"})
    client.get("/oauth2/token")
    first, second, third = sandbox.requests
    assert (first.method, first.path, first.status) == ("POST", "/v8/a%2Fb", 404)
    assert (first.query, first.headers["x-thing"]) == ({"scope": "all", "empty": ""}, "y")
    assert (first.json, first.form, first.body) == ({"a": None}, None, {"a": None})
    assert (second.json, second.form) == (None, {"grant_type": "x"})
    assert (second.body, third.body, third.status) == ({"grant_type": "x"}, None, 405)


def test_a_recorded_request_shows_no_body_and_no_header_where_it_is_printed(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    client.post("/oauth2/token", data={"client_secret": "hush"}, headers={"X-Thing": "hush"})
    assert "hush" not in repr(sandbox.requests)


def test_a_request_under_way_is_recorded_without_a_status(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("latency", seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/x", timeout=0.02)
    assert [each.status for each in sandbox.requests] == [None]


def test_the_record_keeps_the_newest_ten_thousand() -> None:
    log = RequestLog()
    requests = (Request.read("GET", f"/{number}", {}, b"") for number in range(10_003))
    [log.arrived(each) for each in requests]
    recorded = log.recorded()
    assert (len(recorded), recorded[0].path, recorded[-1].path) == (10_000, "/3", "/10002")


def test_by_hand_requests_can_be_read_and_forgotten_and_are_not_recorded(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    client.post("/oauth2/token", data={"grant_type": "x"})
    (shown,) = client.get("/_sandbox/requests").json()
    forgotten = client.delete("/_sandbox/requests")
    assert (shown["method"], shown["path"], shown["status"]) == ("POST", "/oauth2/token", 400)
    assert (shown["form"], shown["json"]) == ({"grant_type": "x"}, None)
    assert (forgotten.status_code, sandbox.requests) == (204, ())


def test_by_hand_faults_can_be_switched_on_shown_and_cleared(client: httpx.Client) -> None:
    wanted = {"kind": "rate_limited", "times": None, "path": "^/x", "retry_after": 3}
    made = client.post("/_sandbox/faults", json=wanted)
    struck = client.get("/x")
    shown = client.get("/_sandbox/faults").json()
    cleared = client.delete("/_sandbox/faults")
    assert (made.status_code, made.json(), shown) == (201, shown[0], [{**wanted, "method": None}])
    assert (struck.status_code, struck.headers["Retry-After"]) == (429, "3")
    assert (cleared.status_code, client.get("/x").status_code) == (204, 404)


def test_by_hand_the_latency_can_be_set(sandbox: ResivoSandbox, client: httpx.Client) -> None:
    answer = client.put("/_sandbox/latency", json={"seconds": 0.05})
    assert (answer.json(), sandbox.latency_s) == ({"seconds": 0.05}, 0.05)


def test_by_hand_the_state_can_be_read(sandbox: ResivoSandbox, client: httpx.Client) -> None:
    state = client.get("/_sandbox/state").json()
    assert [each["id"] for each in state["sites"]] == ["site-1", "site-2"]
    assert state["authorisations"] == []
    assert sandbox.requests == ()


@pytest.mark.parametrize(
    ("method", "path", "sent", "says"),
    [
        ("POST", "faults", {"kind": "explosion"}, "kind must be one of latency, rate_limited"),
        ("POST", "faults", {"kind": "cut", "body": 1}, "body is not a parameter of cut"),
        ("POST", "faults", {}, "kind must be one of latency"),
        ("POST", "faults", [], "send a JSON object, with Content-Type: application/json"),
        ("PUT", "latency", {"seconds": "1"}, 'send {"seconds": a number from 0 to 3600}'),
        ("PUT", "latency", {"seconds": True}, 'send {"seconds": a number from 0 to 3600}'),
        ("PUT", "latency", {"seconds": -1}, 'send {"seconds": a number from 0 to 3600}'),
        ("PUT", "latency", {"seconds": 1, "x": 1}, 'send {"seconds": a number from 0 to 3600}'),
    ],
)
def test_by_hand_a_mistake_is_answered_with_the_choices(
    client: httpx.Client, method: str, path: str, sent: Any, says: str
) -> None:
    answer = client.request(method, f"/_sandbox/{path}", json=sent)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(says)


def test_by_hand_an_unknown_path_is_not_found(client: httpx.Client) -> None:
    assert client.get("/_sandbox/nothing").status_code == 404
