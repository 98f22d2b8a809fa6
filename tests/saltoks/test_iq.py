"""Activating an IQ and changing its PIN, against the sandbox over real HTTP."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import httpx
import pytest

from ireserve_integrations.errors import (
    ConfigError,
    LedgerError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import ActionRequest, ActionResult, Integration
from ireserve_saltoks.client import Client
from ireserve_saltoks.credentials import Credential, Credentials
from ireserve_saltoks.hold_back import HoldBacks
from ireserve_saltoks.iq import IqSetup
from ireserve_saltoks.otp import OtpKey
from ireserve_saltoks.plugin import SaltoksPlugin
from ireserve_saltoks.sandbox import SaltoksSandbox
from ireserve_saltoks.wire import Iq

IQ, ANNEX = "IQ ground floor", "IQ annex"
CONFIRMED_LATER = "the changed PIN counts as confirmed once a lock has opened with it"

PUT = "PUT /v1.2/sites/site-1/iqs/iq-1/pin"
DONE = httpx.Response(204)
OTP_INVALID = httpx.Response(400, json={"ErrorCode": "3102", "Message": "code: otp_invalid"})
BLOCKED = httpx.Response(403, json={"ErrorCode": 3102, "Message": "code: otp_blocked"})

Act = Callable[..., ActionResult]


class Vault(Protocol):
    kept: dict[str, str]
    fault: Exception | None


class Vendor(Protocol):
    requests: list[httpx.Request]

    @property
    def lines(self) -> list[str]: ...
    def answer(self, line: str, *answers: object) -> None: ...


class Clock(Protocol):
    def step(self, **by: float) -> None: ...


@pytest.fixture
def plugin() -> SaltoksPlugin:
    return SaltoksPlugin()


@pytest.fixture
def act(plugin: SaltoksPlugin, one: Integration, lend: Callable[..., Context]) -> Act:
    """Press a button, with as many writes as it may make."""
    writes = {action.name: action.writes for action in plugin.describe_plugin().actions}

    def press(name: str, integration: Integration = one, **given: str) -> ActionResult:
        request = ActionRequest(name=name, parameters=given)
        return plugin.perform_action(integration, request, lend(writes=writes[name]))

    return press


@pytest.fixture
def get_pin(act: Act, salto: SaltoksSandbox) -> Callable[[], str]:
    """Have a PIN delivered, and return it as a person reads it."""

    def ask() -> str:
        assert act("get_pin").ok
        return salto.delivered[0].pin

    return ask


def lines(salto: SaltoksSandbox, *parts: str) -> list[str]:
    asked = [f"{request.method} {request.path}" for request in salto.requests]
    return [line for line in asked if line.startswith(parts)]


def other_than(pin: str) -> str:
    return f"{(int(pin) + 1) % 10_000:04}"


# --- resolve_site_id --------------------------------------------------------------------------


@pytest.mark.parametrize("uid", ["NL6254340082", "nl6254340082"])
@pytest.mark.parametrize("shape", ["bare", "items", "whole"])
def test_the_site_id_is_found_on_whatever_page(
    act: Act, one: Integration, salto: SaltoksSandbox, uid: str, shape: Any
) -> None:
    salto.list_shapes["sites"] = shape
    salto.page_size = 1

    first = act("resolve_site_id", replace(one, auth={**one.auth, "site_uid": uid}))
    other = act("resolve_site_id", replace(one, auth={**one.auth, "site_uid": "nl7318205546"}))

    assert (first.ok, other.ok) == (True, True)
    assert first.settings["site_id"] != other.settings["site_id"]
    assert "Town hall" in first.message
    assert "Sports centre" in other.message


def test_a_site_that_the_account_does_not_have_is_told_with_what_there_is(
    act: Act, one: Integration
) -> None:
    with pytest.raises(ConfigError, match="no site NL1; it has NL6254340082, NL7318205546"):
        act("resolve_site_id", replace(one, auth={**one.auth, "site_uid": "NL1"}))


def test_two_sites_of_one_uid_are_told(act: Act, one: Integration, salto: SaltoksSandbox) -> None:
    salto.add_site("nl6254340082", "Its shadow", {})

    with pytest.raises(ConfigError, match="Salto lists 2 sites with the UID NL6254340082"):
        act("resolve_site_id")


def test_the_site_id_is_found_by_itself_once_and_kept(act: Act, salto: SaltoksSandbox) -> None:
    act("get_pin")
    act("get_pin")

    assert lines(salto, "GET /v1.2/sites").count("GET /v1.2/sites") == 2  # bare: two pages, once


def test_another_account_environment_or_uid_finds_its_own_site(
    act: Act, one: Integration, salto: SaltoksSandbox
) -> None:
    act("get_pin")
    salto.forget_requests()
    second = {"username": salto.second_username, "password": salto.second_password}

    act("get_pin", replace(one, auth={**one.auth, **second}))

    assert "GET /v1.2/sites" in lines(salto, "GET")


# --- get_pin ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "by", "where"),
    [
        ({}, "sms", "by SMS to the telephone number"),
        ({"by": "sms"}, "sms", "by SMS to the telephone number"),
        ({"by": " Email "}, "email", "by e-mail to the address"),
    ],
)
def test_a_pin_is_delivered_after_the_secret_is_kept(  # noqa: PLR0917  # fixtures
    act: Act, salto: SaltoksSandbox, vault: Vault, given: dict[str, str], by: str, where: str
) -> None:
    result = act("get_pin", **given)

    [delivered] = salto.delivered
    assert (delivered.by, delivered.iq) == (by, IQ)
    assert where in result.message
    assert delivered.pin not in result.message
    assert [line.rpartition("/")[2] for line in lines(salto, "GET")][-2:] == ["secret", "pin"]
    assert salto.activation(IQ).secret in "".join(vault.kept.values())


def test_a_way_that_does_not_exist_is_refused(act: Act, salto: SaltoksSandbox) -> None:
    assert act("get_pin", by="post").message == "by must be sms or email"
    assert salto.requests == ()


def test_no_secret_is_fetched_that_could_not_be_kept(
    act: Act, salto: SaltoksSandbox, vault: Vault
) -> None:
    act("resolve_site_id")
    vault.fault = LedgerError("the disk is full")

    with pytest.raises(LedgerError):
        act("get_pin")
    assert [line for line in lines(salto, "GET") if line.endswith(("secret", "pin"))] == []


def test_a_pin_that_may_have_been_sent_is_asked_for_once(act: Act, salto: SaltoksSandbox) -> None:
    salto.fault("lost_reply", method="GET", path="/pin$")

    with pytest.raises(OutcomeUnknownError, match="may have been sent by SMS"):
        act("get_pin")
    assert len(salto.delivered) == 1


def test_a_new_secret_is_kept_beside_the_former_one(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox, vault: Vault
) -> None:
    salto.new_secret_each_time = True
    get_pin()
    former = salto.activation(IQ).secret
    get_pin()

    held = "".join(vault.kept.values())
    assert former in held
    assert held.index(salto.activation(IQ).secret) < held.index(former)


def test_an_activated_iq_sends_no_pin_and_is_not_asked(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    act("set_pin", current_pin=get_pin())

    result = act("get_pin")

    assert (result.ok, len(salto.delivered)) == (False, 1)
    assert "IQ is activated already" in result.message


def test_an_activation_elsewhere_says_who_must_reset_it(act: Act, salto: SaltoksSandbox) -> None:
    salto.activate_elsewhere(IQ)

    result = act("get_pin")

    assert not result.ok
    assert "elsewhere" in result.message
    assert "resets this account's PIN at Salto" in result.message


# --- set_pin ----------------------------------------------------------------------------------


def test_the_delivered_pin_activates_the_iq(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    salto.next_pin = "0042"
    pin = get_pin()
    result = act("set_pin", current_pin=pin)

    assert (result.ok, result.warnings) == (True, ())
    assert result.message == "IQ ground floor: IQ is activated"
    assert salto.activation(IQ).activated_at is not None
    assert (salto.activation(IQ).pin, len(lines(salto, "PUT"))) == ("0042", 1)


@pytest.mark.parametrize(
    ("typed", "pin", "warnings"),
    [("propose", "6234", 1), ("6234", "6234", 1), ("4321", "4321", 2), ("1234", "1234", 0)],
)
def test_a_new_pin_is_set_and_checked_once(  # noqa: PLR0917  # fixtures
    act: Act,
    get_pin: Callable[[], str],
    salto: SaltoksSandbox,
    typed: str,
    pin: str,
    warnings: int,
) -> None:
    salto.next_pin = "1234"

    result = act("set_pin", current_pin=get_pin(), new_pin=typed)

    assert (result.ok, len(result.warnings)) == (True, warnings)
    assert salto.activation(IQ).pin == pin
    assert len(lines(salto, "PUT")) == 1 + (pin != "1234")
    assert pin not in f"{result.message}{result.warnings}"


def test_the_pin_of_an_activated_iq_is_changed_and_changed_back(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    pin = get_pin()
    act("set_pin", current_pin=pin)
    act("set_pin", current_pin=pin, new_pin="propose")
    changed = salto.activation(IQ).pin or ""

    result = act("set_pin", current_pin=changed, new_pin="propose")

    assert changed != pin == salto.activation(IQ).pin
    assert result.warnings == (CONFIRMED_LATER,)


def test_a_pin_that_the_vendor_made_otherwise_must_be_activated_again(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    salto.next_pin, salto.pin_rule = "1234", "digits"
    current = get_pin()

    with pytest.raises(
        RejectedError, match=r"neither the new nor the former PIN holds\. .*GET PIN"
    ):
        act("set_pin", current_pin=current, new_pin="4321")
    assert len(lines(salto, "PUT")) == 3
    assert "no PIN is kept" in act("confirm_pin").message


@pytest.fixture
def bench(client: Client, vendor: Vendor, vault: Any, clock: Any) -> IqSetup:
    """An IQ whose vendor answers as a test says; its secret is kept."""
    credentials = Credentials(vault, client.account, "site-1")
    credentials.change("iq-1", lambda held: held.with_secret("S" * 16))
    return IqSetup(
        client=client,
        site_id="site-1",
        iq=Iq(id="iq-1", customer_reference="IQ", online=True),
        credentials=credentials,
        counts=HoldBacks(vault, client.account, "site-1", clock),
        clock=clock,
    )


def test_a_change_that_the_vendor_did_not_make_keeps_the_current_pin(
    bench: IqSetup, vendor: Vendor
) -> None:
    vendor.answer(PUT, DONE, OTP_INVALID, DONE)

    result = bench.set_pin("1234", "6234")

    assert (result.ok, len(vendor.lines)) == (True, 3)
    assert result.message == "IQ: IQ is activated with the current PIN"
    assert result.warnings == ("Salto did not take the new PIN; the current one still holds",)
    held = bench.credentials.read("iq-1")
    assert (held.checked, held.candidates) == (OtpKey(secret="S" * 16, pin="1234"), ())


@pytest.mark.parametrize("answers", [(DONE, BLOCKED), (DONE, OTP_INVALID, BLOCKED)])
def test_a_change_that_cannot_be_checked_stays_a_candidate(
    bench: IqSetup, vendor: Vendor, answers: tuple[httpx.Response, ...]
) -> None:
    vendor.answer(PUT, *answers)

    with pytest.raises(UnavailableError):
        bench.set_pin("1234", "6234")

    held = bench.credentials.read("iq-1")
    assert [key.pin for key in held.candidates] == ["6234", "1234"][len(answers) - 2 :]


def test_another_rule_of_the_delta_can_take_its_place(bench: IqSetup, vendor: Vendor) -> None:
    vendor.answer(PUT, DONE)

    replace(bench, delta=lambda old, new: f"{old[0]}{new[0]}99").set_pin("1234", "6234")

    assert [json.loads(one.content)["delta"] for one in vendor.requests if one.method == "PUT"] == [
        "1699",
        "0000",
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "current_pin is missing: it is the PIN that GET PIN had delivered"),
        ({"current_pin": "12345"}, "current_pin must be four digits"),
        ({"current_pin": "1234", "new_pin": "x"}, "new_pin must be four digits, or propose"),
        ({"current_pin": "1234", "iq": "iq-9"}, "the site has no IQ 'iq-9'; it has IQ ground"),
        ({"current_pin": "1234"}, "IQ ground floor: no secret of this IQ is kept: press GET PIN"),
    ],
)
def test_what_cannot_be_set_is_refused(
    act: Act, salto: SaltoksSandbox, given: dict[str, str], says: str
) -> None:
    result = act("set_pin", **given)

    assert not result.ok
    assert result.message.startswith(says)
    assert lines(salto, "PUT") == []


def test_a_mistyped_pin_is_refused_once_and_may_be_typed_again(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    pin = get_pin()

    with pytest.raises(RejectedError, match="IQ ground floor: Salto refuses the one-time password"):
        act("set_pin", current_pin=other_than(pin))
    assert len(lines(salto, "PUT")) == 1
    assert act("set_pin", current_pin=pin).ok


def test_a_pin_that_was_refused_with_the_newest_secret_is_tried_with_the_former(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox, vault: Vault
) -> None:
    get_pin()
    kept, former = dict(vault.kept), salto.activation(IQ).secret
    pin = get_pin()
    name = next(name for name in kept if name.startswith("credential/"))
    vault.kept[name] = vault.kept[name].replace(f'"{former}"', f'"{"N" * 16}", "{former}"')

    with pytest.raises(RejectedError):
        act("set_pin", current_pin=pin)
    assert act("set_pin", current_pin=pin).ok
    assert "N" * 16 not in vault.kept[name]


def test_after_another_secret_every_pin_is_tried_with_it_first() -> None:
    held = Credential().with_secret("former").with_secret("newest")
    refused = replace(held, refused=(OtpKey(secret="newest", pin="1234"),))

    again = refused.with_secret("newest")

    assert refused.key_for("1234") == OtpKey(secret="former", pin="1234")
    assert again.key_for("1234") == OtpKey(secret="newest", pin="1234")
    assert again.secrets == ("newest", "former")


def test_three_wrong_pins_are_all_that_is_sent_until_another_is_delivered(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox, clock: Clock
) -> None:
    salto.blocks_after = 8
    wrong = other_than(get_pin())
    with pytest.raises(RejectedError):
        act("set_pin", current_pin=wrong)
    with pytest.raises(RejectedError):
        act("set_pin", current_pin=wrong)
    with pytest.raises(RejectedError):
        act("set_pin", current_pin=wrong)

    held = act("set_pin", current_pin=wrong)

    assert (held.ok, len(lines(salto, "PUT"))) == (False, 3)
    assert "3 codes in a row were wrong" in held.message
    assert act("set_pin", current_pin=get_pin()).ok


def test_a_block_is_waited_for(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox, clock: Clock
) -> None:
    pin = get_pin()
    salto.block(IQ, "set_pin")
    with pytest.raises(UnavailableError, match="Nothing is sent for 25 minutes"):
        act("set_pin", current_pin=pin)

    held = act("set_pin", current_pin=pin)
    assert "none is sent until 2026-11-21 09:25:00 UTC" in held.message
    clock.step(minutes=25)
    assert act("set_pin", current_pin=pin).ok


def test_a_change_whose_reply_was_lost_is_found_out_by_confirm_pin(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    pin = get_pin()
    act("set_pin", current_pin=pin)
    salto.fault("lost_reply", method="PUT")
    with pytest.raises(OutcomeUnknownError, match="may have set the PIN; Confirm PIN finds out"):
        act("set_pin", current_pin=pin, new_pin="propose")
    salto.forget_requests()

    assert act("confirm_pin").warnings == (CONFIRMED_LATER,)
    assert len(lines(salto, "PUT")) == 1


def test_a_change_that_was_cut_off_takes_two_confirmations(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    pin = get_pin()
    act("set_pin", current_pin=pin)
    salto.fault("cut", method="PUT")
    with pytest.raises(OutcomeUnknownError):
        act("set_pin", current_pin=pin, new_pin="propose")
    salto.forget_requests()

    with pytest.raises(RejectedError, match="Confirm PIN again checks the former one"):
        act("confirm_pin")
    assert act("confirm_pin").warnings == (CONFIRMED_LATER,)
    assert len(lines(salto, "PUT")) == 2


def test_an_activation_whose_reply_was_lost_may_be_done_again(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    pin = get_pin()
    salto.fault("lost_reply", method="PUT")

    with pytest.raises(OutcomeUnknownError, match="press Set PIN again with the same PIN"):
        act("set_pin", current_pin=pin)
    assert act("set_pin", current_pin=pin).ok


@pytest.mark.parametrize("fault", ["rate_limited", "refused"])
def test_a_change_that_was_surely_not_made_leaves_everything_as_it_was(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox, vault: Vault, fault: str
) -> None:
    pin = get_pin()
    act("set_pin", current_pin=pin)
    before = dict(vault.kept)
    faults: dict[str, Callable[[], None]] = {
        "rate_limited": lambda: salto.fault("rate_limited", method="PUT"),
        "refused": lambda: salto.set_offline(IQ),
    }
    faults[fault]()

    with pytest.raises(UnavailableError):
        act("set_pin", current_pin=pin, new_pin="propose")
    assert vault.kept == before


@pytest.mark.parametrize("name", ["get_pin", "set_pin", "confirm_pin"])
def test_an_iq_that_has_to_be_restored_is_left_alone(
    act: Act, salto: SaltoksSandbox, name: str
) -> None:
    salto.set_restore_required(IQ)
    given = {"set_pin": {"current_pin": "1234"}}.get(name, {})

    result = act(name, **given)

    assert not result.ok
    assert "has to be restored" in result.message
    assert (lines(salto, "PUT"), salto.delivered) == ([], ())


# --- confirm_pin ------------------------------------------------------------------------------


def test_confirming_is_one_check(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    act("set_pin", current_pin=get_pin())
    salto.forget_requests()

    result = act("confirm_pin")

    assert (result.ok, result.warnings, len(lines(salto, "PUT"))) == (True, (), 1)
    assert result.message == "IQ ground floor: Salto accepts secret and PIN"


def test_a_rotated_secret_is_told_with_what_to_do(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    act("set_pin", current_pin=get_pin())
    salto.rotate_secret(IQ)

    with pytest.raises(RejectedError, match="Salto app, which replaces the secret unseen"):
        act("confirm_pin")


def test_a_reset_at_salto_lets_it_begin_anew(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    act("set_pin", current_pin=get_pin())
    salto.reset_activation(IQ)

    assert act("set_pin", current_pin=get_pin()).ok
    assert act("confirm_pin").ok


# --- several IQs ------------------------------------------------------------------------------


def test_each_iq_has_its_own_secret_and_pin(act: Act, salto: SaltoksSandbox) -> None:
    pins = {}
    act("get_pin")
    pins[IQ] = salto.delivered[0].pin
    act("get_pin", iq=salto.iq_id(ANNEX).upper())
    pins[ANNEX] = salto.delivered[0].pin

    assert act("set_pin", iq=salto.iq_id(ANNEX), current_pin=pins[ANNEX]).ok
    assert salto.activation(IQ).activated_at is None
    assert act("set_pin", current_pin=pins[IQ]).ok
    assert act("confirm_pin", iq=salto.iq_id(ANNEX)).ok


def test_without_an_iq_id_it_must_be_said_which(
    act: Act, one: Integration, salto: SaltoksSandbox
) -> None:
    anonymous = replace(one, auth={key: one.auth[key] for key in one.auth if key != "iq_id"})
    sports = replace(anonymous, auth={**anonymous.auth, "site_uid": salto.second_site_uid})

    assert act("get_pin", anonymous).message.startswith("iq is missing, and no IQ id is set")
    assert act("get_pin", sports).settings == {"iq_id": salto.iq_id("IQ sports")}


def test_no_secret_or_pin_is_in_any_answer(
    act: Act, get_pin: Callable[[], str], salto: SaltoksSandbox
) -> None:
    salto.next_pin = "8167"
    answers = [act("set_pin", current_pin=get_pin()), act("confirm_pin"), act("get_pin")]

    assert "8167" not in repr(answers)
    assert salto.activation(IQ).secret not in repr(answers)
