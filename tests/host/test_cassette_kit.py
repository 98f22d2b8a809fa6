"""The cassette kit with vcrpy, on a vendor that is made up."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from vcr import VCR  # type: ignore[import-untyped]
from vcr.errors import CannotOverwriteExistingCassetteException  # type: ignore[import-untyped]

from ireserve_integrations.testing.cassettes import (
    Origin,
    Scrubber,
    add_matchers,
    read_cassette,
    settings,
    tabulate,
    write_table,
)

HERE, THERE = "http://127.0.0.1:4711", "https://api.example"
ORIGIN = Origin(recorded_from="sandbox", contract="Example v1", shows="what it `shows` | or not")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}

Answer = Callable[[httpx.Request], httpx.Response]


def use(path: Path, mode: str, **changed: Any) -> Any:
    recorder = VCR(record_mode=mode)
    add_matchers(recorder)
    return recorder.use_cassette(str(path), **settings(Scrubber({HERE: THERE}), ORIGIN) | changed)


def send(answer: Answer, url: str, method: str = "POST", **request: Any) -> httpx.Response:
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        return client.request(method, url, **request)


def greet(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"hello": "Zoë", "token": "t"}, headers={"Set-Cookie": "a=b"})


def nobody(_request: httpx.Request) -> httpx.Response:
    raise AssertionError("a replay asks nobody")


def record(path: Path, **request: Any) -> None:
    with use(path, "once"):
        send(greet, f"{HERE}/v1/greeting?a=1&b=", **request)


def replay(path: Path, **request: Any) -> httpx.Response:
    with use(path, "none"):
        return send(nobody, **{"url": f"{THERE}/v1/greeting?a=1&b=", **request})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "example" / "greeting.yaml"


def test_a_cassette_is_written_for_people_and_bears_the_vendors_host(path: Path) -> None:
    record(path, json={"name": "Zoë"}, headers={"Authorization": "Bearer t0ken"})

    assert (
        path.read_text(encoding="utf-8")
        == """\
metadata:
  recorded_from: sandbox
  contract: Example v1
  shows: what it `shows` | or not
version: 1
interactions:
- request:
    method: POST
    uri: https://api.example/v1/greeting?a=1&b=
    headers:
      authorization:
      - Bearer SCRUBBED-token
      content-type:
      - application/json
    body: '{"name": "Zoë"}'
  response:
    status:
      code: 200
      message: OK
    headers:
      content-type:
      - application/json
    body:
      string: '{"hello": "Zoë", "token": "SCRUBBED-token"}'
