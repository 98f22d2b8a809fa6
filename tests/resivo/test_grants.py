"""Ending, finding and reading what lives: what may pass for "gone", and what may not."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
import pytest

from ireserve_integrations.errors import RejectedError, UnavailableError
from ireserve_integrations.model import Access, Grant, Window
from ireserve_resivo.client import Client
from ireserve_resivo.grants import read_grant, revoke_grant

WINDOW = Window(
    start=datetime(2026, 11, 21, 9, tzinfo=UTC), end=datetime(2026, 11, 21, 11, tzinfo=UTC)
)
GRANT = Grant(reference="auth-9", window=WINDOW, place={"site_id": "site-1"})
SITE = "GET /v8/sites/site-1"
READ = f"{SITE}/authorizations/auth-9"
REVOKE = "DELETE /v8/sites/site-1/authorizations/auth-9/revoke"
LIVE: dict[str, Any] = {
    "id": "auth-9",
    "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
    "status": "active",
    "credentials": [{"status": "active", "isExpired": False}],
    "restrictions": {"validFrom": "2026-11-21T09:00:00Z", "validTo": "2026-11-21T11:00:00Z"},
}
ENDED = LIVE | {"status": "revoked"}
GONE = httpx.Response(404, json={"message": "not found"})


class Vendor(Protocol):
    """What `conftest` offers."""

    @property
    def lines(self) -> list[str]: ...
    def answer(self, line: str, *answers: object) -> None: ...


def test_a_live_grant_is_read_and_revoked_where_it_was_made(client: Client, vendor: Vendor) -> None:
    vendor.answer(READ, LIVE)
    vendor.answer(REVOKE, httpx.Response(204))

    assert revoke_grant(client, GRANT) is True
    assert vendor.lines == [READ, REVOKE]


@pytest.mark.parametrize("read", [ENDED, LIVE | {"credentials": [{"status": "revoked"}]}])
def test_one_that_has_ended_is_not_revoked_again(
    client: Client, vendor: Vendor, read: dict[str, Any]
) -> None:
    vendor.answer(READ, read)

    assert revoke_grant(client, GRANT) is True
    assert vendor.lines == [READ]


def test_one_that_its_site_does_not_have_is_gone(client: Client, vendor: Vendor) -> None:
    vendor.answer(READ, GONE)
    vendor.answer(SITE, {"id": "site-1", "displayName": "Town hall"})

    assert revoke_grant(client, GRANT) is True


@pytest.mark.parametrize("site", [GONE, httpx.Response(403)])
def test_one_whose_site_cannot_be_reached_is_not_gone(
    client: Client, vendor: Vendor, site: httpx.Response
) -> None:
    vendor.answer(READ, GONE)
    vendor.answer(SITE, site)

    with pytest.raises(RejectedError, match="site-1"):
        revoke_grant(client, GRANT)
    with pytest.raises(RejectedError, match="site-1"):
        read_grant(client, GRANT)


def test_one_that_may_not_be_read_is_not_gone(client: Client, vendor: Vendor) -> None:
    vendor.answer(READ, httpx.Response(403))

    with pytest.raises(RejectedError, match="403"):
        revoke_grant(client, GRANT)


@pytest.mark.parametrize("then", [ENDED, GONE])
@pytest.mark.parametrize("status", [400, 409, 403])
def test_a_refusal_is_fine_for_one_that_ended_meanwhile(
    client: Client, vendor: Vendor, then: object, status: int
) -> None:
    vendor.answer(READ, LIVE, then)
    vendor.answer(REVOKE, httpx.Response(status))

    assert revoke_grant(client, GRANT) is True


def test_a_revoke_that_finds_nothing_is_fine(client: Client, vendor: Vendor) -> None:
    vendor.answer(READ, LIVE)
    vendor.answer(REVOKE, GONE)

    assert revoke_grant(client, GRANT) is True
    assert vendor.lines == [READ, REVOKE]


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_refusal_to_end_what_lives_is_said(client: Client, vendor: Vendor, status: int) -> None:
    vendor.answer(READ, LIVE)
    vendor.answer(REVOKE, httpx.Response(status))

    with pytest.raises(RejectedError, match=f"revoke: .*{status}"):
        revoke_grant(client, GRANT)


def test_a_vendor_that_is_down_ends_nothing(client: Client, vendor: Vendor) -> None:
    vendor.answer(READ, httpx.Response(503))

    with pytest.raises(UnavailableError):
        revoke_grant(client, GRANT)


def test_what_lives_is_read_whole(client: Client, vendor: Vendor) -> None:
    vendor.answer(READ, LIVE)

    assert read_grant(client, GRANT) == Access(
        reference="auth-9",
        live=True,
        label="i-Reserve 15492 · 3f9c-81ab77d0",
        window=WINDOW,
        place={"site_id": "site-1"},
        status="active",
    )


def test_what_is_gone_is_not_live(client: Client, vendor: Vendor) -> None:
    vendor.answer(READ, GONE)
    vendor.answer(SITE, {"id": "site-1", "displayName": "Town hall"})

    assert read_grant(client, GRANT) == Access(
        reference="auth-9", live=False, place={"site_id": "site-1"}
    )


@pytest.mark.parametrize("restrictions", [None, {}, {"validFrom": "2026-11-21T09:00:00Z"}])
def test_an_answer_without_both_ends_has_no_window(
    client: Client, vendor: Vendor, restrictions: object
) -> None:
    vendor.answer(READ, LIVE | {"restrictions": restrictions})

    assert read_grant(client, GRANT).window is None


def test_key_statuses_are_explained_with_what_a_person_must_still_do(
    client: Client, vendor: Vendor
) -> None:
    credentials = [{"status": "Revocation pending"}, {"status": "revocation pending"}]
    vendor.answer(READ, LIVE | {"credentials": credentials, "status": "active"})

    notes = read_grant(client, GRANT).notes

    assert any("the keyholder opens the mobile access app" in note for note in notes)
    assert all("until completed" in note for note in notes)


@pytest.mark.parametrize("status", ["active", "ACTIVE", "sleeping"])
def test_words_that_no_key_has_need_no_explanation(
    client: Client, vendor: Vendor, status: str
) -> None:
    vendor.answer(READ, LIVE | {"status": status})

    access = read_grant(client, GRANT)

    assert (access.status, access.notes) == (status, ())


def test_a_grant_without_a_place_is_looked_for_in_the_configured_site(
    client: Client, vendor: Vendor
) -> None:
    vendor.answer(READ, LIVE)

    assert read_grant(client, Grant(reference="auth-9", window=WINDOW)).live


def test_a_grant_without_any_place_is_not_gone(client: Client, vendor: Vendor) -> None:
    client.account = replace(client.account, site_id=None)

    with pytest.raises(RejectedError, match="auth-9: in which site"):
        revoke_grant(client, Grant(reference="auth-9", window=WINDOW))
    assert vendor.lines == []
