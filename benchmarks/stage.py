"""What the benchmarks share: a host with a ledger of its own, invented bookings, a sandbox."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
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


def event(number: int, status: str = "30") -> dict[str, Any]:
    """Return a change of an invented booking."""
    return {
        "event_id": f"e-{number}-{status}",
        "new_status": status,
        "booking": {
            "id": str(number),
            "start": START.isoformat(),
            "end": (START + timedelta(hours=2)).isoformat(),
            "objects": [{"object": "17"}],
            "customer": {"first_name": "Ada", "email": "a@example.org", "phone": "+31612345678"},
            "fields": {"custom12": ""},
        },
    }


@contextmanager
def host(transport: httpx.BaseTransport | None = None, **environ: str) -> Iterator[IntegrationHost]:
    """Open a host with an empty ledger, on the disk that temporary files are on."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "integrations.toml"
        path.write_text(CONFIGURATION, encoding="utf-8")
        variables = {**os.environ, "IRESERVE_SECRET_KEY": new_key(), **environ}
        with IntegrationHost.open(path, transport=transport, environ=variables) as opened:
            yield opened


@contextmanager
def sandbox(latency_s: float) -> Iterator[str]:
    """Run Resivo's sandbox in a process of its own; yield its address."""
    program = "from ireserve_integrations.cli import main; main()"
    command = [sys.executable, "-c", program, "sandbox", "resivo", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = _address(process.stdout)
        httpx.put(f"{url}/_sandbox/latency", json={"seconds": latency_s}).raise_for_status()
        try:
            yield url
        finally:
            process.terminate()


def _address(lines: Iterator[str]) -> str:
    for line in lines:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found[0]
    raise SystemExit("the sandbox did not start")


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
