"""Salto's sandbox: what a person changes at Salto, and how its errors then look."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import httpx
import pytest

from ireserve_saltoks.sandbox import SaltoksSandbox

IQ = "IQ ground floor"


@pytest.fixture
def sandbox() -> Iterator[SaltoksSandbox]:
    with SaltoksSandbox() as sandbox:
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
def calls(sandbox: SaltoksSandbox, site: str) -> dict[str, tuple[str, str]]:
    """Method and path of every call, by its name."""
    iq, lock = sandbox.iq_id(IQ), sandbox.lock_id("Main entrance")
    return {
        "sites": ("GET", "/v1.2/sites"),
        "locks": ("GET", f"{site}/locks"),
        "iqs": ("GET", f"{site}/iqs"),
        "secret": ("GET", f"{site}/iqs/{iq}/secret"),
        "pin": ("GET", f"{site}/iqs/{iq}/pin"),
        "set_pin": ("PUT", f"{site}/iqs/{iq}/pin"),
        "activated_iqs": ("GET", f"{site}/activated_iqs".replace("/sites/", "/me/")),
        "open": ("PATCH", f"{site}/locks/{lock}/locking"),
        "entries": ("GET", f"{site}/entries".replace("v1.2", "v1.1")),
    }


CALLS = ["sites", "locks", "iqs", "secret", "pin", "set_pin", "activated_iqs", "open", "entries"]


def error(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()["ErrorCode"]


@pytest.mark.parametrize("call", CALLS)
def test_every_call_can_be_one_that_the_user_has_no_right_to(
    sandbox: SaltoksSandbox,
    client: httpx.Client,
    calls: dict[str, tuple[str, str]],
    call: Literal["sites", "open"],
) -> None:
    sandbox.forbidden_calls.add(call)
    assert error(client.request(*calls[call])) == (403, "2203")
    sandbox.forbidden_calls.clear()
    assert client.request(*calls[call]).status_code != 403


@pytest.mark.parametrize("call", CALLS[1:])
def test_without_a_valid_subscription_a_site_answers_nothing(
    sandbox: SaltoksSandbox, client: httpx.Client, calls: dict[str, tuple[str, str]], call: str
) -> None:
    sandbox.subscription_invalid = True
    assert error(client.request(*calls[call])) == (403, "2212")


def test_without_a_valid_subscription_the_sites_are_listed(
    sandbox: SaltoksSandbox, client: httpx.Client
) -> None:
    sandbox.subscription_invalid = True
    assert client.get("/v1.2/sites").status_code == 200


def test_a_second_user_logs_in_with_a_password_of_its_own(sandbox: SaltoksSandbox) -> None:
    form = {"grant_type": "password", "scope": "user_api.full_access"}
    form |= {"username": sandbox.second_username, "password": sandbox.second_password}
    basic = (sandbox.client_id, sandbox.client_secret)
    answer = httpx.post(f"{sandbox.url}/connect/token", data=form, auth=basic)
    assert answer.status_code == 200


def test_a_changed_password_is_the_one_that_counts(sandbox: SaltoksSandbox) -> None:
    sandbox.users[sandbox.username] = "changed"
    form = {"grant_type": "password", "scope": "user_api.full_access"}
    form |= {"username": sandbox.username, "password": sandbox.password}
    basic = (sandbox.client_id, sandbox.client_secret)
    answer = httpx.post(f"{sandbox.url}/connect/token", data=form, auth=basic)
    assert answer.json()["error"] == "invalid_grant"


def test_a_removed_lock_is_no_longer_listed_and_no_longer_opens(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    lock = sandbox.lock_id("Bicycle shed")
    sandbox.remove_lock("Bicycle shed")
    listed = [each["id"] for each in client.get(f"{site}/locks").json()["items"]]
    opened = client.patch(f"{site}/locks/{lock}/locking", json={"locked_state": "unlocked"})
    assert (len(listed), lock in listed, error(opened)) == (5, False, (404, "2202"))


def test_an_offline_lock_and_iq_are_listed_as_such(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    sandbox.set_offline("Studio 2")
    sandbox.set_offline("IQ annex")
    lock = client.get(f"{site}/locks").json()["items"][2]
    iq = client.get(f"{site}/iqs").json()["items"][1]
    assert (lock["online"], lock["iq"]["is_online"], iq["online"]) == (False, False, False)


def test_an_iq_that_is_to_be_restored_is_listed_as_such(
    sandbox: SaltoksSandbox, client: httpx.Client, site: str
) -> None:
    sandbox.set_restore_required(IQ)
    listed = client.get(f"{site}/iqs").json()["items"]
    assert [each["restore_required"] for each in listed] == [True, False, False]


def test_another_system_can_activate_the_user_first(
    sandbox: SaltoksSandbox, client: httpx.Client, calls: dict[str, tuple[str, str]]
) -> None:
    held = sandbox.activate_elsewhere(IQ)
    listed = client.request(*calls["activated_iqs"]).json()["items"]
    assert [each["activated"] for each in listed] == [True]
    assert error(client.request(*calls["secret"])) == (403, "2203")
    assert sandbox.delivered == ()
    assert held.secret not in repr(held)


def test_an_administrators_reset_lets_activation_begin_anew(
    sandbox: SaltoksSandbox, client: httpx.Client, calls: dict[str, tuple[str, str]]
) -> None:
    before = sandbox.activate_elsewhere(IQ)
    sandbox.block(IQ, "set_pin")
    sandbox.reset_activation(IQ)
    listed = client.request(*calls["activated_iqs"]).json()["items"]
    secret = client.request(*calls["secret"]).json()["secret"]
    tried = client.put(calls["set_pin"][1], json={"otp": "00000", "delta": "0000"})
    assert (listed, secret == before.secret, tried.status_code) == ([], False, 400)


def test_an_added_site_is_listed_with_its_locks(
    sandbox: SaltoksSandbox, client: httpx.Client
) -> None:
    sandbox.add_site("NL1", "Annex", {"Gate": "IQ", "Shed": None}, time_zone="Europe/Berlin")
    added = client.get("/v1.2/sites").json()[2]
    locks = client.get(f"/v1.2/sites/{added['id']}/locks").json()["items"]
    assert (added["site_uid"], added["time_zone"]) == ("NL1", "Europe/Berlin")
    assert [(each["id"], bool(each["iq"])) for each in locks] == [
        (sandbox.lock_id("Gate"), True),
        (sandbox.lock_id("Shed"), False),
    ]


def test_a_lock_and_an_iq_can_be_named_by_their_ids(sandbox: SaltoksSandbox) -> None:
    iq, lock = sandbox.iq_id(IQ), sandbox.lock_id("Studio 1")
    sandbox.set_offline(iq)
    sandbox.set_offline(lock)
    first, *_ = sandbox.state()["sites"]
    assert (first["iqs"][0]["online"], first["locks"][1]["online"]) == (False, False)


def test_the_state_shows_everything(sandbox: SaltoksSandbox, client: httpx.Client) -> None:
    held = sandbox.activate_elsewhere(IQ)
    state = client.get("/_sandbox/state").json()
    assert [each["site_uid"] for each in state["sites"]] == ["NL6254340082", "NL7318205546"]
    assert len(state["sites"][0]["locks"]) == 6
    assert [each["customer_reference"] for each in state["sites"][1]["iqs"]] == ["IQ sports"]
    (shown,) = state["activations"]
    assert (shown["user"], shown["secret"], shown["pin"]) == (held.user, held.secret, held.pin)
    assert (state["openings"], state["delivered"]) == ([], [])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda each: each.set_offline("Door 9"), "no lock 'Door 9', only Main entrance, Studio"),
        (lambda each: each.set_restore_required("Main entrance"), "no IQ 'Main entrance', only IQ"),
        (lambda each: each.move_lock("Studio 1", "IQ 9"), "no IQ 'IQ 9'"),
        (lambda each: each.remove_lock("Door 9"), "no lock 'Door 9'"),
        (lambda each: each.rotate_secret(IQ, user="nobody"), "no user 'nobody', only svc@"),
        (lambda each: each.add_site("NL6254340082", "Again", {}), "a site 'NL6254340082' already"),
    ],
)
def test_changing_what_is_not_there_says_what_there_is(
    sandbox: SaltoksSandbox, change: Callable[[SaltoksSandbox], None], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        change(sandbox)


def test_a_label_that_two_locks_carry_asks_for_an_id(sandbox: SaltoksSandbox) -> None:
    sandbox.add_site("NL1", "Annex", {"Turnstile": "IQ"})
    with pytest.raises(ValueError, match="the label of more than one lock; say which: "):
        sandbox.set_offline("Turnstile")
