"""`sandbox`: a vendor's stand-in that is run by hand."""

import json
import shlex
import signal
import socket
import subprocess
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.host.command_line import Workplace, event

from ireserve_integrations.booking_core import open_booking_core
from ireserve_integrations.cli.toml_text import write_integration
from ireserve_integrations.config import read_configuration
from ireserve_integrations.errors import RejectedError
from ireserve_integrations.kit.transport import Http, open_client

BROKEN = {"wreck": "Sandbox"}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


@pytest.fixture
def running(workplace: Workplace) -> Iterator["subprocess.Popen[str]"]:
    with workplace.start("sandbox", "resivo") as program:
        yield program


def read_until(program: "subprocess.Popen[str]", last: str) -> str:
    """Return what a program prints, up to the line that begins with `last`."""
    assert program.stdout is not None
    lines = []
    for line in program.stdout:
        lines.append(line)
        if line.startswith(last):
            break
    return "".join(lines)


def test_what_it_prints_works_as_it_stands(
    workplace: Workplace, running: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = read_until(running, "A fault strikes once")
    exports = [line.split()[1] for line in printed.splitlines() if line.startswith("  export ")]
    name, _, address = exports[0].partition("=")
    monkeypatch.setenv(name, address)
    row = printed.partition("Put into integrations.toml:\n\n")[2].partition("\n\n")[0]
    workplace.configure(row.replace("\n  ", "\n"))
    workplace.write("event.json", event())

    ran = workplace.run("dispatch", "event.json", "--json")

    assert exports[1] == "IRESERVE_SECRET_KEY=$(ireserve-integrations"
    assert (ran.status, ran.answer[0]["outcome"]) == (0, "granted")


def test_the_booking_cores_table_works_as_it_stands(workplace: Workplace) -> None:
    with workplace.start("sandbox", "ireserve") as program:
        printed = read_until(program, "See what it holds")
        table = printed.partition("Put into integrations.toml:\n\n")[2].partition("\n\n")[0]
        workplace.configure(table.replace("\n  ", "\n"))
        settings = read_configuration(workplace.folder / "integrations.toml").booking_core
        with open_client() as client:
            core = open_booking_core(settings, lambda: Http(client, deadline_s=5))
            assert core is not None
            with pytest.raises(RejectedError, match="there is no such booking"):
                core.move_status("7", "98")


@pytest.mark.parametrize("place", range(5))
def test_every_curl_that_it_prints_is_understood(
    running: "subprocess.Popen[str]", place: int
) -> None:
    printed = read_until(running, "A fault strikes once")
    curls = [line.strip() for line in printed.splitlines() if line.startswith("  curl ")]

    asked = _curl().parse_args(shlex.split(curls[place])[1:])

    answer = httpx.request(
        asked.X or ("POST" if asked.d else "GET"),
        asked.address,
        content=asked.d,
        headers=dict(header.split(": ") for header in asked.H),
        trust_env=False,
    )

    assert len(curls) == 5
    assert answer.is_success


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_ends_cleanly(running: "subprocess.Popen[str]", number: signal.Signals) -> None:
    address = read_until(running, "The sandbox of resivo").split()[-1]
    assert running.stderr is not None
    ready = running.stderr.readline()

    running.send_signal(number)
    _, err = running.communicate(timeout=30)

    assert (running.returncode, ready, err) == (0, "Ctrl-C ends it.\n", "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)


def test_machines_get_one_object_with_all_sandboxes(workplace: Workplace) -> None:
    with workplace.start("sandbox", "--json") as program:
        assert program.stdout is not None
        answer = json.loads(program.stdout.readline())
        resivo = answer["resivo"]
        state = httpx.get(resivo["controls"] + "state", trust_env=False)
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=30)

    assert (program.returncode, out, err) == (0, "", "")
    assert set(resivo) == {"url", "controls", "environment", "integration"}
    assert set(answer["ireserve"]) == {"url", "controls", "environment", "booking_core"}
    assert answer["ireserve"]["booking_core"]["base_url"] == answer["ireserve"]["url"]
    assert resivo["environment"] == {"IRESERVE_RESIVO_API_URL": resivo["url"]}
    assert resivo["integration"]["vendor"] == "resivo"
    assert state.json()["authorisations"] == []


def test_it_listens_where_it_is_told(workplace: Workplace) -> None:
    port = _free_port()

    with workplace.start("sandbox", "resivo", "--port", str(port)) as program:
        printed = read_until(program, "The sandbox")

    assert printed == f"The sandbox of resivo listens on http://127.0.0.1:{port}\n"


def test_a_port_that_is_taken_is_said(workplace: Workplace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = workplace.run_apart("sandbox", "resivo", "--port", str(port))

    assert (ran.status, ran.out, ran.err) == (2, "", f"port {port}: Address already in use\n")


def test_a_vendor_without_a_sandbox_has_a_near_miss(workplace: Workplace) -> None:
    ran = workplace.run("sandbox", "resivoo")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "there is no sandbox of 'resivoo'; did you mean resivo?\n"


def test_one_port_is_not_for_several_sandboxes(workplace: Workplace) -> None:
    workplace.install("wrecked", "", sandboxes=BROKEN)

    ran = workplace.run("sandbox", "--port", "9")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("--port is for one sandbox: name one of ")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("", "it cannot be loaded: AttributeError"),
        ("Sandbox = 7", "it is no Sandbox"),
        ("class Sandbox: pass", "it is no Sandbox"),
    ],
    ids=["missing", "value", "class"],
)
def test_a_broken_sandbox_is_named(workplace: Workplace, source: str, why: str) -> None:
    workplace.install("wrecked", source, sandboxes=BROKEN)

    ran = workplace.run("sandbox", "wreck")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"the sandbox of wreck cannot be used: {why}")


def test_a_row_reads_back_as_it_was() -> None:
    row: dict[str, Any] = {
        "id": 'quo"ted \\ é',
        "active": False,
        "auth": {"number": 7, "share": 0.5, "a key": "with\nlines", "empty": {}},
        "details": {"statuses": ["30", "40"], "none": []},
        "mapping": [{"object": "17", "targets": ["a", "b"]}, {"object": "18", "targets": []}],
    }

    assert tomllib.loads(write_integration(row)) == {"integrations": [row]}


def _curl() -> ArgumentParser:
    """Return what reads the options of curl that a person is shown."""
    curl = ArgumentParser(allow_abbrev=False)
    curl.add_argument("-H", action="append", default=[])
    curl.add_argument("-d")
    curl.add_argument("-X")
    curl.add_argument("address")
    return curl


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
