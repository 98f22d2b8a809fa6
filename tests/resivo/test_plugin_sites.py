"""Resivo's sites and doors, and what lives in them, over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ireserve_integrations.errors import (
    ConfigError,
    OutcomeUnknownError,
    RejectedError,
)
from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import (
    BookedObject,
    Booking,
    Change,
    Customer,
    Grant,
    Integration,
    MappingRow,
    MappingTarget,
    Receipt,
)
from ireserve_resivo.plugin import ResivoPlugin
from ireserve_resivo.sandbox import ResivoSandbox

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LABEL = "i-Reserve 15492 · 3f9c-81ab77d0"
TRIGGER = Change(
    booking=Booking(
        id="15492",
        start=START,
        end=START + timedelta(hours=2),
        objects=(BookedObject(object="17", sub_object="171"),),
        customer=Customer(first_name="Ada", email="a@example.org", phone="+31612345678"),
    ),
    label=LABEL,
    statuses=("30",),
)

Lend = Callable[..., Context]


@pytest.fixture
def plugin() -> ResivoPlugin:
    return ResivoPlugin()


def grant_of(receipt: Receipt) -> Grant:
    assert receipt.grant is not None
    return receipt.grant


def test_a_lost_reply_is_found_by_its_label(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.fault("lost_reply", path="remote-access")
    with pytest.raises(OutcomeUnknownError):
        plugin.on_status_change(one, TRIGGER, lend())

    [found] = plugin.find_access(one, LABEL, lend(writes=0))

    assert (found.reference, found.live) == (sandbox.authorisations[0].id, True)
    assert found.place == {"site_id": "site-1"}


def test_what_is_found_bears_the_whole_label_oldest_first(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.page_size = 1
    plugin.on_status_change(one, TRIGGER, lend())
    plugin.on_status_change(one, replace(TRIGGER, label=f"{LABEL}0"), lend())
    plugin.on_status_change(one, TRIGGER, lend())
    first, _, last = sandbox.authorisations
    sandbox.revoke_behind_back(first.id)

    found = plugin.find_access(one, LABEL, lend(writes=0))

    assert [(access.reference, access.live) for access in found] == [
        (first.id, False),
        (last.id, True),
    ]


def test_without_a_site_id_all_sites_are_searched(
    plugin: ResivoPlugin,
    one: Integration,
    without_site: Integration,
    sandbox: ResivoSandbox,
    lend: Lend,
) -> None:
    elsewhere = replace(one, auth={**one.auth, "site_id": "site-2"})
    row = MappingRow(object="17", targets=("Turnstile",))
    plugin.on_status_change(replace(elsewhere, mapping=(row,)), TRIGGER, lend())

    [found] = plugin.find_access(without_site, LABEL, lend(writes=0))

    assert found.place == {"site_id": "site-2"}


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_vendor_that_cannot_be_searched_says_so(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend, status: int
) -> None:
    sandbox.fault("not_listed", status=status)

    with pytest.raises(RejectedError, match="does not list"):
        plugin.find_access(one, LABEL, lend(writes=0))


def test_without_a_site_id_a_bookings_doors_are_found_in_their_site(
    plugin: ResivoPlugin, without_site: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    row = MappingRow(object="17", targets=("Turnstile", "Sports hall"))

    receipt = plugin.on_status_change(replace(without_site, mapping=(row,)), TRIGGER, lend())

    assert grant_of(receipt).place == {"site_id": "site-2"}
    assert sandbox.live_authorisations[0].site == "site-2"


def test_a_booking_of_many_doors_gets_them_in_one_order(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.rename_component("Studio 2", "  Studio 2 ")
    row = MappingRow(
        object="17", targets=(" Studio 1", "Studio 2", "Council chamber", "Main entrance")
    )

    receipt = plugin.on_status_change(replace(one, mapping=(row,)), TRIGGER, lend())

    assert grant_of(receipt).targets == ("c-1", "c-2", "c-3", "c-4")
    assert sandbox.live_authorisations[0].component_ids == ("c-1", "c-2", "c-3", "c-4")


def test_without_a_site_id_doors_in_two_sites_are_refused(
    plugin: ResivoPlugin, without_site: Integration, lend: Lend
) -> None:
    row = MappingRow(object="17", targets=("Turnstile", "Main entrance"))

    with pytest.raises(ConfigError) as caught:
        plugin.on_status_change(replace(without_site, mapping=(row,)), TRIGGER, lend())
    assert str(caught.value) == (
        "a booking's doors lie in several sites ('Main entrance' in 'Town hall (site-1)', "
        "'Turnstile' in 'Sports centre (site-2)'): set a Site ID, one integration per site"
    )
    assert caught.value.about == ("Main entrance", "Turnstile")


def test_without_a_site_id_a_name_in_two_sites_is_refused(
    plugin: ResivoPlugin, without_site: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.add_site("site-3", "Annex", ["Main entrance"])

    with pytest.raises(ConfigError, match="set a Site ID, one integration per site"):
        plugin.on_status_change(without_site, TRIGGER, lend())


def test_a_credential_of_one_site_needs_its_site_id(
    plugin: ResivoPlugin, without_site: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.site_scoped = True

    with pytest.raises(ConfigError, match="limited to one site: set its Site ID"):
        plugin.on_status_change(without_site, TRIGGER, lend())


def test_targets_are_sorted_by_name(
    plugin: ResivoPlugin, one: Integration, without_site: Integration, lend: Lend
) -> None:
    targets = plugin.list_mapping_targets(one, lend())
    everywhere = plugin.list_mapping_targets(without_site, lend())

    assert [target.name for target in targets] == [
        "Council chamber",
        "Main entrance",
        "Studio 1",
        "Studio 2",
    ]
    assert MappingTarget(id="c-1", name="Main entrance") in targets
    assert [target.detail for target in everywhere if target.name == "Turnstile"] == [
        "Sports centre (site-2)"
    ]


def test_a_grant_is_read_as_it_is(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    grant = grant_of(plugin.on_status_change(one, TRIGGER, lend()))
    before = plugin.read_access(one, grant, lend(writes=0))
    sandbox.revoke_behind_back(grant.reference)

    after = plugin.read_access(one, grant, lend(writes=0))

    assert (before.live, before.label, before.window) == (True, LABEL, grant.window)
    assert (after.live, after.status) == (False, "revoked")