"""
    )


def test_who_records_gets_the_answer_itself(path: Path) -> None:
    with use(path, "once"):
        answer = send(greet, f"{HERE}/v1/greeting")

    assert answer.json() == {"hello": "Zoë", "token": "t"}
    assert "Set-Cookie" in answer.headers


def test_a_replay_asks_nobody(path: Path) -> None:
    record(path, json={"name": "Zoë"})

    answer = replay(path, json={"name": "Zoë"})

    assert answer.json() == {"hello": "Zoë", "token": "SCRUBBED-token"}


def test_plain_vcrpy_reads_a_cassette_too(path: Path) -> None:
    record(path)

    with VCR(record_mode="none").use_cassette(str(path)):
        answer = send(nobody, f"{THERE}/v1/greeting?a=1&b=")

    assert answer.json()["hello"] == "Zoë"


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ({"json": {"a": 1, "b": [2]}}, {"content": b'{ "b":[2], "a":1 }', "headers": JSON}),
        ({"data": {"a": "1", "b": ""}}, {"content": b"b=&a=1", "headers": FORM}),
        ({"content": b"{", "headers": JSON}, {"content": b"{", "headers": JSON}),
        ({}, {"url": f"{THERE}/v1/greeting?b=&a=1"}),
        ({"json": {"token": "one"}}, {"json": {"token": "two"}}),
    ],
)
def test_what_means_the_same_matches(
    path: Path, recorded: dict[str, Any], sent: dict[str, Any]
) -> None:
    record(path, **recorded)

    assert replay(path, **sent).status_code == 200


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ({"json": {"a": 1}}, {"json": {"a": 2}}),
        ({"json": {"a": 1}}, {"json": {"a": True}}),
        ({"json": {"a": 1}}, {"json": {"a": "1"}}),
        ({"json": [1, 2]}, {"json": [2, 1]}),
        ({"json": {}}, {}),
        ({"json": {}}, {"content": b"{}"}),
        ({"json": {"token": "one"}}, {"json": {"token": ""}}),
        ({"data": {"a": "1"}}, {"data": {"a": "1", "b": ""}}),
        ({"data": {"a": "1"}}, {"data": {"a": ["1", "1"]}}),
        ({"content": b"a"}, {"content": b"b"}),
        ({}, {"url": f"{THERE}/v1/greeting?a=1"}),
        ({}, {"url": f"{THERE}/v1/greeting?a=1&b=&c="}),
        ({}, {"url": f"{THERE}/v1/greetings?a=1&b="}),
        ({}, {"url": "https://api.example:444/v1/greeting?a=1&b="}),
        ({}, {"url": "http://api.example/v1/greeting?a=1&b="}),
        ({}, {"method": "PUT"}),
        ({"headers": {"Authorization": "Bearer t"}}, {}),
    ],
)
def test_what_differs_does_not_match(
    path: Path, recorded: dict[str, Any], sent: dict[str, Any]
) -> None:
    record(path, **recorded)

    with pytest.raises(CannotOverwriteExistingCassetteException):
        replay(path, **sent)


def test_a_replay_without_a_cassette_fails(path: Path) -> None:
    with pytest.raises(CannotOverwriteExistingCassetteException):
        replay(path)


def test_a_compressed_answer_is_scrubbed_and_kept_readable(path: Path) -> None:
    packed = gzip.compress(b'{"email": "ada@example.org"}')
    headers = JSON | {"Content-Encoding": "gzip"}

    with use(path, "once"):
        send(lambda _: httpx.Response(200, content=packed, headers=headers), f"{HERE}/v1/me")

    [interaction] = read_cassette(path)["interactions"]
    assert interaction["response"]["body"] == {"string": '{"email": "SCRUBBED-email"}'}
    assert interaction["response"]["headers"] == {"content-type": ["application/json"]}


def test_what_cannot_be_read_is_not_recorded(path: Path) -> None:
    with use(path, "once"), pytest.raises(ValueError, match="no text"):
        send(lambda _: httpx.Response(200, content=b"\xff\xd8"), f"{HERE}/v1/picture")

    assert not path.exists()


def test_the_table_shows_the_last_call_and_each_answer_to_it(path: Path) -> None:
    statuses = iter([200, 503, 200])
    with use(path, "once"):
        send(lambda _: httpx.Response(next(statuses)), f"{HERE}/token")
        send(lambda _: httpx.Response(next(statuses)), f"{HERE}/v1/sites?page=1", "GET")
        send(lambda _: httpx.Response(next(statuses)), f"{HERE}/v1/sites?page=2", "GET")

    [row] = tabulate(path.parents[1]).splitlines()[2:]
    assert row == (
        "| [example/greeting.yaml](example/greeting.yaml) | `GET /v1/sites` | 503, 200 "
        "| sandbox, Example v1 | what it `shows` \\| or not |"
    )


def test_a_table_stands_in_its_readme_once_however_often_it_is_written(path: Path) -> None:
    record(path)
    folder = path.parents[1]
    readme = folder / "README.md"
    readme.write_text("Before\n\n<!-- table: begin -->\nold\n<!-- table: end -->\n\nAfter\n")

    write_table(folder)
    once = readme.read_text()
    subprocess.run(
        [sys.executable, "-m", "ireserve_integrations.testing.cassettes", folder], check=True
    )

    assert readme.read_text() == once
    assert once == (
        f"Before\n\n<!-- table: begin -->\n{tabulate(folder)}<!-- table: end -->\n\nAfter\n"
    )


@pytest.mark.parametrize("text", ["nothing", "<!-- table: begin -->\n", "<!-- table: end -->\n"])
def test_a_readme_without_the_marks_is_left_alone(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text)

    with pytest.raises(ValueError, match="has no table between"):
        write_table(tmp_path)
    assert readme.read_text() == text


def test_the_kit_is_imported_without_vcrpy() -> None:
    module = "ireserve_integrations.testing.cassettes"
    check = f"import sys, {module}; print(sorted({{'vcr', 'yaml'}} & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )

    assert loaded.stdout == "[]\n"
