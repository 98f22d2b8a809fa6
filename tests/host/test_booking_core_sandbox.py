"""i-Reserve's sandbox: what its REST hook does and refuses, and what is done to it by hand."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ireserve_integrations.booking_core.sandbox import IreserveSandbox
from ireserve_integrations.wire import read_booking, read_changes

HOOK = "/api/rest/hook/"
BOOKING = HOOK + "booking/"
TIMES = {"date_from": "2018-02-13T09:30:00+0100", "date_till": "2018-02-13T10:30:00+0100"}
JSON = {"Content-Type": "application/json"}


class _Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def sandbox(clock: _Clock) -> Iterator[IreserveSandbox]:
    with IreserveSandbox(clock=clock) as sandbox:
        sandbox.put_booking("15492", status_code="30", custom12="old", **TIMES)
        yield sandbox


@pytest.fixture
def client(sandbox: IreserveSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=sandbox.url, headers={"Authorization": f"Bearer {sandbox.token}"}, trust_env=False
    ) as client:
        yield client


# --- the REST hook --------------------------------------------------------------------------------


def test_a_booking_is_answered_in_i_reserves_form(
    sandbox: IreserveSandbox, client: httpx.Client
) -> None:
    sandbox.put_booking(
        "1", object_id="171", mainobject_id="17", customer="Vos", email="a@x.nl", **TIMES
    )

    answer = client.get(BOOKING + "1")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": "1",
        "object_id": "171",
        "object": "Object 171",
        "object_desc": "",
        "mainobject_id": "17",
        "mainobject_desc": "",
        **TIMES,
        "number": 1,
        "remarks": "",
        "status_code": 20,
        "status": "OPEN",
        "customer_id": "1",
        "customer": "Vos",
        "email": "a@x.nl",
        "location_id": "1",
        "event_id": "",
        "price": 0,
        "currency": "EUR",
    }
    assert str(read_booking(answer.json()).objects[0]) == "17/171"


def test_a_booking_without_a_parent_has_no_key_for_it(client: httpx.Client) -> None:
    assert "mainobject_id" not in client.get(BOOKING + "15492").json()


def test_an_update_changes_what_it_names_and_answers_the_booking(client: httpx.Client) -> None:
    before = client.get(BOOKING + "15492").json()

    answer = client.post(BOOKING, json={"id": "15492", "custom12": "", "custom13": "auth-9"})

    assert answer.status_code == 200
    assert answer.json() == before | {"custom12": "", "custom13": "auth-9"}
    assert client.get(BOOKING + "15492").json() == answer.json()


@pytest.mark.parametrize("code", [98, "98"])
def test_a_status_is_changed_with_its_name(client: httpx.Client, code: object) -> None:
    answer = client.post(BOOKING, json={"id": "15492", "status_code": code}).json()

    assert (answer["status_code"], answer["status"], answer["custom12"]) == (98, "LOCATION", "old")


def test_an_operators_own_status_exists_once_it_was_added(
    sandbox: IreserveSandbox, client: httpx.Client
) -> None:
    sandbox.status_names["CHECKED-IN"] = "Checked in"

    answer = client.post(BOOKING, json={"id": "15492", "status_code": "CHECKED-IN"}).json()

    assert (answer["status_code"], answer["status"]) == ("CHECKED-IN", "Checked in")


def test_what_was_written_is_kept_in_order_and_what_was_refused_is_not(
    sandbox: IreserveSandbox, client: httpx.Client
) -> None:
    client.post(BOOKING, json={"id": "15492", "custom12": "a"})
    client.post(BOOKING, json={"id": "15492", "status_code": 98})
    client.post(BOOKING, json={"id": "7", "custom12": "b"})
    client.post(BOOKING, json={"id": "15492", "status_code": 97})

    written = [(one.booking, one.fields, one.status) for one in sandbox.writes]
    assert written == [("15492", {"custom12": "a"}, None), ("15492", {}, "98")]
    assert sandbox.state()["writes"] == [
        {"booking": "15492", "fields": {"custom12": "a"}, "status": None},
        {"booking": "15492", "fields": {}, "status": "98"},
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "the body must be a JSON object, with Content-Type: application/json"),
        ({}, "id must be a text"),
        ({"id": 15492, "custom12": "a"}, "id must be a text"),
        ({"id": "", "custom12": "a"}, "id must be a text"),
        ({"id": "15492"}, "there is nothing to update"),
        ({"id": "15492", "status_code": 97}, "status_code must be the code of a status"),
        ({"id": "15492", "status_code": None}, "status_code must be the code of a status"),
        ({"id": "15492", "status_code": True}, "status_code must be the code of a status"),
        ({"id": "15492", "custom12": 5}, "custom12 must be a text"),
        ({"id": "15492", "custom12": None}, "custom12 must be a text"),
        ({"id": "15492", "custom0": "a"}, "custom0 is no custom field"),
        ({"id": "15492", "email": "a@x.nl"}, "email is no custom field"),
    ],
)
def test_an_update_that_is_not_in_the_contract_is_refused(
    sandbox: IreserveSandbox, client: httpx.Client, body: Any, says: str
) -> None:
    answer = client.post(BOOKING, json=body)

    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert sandbox.writes == ()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", BOOKING + "7", 404),
        ("GET", BOOKING + "15492?expand=all", 400),
        ("GET", HOOK + "bookings/15492", 404),
        ("PUT", BOOKING + "15492", 405),
        ("POST", BOOKING + "15492", 405),
        ("DELETE", HOOK + "7", 404),
    ],
)
def test_what_is_not_there_is_said(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["status"]) == (status, status)


@pytest.mark.parametrize("token", [None, "Bearer other", "Basic {token}"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_does_anything_without_the_token(
    sandbox: IreserveSandbox, token: str | None, method: str
) -> None:
    headers = {} if token is None else {"Authorization": token.format(token=sandbox.token)}
    path = {"GET": BOOKING + "15492", "POST": BOOKING}[method]

    answer = httpx.request(method, sandbox.url + path, headers=headers, trust_env=False)

    assert answer.status_code == 401


def test_a_dropped_token_is_replaced_by_hand(
    sandbox: IreserveSandbox, client: httpx.Client
) -> None:
    sandbox.drop_tokens()
    refused = client.get(BOOKING + "15492")

    sandbox.renew_token()

    client.headers["Authorization"] = f"Bearer {sandbox.token}"
    assert (refused.status_code, client.get(BOOKING + "15492").status_code) == (401, 200)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_the_assumed_read_call_can_be_taken_away(
    sandbox: IreserveSandbox, client: httpx.Client, status: int
) -> None:
    sandbox.fault("not_listed", status=status, times=None)

    read, written = (
        client.get(BOOKING + "15492"),
        client.post(BOOKING, json={"id": "15492", "custom12": "a"}),
    )

    assert (read.status_code, written.status_code) == (status, 200)


# --- subscriptions --------------------------------------------------------------------------------


def test_a_subscription_is_kept_until_it_is_ended(
    sandbox: IreserveSandbox, client: httpx.Client
) -> None:
    hook = client.post(
        HOOK + "subscribe/booking_created", json={"target_url": "https://x.example/hook"}
    )
    kept = sandbox.state()["subscriptions"]

    ended = client.delete(f"{HOOK}{hook.json()['id']}")

    assert (hook.status_code, ended.status_code) == (201, 204)
    assert kept == [
        {**hook.json(), "event": "booking_created", "target_url": "https://x.example/hook"}
    ]
    assert sandbox.state()["subscriptions"] == []


@pytest.mark.parametrize(
    ("event", "body", "status"),
    [
        ("Booking", {"target_url": "https://x.example"}, 404),
        ("booking_created", [], 400),
        ("booking_created", {}, 400),
        ("booking_created", {"target_url": "x.example"}, 400),
        ("booking_created", {"target_url": "ftp://x.example"}, 400),
        ("booking_created", {"target_url": 5}, 400),
        ("booking_created", {"target_url": "https://x.example", "secret": "s"}, 400),
    ],
)
def test_a_subscription_that_is_not_in_the_contract_is_refused(
    sandbox: IreserveSandbox, client: httpx.Client, event: str, body: Any, status: int
) -> None:
    assert client.post(f"{HOOK}subscribe/{event}", json=body).status_code == status
    assert sandbox.state()["subscriptions"] == []


# --- the core tells before it stores --------------------------------------------------------------


def test_integrations_are_told_of_a_status_before_it_is_stored(
    sandbox: IreserveSandbox, clock: _Clock
) -> None:
    sandbox.store_delay_s = 5

    told = sandbox.change_status("15492", "70")

    [change] = read_changes(told)
    assert (change.booking.id, change.new_status) == ("15492", "70")
    assert told["status"] == "CANCELLED"
    clock.pass_s(4.9)
    assert sandbox.booking("15492")["status_code"] == 30
    clock.pass_s(0.1)
    assert sandbox.booking("15492")["status_code"] == 70


def test_a_field_that_is_written_before_the_status_is_stored_is_overwritten(
    sandbox: IreserveSandbox, client: httpx.Client, clock: _Clock
) -> None:
    sandbox.store_delay_s = 5
    sandbox.change_status("15492", "70")

    client.post(BOOKING, json={"id": "15492", "custom12": "too early"})
    early = sandbox.booking("15492")["custom12"]
    clock.pass_s(5)
    saved = sandbox.booking("15492")["custom12"]
    client.post(BOOKING, json={"id": "15492", "custom12": "later"})

    assert (early, saved, sandbox.booking("15492")["custom12"]) == ("too early", "old", "later")


def test_a_status_that_is_written_is_stored_late_as_well(
    sandbox: IreserveSandbox, client: httpx.Client, clock: _Clock
) -> None:
    sandbox.store_delay_s = 5

    answer = client.post(BOOKING, json={"id": "15492", "status_code": 98, "custom12": "with it"})

    assert (answer.json()["status_code"], answer.json()["custom12"]) == (30, "with it")
    clock.pass_s(5)
    stored = sandbox.booking("15492")
    assert (stored["status_code"], stored["custom12"]) == (98, "with it")


def test_without_a_delay_a_status_is_stored_at_once(sandbox: IreserveSandbox) -> None:
    sandbox.change_status("15492", "70")

    assert sandbox.booking("15492")["status_code"] == 70


def test_a_booking_that_is_put_anew_knows_no_save_under_way(
    sandbox: IreserveSandbox, clock: _Clock
) -> None:
    sandbox.store_delay_s = 5
    sandbox.change_status("15492", "70")

    sandbox.put_booking("15492", status_code="40", **TIMES)

    clock.pass_s(5)
    assert sandbox.booking("15492")["status_code"] == 40


def test_a_status_or_a_booking_that_does_not_exist_cannot_be_changed(
    sandbox: IreserveSandbox,
) -> None:
    with pytest.raises(ValueError, match="there is no status '97', only 10, 11, 20"):
        sandbox.change_status("15492", "97")
    with pytest.raises(ValueError, match="there is no booking '7'"):
        sandbox.change_status("7", "70")


# --- by hand --------------------------------------------------------------------------------------


def by_hand(sandbox: IreserveSandbox, method: str, path: str, body: Any = None) -> httpx.Response:
    return httpx.request(
        method,
        f"{sandbox.url}/_sandbox/{path}",
        content=json.dumps(body),
        headers=JSON,
        trust_env=False,
    )


def test_bookings_are_put_changed_and_removed_by_hand(sandbox: IreserveSandbox) -> None:
    put = by_hand(sandbox, "PUT", "bookings/a%2Fb", {**TIMES, "status_code": 30, "custom1": "x"})
    late = by_hand(sandbox, "PUT", "store-delay", {"seconds": 60})
    told = by_hand(sandbox, "POST", "bookings/a%2Fb/status", {"status_code": 40})
    state = by_hand(sandbox, "GET", "state").json()
    gone = by_hand(sandbox, "DELETE", "bookings/a%2Fb")

    assert [one.status_code for one in (put, late, told, gone)] == [200, 200, 200, 204]
    assert (put.json()["id"], put.json()["object_id"], put.json()["custom1"]) == ("a/b", "17", "x")
    assert told.json()["status_code"] == 40
    assert state["bookings"][1] == put.json()
    assert [one["id"] for one in sandbox.state()["bookings"]] == ["15492"]
    assert sandbox.requests == ()


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PUT", "bookings/1", [], "the body must be a JSON object"),
        ("PUT", "bookings/1", {}, "date_from must be a time such as 2018-02-13T09:30:00+0100"),
        ("PUT", "bookings/1", {**TIMES, "date_till": "2018-02-13T09:30:00"}, "date_till must be a"),
        ("PUT", "bookings/1", {**TIMES, "phone": "1"}, "phone should not exist"),
        ("PUT", "bookings/1", {**TIMES, "email": None}, "email must be a text"),
        ("PUT", "bookings/1", {**TIMES, "email": True}, "email must be a text"),
        ("POST", "bookings/1/status", {"status_code": 40}, "there is no booking '1'"),
        ("POST", "bookings/15492/status", {"status_code": 41}, "there is no status '41'"),
        ("POST", "bookings/15492/status", {"status_code": None}, "there is no status ''"),
        ("POST", "bookings/15492/status", {}, 'send {"status_code": "30"}'),
        ("POST", "bookings/15492/status", {"status_code": 40, "id": "1"}, "send"),
        ("PUT", "store-delay", {"seconds": -1}, 'send {"seconds": a number from 0 to 3600}'),
        ("PUT", "store-delay", {"seconds": True}, "send"),
        ("PUT", "store-delay", {}, "send"),
    ],
)
def test_what_is_wrong_by_hand_is_said(
    sandbox: IreserveSandbox, method: str, path: str, body: Any, says: str
) -> None:
    before = sandbox.state()

    answer = by_hand(sandbox, method, path, body)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(says)
    assert sandbox.state() == before


def test_the_table_that_it_prints_is_what_it_takes(sandbox: IreserveSandbox) -> None:
    table: Mapping[str, str] = sandbox.booking_core()

    assert table == {"kind": "ireserve", "base_url": sandbox.url, "token": sandbox.token}
    assert (sandbox.environment(), sandbox.integration()) == ({}, {})


def test_what_was_written_is_not_shown_by_repr(
    sandbox: IreserveSandbox, client: httpx.Client
) -> None:
    client.post(BOOKING, json={"id": "15492", "custom12": "s3cret"})

    assert "s3cret" not in repr(sandbox.writes)
