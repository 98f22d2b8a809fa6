"""What the host adds to opening a lock, the rate of openings under load, the price of one OTP."""

import hashlib
import itertools
import statistics
import sys
import timeit
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ireserve_integrations import IntegrationHost
from ireserve_integrations.cli.toml_text import write_integration
from ireserve_saltoks.otp import one_time_password
from stage import host, median_s, rate, report, sandbox, set_latency

OPENINGS = 100
THREADS = 16
LATENCY_S = 0.05
START = datetime.now(UTC).replace(microsecond=0)


def booking(number: int) -> dict[str, Any]:
    """Return an event of a booking that has begun."""
    return {
        "event_id": f"e-{number}",
        "new_status": "30",
        "booking": {
            "id": str(number),
            "start": START.isoformat(),
            "end": (START + timedelta(hours=2)).isoformat(),
            "objects": [{"object": "17"}],
        },
    }


def activate(opened: IntegrationHost, url: str) -> None:
    """Set the IQ up as a person does; the SMS is read from the sandbox."""
    opened.perform_action("salto-main", "get_pin")
    delivered = httpx.get(f"{url}/_sandbox/state").json()["delivered"]
    pin = {"current_pin": delivered[0]["pin"]}
    assert opened.perform_action("salto-main", "set_pin", parameters=pin).ok


def open_one(opened: IntegrationHost, number: int) -> None:
    """Open the door for a booking that the ledger knows."""
    [outcome] = opened.open_lock("salto-main", str(number))
    assert outcome.outcome == "opened", outcome


def compare(opened: IntegrationHost, said: dict[str, Any]) -> bool:
    """Compare with bare httpx calls that send the same PATCH."""
    url, numbers = said["url"], itertools.count()
    opened.dispatch([booking(n) for n in range(1000)], deadline_s=300)
    open_one(opened, next(numbers))
    [sent] = [
        one for one in httpx.get(f"{url}/_sandbox/requests").json() if one["method"] == "PATCH"
    ]
    with httpx.Client(base_url=url, limits=httpx.Limits(max_connections=200)) as client:
        client.headers["Authorization"] = f"Bearer {token(client, said)}"

        def bare(_: int = 0) -> None:
            client.patch(sent["path"], json=sent["json"]).raise_for_status()

        ours = median_s(lambda: open_one(opened, next(numbers)))
        share = (ours - median_s(bare)) / LATENCY_S * 100
        small = report("host's own share of a 50 ms opening", share, 10, unit=" %")
        set_latency(url, LATENCY_S)
        ratios = []
        for turn in range(3):
            first = 200 + turn * OPENINGS
            fast = rate(lambda n: open_one(opened, n), range(first, first + OPENINGS), THREADS)
            ratios.append(fast / rate(bare, range(OPENINGS), THREADS))
    ratio = statistics.median(ratios)
    what = f"rate of {OPENINGS} openings, {THREADS} threads / rate of bare calls"
    return report(what, ratio, 0.6, at_least=True) and small


def token(client: httpx.Client, said: dict[str, Any]) -> str:
    """Return a token of the sandbox's account."""
    environ, auth = said["environment"], said["integration"]["auth"]
    prefix = "IRESERVE_SALTOKS_ACCEPTANCE_CLIENT_"
    form = {
        "grant_type": "password",
        "username": auth["username"],
        "password": auth["password"],
        "scope": "user_api.full_access",
    }
    basic = (environ[f"{prefix}ID"], environ[f"{prefix}SECRET"])
    answer = client.post("/connect/token", data=form, auth=basic).raise_for_status()
    return str(answer.json()["access_token"])


def otp_price() -> bool:
    """Compare one code with a bare MD5 of the same bytes."""
    moment, secret, pin = datetime(2026, 8, 25, 7, 25, tzinfo=UTC), "ABCDEFGHIJKLMNOP", "1234"
    raw = f"20260825072500{secret}{pin}".encode()
    ours = min(timeit.repeat(lambda: one_time_password(moment, secret, pin), number=20_000))
    bare = min(timeit.repeat(lambda: hashlib.md5(raw).hexdigest(), number=20_000))  # noqa: S324
    return report("one OTP / a bare MD5 of the same bytes", ours / bare, 8)


def main() -> int:
    """Print every ratio; fail if one misses its limit."""
    cheap = otp_price()
    with sandbox("saltoks") as said:
        text = write_integration(said["integration"])
        with host(text=text, **said["environment"]) as opened:
            activate(opened, said["url"])
            fast = compare(opened, said)
    return 0 if cheap and fast else 1


if __name__ == "__main__":
    sys.exit(main())
