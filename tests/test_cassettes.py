"""What holds for every cassette of every vendor."""

import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from ireserve_integrations.testing.cassettes import Scrubber, read_cassette, tabulate
from ireserve_integrations.testing.sandbox import Route
from ireserve_integrations.testing.scrubbing import RecordedRequest
from ireserve_resivo.sandbox import ResivoSandbox
from ireserve_saltoks.sandbox import SaltoksSandbox

ROOT = Path(__file__).parents[1]
CASSETTES = sorted((ROOT / "cassettes").glob("*/*.yaml"))
HOSTS = {
    "resivo": {"oauth2": "https://api.resivo.io", "v8": "https://api.resivo.io"},
    "saltoks": {
        "connect": "https://identity-acc.eu.my-clay.com",
        "v1.2": "https://clp-accept-user.my-clay.com",
    },
}
"""Where each vendor is, by what its paths begin with."""
RESIVO, SALTOKS = ResivoSandbox(), SaltoksSandbox()
CALLS = [
    *RESIVO.routes(),
    *(  # v1.1 answers the same as v1.2, and nobody reads the audit
        route
        for route in SALTOKS.routes()
        if not (route.path.startswith("/v1.1/") or route.path.endswith("/entries"))
    ),
]

every_cassette = pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)


def exchanges(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(each["request"], each["response"]) for each in read_cassette(path)["interactions"]]


def as_vcrpy_has_it(
    request: Mapping[str, Any], response: Mapping[str, Any]
) -> tuple[RecordedRequest, dict[str, Any]]:
    headers = {name: values[0] for name, values in request["headers"].items()}
    body = request["body"].encode() if request["body"] else None
    text = response["body"]["string"].encode()
    one = SimpleNamespace(**{**request, "headers": headers, "body": body})
    return cast("RecordedRequest", one), {**response, "body": {"string": text}}


def answered_well(route: Route, request: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    target = urlsplit(request["uri"]).path
    found = request["method"] == route.method and route.pattern.fullmatch(target)
    return bool(found) and 200 <= response["status"]["code"] < 300


def test_there_are_cassettes_and_nothing_else() -> None:
    beside = [path for path in (ROOT / "cassettes").rglob("*") if path.is_file()]

    assert len(CASSETTES) > 50
    assert sorted(beside) == sorted([*CASSETTES, ROOT / "cassettes" / "README.md"])


@every_cassette
def test_a_cassette_says_where_it_comes_from_and_what_it_shows(path: Path) -> None:
    origin = read_cassette(path)["metadata"]

    assert list(origin) == ["recorded_from", "contract", "shows"]
    assert origin["recorded_from"] in {"sandbox", "live"}
    assert re.fullmatch(r"(?:Resivo v8|Salto KS v1\.2)", origin["contract"])
    assert origin["shows"].strip()


@every_cassette
def test_a_cassette_bears_the_vendors_own_host(path: Path) -> None:
    addresses = [urlsplit(request["uri"]) for request, _ in exchanges(path)]
    hosts = HOSTS[path.parent.name]

    assert addresses
    assert [f"{one.scheme}://{one.netloc}" for one in addresses] == [
        hosts[one.path.split("/")[1]] for one in addresses
    ]


@every_cassette
def test_a_cassette_names_no_machine_of_ours(path: Path) -> None:
    assert not re.findall(r"(?i)localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1", path.read_text())


@every_cassette
def test_a_cassette_holds_nothing_of_the_invented_person_or_the_account(
    path: Path, invented_person: Mapping[str, str]
) -> None:
    words = [*invented_person.values(), RESIVO.client_id, RESIVO.client_secret]
    words += [SALTOKS.client_id, SALTOKS.client_secret, SALTOKS.username, SALTOKS.password]
    words += ["31612345678", "612345678", "wilhelmina%2Ezonneveld", "example.org"]
    text = path.read_text(encoding="utf-8").lower()

    assert [word for word in words if word.lower() in text] == []


@every_cassette
def test_a_cassette_holds_no_credentials_addresses_or_telephone_numbers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"(?i)(?:bearer|basic) (?!SCRUBBED-[a-z-]+$)\S+", text, re.MULTILINE) == []
    assert re.findall(r"(?i)(?:secret|token|password|username)=(?!SCRUBBED-)[^&\s]*", text) == []
    assert re.findall(r'"(?:\w*secret|\w*_token|otp|pin)": "(?!SCRUBBED-)', text) == []
    assert re.findall(r"(?i)cookie|api-key|eyJ\w+", text) == []
    assert re.findall(r"\S+(?:@|%40)\S+|(?:\+|%2B|\b00)\d{7,}", text) == []


@every_cassette
def test_scrubbing_a_cassette_again_changes_nothing(path: Path) -> None:
    recorded = [as_vcrpy_has_it(*pair) for pair in exchanges(path)]
    scrubber = Scrubber()

    again = [
        (scrubber.request(deepcopy(request)), scrubber.answer(answer))
        for request, answer in recorded
    ]

    assert again == recorded


@every_cassette
def test_a_cassette_is_replayed_by_a_test(path: Path) -> None:
    folder = ROOT / "tests" / path.parent.name / "cassettes"
    tests = "".join(test.read_text(encoding="utf-8") for test in folder.glob("test_*.py"))

    assert re.search(rf'\bcassette\(\s*"{re.escape(path.stem)}"', tests)


@pytest.mark.parametrize("route", CALLS, ids=lambda route: f"{route.method} {route.path}")
def test_every_call_of_the_contract_has_a_cassette_in_which_it_goes_well(route: Route) -> None:
    recorded = [pair for path in CASSETTES for pair in exchanges(path)]

    assert any(answered_well(route, *pair) for pair in recorded)


def test_the_readme_tabulates_every_cassette() -> None:
    readme = (ROOT / "cassettes" / "README.md").read_text(encoding="utf-8")

    assert tabulate(ROOT / "cassettes") in readme, "make record writes it anew"
    assert readme.count(".yaml](") == len(CASSETTES)


def test_the_readme_says_that_none_is_from_the_live_api_as_long_as_that_is_so() -> None:
    readme = (ROOT / "cassettes" / "README.md").read_text(encoding="utf-8")
    live = [
        path for path in CASSETTES if read_cassette(path)["metadata"]["recorded_from"] == "live"
    ]

    assert ("**None is from a live API yet.**" in readme) == (live == [])
