"""What the host adds to a vendor's answers, and the rate at which it grants under load."""

import statistics
import sys
from itertools import count

import httpx

from ireserve_integrations import IntegrationHost
from stage import event, host, instant_vendor, median_s, rate, report, sandbox

TRIGGERS = 200
THREADS = 16
LATENCY_S = 0.05
SETTLED = 1000
WARM_UP = 100  # until SQLite's log has its size: growing a file costs more than writing into it
CLIENT = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
BODY = {
    "displayName": "bench",
    "componentIds": ["c-1"],
    "restrictions": {"validFrom": "2199-01-01T08:00:00Z", "validTo": "2199-01-01T10:00:00Z"},
    "recipients": [{"email": "a@example.org"}],
}


def trigger(opened: IntegrationHost, number: int) -> None:
    """Confirm a booking and see it granted."""
    outcome = opened.dispatch(event(number))[0]
    assert outcome.outcome == "granted", outcome


def own_share() -> bool:
    """Measure everything but the vendor's answers: the vendor answers at once, in this process."""
    numbers = count()
    with host(httpx.MockTransport(instant_vendor)) as opened:
        for _ in range(WARM_UP):
            trigger(opened, next(numbers))
        empty = median_s(lambda: trigger(opened, next(numbers)))
        share = report("host's own share of two 50 ms calls", empty / 0.1 * 100, 5, unit=" %")
        opened.dispatch([event(next(numbers)) for _ in range(SETTLED)], deadline_s=300)
        settled = median_s(lambda: trigger(opened, next(numbers)))
    print(
        f"     a trigger costs {empty * 1000:.2f} ms, "
        f"{settled * 1000:.2f} ms with {SETTLED} settled bookings"
    )
    same = report(f"cost with {SETTLED} settled bookings / without", settled / empty, 1.2)
    return share and same


def under_load(url: str) -> bool:
    """Compare with the same threads making two bare httpx calls for each trigger."""
    with httpx.Client(base_url=url, limits=httpx.Limits(max_connections=200)) as client:
        form = {"grant_type": "client_credentials", **CLIENT}
        token = client.post("/oauth2/token", data=form).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        doors = client.get("/v8/sites/site-1/components", params={"scope": "all"}).json()
        body = {**BODY, "componentIds": [doors[0]["id"]]}

        def bare(_: int) -> None:
            client.get("/v8/sites/site-1/components", params={"scope": "all"}).raise_for_status()
            path = "/v8/sites/site-1/authorizations/remote-access"
            client.post(path, json=body).raise_for_status()

        rate(bare, range(2 * THREADS), THREADS)
        with host(IRESERVE_RESIVO_API_URL=url) as opened:
            rate(lambda number: trigger(opened, number), range(2 * THREADS), THREADS)
            ours, theirs = [], []
            for turn in range(1, 4):
                first = turn * 10_000
                ours.append(
                    rate(lambda n: trigger(opened, n), range(first, first + TRIGGERS), THREADS)
                )
                theirs.append(rate(bare, range(TRIGGERS), THREADS))
    print(
        f"     {statistics.median(ours):.0f} triggers/s, {statistics.median(theirs):.0f} pairs of "
        f"bare calls/s: {TRIGGERS} at a time, {THREADS} threads, {LATENCY_S * 1000:.0f} ms a call"
    )
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return report("rate of triggers / rate of two bare calls", ratio, 0.85, at_least=True)


def main() -> int:
    """Print every ratio; fail if one misses its limit."""
    alone = own_share()
    with sandbox("resivo", LATENCY_S) as said:
        loaded = under_load(said["url"])
    return 0 if alone and loaded else 1


if __name__ == "__main__":
    sys.exit(main())
