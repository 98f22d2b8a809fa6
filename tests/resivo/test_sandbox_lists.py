"""Resivo's sandbox: what a person changes at Resivo, and how lists come in pages."""

from collections.abc import Callable, Iterator
from typing import Literal

import httpx
import pytest

from ireserve_resivo.sandbox import ResivoSandbox


@pytest.fixture
def sandbox() -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: ResivoSandbox) -> Iterator[httpx.Client]:
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        token = client.post("/oauth2/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def components(client: httpx.Client, site: str = "site-1") -> list[tuple[str, str]]:
    answer = client.get(f"/v8/sites/{site}/components", params={"scope": "all"})
    return [(each["id"], each["displayName"]) for each in answer.json()]


def test_a_renamed_component_keeps_its_id(sandbox: ResivoSandbox, client: httpx.Client) -> None:
    sandbox.rename_component("Studio 1", "Atelier 1")
    assert components(client)[1] == ("c-2", "Atelier 1")


def test_a_removed_component_is_no_longer_listed(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.remove_component("Turnstile", site="site-2")
    assert components(client, "site-2") == [("c-6", "Sports hall")]


def test_a_component_whose_id_was_replaced_keeps_its_name_and_place(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.replace_component_id("Studio 1")
    assert components(client)[1] == ("c-7", "Studio 1")


def test_a_duplicated_component_has_an_id_of_its_own(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.duplicate_component("Studio 1")
    assert components(client)[-1] == ("c-7", "Studio 1")
    assert components(client)[1] == ("c-2", "Studio 1")


def test_an_added_site_is_listed_with_its_components(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.add_site("site-3", "Annex", ["Studio 1"], locale="en")
    site = {"id": "site-3", "displayName": "Annex", "defaultLocale": "en"}
    assert site in client.get("/v8/site-owners/so-1/sites").json()
    assert components(client, "site-3") == [("c-7", "Studio 1")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda each: each.rename_component("Studio 9", "x"), "only Main entrance, Studio 1"),
        (lambda each: each.remove_component("Studio 1", site="site-9"), "only site-1, site-2"),
        (lambda each: each.set_default_locale("nl", site="site-9"), "no site 'site-9'"),
        (lambda each: each.add_site("site-1", "Again", []), "there is a site 'site-1' already"),
        (lambda each: each.revoke_behind_back("auth-9"), "no authorisation 'auth-9'"),
    ],
)
def test_changing_what_is_not_there_says_what_there_is(
    sandbox: ResivoSandbox, change: Callable[[ResivoSandbox], None], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        change(sandbox)


def test_pages_of_a_bare_array_are_linked_by_a_header(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.page_size = 3
    first = client.get("/v8/sites/site-1/components", params={"scope": "all"})
    second = client.get(first.links["next"]["url"])
    assert [each["id"] for each in first.json()] == ["c-1", "c-2", "c-3"]
    assert [each["id"] for each in second.json()] == ["c-4"]
    assert "next" not in second.links


@pytest.mark.parametrize("envelope", ["items", "data"])
def test_pages_in_an_envelope_name_the_next_one_beside_the_entries(
    sandbox: ResivoSandbox, client: httpx.Client, envelope: Literal["items", "data"]
) -> None:
    sandbox.page_size, sandbox.envelope = 1, envelope
    first = client.get("/v8/site-owners/so-1/sites")
    second = client.get(first.json()["nextPage"])
    assert [each["id"] for each in first.json()[envelope]] == ["site-1"]
    assert [each["id"] for each in second.json()[envelope]] == ["site-2"]
    assert (set(second.json()), "link" in first.headers) == ({envelope}, False)


def test_an_envelope_without_pages_holds_the_whole_list(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.envelope = "items"
    assert client.get("/v8/sites/site-2/authorizations").json() == {"items": []}
