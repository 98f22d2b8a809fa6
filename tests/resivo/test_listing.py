"""All that lives at Resivo, read page by page over real HTTP, by whichever process goes on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

import httpx
import pytest

from ireserve_integrations.errors import ConfigError, ProtocolError, RejectedError
from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import (
    AccessPage,
    BookedObject,
    Booking,
    Change,
    Customer,
    Integration,
    MappingRow,
    Window,
)
from ireserve_resivo.client import Client
from ireserve_resivo.doors import Doors, Listings
from ireserve_resivo.listing import Mark, list_page, read_mark
from ireserve_resivo.plugin import ResivoPlugin
from ireserve_resivo.sandbox import ResivoSandbox

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LIST = "/v8/sites/site-1/authorizations"
MADE: dict[str, Any] = {"id": "auth-1", "displayName": "i-Reserve 1", "status": "active"}

Lend = Callable[..., Context]
Ask = Callable[..., AccessPage]


class Vendor(Protocol):
    """What `conftest` offers."""

    @property
    def lines(self) -> list[str]: ...
    def answer(self, line: str, *answers: object) -> None: ...


def give(one: Integration, lend: Lend, door: str = "Main entrance", label: str = "one") -> str:
    """Make a grant; return its reference."""
    booking = Booking(
        id="15492",
        start=START,
        end=START + timedelta(hours=2),
        objects=(BookedObject(object="17"),),
        customer=Customer(email="a@example.org"),
    )
    mapped = replace(one, mapping=(MappingRow(object="17", targets=(door,)),))
    change = Change(booking=booking, label=label, statuses=("30",))
    receipt = ResivoPlugin().on_status_change(mapped, change, lend())
    assert receipt.grant is not None
    return receipt.grant.reference


@pytest.fixture
def ask(one: Integration, lend: Lend) -> Ask:
    """Ask for a page, each time as another process would."""

    def once(page: str | None = None, integration: Integration = one) -> AccessPage:
        return ResivoPlugin().list_access(integration, page, lend(writes=0))

    return once


def lists(sandbox: ResivoSandbox) -> list[str]:
    return [request.path for request in sandbox.requests if "/authorizations" in request.path]


def names(page: AccessPage) -> list[str]:
    return [access.reference for access in page.accesses]


def test_a_page_says_all_of_what_lives_or_lived(
    one: Integration, lend: Lend, sandbox: ResivoSandbox, ask: Ask
) -> None:
    lives, ended = give(one, lend), give(one, lend, label="two")
    sandbox.revoke_behind_back(ended)

    page = ask()

    assert page.next_page is None
    assert [(each.reference, each.label, each.live) for each in page.accesses] == [
        (lives, "one", True),
        (ended, "two", False),
    ]
    window = Window(start=START - timedelta(minutes=15), end=START + timedelta(hours=2))
    assert [(each.place, each.window) for each in page.accesses] == [
        ({"site_id": "site-1"}, window),
        ({"site_id": "site-1"}, window),
    ]


@pytest.mark.parametrize("envelope", [None, "items"])
def test_a_call_reads_one_page_and_another_process_goes_on(
    one: Integration,
    lend: Lend,
    sandbox: ResivoSandbox,
    ask: Ask,
    envelope: Literal["items"] | None,
) -> None:
    made = [give(one, lend, label=label) for label in ("one", "two", "three")]
    sandbox.page_size, sandbox.envelope = 2, envelope
    sandbox.forget_requests()

    first = ask()
    asked_by_then = lists(sandbox)
    second = ask(first.next_page)

    assert [names(first), names(second)] == [made[:2], made[2:]]
    assert (asked_by_then, second.next_page) == ([LIST], None)
    assert lists(sandbox) == [LIST, LIST]


def test_without_a_site_id_the_owners_sites_follow_one_another(
    one: Integration, lend: Lend, sandbox: ResivoSandbox, ask: Ask, without_site: Integration
) -> None:
    here = give(one, lend)
    elsewhere = replace(one, auth={**one.auth, "site_id": "site-2"})
    sandbox.add_site("site-3", "Library", ["Reading room"])
    there = give(elsewhere, lend, door=sandbox.state()["sites"][1]["components"][0]["displayName"])

    first = ask(None, without_site)
    second = ask(first.next_page, without_site)
    third = ask(second.next_page, without_site)

    assert [names(page) for page in (first, second, third)] == [[here], [there], []]
    assert second.accesses[0].place == {"site_id": "site-2"}
    assert third.next_page is None


def test_an_owner_without_sites_has_nothing(
    sandbox: ResivoSandbox, ask: Ask, without_site: Integration
) -> None:
    sandbox.fault("wrong_shape", path="/sites$", body=[])

    assert ask(None, without_site) == AccessPage(accesses=())


def test_a_credential_of_one_site_must_say_which(
    sandbox: ResivoSandbox, ask: Ask, without_site: Integration
) -> None:
    sandbox.site_scoped = True

    with pytest.raises(ConfigError, match="set its Site ID"):
        ask(None, without_site)


@pytest.mark.parametrize(
    "page",
    [
        str(Mark(site="site-1", page="https://api.resivo.io" + LIST + "?page=2")),
        str(Mark(site="site-1", page=LIST + "?page=no-number")),
        str(Mark(site="site-1", page=LIST + "/anything")),
        str(Mark(site="site-1", page="https://[broken")),
        str(Mark(site="site-9")),
        "another text",
        '{"site": "site-1"}',
        '{"site": "site-1", "page": 7, "read": 0}',
        "[]",
    ],
)
def test_a_page_that_nobody_knows_is_the_first_one(
    one: Integration, lend: Lend, ask: Ask, page: str
) -> None:
    made = give(one, lend)

    assert names(ask(page)) == [made]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_vendor_without_a_list_refuses(client: Client, vendor: Vendor, status: int) -> None:
    vendor.answer(f"GET {LIST}", httpx.Response(status))

    with pytest.raises(RejectedError, match="does not list authorisations"):
        list_page(client, Doors(client, Listings()), None)
    assert vendor.lines == [f"GET {LIST}"]


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_page_that_is_forgotten_costs_one_more_request(
    client: Client, vendor: Vendor, status: int
) -> None:
    vendor.answer(f"GET {LIST}?page=2", httpx.Response(status))
    vendor.answer(f"GET {LIST}", {"items": [MADE], "nextPage": f"{LIST}?page=5"})
    mark = Mark(site="site-1", page=f"{LIST}?page=2", read=3)

    page = list_page(client, Doors(client, Listings()), str(mark))

    assert (names(page), vendor.lines) == (["auth-1"], [f"GET {LIST}?page=2", f"GET {LIST}"])
    assert read_mark(page.next_page, ["site-1"]) == Mark(
        site="site-1", page=f"https://api.resivo.io{LIST}?page=5", read=4
    )


def test_pages_that_never_end_are_given_up(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {LIST}?page=2", {"items": [], "nextPage": f"{LIST}?page=2"})
    doors = Doors(client, Listings())
    last = list_page(client, doors, str(Mark(site="site-1", page=f"{LIST}?page=2", read=199)))

    with pytest.raises(ProtocolError, match="do not end"):
        list_page(client, doors, last.next_page)
    assert len(vendor.lines) == 1


def test_the_next_page_is_at_the_api(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {LIST}", {"items": [MADE], "nextPage": "https://evil.example/"})

    with pytest.raises(ProtocolError, match="not at the API"):
        list_page(client, Doors(client, Listings()), None)


def test_a_site_that_may_not_be_read_is_no_end(client: Client, vendor: Vendor) -> None:
    vendor.answer(f"GET {LIST}", httpx.Response(403))

    with pytest.raises(RejectedError, match="403"):
        list_page(client, Doors(client, Listings()), None)
