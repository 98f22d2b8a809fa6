"""The machine's own time zone is never read: the same bytes go over the wire under any TZ."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest

_NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)
_CONFIGURATION = """
[[integrations]]
id = "resivo-main"
vendor = "resivo"
auth = { site_owner_id = "so-1", client_id = "c", client_secret = "s", site_id = "site-1" }
mapping = [ { object = "17", targets = ["Main entrance"] } ]

[integrations.details]
trigger_statuses = ["30"]
revoke_statuses = ["70"]
time_before_minutes = 15
authorisation_field = "custom12"
default_language = "nl"
"""
_EVENT = {
    "new_status": "30",
    "booking": {
        "id": "15492",
        "start": "2026-03-29T01:30:00+01:00",  # the night in which clocks go forward
        "end": "2026-03-29T04:30:00+02:00",
        "objects": [{"object": "17"}],
        "customer": {"email": "visitor@example.org"},
    },
}


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/St_Johns", "Pacific/Kiritimati"])
def time_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def test_the_same_bytes_ask_for_the_same_window_under_any_time_zone(
    time_zone: str, open_host: Any
) -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        if request.url.path.endswith("/components"):
            return httpx.Response(200, json=[{"id": "c-1", "displayName": "Main entrance"}])
        bodies.append(request.content)
        return httpx.Response(201, json={"id": "auth-9"})

    host = open_host(
        _CONFIGURATION,
        clock=lambda: _NOW,
        transport=httpx.MockTransport(answer),
        random=Random(7),  # noqa: S311  # a label that repeats
    )

    [outcome] = host.dispatch(_EVENT)

    [body] = bodies
    assert outcome.outcome == "granted"
    assert (
        b'"restrictions":{"validFrom":"2026-03-29T00:15:00Z","validTo":"2026-03-29T02:30:00Z"}'
        in body
    )
