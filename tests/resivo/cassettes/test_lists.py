"""The forms in which Resivo's lists may come; which one it uses is assumed."""

from dataclasses import replace
from typing import Protocol

import pytest

from ireserve_resivo.client import Client
from ireserve_resivo.wire import RemoteAccess

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette

DOORS = ["Main entrance", "Studio 1", "Studio 2", "Council chamber"]


class Vendor(Protocol):
    """What `conftest` offers."""

    def has(self, **attributes: object) -> None: ...
    def fails(self, kind: str, **parameters: object) -> None: ...


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("items", marks=cassette("sites-in-items", shows="a list under `items`")),
        pytest.param("data", marks=cassette("sites-in-data", shows="a list under `data`")),
    ],
)
def test_a_list_may_stand_in_an_envelope(client: Client, vendor: Vendor, key: str) -> None:
    vendor.has(envelope=key)

    sites = client.list_sites()

    assert [site.display_name for site in sites or ()] == ["Town hall", "Sports centre"]


@cassette("components-paged-by-link", shows='pages that the header `Link: rel="next"` leads to')
def test_pages_are_followed_by_the_header(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.has(page_size=3)

    assert [door.display_name for door in client.list_components(site_id)] == DOORS


@cassette("components-paged-by-next-page", shows="pages that `nextPage` in the envelope leads to")
def test_pages_are_followed_by_the_envelope(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.has(page_size=2, envelope="items")

    assert [door.display_name for door in client.list_components(site_id)] == DOORS


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param(
            None,
            marks=cassette(
                "list-authorizations-page-by-page-by-link",
                shows="a page a call, where another process goes on: the `Link` header's address",
            ),
        ),
        pytest.param(
            "items",
            marks=cassette(
                "list-authorizations-page-by-page-by-next-page",
                shows="a page a call, where another process goes on: `nextPage` in the envelope",
            ),
        ),
    ],
)
def test_authorizations_are_read_page_by_page(
    client: Client,
    vendor: Vendor,
    site_id: str,
    wanted: RemoteAccess,
    envelope: str | None,
) -> None:
    labels = [f"i-Reserve {booking} · 3f9c-81ab77d0" for booking in (15492, 15493, 15494)]
    made = [
        client.create_remote_access(site_id, replace(wanted, display_name=label))
        for label in labels
    ]
    vendor.has(page_size=2, envelope=envelope)

    first, following = client.read_authorizations(site_id, None)
    second, end = client.read_authorizations(site_id, following)

    assert [[one.id for one in page] for page in (first, second)] == [made[:2], made[2:]]
    assert [one.display_name for one in (*first, *second)] == labels
    assert end is None


@cassette("components-none", shows="an empty list, as of a site without doors")
def test_a_site_may_have_no_components(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.fails("wrong_shape", body=[])

    assert client.list_components(site_id) == ()
