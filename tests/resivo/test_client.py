"""Resivo's API call by call: what goes over the wire, and what comes back of it."""

import json
from datetime import UTC, datetime
from typing import Protocol

import httpx
import pytest

from ireserve_integrations.errors import RejectedError
from ireserve_resivo.client import Client
from ireserve_resivo.wire import Authorization, Component, Recipient, RemoteAccess, Site

SITE = {"id": "site-1", "displayName": "Town hall", "defaultLocale": "nl-NL"}
DOORS = [{"id": "c-1", "displayName": "Main entrance"}, {"id": "c-2", "displayName": "Studio 1"}]
WANTED = RemoteAccess(
    display_name="i-Reserve 15492 · 3f9c-81ab77d0",
    component_ids=("c-1",),
    valid_from=datetime(2026, 11, 21, 8, 45, tzinfo=UTC),
    valid_to=datetime(2026, 11, 21, 11, 0, tzinfo=UTC),
    recipient=Recipient(email="ada@example.org", first_name="Ada", language="nl"),
)

SITES = "/v8/site-owners/so-1/sites"
COMPONENTS = "/v8/sites/site-1/components?scope=all"
CREATE = "/v8/sites/site-1/authorizations/remote-access"
LIST = "/v8/sites/site-1/authorizations"
READ = f"{LIST}/auth-9"
REVOKE = f"{READ}/revoke"


class Vendor(Protocol):
    """What `conftest` offers."""

    requests: list[httpx.Request]

    @property
    def lines(self) -> list[str]: ...
    def answer(self, line: str, *answers: object) -> None: ...


def test_the_token_comes_by_client_credentials_in_a_form(client: Client, vendor: Vendor) -> None:
    assert client.get_token() == "token-1"

    [request] = vendor.requests
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.content.decode() == (
        "grant_type=client_credentials&client_id=cid-77&client_secret=very-secret"
    )


def test_sites_are_listed_with_the_token(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {SITES}", [SITE])

    assert client.list_sites() == (
        Site(id="site-1", display_name="Town hall", default_locale="nl-NL"),
    )
    assert vendor.requests[-1].headers["Authorization"] == "Bearer token-1"


def test_components_are_listed_in_the_vendors_order(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {COMPONENTS}", DOORS)

    assert client.list_components("site-1") == (
        Component(id="c-1", display_name="Main entrance"),
        Component(id="c-2", display_name="Studio 1"),
    )


def test_a_create_sends_what_is_wanted_and_returns_the_id(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"POST {CREATE}", httpx.Response(201, json={"id": "auth-9", "more": 1}))

    assert client.create_remote_access("site-1", WANTED) == "auth-9"
    assert json.loads(vendor.requests[-1].content) == {
        "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
        "componentIds": ["c-1"],
        "restrictions": {"validFrom": "2026-11-21T08:45:00Z", "validTo": "2026-11-21T11:00:00Z"},
        "recipients": [{"email": "ada@example.org", "firstName": "Ada", "language": "nl"}],
    }


def test_a_revoke_sends_an_empty_object(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"DELETE {REVOKE}", httpx.Response(204))

    client.revoke_authorization("site-1", "auth-9")

    assert vendor.requests[-1].content == b"{}"
    assert vendor.requests[-1].headers["Content-Type"] == "application/json"


def test_what_is_not_there_is_none(client: Client, vendor: Vendor) -> None:
    vendor.answer("GET /v8/sites/site-1", httpx.Response(404, text="<html>"))
    vendor.answer(f"GET {READ}", httpx.Response(404))

    assert client.read_site("site-1") is None
    assert client.read_authorization("site-1", "auth-9") is None


def test_an_authorisation_is_read(client: Client, vendor: Vendor) -> None:
    raw = {"id": "auth-9", "displayName": "Visit", "status": "revoked"}
    vendor.answer(f"GET {READ}", raw)
    vendor.answer(f"GET {LIST}", [raw])

    read = client.read_authorization("site-1", "auth-9")

    assert read == Authorization(id="auth-9", display_name="Visit", status="revoked", live=False)
    assert client.list_authorizations("site-1") == (read,)


def test_revoking_what_is_not_there_is_fine(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"DELETE {REVOKE}", httpx.Response(404))

    client.revoke_authorization("site-1", "auth-9")


def test_a_credential_of_one_site_is_refused_the_list_of_sites(
    client: Client, vendor: Vendor
) -> None:
    vendor.answer(f"GET {SITES}", httpx.Response(403))

    assert client.list_sites() is None


@pytest.mark.parametrize(
    ("site_id", "path"),
    [("a/b", "/v8/sites/a%2Fb"), ("a?b#c", "/v8/sites/a%3Fb%23c"), ("...", "/v8/sites/...")],
)
def test_an_id_reaches_no_other_resource(
    client: Client, vendor: Vendor, site_id: str, path: str
) -> None:
    vendor.answer(f"GET {path}", SITE)

    client.read_site(site_id)

    assert vendor.lines[-1] == f"GET {path}"


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_an_id_that_servers_resolve_is_never_sent(client: Client, vendor: Vendor, bad: str) -> None:
    with pytest.raises(RejectedError):
        client.read_authorization("site-1", bad)
    assert vendor.lines == []
