"""What README.md shows runs, and what there is stands in it."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from click import Context

from ireserve_integrations import errors
from ireserve_integrations.cli.program import cli
from ireserve_integrations.config import HostSettings
from ireserve_integrations.model import OutcomeName
from ireserve_resivo.config import Authentication, Details, Platform
from ireserve_resivo.sandbox import ResivoSandbox
from ireserve_saltoks import config as saltoks
from ireserve_saltoks.actions import ACTIONS

README = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SETTINGS = [
    *(f"auth.{name}" for tab in (Authentication, saltoks.Authentication) for name in tab().fields),
    *(f"details.{name}" for tab in (Details, saltoks.Details) for name in tab().fields),
    *Platform().fields,
    *saltoks.Acceptance().fields,
    *(one.name for one in fields(HostSettings)),
]
_ERRORS = [
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, Exception) and name != "IntegrationError"
]


def block(language: str, containing: str) -> str:
    """Return the one block of code that contains a text, without its indentation."""
    [(indent, found)] = [
        (match[1], match[3])
        for match in _BLOCK.finditer(README)
        if match[2] == language and containing in match[3]
    ]
    return re.sub(f"^{indent}", "", found, flags=re.MULTILINE)


def coming(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event whose booking is tomorrow."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    return {**event, "booking": {**event["booking"], **times}}


@pytest.fixture
def event() -> dict[str, Any]:
    return coming(json.loads(block("json", '"new_status": "30"')))


def test_the_lines_for_a_booking_core_grant_the_booking_of_the_example(
    event: dict[str, Any],
    tmp_path: Path,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ResivoSandbox() as sandbox:
        typed = block("toml", 'id = "resivo-main"')
        typed = typed.replace('"cid"', f'"{sandbox.client_id}"')
        tmp_path.joinpath("integrations.toml").write_text(typed, encoding="utf-8")
        secret = {"RESIVO_CLIENT_SECRET": sandbox.client_secret}
        for_host = {**environ, **sandbox.environment(), **secret}
        for name, value in for_host.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)

        exec(block("python", "IntegrationHost.open("), {"event": event})  # noqa: S102  # the README's

        [live] = sandbox.live_authorisations
    assert capsys.readouterr().out == f"resivo-main granted {{'custom12': '{live.id}'}} None\n"


def test_the_smallest_plugin_grants_and_revokes(
    event: dict[str, Any], install_plugin: Any, open_host: Any
) -> None:
    install_plugin("acme", block("python", "class AcmePlugin"), target=":AcmePlugin", bare=True)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url}")
        return httpx.Response(200, json={"id": "a-1"})

    host = open_host(
        """
        [[integrations]]
        id = "acme-main"
        vendor = "acme"
        auth = { api_key = "invented" }
        details = { trigger_statuses = ["30"], revoke_statuses = ["70"], access_field = "custom12" }
        """,
        transport=httpx.MockTransport(answer),
    )
    cancelled = {**event, "event_id": "e-2", "sequence": 8, "new_status": "70"}

    outcomes = [host.dispatch(one)[0] for one in (event, cancelled)]

    assert [(one.outcome, one.fields) for one in outcomes] == [
        ("granted", {"custom12": "a-1"}),
        ("revoked", {"custom12": ""}),
    ]
    assert asked == ["POST https://acme.example/access", "DELETE https://acme.example/access/a-1"]


@pytest.mark.parametrize("name", get_args(OutcomeName))
def test_every_outcome_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"^\|.*`{name}`.*\|", README, re.MULTILINE)


@pytest.mark.parametrize("name", _ERRORS)
def test_every_error_stands_in_the_readme(name: str) -> None:
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("name", _SETTINGS)
def test_every_setting_stands_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_every_command_stands_in_the_readme() -> None:
    names = cli.list_commands(Context(cli))
    assert [name for name in names if f"| `{name}" not in README] == []


@pytest.mark.parametrize("name", [action.name for action in ACTIONS if action.name != "open"])
def test_every_action_of_salto_ks_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"^\| `action ID NAME.*`{name}[` ]", README, re.MULTILINE)
