"""Each of Resivo's calls, as it goes well."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest

from ireserve_resivo.client import Client
from ireserve_resivo.wire import Authorization, Component, RemoteAccess, Site

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette


class Vendor(Protocol):
    """What `conftest` offers."""

    def has(self, **attributes: object) -> None: ...
    def waits(self, **span: float) -> None: ...


@cassette("token", shows="client credentials in a form; the token lives an hour")
def test_a_token_is_fetched_once(client: Client, count_requests: Callable[[], int]) -> None:
    assert client.get_token() == client.get_token() != ""
    assert count_requests() == 1


@cassette("token-without-lifetime", shows="no `expires_in`: taken for 300 s, renewed after 270")
def test_a_token_without_a_lifetime_is_renewed_after_270_seconds(
    client: Client, vendor: Vendor, count_requests: Callable[[], int]
) -> None:
    vendor.has(expires_in=None)

    client.get_token()
    vendor.waits(seconds=269)
    client.get_token()
    asked_by_then = count_requests()
    vendor.waits(seconds=2)
    client.get_token()

    assert (asked_by_then, count_requests()) == (1, 2)


@cassette("token-asked-for-again", shows="signing in: a new token, though the former one lives")
def test_signing_in_asks_for_a_new_token(client: Client, count_requests: Callable[[], int]) -> None:
    client.get_token()

    client.renew_token()
    client.get_token()

    assert count_requests() == 2


@cassette("sites", shows="all sites of the Site Owner, in a bare array")
def test_the_owners_sites_are_listed(client: Client) -> None:
    assert client.list_sites() == (
        Site(id="site-1", display_name="Town hall", default_locale="nl-NL"),
        Site(id="site-2", display_name="Sports centre", default_locale="nl-NL"),
    )


@cassette("site", shows="one site, with its `defaultLocale`")
def test_a_site_is_read(client: Client, site_id: str) -> None:
    site = client.read_site(site_id)

    assert site == Site(id="site-1", display_name="Town hall", default_locale="nl-NL")


@cassette("components", shows="the doors of a site, with the names that i-Reserve maps by")
def test_a_sites_components_are_listed(client: Client, site_id: str) -> None:
    assert client.list_components(site_id) == (
        Component(id="c-1", display_name="Main entrance"),
        Component(id="c-2", display_name="Studio 1"),
        Component(id="c-3", display_name="Studio 2"),
        Component(id="c-4", display_name="Council chamber"),
    )


@cassette("create-remote-access", shows="two doors, a window in UTC, a recipient with all parts")
def test_a_created_authorization_has_an_id(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    assert client.create_remote_access(site_id, wanted).startswith("auth-")


@cassette("create-remote-access-email-only", shows="what a recipient lacks is left out of the body")
def test_a_recipient_may_have_an_email_alone(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    recipient = replace(wanted.recipient, phone_number="", first_name="", last_name="", language="")

    made = client.create_remote_access(site_id, replace(wanted, recipient=recipient))

    assert made.startswith("auth-")


@cassette("read-authorization", shows="live: it is active, and so is its credential")
def test_an_authorization_is_live_as_long_as_a_credential_of_it_is(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    made = client.create_remote_access(site_id, wanted)

    assert client.read_authorization(site_id, made) == Authorization(
        id=made,
        display_name="i-Reserve 15492 · 3f9c-81ab77d0",
        status="active",
        live=True,
        credential_statuses=("active",),
        valid_from=datetime(2030, 1, 15, 8, 45, tzinfo=UTC),
        valid_to=datetime(2030, 1, 15, 11, 0, tzinfo=UTC),
    )


@cassette("read-authorization-expired", shows="not live: active, but its credential is expired")
def test_an_authorization_whose_credential_is_expired_is_not_live(
    client: Client, site_id: str, wanted: RemoteAccess, vendor: Vendor
) -> None:
    vendor.has(expires_in=86_400)
    made = client.create_remote_access(site_id, wanted)

    vendor.waits(hours=4)
    read = client.read_authorization(site_id, made)

    assert read is not None
    assert (read.status, read.live) == ("active", False)


@cassette("read-authorization-revoked", shows="not live: revoked, and so is its credential")
def test_a_revoked_authorization_is_not_live(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    made = client.create_remote_access(site_id, wanted)
    client.revoke_authorization(site_id, made)

    read = client.read_authorization(site_id, made)

    assert read is not None
    assert (read.status, read.credential_statuses, read.live) == ("revoked", ("revoked",), False)


@cassette("list-authorizations", shows="all of a site; a lost reply is looked for by `displayName`")
def test_a_sites_authorizations_are_listed_with_their_labels(
    client: Client, site_id: str, wanted: RemoteAccess
) -> None:
    first = client.create_remote_access(site_id, wanted)
    label = "i-Reserve 15493 · 3f9c-5d20c1aa"
    second = client.create_remote_access(site_id, replace(wanted, display_name=label))

    listed = client.list_authorizations(site_id)

    assert {(one.id, one.display_name) for one in listed} >= {
        (first, "i-Reserve 15492 · 3f9c-81ab77d0"),
        (second, "i-Reserve 15493 · 3f9c-5d20c1aa"),
    }


@cassette("revoke-authorization", shows="DELETE with the body `{}`, answered by 204")
def test_a_revoke_is_one_request(
    client: Client, site_id: str, wanted: RemoteAccess, count_requests: Callable[[], int]
) -> None:
    made = client.create_remote_access(site_id, wanted)
    before = count_requests()

    client.revoke_authorization(site_id, made)

    assert count_requests() == before + 1
