"""What the benchmarks share: a host with a ledger of its own, invented bookings, a sandbox."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from ireserve_integrations import IntegrationHost
from ireserve_integrations.ledger import new_key

CONFIGURATION = """
[[integrations]]
id = "resivo-main"
vendor = "resivo"
stage = "test"
mapping = [ { object = "17", targets = ["Main entrance"] } ]

[integrations.auth]
site_owner_id = "so-1"
site_id = "site-1"
client_id = "sandbox-client"
client_secret = "sandbox-secret"

[integrations.details]
trigger_statuses = ["30"]
revoke_statuses = ["70"]
time_before_minutes = 15
authorisation_field = "custom12"
default_language = "nl"
"""
START = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)


def event(number: int, status: str = "30", booked: str = "17") -> dict[str, Any]:
    """Return a change of an invented booking of an object."""
    return {
        "event_id": f"e-{number}-{status}",
        "new_status": status,
        "booking": {
            "id": str(number),
            "start": START.isoformat(),
            "end": (START + timedelta(hours=2)).isoformat(),
            "objects": [{"object": booked}],
            "customer": {"first_name": "Ada", "email": "a@example.org", "phone": "+31612345678"},
            "fields": {"custom12": ""},
        },
    }


@contextmanager
def host(
    transport: httpx.BaseTransport | None = None,
    text: str = CONFIGURATION,
    database: str | None = None,
    **environ: str,
) -> Iterator[IntegrationHost]:
    """Open a host with an empty ledger: at an address, or where temporary files are."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "integrations.toml"
        path.write_text(text, encoding="utf-8")
        variables = {**os.environ, "IRESERVE_SECRET_KEY": new_key(), **environ}
        with IntegrationHost.open(
            path, database=database, transport=transport, environ=variables
        ) as opened:
            yield opened


@contextmanager
def installed(vendor: str, target: str) -> Iterator[Path]:
    """Install a plugin as pip would; yield the folder, for the `PYTHONPATH` of processes.

    Args:
        vendor: The name of the entry point.
        target: What it names, such as `plain_vendors:NoCallPlugin`.
    """
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / f"vendor_{vendor}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {vendor}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[ireserve.integrations]\n{vendor} = {target}\n")
        sys.path.append(folder)
        try:
            yield Path(folder)
        finally:
            sys.path.remove(folder)


def plain_integration(name: str, address: str = "", mapped: str = "17") -> str:
    """Return the settings of an integration of a plugin of `plain_vendors`."""
    return f"""
[[integrations]]
id = "{name}"
vendor = "plain"
mapping = [ {{ object = "{mapped}", targets = ["front"] }} ]
auth = {{ address = "{address}" }}
details = {{ trigger_statuses = ["30"] }}
"""


@contextmanager
def sandbox(vendor: str, latency_s: float = 0.0) -> Iterator[dict[str, Any]]:
    """Run a sandbox in a process of its own; yield what it says of itself."""
    program = "from ireserve_integrations.cli import main; main()"
    command = [sys.executable, "-c", program, "sandbox", vendor, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said: dict[str, Any] = json.loads(process.stdout.readline())[vendor]
        set_latency(said["url"], latency_s)
        try:
            yield said
        finally:
            process.terminate()


def set_latency(url: str, seconds: float) -> None:
    """Make a sandbox pause before every answer."""
    httpx.put(f"{url}/_sandbox/latency", json={"seconds": seconds}).raise_for_status()


def median_s(function: Callable[[], object], times: int = 60) -> float:
    """Return the median time of a call, after a few that do not count."""
    for _ in range(5):
        function()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def rate(function: Callable[[int], object], numbers: range, threads: int) -> float:
    """Return how many calls a second some threads make."""
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(function, numbers))
    return len(numbers) / (time.perf_counter() - started)


def instant_vendor(request: httpx.Request) -> httpx.Response:
    """Answer like Resivo, at once."""
    path = request.url.path
    if path == "/oauth2/token":
        return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
    if path.endswith("/components"):
        return httpx.Response(200, json=[{"id": "c-1", "displayName": "Main entrance"}])
    if path.endswith("/remote-access"):
        return httpx.Response(
            201, json={"id": f"auth-{json.loads(request.content)['displayName']}"}
        )
    return httpx.Response(404)


def report(
    what: str, value: float, limit: float, *, at_least: bool = False, unit: str = ""
) -> bool:
    """Print a figure beside its limit; tell whether it holds."""
    holds = value >= limit if at_least else value <= limit
    sign = "≥" if at_least else "≤"
    print(f"{'ok  ' if holds else 'MISS'} {what}: {value:.3g}{unit} ({sign} {limit:g}{unit})")
    return holds
