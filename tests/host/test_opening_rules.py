"""Openings: which locks, for whom, and what careless plugins and ledgers cannot spoil."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.conftest import Installed, InstallPlugin, OpenHost
from tests.host.opening_vendor import PLUGIN, Clock, Doors, Entrance, booking, kind, message, row

_MAY_HAVE_OPENED = "The door may have opened: look, before you press again."
_INACTIVE = "integration main is inactive: it opens nothing."

Enter = Callable[..., Entrance]


@pytest.fixture
def plugin(install_plugin: InstallPlugin) -> Installed:
    return install_plugin("fake", PLUGIN)


@pytest.fixture
def enter(plugin: Installed, open_host: OpenHost, tmp_path: Path) -> Enter:
    """Open a host on the test's one ledger."""
    clock = Clock()
    doors = Doors(tmp_path / "ireserve-integrations.db", clock)

    def open_one(text: str = row("main", "front")) -> Entrance:
        host = open_host(text, clock=clock, transport=httpx.MockTransport(doors))
        return Entrance(host, doors, clock)

    return open_one


@pytest.fixture
def entrance(enter: Enter) -> Entrance:
    return enter()


# --- several locks --------------------------------------------------------------------------------


def test_several_mapped_locks_open_each_in_turn(enter: Enter) -> None:
    entrance = enter(row("main", "back", "front", "side"))

    outcomes = entrance.host.open_lock("main", booking())

    assert [one.lock for one in outcomes] == entrance.doors.asked == ["back", "front", "side"]
    assert {one.outcome for one in outcomes} == {"opened"}
    assert [one.status for one in outcomes] == ["98", None, None]
    assert [len(one.fields) for one in outcomes] == [1, 0, 0]


@pytest.mark.parametrize(
    ("first", "outcome"),
    [("shut", "refused"), ("broken", "failed"), ("trips", "failed"), ("gone", "failed")],
)
def test_one_lock_that_stays_shut_does_not_stop_the_others(
    enter: Enter, first: str, outcome: str
) -> None:
    entrance = enter(row("main", first, "yard"))
    entrance.doors.answer("gone", 500)

    outcomes = entrance.host.open_lock("main", booking())

    assert [(one.lock, one.outcome) for one in outcomes] == [(first, outcome), ("yard", "opened")]
    assert [one.status for one in outcomes] == [None, "98"]


def test_a_lock_that_was_opened_just_now_does_not_stop_the_others(enter: Enter) -> None:
    entrance = enter(row("main", "front", "side"))
    entrance.press("front")

    outcomes = entrance.host.open_lock("main", booking())

    assert [one.outcome for one in outcomes] == ["unchanged", "opened"]


def test_a_named_lock_opens_alone(enter: Enter) -> None:
    entrance = enter(row("main", "front", "side"))

    outcomes = entrance.host.open_lock("main", booking(), "side")

    assert [one.lock for one in outcomes] == entrance.doors.asked == ["side"]


def test_the_plugin_says_why_nothing_is_mapped(entrance: Entrance) -> None:
    refused = entrance.press(None, objects=[{"object": "18"}])

    assert (refused.outcome, refused.lock) == ("refused", None)
    assert message(refused) == "None may not be opened."


def test_a_refusal_has_the_plugins_words_and_warnings(entrance: Entrance) -> None:
    refused = entrance.press("shut")

    assert (refused.outcome, refused.ok, kind(refused)) == ("refused", False, "RejectedError")
    assert message(refused) == "shut may not be opened."
    assert refused.warnings == ("why",)
    assert entrance.doors.openings() == []


# --- who may ask ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", ["front", "swallows"])
def test_an_inactive_integration_opens_nothing_even_with_a_careless_plugin(
    enter: Enter, lock: str
) -> None:
    entrance = enter(row("main", lock, active=False))

    refused = entrance.press(lock)

    assert (refused.outcome, message(refused)) == ("refused", _INACTIVE)
    assert (entrance.doors.asked, entrance.doors.openings()) == ([], [])


def test_an_integration_with_a_fault_fails_alone(enter: Enter) -> None:
    faulty = row("main", "front") + 'auth = { password = { env = "NOT_SET" } }\n'
    entrance = enter(faulty + row("other", "front"))

    failed = entrance.press()

    assert (failed.outcome, kind(failed), failed.lock) == ("failed", "ConfigError", "front")
    assert "NOT_SET" in message(failed)
    assert entrance.press(name="other").outcome == "opened"


