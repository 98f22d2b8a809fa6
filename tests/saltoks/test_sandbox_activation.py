"""Salto's sandbox: how a person is activated on an IQ, and what a Set PIN does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import pytest

from ireserve_saltoks.sandbox import SaltoksSandbox
from ireserve_saltoks.sandbox_otp import one_time_password

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
IQ = "IQ ground floor"


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
        yield sandbox


@pytest.fixture
def client(sandbox: SaltoksSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        log_in(sandbox, client, sandbox.username, sandbox.password)
        yield client


@pytest.fixture
def site(client: httpx.Client) -> str:
    """The path of the first site."""
    return f"/v1.2/sites/{client.get('/v1.2/sites').json()[0]['id']}"


@pytest.fixture
def iq(sandbox: SaltoksSandbox, site: str) -> str:
    """The path of the IQ that most doors hang on."""
    return f"{site}/iqs/{sandbox.iq_id(IQ)}"


def log_in(sandbox: SaltoksSandbox, client: httpx.Client, username: str, password: str) -> None:
    form = {"grant_type": "password", "scope": "user_api.full_access"}
    form |= {"username": username, "password": password}
    basic = (sandbox.client_id, sandbox.client_secret)
    token = client.post("/connect/token", data=form, auth=basic).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def set_pin(
    client: httpx.Client, iq: str, secret: str, pin: str, delta: str = "0000"
) -> httpx.Response:
    body = {"otp": one_time_password(NOW, secret, pin), "delta": delta}
    return client.put(f"{iq}/pin", json=body)


def open_door(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, secret: str, pin: str
) -> int:
    body = {"locked_state": "unlocked", "otp": one_time_password(NOW, secret, pin)}
    path = f"{site}/locks/{sandbox.lock_id('Main entrance')}/locking"
    return client.patch(path, json=body).status_code


def activated(client: httpx.Client, site: str) -> list[dict[str, Any]]:
    path = site.replace("/sites/", "/me/") + "/activated_iqs"
    listed: list[dict[str, Any]] = client.get(path).json()["items"]
    return listed


def refusal(answer: httpx.Response) -> tuple[int, Any, str]:
    body = answer.json()
    return answer.status_code, body.get("ErrorCode"), body["Message"]


def begin(sandbox: SaltoksSandbox, client: httpx.Client, iq: str, pin: str) -> str:
    """Read the secret and let a PIN be delivered; return the secret."""
    secret = client.get(f"{iq}/secret").json()["secret"]
    sandbox.next_pin = pin
    assert client.get(f"{iq}/pin").status_code == 204
    return str(secret)


def test_from_the_secret_over_the_sms_to_an_open_door(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str
) -> None:
    secret = client.get(f"{iq}/secret").json()["secret"]
    sent = client.get(f"{iq}/pin")
    pin = sandbox.delivered[0].pin
    done = set_pin(client, iq, secret, pin)
    assert (sent.status_code, sent.content, done.status_code) == (204, b"", 204)
    assert (len(secret), len(pin)) == (16, 4)
    assert open_door(sandbox, client, site, secret, pin) == 200


def test_an_iq_that_was_not_asked_for_is_not_listed(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    assert sandbox.activation(IQ).activated_at is None
    assert activated(client, site) == []


@pytest.mark.parametrize("asked", ["secret", "pin"])
def test_an_iq_is_listed_once_its_secret_or_its_pin_was_asked_for(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str, asked: str
) -> None:
    client.get(f"{iq}/{asked}")
    assert activated(client, site) == [
        {"iq_id": sandbox.iq_id(IQ), "activation_date": None, "activated": False}
    ]


def test_an_iq_is_listed_as_activated_after_set_pin(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str
) -> None:
    set_pin(client, iq, begin(sandbox, client, iq, "0042"), "0042")
    assert activated(client, site) == [
        {
            "iq_id": sandbox.iq_id(IQ),
            "activation_date": "2026-11-21T08:00:00Z",
            "activated": True,
        }
    ]


def test_the_secret_is_the_same_until_activation_and_then_no_longer_told(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str
) -> None:
    secret = begin(sandbox, client, iq, "1234")
    again = client.get(f"{iq}/secret").json()["secret"]
    set_pin(client, iq, secret, "1234")
    status, code, message = refusal(client.get(f"{iq}/secret"))
    assert (again, status, code) == (secret, 403, "2203")
    assert "already activated" in message


def test_the_secret_can_be_another_one_each_time_and_the_newest_counts(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str
) -> None:
    sandbox.new_secret_each_time = True
    first = begin(sandbox, client, iq, "1234")
    second = client.get(f"{iq}/secret").json()["secret"]
    assert first != second
    assert set_pin(client, iq, first, "1234").status_code == 400
    assert set_pin(client, iq, second, "1234").status_code == 204


def test_secrets_differ_by_iq_and_by_user(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str
) -> None:
    mine = client.get(f"{iq}/secret").json()["secret"]
    annex = client.get(f"{site}/iqs/{sandbox.iq_id('IQ annex')}/secret").json()["secret"]
    log_in(sandbox, client, sandbox.second_username, sandbox.second_password)
    another = client.get(f"{iq}/secret").json()["secret"]
    assert len({mine, annex, another}) == 3


@pytest.mark.parametrize(("query", "by"), [("", "sms"), ("?send_email=true", "email")])
def test_a_pin_reaches_a_person_in_the_way_that_was_asked_for(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str, query: str, by: str
) -> None:
    client.get(f"{iq}/pin{query}")
    (sent,) = sandbox.delivered
    assert (sent.by, sent.user, sent.iq, sent.at) == (by, "svc@example.org", IQ, NOW)
    assert sent.iq_id == sandbox.iq_id(IQ)
    assert sent.pin not in repr(sent)


def test_the_newest_pin_comes_first_and_alone_counts(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str
) -> None:
    secret = begin(sandbox, client, iq, "1111")
    begin(sandbox, client, iq, "2222")
    assert [each.pin for each in sandbox.delivered] == ["2222", "1111"]
    assert set_pin(client, iq, secret, "1111").status_code == 400
    assert set_pin(client, iq, secret, "2222").status_code == 204


def test_a_pin_that_was_chosen_is_delivered_once(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str
) -> None:
    begin(sandbox, client, iq, "none of the random ones")
    client.get(f"{iq}/pin")
    assert (sandbox.next_pin, len(sandbox.delivered[0].pin)) == (None, 4)


def test_the_sms_can_be_read_by_hand(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str
) -> None:
    begin(sandbox, client, iq, "0042")
    (sent,) = client.get("/_sandbox/state").json()["delivered"]
    assert (sent["pin"], sent["by"], sent["at"]) == ("0042", "sms", "2026-11-21T08:00:00+00:00")


@pytest.mark.parametrize("value", ["false", "1", ""])
def test_a_pin_by_anything_else_than_sms_or_email_is_refused(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str, value: str
) -> None:
    answer = client.get(f"{iq}/pin", params={"send_email": value})
    assert refusal(answer) == (400, "1101", "send_email must be true")
    assert sandbox.delivered == ()


def test_after_activation_no_pin_is_sent(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str
) -> None:
    sandbox.activate_elsewhere(IQ)
    assert refusal(client.get(f"{iq}/pin")) == (
        403,
        None,
        "Request execution failed with code: command_forbidden",
    )
    assert sandbox.delivered == ()


def test_before_a_pin_was_delivered_no_code_is_right(
    client: httpx.Client, iq: str, site: str
) -> None:
    secret = client.get(f"{iq}/secret").json()["secret"]
    assert refusal(set_pin(client, iq, secret, "")) == (
        400,
        "3102",
        "Request execution failed with code: otp_invalid",
    )


def test_a_wrong_pin_activates_nothing(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str
) -> None:
    secret = begin(sandbox, client, iq, "1234")
    assert set_pin(client, iq, secret, "4321").status_code == 400
    assert activated(client, site)[0]["activated"] is False


def test_keeping_the_pin_once_more_is_a_check_without_a_side_effect(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str, clock: Clock
) -> None:
    secret = begin(sandbox, client, iq, "1234")
    set_pin(client, iq, secret, "1234")
    before = sandbox.activation(IQ)
    clock.now += timedelta(seconds=60)
    assert set_pin(client, iq, secret, "1234").status_code == 204
    assert set_pin(client, iq, secret, "4321").status_code == 400
    assert sandbox.activation(IQ) == before


@pytest.mark.parametrize(
    ("rule", "old", "delta", "new"),
    [
        ("integer", "1234", "5000", "6234"),
        ("digits", "1234", "5000", "6234"),
        ("integer", "9051", "0990", "0041"),
        ("digits", "6596", "6995", "0601"),
        ("integer", "6596", "6995", "3591"),
    ],
)
def test_the_cloud_makes_a_new_pin_by_the_rule_that_is_set(
    sandbox: SaltoksSandbox,
    client: httpx.Client,
    site: str,
    iq: str,
    *,
    rule: Literal["integer", "digits"],
    old: str,
    delta: str,
    new: str,
) -> None:
    sandbox.pin_rule = rule
    secret = begin(sandbox, client, iq, old)
    assert set_pin(client, iq, secret, old, delta).status_code == 204
    assert activated(client, site)[0]["activated"] is True
    assert set_pin(client, iq, secret, old).status_code == 400
    assert set_pin(client, iq, secret, new).status_code == 204
    assert open_door(sandbox, client, site, secret, new) == 200


def test_a_pin_can_be_changed_again_after_activation(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str, clock: Clock
) -> None:
    secret = begin(sandbox, client, iq, "1234")
    set_pin(client, iq, secret, "1234")
    clock.now += timedelta(seconds=60)
    assert set_pin(client, iq, secret, "1234", "5000").status_code == 204
    held = sandbox.activation(IQ)
    assert (held.pin, held.door_pin, held.activated_at) == ("6234", "6234", NOW)


def test_the_cloud_can_accept_a_changed_pin_that_the_iq_then_refuses(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str
) -> None:
    sandbox.iq_takes_changed_pin = False
    secret = begin(sandbox, client, iq, "1234")
    set_pin(client, iq, secret, "1234", "5000")
    assert set_pin(client, iq, secret, "6234").status_code == 204
    assert open_door(sandbox, client, site, secret, "6234") == 400
    assert open_door(sandbox, client, site, secret, "1234") == 400


def test_an_iq_that_drops_changed_pins_keeps_the_delivered_one(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str
) -> None:
    sandbox.iq_takes_changed_pin = False
    secret = begin(sandbox, client, iq, "1234")
    set_pin(client, iq, secret, "1234")
    assert open_door(sandbox, client, site, secret, "1234") == 200


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "the body must be a JSON object, with Content-Type: application/json"),
        ({"content": b'{"otp": "28a5a", "delta": "0000"}'}, "the body must be a JSON object"),
        ({"data": {"otp": "28a5a", "delta": "0000"}}, "the body must be a JSON object"),
        ({"json": []}, "the body must be a JSON object"),
        ({"json": {"otp": "28a5a"}}, "delta is required"),
        ({"json": {"otp": "28a5a", "delta": "000"}}, "delta must be four digits"),
        ({"json": {"otp": "28a5a", "delta": 0}}, "delta must be a string"),
        ({"json": {"otp": "28A5A", "delta": "0000"}}, "otp must be five lower-case"),
        ({"json": {"otp": "", "delta": "0000"}}, "otp should not be empty"),
        ({"json": {"otp": None, "delta": "0000"}}, "otp should not be null"),
        ({"json": {"otp": "28a5a", "delta": "0000", "pin": "1"}}, "property pin should not exist"),
    ],
)
def test_a_set_pin_that_is_not_as_documented_is_refused_and_not_counted(
    sandbox: SaltoksSandbox, client: httpx.Client, iq: str, sent: dict[str, Any], says: str
) -> None:
    sandbox.blocks_after = 1
    secret = begin(sandbox, client, iq, "1234")
    status, code, message = refusal(client.put(f"{iq}/pin", **sent))
    assert (status, code, message[: len(says)]) == (400, "1101", says)
    assert set_pin(client, iq, secret, "1234").status_code == 204


def test_a_set_pin_without_a_code_is_refused_as_salto_does(client: httpx.Client, iq: str) -> None:
    answer = client.put(f"{iq}/pin", json={"delta": "0000"})
    assert refusal(answer) == (404, "2202", "Otp is invalid")


def test_one_user_is_activated_and_another_is_not(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str, iq: str
) -> None:
    sandbox.activate_elsewhere(IQ)
    log_in(sandbox, client, sandbox.second_username, sandbox.second_password)
    assert activated(client, site) == []
    assert client.get(f"{iq}/secret").status_code == 200


def test_a_site_lists_only_its_own_iqs_as_activated(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    sandbox.activate_elsewhere("IQ sports")
    assert activated(client, site) == []
