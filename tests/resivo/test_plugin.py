"""The Resivo plugin as the host uses it, against the sandbox over real HTTP."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pluggy
import pytest

from ireserve_integrations import hookspecs
from ireserve_integrations.errors import (
    ConfigError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import (
    BookedObject,
    Booking,
    Change,
    Customer,
    Grant,
    Integration,
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


def lines(sandbox: ResivoSandbox) -> list[str]:
    return [f"{request.method} {request.path}" for request in sandbox.requests]


def test_every_hook_fits_its_spec(plugin: ResivoPlugin) -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)

    manager.check_pending()
    [info] = [manager.hook.describe_plugin()]

    assert (info.label, info.target, info.targets_by, info.actions) == (
        "Resivo",
        "door",
        "name",
        (),
    )


def test_validate_asks_nobody_and_says_everything(plugin: ResivoPlugin, one: Integration) -> None:
    assert plugin.validate_config(one) == []
    assert len(plugin.validate_config(replace(one, auth={}))) == 3


def test_a_trigger_gives_the_visitor_the_doors(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    receipt = plugin.on_status_change(one, TRIGGER, lend())

    [made] = sandbox.live_authorisations
    assert (receipt.outcome, grant_of(receipt).reference) == ("granted", made.id)
    assert (made.display_name, made.component_ids) == (LABEL, grant_of(receipt).targets)
    assert (made.valid_from, made.valid_to) == (
        START - timedelta(minutes=15),
        START + timedelta(hours=2),
    )
    assert made.recipients == (
        {
            "email": "a@example.org",
            "phoneNumber": "+31612345678",
            "firstName": "Ada",
            "language": "nl",
        },
    )


def test_a_warm_trigger_and_a_revoke_are_two_requests_each(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    plugin.check_connection(one, lend())
    warm = ResivoPlugin()
    warm.list_mapping_targets(one, lend())
    sandbox.forget_requests()

    receipt = warm.on_status_change(one, TRIGGER, lend())
    assert lines(sandbox) == [
        "GET /v8/sites/site-1/components",
        "POST /v8/sites/site-1/authorizations/remote-access",
    ]
    sandbox.forget_requests()
    assert warm.revoke_access(one, grant_of(receipt), lend()) is True
    assert [line.partition(" ")[0] for line in lines(sandbox)] == ["GET", "DELETE"]
    assert sandbox.live_authorisations == ()


def test_a_burst_of_triggers_lists_the_doors_at_most_once_a_second(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        receipts = list(
            pool.map(lambda _: plugin.on_status_change(one, TRIGGER, lend()), range(100))
        )
    seconds = time.monotonic() - began

    asked = Counter(line.rpartition("/")[2] for line in lines(sandbox))
    assert {receipt.outcome for receipt in receipts} == {"granted"}
    assert (asked["remote-access"], asked["token"]) == (100, 1)
    assert asked["components"] <= 1 + int(seconds)


def test_the_first_use_by_many_threads_fetches_one_token(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.latency_s = 0.05
    with ThreadPoolExecutor(200) as pool:
        list(pool.map(lambda _: plugin.list_mapping_targets(one, lend()), range(200)))

    assert lines(sandbox).count("POST /oauth2/token") == 1


def test_an_expired_token_is_replaced_and_the_visitor_told_once(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    plugin.list_mapping_targets(one, lend())
    sandbox.fault("expired_token", method="POST", path="remote-access")

    receipt = plugin.on_status_change(one, TRIGGER, lend())

    assert receipt.outcome == "granted"
    assert len(sandbox.authorisations) == 1


@pytest.mark.parametrize("status", [404, 400])
def test_an_id_that_changed_within_the_second_is_resolved_again(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend, status: int
) -> None:
    sandbox.unknown_component_status = status
    plugin.on_status_change(one, TRIGGER, lend())
    sandbox.replace_component_id("Studio 1")

    receipt = plugin.on_status_change(one, TRIGGER, lend())

    assert receipt.outcome == "granted"
    assert len(sandbox.authorisations) == 2


def test_a_renamed_door_fails_with_what_there_is(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.rename_component("Studio 1", "Studio One")

    with pytest.raises(ConfigError) as caught:
        plugin.on_status_change(one, TRIGGER, lend())
    assert str(caught.value) == (
        "no door is named 'Studio 1'. "
        "There is: Council chamber, Main entrance, Studio 2, Studio One."
    )


def test_a_refused_create_is_said_in_the_vendors_words(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    change = replace(TRIGGER, label="x" * 101)

    with pytest.raises(RejectedError, match="400: displayName must be shorter"):
        plugin.on_status_change(one, change, lend())
    assert sandbox.authorisations == ()


def test_revoking_twice_revokes_once(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    grant = grant_of(plugin.on_status_change(one, TRIGGER, lend()))
    plugin.revoke_access(one, grant, lend())

    assert plugin.revoke_access(one, grant, lend()) is True
    assert Counter(line.partition(" ")[0] for line in lines(sandbox))["DELETE"] == 1


def test_a_grant_is_ended_where_it_was_made_whatever_the_settings_say(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    grant = grant_of(plugin.on_status_change(one, TRIGGER, lend()))
    today = replace(one, auth={**one.auth, "site_id": "site-2"}, mapping=(), active=False)

    assert plugin.revoke_access(today, grant, lend()) is True
    assert sandbox.live_authorisations == ()


def test_a_grant_whose_site_is_gone_is_not_taken_for_ended(
    plugin: ResivoPlugin, one: Integration, lend: Lend
) -> None:
    grant = grant_of(plugin.on_status_change(one, TRIGGER, lend()))

    with pytest.raises(RejectedError, match="site-9 is not there for this account"):
        plugin.revoke_access(one, replace(grant, place={"site_id": "site-9"}), lend())


def test_moving_here_from_the_former_integration_mails_nobody_twice(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    former = plugin.on_status_change(one, replace(TRIGGER, label="Visit of Ada"), lend())
    booking = replace(TRIGGER.booking, fields={"custom12": grant_of(former).reference})

    receipt = plugin.on_status_change(one, replace(TRIGGER, booking=booking), lend())

    assert receipt.outcome == "unchanged"
    assert grant_of(receipt).reference == grant_of(former).reference
    assert len(sandbox.authorisations) == 1


def test_an_inactive_integration_asks_the_vendor_nothing(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    receipt = plugin.on_status_change(replace(one, active=False), TRIGGER, lend(writes=0))

    assert (receipt.outcome, sandbox.requests) == ("skipped", ())


@pytest.mark.parametrize("hook", ["on_status_change", "list_mapping_targets"])
def test_unusable_settings_stop_a_call_before_anything_is_sent(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend, hook: str
) -> None:
    more: dict[str, Any] = {"on_status_change": {"change": TRIGGER}}.get(hook, {})

    with pytest.raises(ConfigError, match=r"auth\.client_id is missing"):
        getattr(plugin, hook)(replace(one, auth={"site_owner_id": "so-1"}), context=lend(), **more)
    assert sandbox.requests == ()


def test_another_account_shares_neither_token_nor_doors(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    plugin.on_status_change(one, TRIGGER, lend())
    sandbox.client_id = "another"
    other = replace(one, auth={**one.auth, "client_id": "another"})

    plugin.on_status_change(other, TRIGGER, lend())

    assert Counter(lines(sandbox))["POST /oauth2/token"] == 2
    assert Counter(lines(sandbox))["GET /v8/sites/site-1/components"] == 2


def test_a_vendor_that_is_away_is_tried_later(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    sandbox.close()

    with pytest.raises(UnavailableError):
        plugin.on_status_change(one, TRIGGER, lend())