@pytest.mark.parametrize(
    ("name", "said", "sentence"),
    [
        ("main", "15499", "the ledger knows no booking '15499'"),
        ("mian", booking(), "there is no integration 'mian'; did you mean main?"),
        ("main", {"id": "15492"}, "start"),
    ],
)
def test_what_is_not_there_is_an_error_of_the_caller(
    entrance: Entrance, name: str, said: object, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence.replace("?", r"\?")):
        entrance.host.open_lock(name, said)  # type: ignore[arg-type]  # may be anything

    assert entrance.doors.asked == []


def test_a_vendor_without_the_button_opens_nothing(
    install_plugin: InstallPlugin, open_host: OpenHost
) -> None:
    install_plugin("fake")
    host = open_host(row("main", "front"))

    with pytest.raises(ValueError, match="integration main has no action 'open'"):
        host.open_lock("main", booking())


def test_a_closed_host_opens_nothing(entrance: Entrance) -> None:
    entrance.host.close()

    with pytest.raises(RuntimeError, match="closed"):
        entrance.press()


# --- two words on one booking ---------------------------------------------------------------------


def test_the_plugin_sees_the_ledgers_booking_beside_a_stale_file(
    entrance: Entrance, plugin: Installed
) -> None:
    entrance.host.dispatch({"new_status": "70", "booking": booking(objects=[{"object": "18"}])})

    entrance.press(status="30")

    [request] = plugin.module.requests
    assert (request.booking.status, request.known.status) == ("30", "70")
    assert [str(each) for each in request.known.objects] == ["18"]


def test_a_booking_that_the_ledger_does_not_know_has_one_word(
    entrance: Entrance, plugin: Installed
) -> None:
    entrance.press()

    [request] = plugin.module.requests
    assert (request.booking.id, request.known) == ("15492", None)


def test_a_booking_is_opened_by_its_id(entrance: Entrance, plugin: Installed) -> None:
    entrance.host.dispatch({"new_status": "30", "booking": booking(status="20")})

    [opened] = entrance.host.open_lock("main", "15492")

    [request] = plugin.module.requests
    assert (opened.outcome, opened.booking, opened.lock) == ("opened", "15492", "front")
    assert request.booking == request.known
    assert request.booking.status == "30"


# --- careless plugins, and a ledger that cannot be written ----------------------------------------


def test_a_plugin_that_swallows_the_claim_does_not_open_twice(entrance: Entrance) -> None:
    entrance.press("swallows")

    assert entrance.press("swallows").outcome == "unchanged"
    assert entrance.doors.asked == ["swallows"]


@pytest.mark.parametrize("lock", ["trips", "denies"])
def test_a_plugin_that_fails_after_its_request_may_have_opened(
    entrance: Entrance, lock: str
) -> None:
    failed = entrance.press(lock)

    assert failed.outcome == "failed"
    assert message(failed).endswith(_MAY_HAVE_OPENED)
    assert "pa55word" not in message(failed)
    assert entrance.press(lock).outcome == "unchanged"


def test_a_plugin_that_does_not_know_is_believed(entrance: Entrance) -> None:
    assert message(entrance.press("silent")).endswith(_MAY_HAVE_OPENED)


def test_an_opening_without_a_claim_does_not_leave(enter: Enter) -> None:
    entrance = enter(row("main", "front", "side"))
    entrance.doors.run(
        "CREATE TRIGGER full BEFORE INSERT ON openings WHEN NEW.lock = 'front' "
        "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )

    failed, opened = entrance.host.open_lock("main", booking())

    assert (failed.outcome, kind(failed)) == ("failed", "LedgerError")
    assert message(failed).endswith("disk is full. Nothing was opened.")
    assert (opened.outcome, entrance.doors.asked) == ("opened", ["side"])


def test_an_opening_that_cannot_be_written_down_is_opened_all_the_same(entrance: Entrance) -> None:
    entrance.doors.run(
        "CREATE TRIGGER full BEFORE UPDATE ON openings "
        "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )

    opened = entrance.press()

    assert (opened.outcome, opened.error) == ("opened", None)
    assert "disk is full" in opened.warnings[0]
    assert entrance.press().outcome == "unchanged"
