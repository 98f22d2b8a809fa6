"""The Salto KS plugin as the host uses it, against the sandbox over real HTTP."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, Protocol

import pluggy
import pytest

from ireserve_integrations import hookspecs
from ireserve_integrations.errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    LedgerError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.model import (
    ActionRequest,
    ActionResult,
    BookedObject,
    Booking,
    Change,
    Integration,
    MappingRow,
)
from ireserve_saltoks.client import Client
from ireserve_saltoks.config import parse
from ireserve_saltoks.locks import Listed, Listings, Locks
from ireserve_saltoks.plugin import SaltoksPlugin
from ireserve_saltoks.sandbox import SaltoksSandbox

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
START = datetime(2026, 11, 21, 10, 0, tzinfo=timezone(timedelta(hours=1)))
IQ, DOOR = "IQ ground floor", "Main entrance"
EVERY_LOCK = ("Main entrance", "Studio 2", "Council chamber", "Bicycle shed", "Archive")

Lend = Callable[..., Context]
Open = Callable[..., ActionResult]


class Vault(Protocol):
    kept: dict[str, str]
    writes: int
    fault: Exception | None
    writes_left: int


class NoVault:
    """That of a host without its ledger."""

    def get(self, name: str) -> str | None:
        raise LedgerError("the ledger was not opened")

    def put(self, name: str, value: str) -> None:
        self.get(name)

    def forget(self, name: str) -> None:
        self.get(name)

    def change(self, name: str, change: Callable[[str | None], str | None]) -> str | None:
        return self.get(name)


class Clock(Protocol):
    def step(self, **by: float) -> None: ...


def booked(**more: Any) -> Booking:
    values: dict[str, Any] = {
        "id": "15492",
        "start": START,
        "end": START + timedelta(hours=2),
        "status": "30",
        "objects": (BookedObject(object="17"),),
    }
    return Booking(**(values | more))


@pytest.fixture
def plugin() -> SaltoksPlugin:
    return SaltoksPlugin()


@pytest.fixture
def every(one: Integration, salto: SaltoksSandbox) -> Integration:
    """The integration with every kind of lock mapped to one object."""
    targets = tuple(salto.lock_id(lock) for lock in EVERY_LOCK)
    return replace(one, mapping=(MappingRow(object="17", targets=(*targets, "lock-9")),))


@pytest.fixture
def activated(plugin: SaltoksPlugin, one: Integration, lend: Lend, salto: SaltoksSandbox) -> str:
    """Activate the IQ on the ground floor; return its PIN."""
    plugin.perform_action(one, ActionRequest(name="get_pin"), lend())
    pin = salto.delivered[0].pin
    request = ActionRequest(name="set_pin", parameters={"current_pin": pin})
    assert plugin.perform_action(one, request, lend()).ok
    salto.forget_requests()
    return pin


@pytest.fixture
def open_lock(plugin: SaltoksPlugin, every: Integration, lend: Lend, salto: SaltoksSandbox) -> Open:
    """Press the button for a lock, by its label; what has none is an id."""
    ids = {label: salto.lock_id(label) for label in EVERY_LOCK}

    def press(
        label: str = DOOR,
        booking: Booking | None = None,
        one: Integration = every,
        lent: Mapping[str, Any] = MappingProxyType({}),
    ) -> ActionResult:
        booking = booking or booked()
        lock = {"lock": ids.get(label, label)}
        request = ActionRequest(name="open", parameters=lock, booking=booking, known=booking)
        return plugin.perform_action(one, request, lend(**lent))

    return press


def failure(open_lock: Open, **more: Any) -> type[Exception] | None:
    """Return what an opening raises."""
    try:
        open_lock(**more)
    except IntegrationError as error:
        return type(error)
    return None


def lines(salto: SaltoksSandbox) -> list[str]:
    return [f"{request.method} {request.path}" for request in salto.requests]


def patches(salto: SaltoksSandbox) -> int:
    return Counter(line.partition(" ")[0] for line in lines(salto))["PATCH"]


def test_every_hook_fits_its_spec(plugin: SaltoksPlugin) -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)

    manager.check_pending()
    info = manager.hook.describe_plugin()

    assert (info.label, info.target, info.targets_by) == ("Salto KS", "lock", "id")
    assert (info.stage_setting, info.reference_field) == ("environment", None)
    assert {action.name: action.writes for action in info.actions} == {
        "resolve_site_id": 0,
        "get_pin": 1,
        "set_pin": 3,
        "confirm_pin": 1,
        "open": 1,
    }
    assert not {"revoke_access", "find_access", "read_access"} & {
        caller.name for caller in manager.get_hookcallers(plugin) or ()
    }


def test_validate_asks_nobody_and_says_everything(plugin: SaltoksPlugin, one: Integration) -> None:
    [warning] = plugin.validate_config(one)

    assert (warning.path, warning.severity) == ("details.open_from_statuses", "warning")
    assert len(plugin.validate_config(replace(one, auth={}))) == 5


def test_locks_are_listed_by_name_with_state_and_iq(
    plugin: SaltoksPlugin, one: Integration, lend: Lend, salto: SaltoksSandbox
) -> None:
    salto.page_size = 2
    targets = plugin.list_mapping_targets(one, lend(writes=0))

    assert [(target.name, target.detail) for target in targets] == [
        ("Archive", "online, no IQ: it cannot be opened remotely"),
        ("Bicycle shed", "online, IQ shed"),
        ("Council chamber", "offline, IQ ground floor"),
        ("Main entrance", "online, IQ ground floor"),
        ("Studio 1", "online, IQ ground floor"),
        ("Studio 2", "online, IQ annex"),
    ]
    assert targets[3].id == salto.lock_id("Main entrance")


def test_locks_are_listed_without_a_ledger_too(
    plugin: SaltoksPlugin, one: Integration, lend: Lend
) -> None:
    context = replace(lend(writes=0), vault=NoVault())

    assert len(plugin.list_mapping_targets(one, context)) == 6


@pytest.mark.parametrize(
    ("status", "outcome"), [("30", "granted"), ("98", "granted"), ("40", "skipped")]
)
def test_a_status_change_asks_the_vendor_nothing(  # noqa: PLR0917
    plugin: SaltoksPlugin,
    one: Integration,
    lend: Lend,
    salto: SaltoksSandbox,
    status: str,
    outcome: str,
) -> None:
    change = Change(booking=booked(), label="", statuses=(status,))

    assert plugin.on_status_change(one, change, lend(writes=0)).outcome == outcome
    assert salto.requests == ()


# --- open -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("activated")
def test_an_opening_opens_and_says_what_to_record(open_lock: Open, salto: SaltoksSandbox) -> None:
    result = open_lock()

    [opening] = salto.openings
    assert (opening.lock, result.ok, result.message) == (DOOR, True, "Main entrance: opened")
    assert (result.fields, result.status) == ({"custom21": "2026-11-21T10:00:00+0100"}, "98")
    assert result.warnings == ()


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize("has_body", [True, False])
def test_a_warm_opening_is_one_request_and_writes_nothing(
    open_lock: Open, salto: SaltoksSandbox, vault: Vault, has_body: bool
) -> None:
    salto.open_has_body = has_body
    open_lock()
    salto.forget_requests()
    vault.writes = 0

    assert open_lock().ok
    assert [line.partition(" ")[0] for line in lines(salto)] == ["PATCH"]
    assert vault.writes == 0


@pytest.mark.usefixtures("activated")
def test_openings_from_many_threads_list_the_locks_once(
    open_lock: Open, salto: SaltoksSandbox
) -> None:
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: open_lock(), range(50)))

    assert {result.ok for result in results} == {True}
    assert Counter(line.rpartition("/")[2] for line in lines(salto)) == {
        "locks": 1,
        "locking": 50,
    }


def test_the_first_use_by_many_threads_fetches_one_token(
    plugin: SaltoksPlugin, one: Integration, lend: Lend, salto: SaltoksSandbox
) -> None:
    salto.latency_s = 0.05
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: plugin.list_mapping_targets(one, lend()), range(16)))

    assert lines(salto).count("POST /connect/token") == 1


@pytest.mark.parametrize("setting", ["password", "client_secret", "username"])
def test_other_credentials_get_no_token_that_was_given_to_others(
    plugin: SaltoksPlugin, one: Integration, lend: Lend, salto: SaltoksSandbox, setting: str
) -> None:
    own = {"client_id": salto.client_id, "client_secret": salto.client_secret}
    one = replace(one, auth={**one.auth, **own})
    plugin.list_mapping_targets(one, lend())

    with pytest.raises(AuthError):
        plugin.list_mapping_targets(replace(one, auth={**one.auth, setting: "wrong"}), lend())


@pytest.mark.usefixtures("activated")
def test_an_expired_token_is_replaced_and_the_lock_opened_once(
    open_lock: Open, salto: SaltoksSandbox
) -> None:
    open_lock()
    salto.fault("expired_token", method="PATCH")

    assert open_lock().ok
    assert len(salto.openings) == 2


def test_an_iq_that_asks_for_no_code_needs_no_activation(
    open_lock: Open, salto: SaltoksSandbox
) -> None:
    assert open_lock("Bicycle shed").ok
    assert [opening.lock for opening in salto.openings] == ["Bicycle shed"]


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("Archive", "Archive: it hangs on no IQ, so it cannot be opened remotely"),
        (
            "Studio 2",
            "Studio 2: IQ annex is not activated for this account: GET PIN, then Set PIN",
        ),
        ("lock-9", "lock lock-9: the site has no such lock; correct the mapping"),
    ],
)
def test_a_lock_that_cannot_be_opened_is_refused_by_its_label(
    open_lock: Open, salto: SaltoksSandbox, label: str, says: str
) -> None:
    result = open_lock(label)

    assert (result.ok, result.message, patches(salto)) == (False, says, 0)
    assert (result.fields, result.status) == ({}, None)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"status": "70"}, "the booking has status 70, which allows no opening"),
        (
            {"start": START + timedelta(hours=1)},
            "the booking opens from 2026-11-21T10:45:00+0100, 15 minutes before its start",
        ),
        ({"objects": (BookedObject(object="18"),)}, "the booking is not mapped to this lock"),
    ],
)
def test_a_refusal_asks_nobody_and_names_the_lock_that_was_once_listed(  # noqa: PLR0917
    plugin: SaltoksPlugin,
    every: Integration,
    lend: Lend,
    salto: SaltoksSandbox,
    more: Mapping[str, Any],
    says: str,
) -> None:
    plugin.list_mapping_targets(every, lend())
    salto.forget_requests()
    request = ActionRequest(
        name="open", parameters={"lock": salto.lock_id(DOOR)}, booking=booked(**more)
    )

    results = [one.perform_action(every, request, lend()) for one in (plugin, SaltoksPlugin())]

    assert [result.message for result in results] == [f"Main entrance: {says}"] * 2
    assert salto.requests == ()


def test_a_booking_without_a_mapping_row_has_no_lock_to_open(
    plugin: SaltoksPlugin, one: Integration, lend: Lend, salto: SaltoksSandbox
) -> None:
    request = ActionRequest(name="open", booking=booked(objects=(BookedObject(object="18"),)))

    result = plugin.perform_action(one, request, lend())

    assert not result.ok
    assert result.message == "no mapping row for 18: there is no lock to open"
    assert salto.requests == ()


@pytest.mark.usefixtures("activated")
def test_an_inactive_integration_opens_nothing(
    open_lock: Open, every: Integration, salto: SaltoksSandbox
) -> None:
    result = open_lock(one=replace(every, active=False))

    assert result.message.endswith("salto-main is inactive: it opens nothing")
    assert salto.requests == ()


@pytest.mark.usefixtures("activated")
def test_a_wrong_code_is_sent_once_and_the_third_is_the_last(
    open_lock: Open, salto: SaltoksSandbox
) -> None:
    salto.rotate_secret(IQ)
    salto.blocks_after = 8
    with pytest.raises(RejectedError, match=r"^Main entrance: Salto refuses the one-time password"):
        open_lock()
    assert patches(salto) == 1
    assert [failure(open_lock) for _ in range(2)] == [RejectedError] * 2

    held = open_lock()

    assert (held.ok, patches(salto)) == (False, 3)
    assert held.message.startswith("Main entrance: 3 codes in a row were wrong")


@pytest.mark.usefixtures("activated")
def test_a_wrong_code_opens_an_alert(open_lock: Open, salto: SaltoksSandbox) -> None:
    salto.rotate_secret(IQ)

    with pytest.raises(RejectedError) as caught:
        open_lock()
    assert (caught.value.alert, caught.value.about) == ("wrong code", ())


@pytest.mark.usefixtures("activated")
def test_blocked_codes_open_an_alert_of_their_own(open_lock: Open, salto: SaltoksSandbox) -> None:
    salto.block(IQ, "open")

    with pytest.raises(UnavailableError) as caught:
        open_lock()
    assert caught.value.alert == "codes blocked"


@pytest.mark.usefixtures("activated")
def test_another_refusal_opens_none(open_lock: Open, salto: SaltoksSandbox) -> None:
    salto.forbidden_calls.add("open")

    with pytest.raises(RejectedError) as caught:
        open_lock()
    assert caught.value.alert is None


def test_a_lock_that_salto_no_longer_has_is_named(open_lock: Open, salto: SaltoksSandbox) -> None:
    shed = salto.lock_id("Bicycle shed")
    open_lock("Bicycle shed")
    salto.remove_lock("Bicycle shed")

    with pytest.raises(ConfigError) as caught:
        open_lock("Bicycle shed")
    assert caught.value.about == (shed,)


@pytest.mark.usefixtures("activated")
def test_confirm_pin_is_the_way_back_after_a_wrong_clock(
    plugin: SaltoksPlugin, one: Integration, lend: Lend, open_lock: Open, salto: SaltoksSandbox
) -> None:
    salto.blocks_after = 8
    wrong = {"clock": lambda: NOW + timedelta(hours=1)}
    assert [failure(open_lock, lent=wrong) for _ in range(3)] == [RejectedError] * 3
    assert not open_lock().ok

    assert plugin.perform_action(one, ActionRequest(name="confirm_pin"), lend()).ok
    assert open_lock().ok


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize("process", ["the same", "another"])
def test_while_codes_are_held_back_the_vendor_is_asked_nothing_at_all(
    every: Integration, lend: Lend, open_lock: Open, salto: SaltoksSandbox, process: str
) -> None:
    salto.block(IQ, "open")
    assert failure(open_lock) is UnavailableError
    salto.forget_requests()
    lock = {"lock": salto.lock_id(DOOR)}
    request = ActionRequest(name="open", parameters=lock, booking=booked())
    presses: dict[str, Callable[[], ActionResult]] = {
        "the same": open_lock,
        "another": lambda: SaltoksPlugin().perform_action(every, request, lend()),
    }

    assert presses[process]().message.startswith("Main entrance: Salto looks at no code")
    assert salto.requests == ()


@pytest.mark.usefixtures("activated")
def test_a_lock_that_was_moved_from_an_iq_held_back_opens_after_test_connection(
    plugin: SaltoksPlugin, every: Integration, lend: Lend, open_lock: Open, salto: SaltoksSandbox
) -> None:
    salto.block(IQ, "open")
    assert failure(open_lock) is UnavailableError
    salto.move_lock(DOOR, "IQ shed")
    assert not open_lock().ok

    plugin.check_connection(every, lend(writes=0))

    assert open_lock().ok


@pytest.mark.usefixtures("activated")
def test_a_press_that_the_host_keeps_back_is_no_failure(
    open_lock: Open, salto: SaltoksSandbox
) -> None:
    class ClaimedError(RejectedError):
        """Raised by the host before a write leaves."""

    claimed = ClaimedError("opened just now")

    def refuse() -> None:
        raise claimed

    open_lock()
    salto.forget_requests()

    with pytest.raises(ClaimedError) as caught:
        open_lock(lent={"before_write": refuse})
    assert caught.value is claimed
    assert open_lock().ok
    assert [line.rpartition("/")[2] for line in lines(salto)] == ["locking"]


@pytest.mark.usefixtures("activated")
def test_a_block_is_waited_for(open_lock: Open, salto: SaltoksSandbox, clock: Clock) -> None:
    salto.block(IQ, "open")
    with pytest.raises(UnavailableError, match=r"Main entrance: .* Nothing is sent for 25 minutes"):
        open_lock()

    held = open_lock()
    assert "none is sent until 2026-11-21T10:25:00+0100" in held.message
    assert patches(salto) == 1
    clock.step(minutes=25)
    assert open_lock().ok


@pytest.mark.usefixtures("activated")
def test_a_user_that_was_reset_at_salto_is_refused_with_what_to_do(
    open_lock: Open, salto: SaltoksSandbox
) -> None:
    salto.reset_activation(IQ)

    result = open_lock()

    assert not result.ok
    assert result.message == (
        "Main entrance: its IQ is not activated for this account: GET PIN, then Set PIN "
        "(400, 3102, pin_not_changed)"
    )


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (lambda salto: salto.set_offline(DOOR), UnavailableError, "lock or its IQ may be offline"),
        (lambda salto: salto.set_offline(IQ), UnavailableError, "lock or its IQ may be offline"),
        (
            lambda salto: salto.set_restore_required(IQ),
            UnavailableError,
            "the IQ may have to be restored",
        ),
        (lambda salto: salto.forbidden_calls.add("open"), RejectedError, "has no right to this"),
        (
            lambda salto: setattr(salto, "subscription_invalid", True),
            RejectedError,
            "subscription is not valid",
        ),
        (lambda salto: salto.remove_lock(DOOR), ConfigError, "Correct the mapping"),
        (
            lambda salto: salto.fault("lost_reply", method="PATCH"),
            OutcomeUnknownError,
            "the door may have opened",
        ),
        (
            lambda salto: salto.fault("server_error", method="PATCH"),
            OutcomeUnknownError,
            "the door may have opened",
        ),
    ],
)
def test_what_goes_wrong_is_told_with_the_lock_and_tried_once(
    open_lock: Open,
    salto: SaltoksSandbox,
    change: Callable[[SaltoksSandbox], object],
    kind: type[IntegrationError],
    says: str,
) -> None:
    open_lock()
    change(salto)

    with pytest.raises(kind, match=f"^Main entrance: .*{says}"):
        open_lock()
    assert patches(salto) == 2


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize("fault", ["server_error", "lost_reply", "rate_limited"])
def test_after_a_failure_the_locks_are_listed_anew(
    open_lock: Open, salto: SaltoksSandbox, fault: str
) -> None:
    open_lock()
    salto.fault(fault, method="PATCH")
    failure(open_lock)
    salto.forget_requests()

    assert open_lock().ok
    assert [line.rpartition("/")[2] for line in lines(salto)] == ["locks", "locking"]


@pytest.mark.usefixtures("activated")
def test_a_lock_is_asked_about_again_after_ten_minutes(
    every: Integration, lend: Lend, salto: SaltoksSandbox
) -> None:
    now_s = 0.0
    listings = Listings(timer=lambda: now_s)
    account = parse(every).account
    locks = Locks(Client(account, lend().http, Tokens(margin_s=60)), lend().vault, listings)
    locks.find(salto.lock_id(DOOR))
    now_s = 599.0
    locks.find(salto.lock_id(DOOR))
    assert sum(line.endswith("/locks") for line in lines(salto)) == 1
    now_s = 600.0
    locks.find(salto.lock_id(DOOR))
    assert sum(line.endswith("/locks") for line in lines(salto)) == 2


def test_who_waits_for_the_list_of_another_thread_waits_until_its_deadline() -> None:
    listings = Listings()

    def ask() -> Listed:
        with pytest.raises(UnavailableError, match="no list of locks before the call's deadline"):
            listings.get("site", pytest.fail, left_s=lambda: 0.0)
        return Listed(site_id="site-1", locks={})

    assert listings.get("site", ask, left_s=lambda: 1.0).site_id == "site-1"


def test_a_lock_that_is_not_in_the_known_list_is_looked_for_in_a_new_one(
    open_lock: Open, salto: SaltoksSandbox
) -> None:
    assert open_lock("Bicycle shed").ok  # from now on the list is known
    salto.forget_requests()

    assert not open_lock("lock-9").ok
    assert [line.rpartition("/")[2] for line in lines(salto)] == ["locks"]


@pytest.mark.usefixtures("activated")
def test_a_field_that_is_filled_is_kept_with_a_warning(open_lock: Open) -> None:
    result = open_lock(booking=booked(fields={"custom21": "2026-11-20"}))

    assert (result.ok, result.fields, result.status) == (True, {}, "98")
    assert result.warnings == ("custom21 is filled already, and is kept as it is",)


def test_a_changed_pin_is_confirmed_by_the_first_opening(  # noqa: PLR0917
    plugin: SaltoksPlugin,
    one: Integration,
    lend: Lend,
    open_lock: Open,
    salto: SaltoksSandbox,
    activated: str,
) -> None:
    given = {"current_pin": activated, "new_pin": "propose"}
    plugin.perform_action(one, ActionRequest(name="set_pin", parameters=given), lend(writes=3))
    confirm = ActionRequest(name="confirm_pin")

    before = plugin.perform_action(one, confirm, lend()).warnings
    assert open_lock().ok
    after = plugin.perform_action(one, confirm, lend()).warnings

    assert (len(before), after) == (1, ())


def test_an_open_door_is_told_even_if_a_changed_pin_cannot_be_confirmed(  # noqa: PLR0917
    plugin: SaltoksPlugin,
    one: Integration,
    lend: Lend,
    open_lock: Open,
    vault: Vault,
    activated: str,
) -> None:
    given = {"current_pin": activated, "new_pin": "propose"}
    plugin.perform_action(one, ActionRequest(name="set_pin", parameters=given), lend(writes=3))
    open_lock("Bicycle shed")  # keeps the labels
    vault.fault = LedgerError("the disk is full")

    result = open_lock()

    assert (result.ok, len(result.warnings)) == (True, 1)
    assert "could not be written down" in result.warnings[0]


def test_while_a_change_of_the_pin_is_not_found_out_nothing_is_sent(  # noqa: PLR0917
    plugin: SaltoksPlugin,
    one: Integration,
    lend: Lend,
    open_lock: Open,
    salto: SaltoksSandbox,
    activated: str,
) -> None:
    given = {"current_pin": activated, "new_pin": "propose"}
    salto.fault("lost_reply", method="PUT")
    request = ActionRequest(name="set_pin", parameters=given)
    with pytest.raises(OutcomeUnknownError):
        plugin.perform_action(one, request, lend(writes=3))

    result = open_lock()

    assert (result.ok, patches(salto)) == (False, 0)
    assert result.message == (
        "Main entrance: a change of the PIN of IQ ground floor was cut off; Confirm PIN finds out "
        "which PIN holds"
    )


@pytest.mark.usefixtures("activated")
def test_nothing_is_sent_that_could_not_be_counted(
    open_lock: Open, salto: SaltoksSandbox, vault: Vault
) -> None:
    failure(open_lock, lent={"clock": lambda: NOW + timedelta(hours=1)})
    vault.fault = LedgerError("the disk is full")

    with pytest.raises(LedgerError):
        open_lock()
    assert (patches(salto), salto.openings) == (1, ())


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize(
    ("fault", "kind"), [("slow_body", None), ("lost_reply", OutcomeUnknownError)]
)
def test_what_happened_is_told_even_if_it_cannot_be_counted(
    open_lock: Open,
    salto: SaltoksSandbox,
    vault: Vault,
    fault: str,
    kind: type[IntegrationError] | None,
) -> None:
    assert failure(open_lock, lent={"clock": lambda: NOW + timedelta(hours=1)}) is RejectedError
    salto.fault(fault, method="PATCH")
    vault.fault, vault.writes_left = LedgerError("the disk is full"), 1

    assert failure(open_lock) is kind
    assert (len(salto.openings), vault.writes_left) == (1, 0)


@pytest.mark.parametrize("hook", ["on_status_change", "list_mapping_targets"])
def test_unusable_settings_stop_a_call_before_anything_is_sent(
    plugin: SaltoksPlugin, one: Integration, lend: Lend, salto: SaltoksSandbox, hook: str
) -> None:
    change = Change(booking=booked(), label="", statuses=("30",))
    more: dict[str, Any] = {"on_status_change": {"change": change}}.get(hook, {})
    broken = replace(one, auth={**one.auth, "site_id": "x"})

    with pytest.raises(ConfigError, match=r"auth\.site_id is not typed"):
        getattr(plugin, hook)(broken, context=lend(), **more)
    assert salto.requests == ()
