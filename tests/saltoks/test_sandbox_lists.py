"""Salto's sandbox: how lists come, in either shape and in pages."""

from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest

from ireserve_saltoks.sandbox import SaltoksSandbox


@pytest.fixture
def sandbox() -> Iterator[SaltoksSandbox]:
    with SaltoksSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: SaltoksSandbox) -> Iterator[httpx.Client]:
    form = {"grant_type": "password", "scope": "user_api.full_access"}
    form |= {"username": sandbox.username, "password": sandbox.password}
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        basic = (sandbox.client_id, sandbox.client_secret)
        token = client.post("/connect/token", data=form, auth=basic).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def locks(client: httpx.Client) -> str:
    """The path of the first site's locks; it has six."""
    return f"/v1.2/sites/{client.get('/v1.2/sites').json()[0]['id']}/locks"


def labels(entries: list[dict[str, Any]]) -> list[str]:
    return [each["customer_reference"] for each in entries]


def test_an_envelope_of_one_page_has_no_next_one_and_no_count(
    client: httpx.Client, locks: str
) -> None:
    answer = client.get(locks).json()
    assert (len(answer["items"]), answer["next_page_link"], answer["count"]) == (6, None, None)


@pytest.mark.parametrize("call", ["sites", "locks", "iqs", "activated_iqs"])
def test_every_list_comes_in_both_shapes(
    sandbox: SaltoksSandbox,
    client: httpx.Client,
    locks: str,
    call: Literal["sites", "locks", "iqs", "activated_iqs"],
) -> None:
    sandbox.activate_elsewhere("IQ ground floor")
    site = locks.split("/")[3]
    path = {
        "sites": "/v1.2/sites",
        "activated_iqs": f"/v1.2/me/{site}/activated_iqs",
    }.get(call, f"/v1.2/sites/{site}/{call}")
    sandbox.list_shapes[call] = "items"
    enveloped = client.get(path).json()
    sandbox.list_shapes[call] = "bare"
    assert client.get(path).json() == enveloped["items"] != []


def test_a_page_has_twenty_entries_where_nothing_else_is_said(
    sandbox: SaltoksSandbox, client: httpx.Client
) -> None:
    sandbox.add_site("NL1", "Warehouse", {f"Door {number:02}": "IQ" for number in range(45)})
    site = client.get("/v1.2/sites").json()[2]["id"]
    first = client.get(f"/v1.2/sites/{site}/locks").json()
    second = client.get(first["next_page_link"]).json()
    third = client.get(second["next_page_link"]).json()
    assert first["next_page_link"] == f"{sandbox.url}/v1.2/sites/{site}/locks?$top=20&$skip=20"
    assert [len(each["items"]) for each in (first, second, third)] == [20, 20, 5]
    assert labels(third["items"])[-1] == "Door 44"
    assert third["next_page_link"] is None


def test_the_page_size_can_be_set(
    sandbox: SaltoksSandbox, client: httpx.Client, locks: str
) -> None:
    sandbox.page_size = 4
    first = client.get(locks).json()
    second = client.get(first["next_page_link"]).json()
    assert (len(first["items"]), labels(second["items"])) == (4, ["Bicycle shed", "Archive"])


def test_a_caller_chooses_how_many_and_from_where(client: httpx.Client, locks: str) -> None:
    answer = client.get(locks, params={"$top": "2", "$skip": "1"}).json()
    assert labels(answer["items"]) == ["Studio 1", "Studio 2"]
    assert answer["next_page_link"].endswith("?$top=2&$skip=3")


def test_a_page_that_ends_with_the_last_entry_has_no_next_one(
    client: httpx.Client, locks: str
) -> None:
    answer = client.get(locks, params={"$top": "3", "$skip": "3"}).json()
    assert (len(answer["items"]), answer["next_page_link"]) == (3, None)


def test_a_page_behind_the_last_is_empty(client: httpx.Client, locks: str) -> None:
    answer = client.get(locks, params={"$skip": "6"}).json()
    assert (answer["items"], answer["next_page_link"]) == ([], None)


def test_a_bare_page_names_no_next_one(
    sandbox: SaltoksSandbox, client: httpx.Client, locks: str
) -> None:
    sandbox.page_size, sandbox.list_shapes["locks"] = 4, "bare"
    assert len(client.get(locks).json()) == 4
    assert labels(client.get(locks, params={"$skip": "4"}).json()) == ["Bicycle shed", "Archive"]


def test_a_whole_list_does_not_care_which_page_is_asked_for(
    sandbox: SaltoksSandbox, client: httpx.Client, locks: str
) -> None:
    sandbox.page_size, sandbox.list_shapes["locks"] = 4, "whole"
    assert len(client.get(locks, params={"$skip": "4"}).json()) == 6


@pytest.mark.parametrize(
    "query", [{"$top": "0"}, {"$top": "x"}, {"$top": ""}, {"$skip": "-1"}, {"$skip": ""}]
)
def test_a_page_that_cannot_be_is_refused(
    client: httpx.Client, locks: str, query: dict[str, str]
) -> None:
    answer = client.get(locks, params=query)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, "1101")


def test_the_next_page_can_be_said_to_be_on_another_host(
    sandbox: SaltoksSandbox, client: httpx.Client, locks: str
) -> None:
    with SaltoksSandbox() as elsewhere:
        sandbox.page_size, sandbox.next_page_base = 4, elsewhere.url
        link = client.get(locks).json()["next_page_link"]
        client.get(link)
        assert [each.path for each in elsewhere.requests] == [locks]
        assert link == f"{elsewhere.url}{locks}?$top=4&$skip=4"
