"""The forms in which Salto KS's lists come; both shapes were seen."""

from typing import Protocol

import pytest

from ireserve_integrations.errors import ProtocolError
from ireserve_saltoks.client import Client

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette

SITES = ["NL6254340082", "NL7318205546"]


class Vendor(Protocol):
    """What `conftest` offers."""

    def has(self, **attributes: object) -> None: ...
    def fails(self, kind: str, **parameters: object) -> None: ...


@pytest.mark.parametrize(
    ("shape", "page_size"),
    [
        pytest.param(
            "items",
            20,
            marks=cassette("sites-in-items", shows="an envelope whose `next_page_link` is null"),
        ),
        pytest.param(
            "items",
            1,
            marks=cassette("sites-in-items-paged", shows="pages that `next_page_link` leads to"),
        ),
        pytest.param(
            "bare",
            1,
            marks=cassette("sites-paged", shows="bare pages, skipped through until one is empty"),
        ),
        pytest.param(
            "whole",
            1,
            marks=cassette(
                "sites-whole", shows="a bare array that is whole, whatever `$skip` says"
            ),
        ),
    ],
)
def test_sites_are_read_in_every_shape(
    client: Client, vendor: Vendor, shape: str, page_size: int
) -> None:
    vendor.has(list_shapes={"sites": shape}, page_size=page_size)

    assert [site.site_uid for site in client.list_sites()] == SITES


@cassette("locks-paged", shows="pages that `next_page_link` leads to")
def test_pages_of_locks_are_followed(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.has(page_size=4)

    assert [lock.customer_reference for lock in client.list_locks(site_id)] == [
        "Main entrance",
        "Studio 1",
        "Studio 2",
        "Council chamber",
        "Bicycle shed",
        "Archive",
    ]


@cassette("iqs-paged", shows="pages that `next_page_link` leads to")
def test_pages_of_iqs_are_followed(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.has(page_size=2)

    iqs = client.list_iqs(site_id)

    assert [iq.customer_reference for iq in iqs] == ["IQ ground floor", "IQ annex", "IQ shed"]


@cassette("activated-iqs-bare", shows="a bare array, then nothing more")
def test_activated_iqs_may_come_as_a_bare_array(
    client: Client, vendor: Vendor, site_id: str, active_iq_id: str
) -> None:
    vendor.has(list_shapes={"activated_iqs": "bare"})

    assert [iq.id for iq in client.list_activated_iqs(site_id)] == [active_iq_id]


@cassette("locks-none", shows="an empty list, as of a site without locks")
def test_a_site_may_have_no_locks(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.fails("wrong_shape", body={"items": [], "next_page_link": None, "count": None})

    assert client.list_locks(site_id) == ()


@cassette("locks-next-page-elsewhere", shows="`next_page_link` leads away, where no token may go")
def test_a_next_page_on_another_host_is_not_asked_for(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.has(page_size=4, next_page_base="https://elsewhere.invalid")

    with pytest.raises(ProtocolError, match="locks: the next page is not at the API"):
        client.list_locks(site_id)
