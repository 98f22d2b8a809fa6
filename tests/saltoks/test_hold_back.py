"""Wrong codes are counted per command and IQ, and no more are sent than may be."""

from contextlib import suppress
from typing import Protocol

import pytest

from ireserve_integrations.errors import OutcomeUnknownError, UnavailableError
from ireserve_saltoks.access import NotAllowedError
from ireserve_saltoks.account import Account
from ireserve_saltoks.hold_back import Command, HoldBack, HoldBacks
from ireserve_saltoks.wire import Refusal

WRONG = Refusal(status=400, code="3102", message="otp_invalid")
BLOCKED = Refusal(status=403, code="3102", message="otp_blocked")
OFFLINE = Refusal(status=400, code="3102", message="lock_offline")


class Clock(Protocol):
    def __call__(self) -> object: ...
    def step(self, **by: float) -> None: ...


class Kept(Protocol):
    kept: dict[str, str]
    writes: int


class Sent:
    """Answers what a test wants, and counts."""

    def __init__(self) -> None:
        self.times = 0
        self.answer: Refusal | Exception | None = None

    def __call__(self) -> Refusal | None:
        self.times += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def counts(vault: object, account: Account, clock: object) -> HoldBacks:
    return HoldBacks(vault, account, "site-1", clock)  # type: ignore[arg-type]  # test doubles


@pytest.fixture
def opening(counts: HoldBacks) -> HoldBack:
    return counts.of("open", "iq-1")


def attempt(one: HoldBack, sent: Sent, *answers: Refusal | Exception | None) -> None:
    """Send once for each answer, whatever becomes of it."""
    for answer in answers:
        sent.answer = answer
        with suppress(UnavailableError, OutcomeUnknownError):
            one.send(sent)


def test_right_codes_write_nothing(opening: HoldBack, sent: Sent, vault: Kept) -> None:
    attempt(opening, sent, None, None)

    assert (sent.times, vault.writes, opening.reason()) == (2, 0, "")


def test_after_three_wrong_codes_none_is_sent(opening: HoldBack, sent: Sent) -> None:
    attempt(opening, sent, WRONG, WRONG)
    assert opening.reason() == ""
    attempt(opening, sent, WRONG)

    with pytest.raises(NotAllowedError, match=r"3 codes in a row were wrong.*Confirm PIN"):
        opening.send(sent)
    assert sent.times == 3


def test_the_third_wrong_code_holds_for_good(opening: HoldBack, sent: Sent, clock: Clock) -> None:
    attempt(opening, sent, WRONG, WRONG, WRONG)
    clock.step(days=400)

    assert "3 codes in a row" in opening.reason()


@pytest.mark.parametrize(
    "between",
    [OFFLINE, UnavailableError("offline"), OutcomeUnknownError("cut")],
)
def test_what_was_not_found_wrong_does_not_count(
    opening: HoldBack, sent: Sent, between: Refusal | Exception
) -> None:
    attempt(opening, sent, WRONG, between, WRONG, between, between)

    assert opening.reason() == ""
    attempt(opening, sent, WRONG)
    assert "3 codes in a row" in opening.reason()


def test_a_right_code_starts_anew(opening: HoldBack, sent: Sent, vault: Kept) -> None:
    attempt(opening, sent, WRONG, WRONG, None)
    assert vault.kept == {}

    attempt(opening, sent, WRONG, WRONG)
    assert opening.reason() == ""


def test_a_block_holds_for_25_minutes(opening: HoldBack, sent: Sent, clock: Clock) -> None:
    attempt(opening, sent, BLOCKED)
    clock.step(minutes=24, seconds=59)
    with pytest.raises(NotAllowedError, match="none is sent until 2026-11-21 09:25:00 UTC"):
        opening.send(sent)
    assert sent.times == 1

    clock.step(seconds=1)
    attempt(opening, sent, None)
    assert (sent.times, opening.reason()) == (2, "")


def test_a_block_by_a_clock_that_ran_ahead_does_not_hold_for_hours(
    opening: HoldBack, sent: Sent, clock: Clock
) -> None:
    clock.step(hours=10)
    attempt(opening, sent, BLOCKED)
    clock.step(hours=-10)

    assert opening.reason() == ""


def test_wrong_codes_before_a_block_still_count_after_it(
    opening: HoldBack, sent: Sent, clock: Clock
) -> None:
    attempt(opening, sent, WRONG, WRONG, BLOCKED)
    clock.step(minutes=25)
    attempt(opening, sent, WRONG)

    assert "3 codes in a row" in opening.reason()


def test_forgiving_ends_the_count_and_no_block(opening: HoldBack, sent: Sent) -> None:
    attempt(opening, sent, WRONG, WRONG, WRONG)
    opening.forgive()
    assert opening.reason() == ""

    attempt(opening, sent, BLOCKED)
    opening.forgive()
    assert "none is sent until" in opening.reason()


@pytest.mark.parametrize(("command", "iq"), [("set_pin", "iq-1"), ("open", "iq-2")])
def test_each_command_and_iq_has_its_own_count(
    counts: HoldBacks, opening: HoldBack, sent: Sent, command: Command, iq: str
) -> None:
    attempt(opening, sent, WRONG, WRONG, WRONG)

    assert counts.of(command, iq).reason() == ""


def test_the_count_holds_for_another_process(
    vault: object, account: Account, clock: object, sent: Sent
) -> None:
    attempt(HoldBacks(vault, account, "site-1", clock).of("open", "iq-1"), sent, WRONG, WRONG)  # type: ignore[arg-type]
    another = HoldBacks(vault, account, "site-1", clock).of("open", "iq-1")  # type: ignore[arg-type]
    attempt(another, sent, WRONG)

    with pytest.raises(NotAllowedError):
        another.send(sent)


def test_after_a_wrong_code_attempts_under_way_count_too(
    counts: HoldBacks, opening: HoldBack, sent: Sent
) -> None:
    attempt(opening, sent, WRONG)
    reasons: list[str] = []

    def while_one_is_under_way() -> Refusal | None:
        attempt(counts.of("open", "iq-1"), sent, WRONG)
        reasons.append(counts.of("open", "iq-1").reason())
        return WRONG

    opening.send(while_one_is_under_way)

    assert "3 codes in a row" in reasons[0]
    assert sent.times == 2


def test_the_way_back_of_set_pin_is_another_pin(counts: HoldBacks, sent: Sent) -> None:
    setting = counts.of("set_pin", "iq-1")
    attempt(setting, sent, WRONG, WRONG, WRONG)

    assert "then GET PIN" in setting.reason()
