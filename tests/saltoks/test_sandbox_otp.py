"""Salto's sandbox: which one-time passwords count, and when no code is looked at any longer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from ireserve_saltoks.sandbox import SaltoksSandbox
from ireserve_saltoks.sandbox_otp import accepts, one_time_password

MADE = datetime(2026, 8, 25, 7, 25, tzinfo=UTC)
SECRET, PIN, CODE = "ABCDEFGHIJKLMNOP", "1234", "28a5a"
WRONG = (400, "Request execution failed with code: otp_invalid")
BLOCKED = (403, "Request execution failed with code: otp_blocked")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = MADE

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[SaltoksSandbox]:
    with SaltoksSandbox(clock=clock) as sandbox:
        sandbox.activate_elsewhere("IQ ground floor")
        yield sandbox


class Caller:
    """A user at the first site."""

    def __init__(self, sandbox: SaltoksSandbox, client: httpx.Client) -> None:
        self.sandbox, self.client = sandbox, client
        self.log_in(sandbox.username, sandbox.password)
        self.site = f"/v1.2/sites/{client.get('/v1.2/sites').json()[0]['id']}"

    def log_in(self, username: str, password: str) -> None:
        form = {"grant_type": "password", "scope": "user_api.full_access"}
        form |= {"username": username, "password": password}
        basic = (self.sandbox.client_id, self.sandbox.client_secret)
        token = self.client.post("/connect/token", data=form, auth=basic).json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def code(self, moment: datetime, iq: str = "IQ ground floor") -> str:
        held = self.sandbox.activation(iq)
        return one_time_password(moment, held.secret, held.pin or "")

    def open(self, code: str, lock: str = "Main entrance") -> tuple[int, str | None]:
        path = f"{self.site}/locks/{self.sandbox.lock_id(lock)}/locking"
        body = {"locked_state": "unlocked", "otp": code}
        return said(self.client.patch(path, json=body))

    def set_pin(self, code: str) -> tuple[int, str | None]:
        path = f"{self.site}/iqs/{self.sandbox.iq_id('IQ ground floor')}/pin"
        return said(self.client.put(path, json={"otp": code, "delta": "0000"}))


def said(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("Message") if answer.content else None


@pytest.fixture
def caller(sandbox: SaltoksSandbox) -> Iterator[Caller]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        yield Caller(sandbox, client)


@pytest.fixture
def wrong(caller: Caller, clock: Clock) -> str:
    """A code that never counts in these tests: it was made a day ago."""
    return caller.code(clock.now - timedelta(days=1))


def test_the_golden_vector() -> None:
    assert one_time_password(MADE, SECRET, PIN) == CODE


@pytest.mark.parametrize(
    "moment",
    [
        MADE.replace(microsecond=999_999),
        MADE.astimezone(timezone(timedelta(hours=2))),
    ],
)
def test_a_code_is_of_the_whole_second_in_utc(moment: datetime) -> None:
    assert one_time_password(moment, SECRET, PIN) == CODE


@pytest.mark.parametrize(
    ("later_s", "counts"),
    [(-6, False), (-5, True), (0, True), (90, True), (180, True), (180.9, True), (181, False)],
)
def test_a_code_counts_for_three_minutes_and_a_little_ahead(later_s: float, counts: bool) -> None:
    assert accepts(CODE, MADE + timedelta(seconds=later_s), SECRET, PIN) is counts


@pytest.mark.parametrize(
    ("secret", "pin"),
    [("ABCDEFGHIJKLMNOQ", PIN), ("abcdefghijklmnop", PIN), (SECRET, "1235"), (SECRET, "")],
)
def test_a_code_of_another_secret_or_pin_does_not_count(secret: str, pin: str) -> None:
    assert accepts(CODE, MADE, secret, pin) is False


def test_a_code_may_be_used_again(caller: Caller, clock: Clock) -> None:
    code = caller.code(clock.now)
    assert caller.open(code)[0] == 200
    clock.now += timedelta(seconds=180)
    assert caller.open(code)[0] == 200
    clock.now += timedelta(seconds=1)
    assert caller.open(code) == WRONG


def test_after_three_wrong_codes_in_a_row_not_even_a_right_one_is_looked_at(
    caller: Caller, clock: Clock, wrong: str, sandbox: SaltoksSandbox
) -> None:
    answers = [caller.open(wrong), caller.open(wrong), caller.open(wrong)]
    assert answers == [WRONG, WRONG, WRONG]
    assert caller.open(caller.code(clock.now)) == BLOCKED
    assert sandbox.openings == ()


def test_the_block_is_over_after_twenty_minutes_by_the_sandboxs_clock(
    caller: Caller, clock: Clock, wrong: str, sandbox: SaltoksSandbox
) -> None:
    sandbox.block("IQ ground floor", "open")
    clock.now += timedelta(minutes=20, seconds=-1)
    assert caller.open(caller.code(clock.now)) == BLOCKED
    clock.now += timedelta(seconds=1)
    again = [caller.open(wrong), caller.open(wrong)]
    assert (again, caller.open(caller.code(clock.now))[0]) == ([WRONG, WRONG], 200)


def test_an_attempt_during_the_block_makes_it_no_longer(
    caller: Caller, clock: Clock, wrong: str, sandbox: SaltoksSandbox
) -> None:
    sandbox.block("IQ ground floor", "open")
    clock.now += timedelta(minutes=19)
    caller.open(wrong)
    clock.now += timedelta(minutes=1)
    assert caller.open(caller.code(clock.now))[0] == 200


def test_a_right_code_starts_the_count_anew(caller: Caller, clock: Clock, wrong: str) -> None:
    caller.open(wrong)
    caller.open(wrong)
    right = caller.open(caller.code(clock.now))
    assert (right[0], caller.open(wrong), caller.open(wrong)) == (200, WRONG, WRONG)


def test_how_many_wrong_codes_are_allowed_can_be_set(
    caller: Caller, sandbox: SaltoksSandbox, wrong: str
) -> None:
    sandbox.blocks_after = 1
    assert [caller.open(wrong), caller.open(wrong)] == [WRONG, BLOCKED]


@pytest.mark.parametrize(
    ("first", "second"), [(Caller.open, Caller.set_pin), (Caller.set_pin, Caller.open)]
)
def test_each_command_is_blocked_on_its_own(
    caller: Caller,
    clock: Clock,
    wrong: str,
    first: Callable[[Caller, str], tuple[int, str | None]],
    second: Callable[[Caller, str], tuple[int, str | None]],
) -> None:
    tried = [first(caller, wrong), first(caller, wrong), first(caller, wrong)]
    assert tried == [WRONG, WRONG, WRONG]
    assert first(caller, caller.code(clock.now)) == BLOCKED
    assert second(caller, caller.code(clock.now))[0] in {200, 204}


def test_each_iq_is_blocked_on_its_own(
    caller: Caller, clock: Clock, sandbox: SaltoksSandbox
) -> None:
    sandbox.activate_elsewhere("IQ annex")
    sandbox.block("IQ ground floor", "open")
    assert caller.open(caller.code(clock.now, "IQ annex"), "Studio 2")[0] == 200
    assert caller.open(caller.code(clock.now), "Studio 1") == BLOCKED


def test_each_user_is_blocked_on_his_own(
    caller: Caller, clock: Clock, sandbox: SaltoksSandbox
) -> None:
    sandbox.block("IQ ground floor", "open", user=sandbox.second_username)
    assert caller.open(caller.code(clock.now))[0] == 200
    other = sandbox.activate_elsewhere("IQ ground floor", user=sandbox.second_username)
    caller.log_in(sandbox.second_username, sandbox.second_password)
    assert caller.open(one_time_password(clock.now, other.secret, other.pin or "")) == BLOCKED


def test_a_code_of_one_user_does_not_count_for_another(
    caller: Caller, clock: Clock, sandbox: SaltoksSandbox
) -> None:
    sandbox.activate_elsewhere("IQ ground floor", user=sandbox.second_username)
    code = caller.code(clock.now)
    caller.log_in(sandbox.second_username, sandbox.second_password)
    assert caller.open(code) == WRONG
