"""Resivo's sandbox: which requests a fault strikes, how often, and which faults there are."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ireserve_resivo.sandbox import ResivoSandbox


@pytest.fixture
def sandbox() -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: ResivoSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        yield client


def statuses(client: httpx.Client, times: int) -> list[int]:
    return [client.get("/v8/sites/site-1").status_code for _ in range(times)]


def test_a_fault_strikes_as_often_as_was_said_and_then_no_more(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("server_error", times=2)
    assert statuses(client, 3) == [500, 500, 401]
    assert sandbox.armed_faults == ()


def test_a_fault_without_a_number_strikes_until_it_is_cleared(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("server_error", times=None)
    struck = statuses(client, 3)
    sandbox.clear_faults()
    assert (struck, statuses(client, 1)) == ([500, 500, 500], [401])


def test_a_fault_strikes_only_the_method_and_path_that_it_names(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("server_error", times=None, method="get", path=r"/components$")
    sandbox.fault("rate_limited", times=None, method="POST")
    site, doors = client.get("/v8/sites/site-1"), client.get("/v8/sites/site-1/components?a=b")
    posted = client.post("/v8/sites/site-1/components")
    assert [each.status_code for each in (site, doors, posted)] == [401, 500, 429]


def test_of_two_faults_the_older_strikes_first_and_alone(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.fault("rate_limited")
    sandbox.fault("server_error")
    assert statuses(client, 3) == [429, 500, 401]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"kind": "explosion"}, "kind must be one of latency, rate_limited, server_error"),
        ({"kind": "cut", "times": 0}, "times must be a whole number from 1"),
        ({"kind": "cut", "times": True}, "times must be a whole number from 1"),
        ({"kind": "cut", "method": "FETCH"}, "method must be one of GET, POST"),
        ({"kind": "cut", "path": "("}, "path must be a regular expression"),
        ({"kind": "cut", "status": 500}, "status is not a parameter of cut; it has: none"),
        ({"kind": "latency", "second": 1}, "it has: seconds, before_work"),
        ({"kind": "latency", "seconds": -1}, "must be a number of seconds from 0 to 86400"),
        ({"kind": "latency", "seconds": True}, "must be a number of seconds from 0 to 86400"),
        ({"kind": "latency", "before_work": 1}, "must be one of False, True"),
        ({"kind": "server_error", "status": 599}, "must be one of 500, 502, 503, 504"),
        ({"kind": "server_error", "body": "xml"}, "must be one of json, html, empty"),
        ({"kind": "rate_limited", "retry_after": "a\r\nb"}, "seconds, an HTTP date or null"),
        ({"kind": "oversized", "size": 0}, "a number of bytes up to"),
        ({"kind": "redirect", "location": None}, "must be an address"),
    ],
)
def test_a_fault_that_does_not_exist_is_refused_with_the_choices(
    sandbox: ResivoSandbox, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        sandbox.fault(**given)
    assert sandbox.armed_faults == ()
