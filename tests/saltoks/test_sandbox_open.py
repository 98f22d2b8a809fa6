"""Salto's sandbox: what opens a lock, and every way in which it stays closed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ireserve_saltoks.sandbox import SaltoksSandbox
from ireserve_saltoks.sandbox_otp import one_time_password

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
IQ = "IQ ground floor"
UNLOCK = {"locked_state": "unlocked"}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[SaltoksSandbox]:
    with SaltoksSandbox(clock=clock) as sandbox:
        sandbox.activate_elsewhere(IQ)
        yield sandbox


@pytest.fixture
def client(sandbox: SaltoksSandbox) -> Iterator[httpx.Client]:
    form = {"grant_type": "password", "scope": "user_api.full_access"}
    form |= {"username": sandbox.username, "password": sandbox.password}
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        basic = (sandbox.client_id, sandbox.client_secret)
        token = client.post("/connect/token", data=form, auth=basic).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def site(client: httpx.Client) -> str:
    """The path of the first site."""
    return f"/v1.2/sites/{client.get('/v1.2/sites').json()[0]['id']}"


@pytest.fixture
def body(sandbox: SaltoksSandbox) -> dict[str, str]:
    """What opens the locks of the IQ that the user is activated on."""
    held = sandbox.activation(IQ)
    return UNLOCK | {"otp": one_time_password(NOW, held.secret, held.pin or "")}


@pytest.fixture
def door(sandbox: SaltoksSandbox, site: str) -> str:
    """The path by which the main entrance opens."""
    return path(sandbox, site, "Main entrance")


def path(sandbox: SaltoksSandbox, site: str, lock: str) -> str:
    return f"{site}/locks/{sandbox.lock_id(lock)}/locking"


def refusal(answer: httpx.Response) -> tuple[int, Any, str]:
    body = answer.json()
    return answer.status_code, body.get("ErrorCode"), body["Message"]


def failed(word: str) -> str:
    return f"Request execution failed with code: {word}"


def test_an_opening_is_written_down(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, body: dict[str, str]
) -> None:
    answer = client.patch(door, json=body)
    (opening,) = sandbox.openings
    assert (answer.status_code, bool(answer.json())) == (200, True)
    assert (opening.lock, opening.user, opening.at) == ("Main entrance", "svc@example.org", NOW)
    assert opening.lock_id == sandbox.lock_id("Main entrance")


def test_an_opening_can_be_answered_without_a_body(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, body: dict[str, str]
) -> None:
    sandbox.open_has_body = False
    answer = client.patch(door, json=body)
    assert (answer.status_code, answer.content, len(sandbox.openings)) == (204, b"", 1)


def test_the_older_version_opens_too(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, body: dict[str, str]
) -> None:
    assert client.patch(door.replace("v1.2", "v1.1"), json=body).status_code == 200
    assert len(sandbox.openings) == 1


def test_a_lock_locks_itself_after_a_few_seconds(
    client: httpx.Client, site: str, door: str, body: dict[str, str], clock: Clock
) -> None:
    client.patch(door, json=body)
    clock.now += timedelta(seconds=4)
    during = client.get(f"{site}/locks").json()["items"][0]["locked_state"]
    clock.now += timedelta(seconds=1)
    after = client.get(f"{site}/locks").json()["items"][0]["locked_state"]
    assert (during, after) == ("unlocked", "locked")


def test_an_iq_without_one_time_passwords_needs_none_and_no_activation(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    assert client.patch(path(sandbox, site, "Bicycle shed"), json=UNLOCK).status_code == 200
    assert [each.lock for each in sandbox.openings] == ["Bicycle shed"]


def test_an_iq_can_begin_to_ask_for_one_time_passwords(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    sandbox.set_otp_enabled("IQ shed", enabled=True)
    assert client.patch(path(sandbox, site, "Bicycle shed"), json=UNLOCK).status_code == 404


def test_an_opening_without_a_code_is_refused_and_not_counted(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, body: dict[str, str]
) -> None:
    sandbox.blocks_after = 1
    assert refusal(client.patch(door, json=UNLOCK)) == (404, "2202", "Otp is invalid")
    assert client.patch(door, json=body).status_code == 200


def test_a_wrong_code_opens_nothing(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str
) -> None:
    held = sandbox.activation(IQ)
    late = one_time_password(NOW - timedelta(seconds=181), held.secret, held.pin or "")
    answer = client.patch(door, json=UNLOCK | {"otp": late})
    assert refusal(answer) == (400, "3102", failed("otp_invalid"))
    assert sandbox.openings == ()


def test_an_iq_on_which_the_user_is_not_activated_says_so_and_counts_nothing(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, body: dict[str, str]
) -> None:
    sandbox.blocks_after = 1
    door = path(sandbox, site, "Studio 2")
    first, second = client.patch(door, json=body), client.patch(door, json=body)
    assert refusal(first) == refusal(second) == (400, "3102", failed("pin_not_changed"))


def test_a_secret_that_the_mobile_app_rotated_makes_every_code_wrong(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, door: str, body: dict[str, str]
) -> None:
    sandbox.rotate_secret(IQ)
    listed = client.get(f"{site}/activated_iqs".replace("/sites/", "/me/")).json()["items"]
    assert refusal(client.patch(door, json=body)) == (400, "3102", failed("otp_invalid"))
    assert listed[0]["activated"] is True


@pytest.mark.parametrize(
    ("lock", "change", "word"),
    [
        ("Archive", lambda _: None, "lock_without_iq"),
        ("Council chamber", lambda _: None, "lock_offline"),
        ("Studio 1", lambda sandbox: sandbox.set_offline("Studio 1"), "lock_offline"),
        ("Studio 1", lambda sandbox: sandbox.set_offline(IQ), "iq_offline"),
        ("Studio 1", lambda sandbox: sandbox.set_restore_required(IQ), "iq_restore_required"),
        ("Studio 1", lambda sandbox: sandbox.move_lock("Studio 1", None), "lock_without_iq"),
    ],
)
def test_what_cannot_be_reached_fails_and_no_code_is_looked_at(
    sandbox: SaltoksSandbox,
    client: httpx.Client,
    site: str,
    *,
    lock: str,
    change: Callable[[SaltoksSandbox], None],
    word: str,
) -> None:
    sandbox.blocks_after = 1
    change(sandbox)
    door = path(sandbox, site, lock)
    first = client.patch(door, json=UNLOCK | {"otp": "00000"})
    second = client.patch(door, json=UNLOCK | {"otp": "00000"})
    assert refusal(first) == refusal(second) == (400, "3102", failed(word))
    assert sandbox.openings == ()


@pytest.mark.parametrize(
    ("unreachable", "expected"), [((409, "9999"), (409, "9999")), ((422, None), (422, None))]
)
def test_the_error_of_what_cannot_be_reached_can_be_another(
    sandbox: SaltoksSandbox,
    client: httpx.Client,
    site: str,
    unreachable: tuple[int, str | None],
    expected: tuple[int, str | None],
) -> None:
    sandbox.unreachable = unreachable
    answer = client.patch(path(sandbox, site, "Council chamber"), json=UNLOCK)
    assert refusal(answer)[:2] == expected


def test_what_comes_back_opens_again(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, body: dict[str, str]
) -> None:
    sandbox.set_offline(IQ)
    sandbox.set_restore_required(IQ)
    sandbox.set_offline(IQ, offline=False)
    restored = client.patch(door, json=body).status_code
    sandbox.set_restore_required(IQ, required=False)
    assert (restored, client.patch(door, json=body).status_code) == (400, 200)


@pytest.mark.parametrize(
    "change",
    [
        lambda sandbox: sandbox.set_offline(IQ),
        lambda sandbox: sandbox.set_restore_required(IQ),
    ],
)
def test_an_iq_that_cannot_be_reached_takes_no_pin(
    sandbox: SaltoksSandbox,
    client: httpx.Client,
    site: str,
    body: dict[str, str],
    change: Callable[[SaltoksSandbox], None],
) -> None:
    change(sandbox)
    iq = f"{site}/iqs/{sandbox.iq_id(IQ)}/pin"
    answer = client.put(iq, json={"otp": body["otp"], "delta": "5000"})
    held = sandbox.activation(IQ)
    assert (answer.status_code, held.pin) == (400, held.door_pin)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "the body must be a JSON object, with Content-Type: application/json"),
        ({"content": b'{"locked_state": "unlocked"}'}, "the body must be a JSON object"),
        ({"json": "unlocked"}, "the body must be a JSON object"),
        ({"json": {"otp": "28a5a"}}, "locked_state is required"),
        ({"json": {"locked_state": "locked"}}, "locked_state must be unlocked"),
        ({"json": {"locked_state": "Unlocked"}}, "locked_state must be unlocked"),
        ({"json": {"locked_state": True}}, "locked_state must be a string"),
        ({"json": UNLOCK | {"otp": "28A5A"}}, "otp must be five lower-case hexadecimal digits"),
        ({"json": UNLOCK | {"otp": "28a5"}}, "otp must be five lower-case hexadecimal digits"),
        ({"json": UNLOCK | {"otp": 28255}}, "otp must be a string"),
        ({"json": UNLOCK | {"otp": None}}, "otp should not be null"),
        ({"json": UNLOCK | {"pin": "1234"}}, "property pin should not exist"),
    ],
)
def test_an_opening_that_is_not_as_documented_is_refused_with_the_reason(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, sent: dict[str, Any], says: str
) -> None:
    sandbox.set_otp_enabled(IQ, enabled=False)
    status, code, message = refusal(client.patch(door, **sent))
    assert (status, code, message[: len(says)]) == (400, "1101", says)
    assert sandbox.openings == ()


def test_every_reason_is_given_at_once(client: httpx.Client, door: str) -> None:
    answer = client.patch(door, json={"locked_state": "open", "otp": "x", "a": 1})
    assert answer.json()["Message"] == (
        "property a should not exist; locked_state must be unlocked; "
        "otp must be five lower-case hexadecimal digits"
    )


def test_a_lock_that_moved_opens_by_its_new_iq(
    sandbox: SaltoksSandbox, client: httpx.Client, door: str, body: dict[str, str]
) -> None:
    sandbox.move_lock("Main entrance", "IQ annex")
    held = sandbox.activate_elsewhere("IQ annex")
    code = one_time_password(NOW, held.secret, held.pin or "")
    assert client.patch(door, json=body).status_code == 400
    assert client.patch(door, json=UNLOCK | {"otp": code}).status_code == 200
