"""`dispatch`: events from a file, outcomes for people and machines."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.command_line import START, Workplace, event

from ireserve_integrations.ledger import KEY_VARIABLE
from ireserve_resivo.sandbox import ResivoSandbox

NO_VENDOR = '[[integrations]]\nid = "lost"\nvendor = "resivoo"\n'


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


@pytest.fixture
def sandbox(workplace: Workplace) -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        workplace.use(sandbox)
        yield sandbox


def test_a_granted_booking_is_one_entry_of_the_array(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    workplace.write("event.json", event())

    ran = workplace.run("dispatch", "event.json", "--json")

    (made,) = sandbox.live_authorisations
    assert (ran.status, ran.err) == (0, "")
    assert ran.answer == [
        {
            "integration": "resivo-main",
            "vendor": "resivo",
            "booking": "15492",
            "outcome": "granted",
            "reference": made.id,
            "fields": {"custom12": made.id},
            "status": None,
            "warnings": [],
            "error": None,
        }
    ]


def test_people_get_a_table_and_every_sentence_once(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    nobody = [event(id=str(number), customer={}) for number in range(1, 8)]
    workplace.write("events.json", [event(), *nobody])

    ran = workplace.run("dispatch", "events.json")

    (made,) = sandbox.live_authorisations
    assert ran.status == 1
    assert f"15492     resivo-main   granted   {made.id}   custom12 = {made.id}" in ran.out
    assert ran.out.count("failed") == 7 + 1
    assert "resivo-main, 1, 2, 3, 4, 5, and 2 more, failed: nobody could be told" in ran.out
    assert "(RejectedError)" in ran.out


def test_an_emptied_field_is_shown_as_empty(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    workplace.write("event.json", event())
    workplace.write("cancel.json", event("70"))
    workplace.run("dispatch", "event.json")

    ran = workplace.run("dispatch", "cancel.json")

    assert ran.status == 0
    assert "custom12 = (empty)" in ran.out


def test_standard_input_is_read_for_a_dash(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    ran = workplace.run_apart("dispatch", "-", "--json", stdin=json.dumps([event()]))

    assert (ran.status, ran.answer[0]["outcome"]) == (0, "granted")


def test_what_is_wrong_on_standard_input_is_said_of_it(workplace: Workplace) -> None:
    ran = workplace.run_apart("dispatch", "-", stdin="[{}")

    assert ran.status == 2
    assert ran.err.startswith("standard input: is not JSON: ")


def test_ireserves_own_booking_is_taken(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    booking = {
        "id": 15492,
        "status_code": 30,
        "date_from": START.isoformat(),
        "date_till": START.replace(year=START.year + 1).isoformat(),
        "object_id": 17,
        "email": "ada@example.org",
    }
    workplace.write("booking.json", booking)

    ran = workplace.run("dispatch", "booking.json", "--json")

    assert (ran.status, ran.answer[0]["booking"], ran.answer[0]["outcome"]) == (
        0,
        "15492",
        "granted",
    )


@pytest.mark.parametrize(("option", "answer"), [("--json", "[]\n"), (None, "There is no event")])
def test_an_empty_array_is_nothing_to_do(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, option: str | None, answer: str
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    workplace.write("events.json", [])

    ran = workplace.run("dispatch", "events.json", *filter(None, [option]))

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(answer)
    assert not workplace.database.exists()


def test_events_without_an_integration_are_kept(workplace: Workplace) -> None:
    workplace.write("event.json", event())

    ran = workplace.run("dispatch", "event.json")

    assert ran.status == 0
    assert ran.out.startswith("No integration is configured: ")
    assert workplace.database.exists()


def test_what_is_still_owed_is_pending(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    sandbox.fault("lost_reply", path="remote-access")
    workplace.write("event.json", event())

    ran = workplace.run("dispatch", "event.json", "--json")

    assert (ran.status, ran.answer[0]["outcome"]) == (1, "pending")
    assert ran.answer[0]["error"]["kind"] == "OutcomeUnknownError"


def test_one_integrations_fault_is_its_own(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    with (workplace.folder / "integrations.toml").open("a") as file:
        file.write(NO_VENDOR)
    workplace.write("event.json", event())

    ran = workplace.run("dispatch", "event.json", "--json")

    assert ran.status == 1
    assert [entry["outcome"] for entry in ran.answer] == ["granted", "failed"]
    assert ran.answer[1]["error"]["kind"] == "ConfigError"


def test_a_long_array_has_time_for_every_batch(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    workplace.use(sandbox, host="[host]\ncall_deadline_s = 3\nthreads = 1\n")
    workplace.write("events.json", [event(id=str(number)) for number in range(7)])
    sandbox.latency_s = 0.5

    ran = workplace.run("dispatch", "events.json", "--json")

    assert [entry["outcome"] for entry in ran.answer] == ["granted"] * 7


def test_letters_of_people_stay_letters(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    row = {"object": "17", "targets": ["Zaal “Oranje”"]}
    workplace.use(sandbox, mapping=[row])
    workplace.write("event.json", event())

    ran = workplace.run("dispatch", "event.json", "--json")

    assert "Zaal “Oranje”" in ran.out
    assert len(ran.out.splitlines()) == 1


def test_somebody_who_waits_long_sees_a_bar(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    workplace.write("events.json", [event(id=str(number)) for number in range(11)])

    ran = workplace.run_on_a_terminal("dispatch", "events.json", "--json", only_errors=True)

    assert len(ran.answer) == 11
    assert "dispatching" in ran.err
    assert "11/11" in ran.err


def test_a_short_array_has_no_bar(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    workplace.write("events.json", [event(id=str(number)) for number in range(10)])

    ran = workplace.run_on_a_terminal("dispatch", "events.json", "--json", only_errors=True)

    assert (len(ran.answer), ran.err) == (10, "")


def test_a_file_for_errors_gets_no_bar(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    workplace.write("events.json", [event(id=str(number)) for number in range(11)])

    assert workplace.run("dispatch", "events.json", "--json").err == ""


def test_interrupted_it_ends_soon_and_the_rest_stays_owed(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    workplace.use(sandbox, host="[host]\nthreads = 1\n")
    workplace.write("events.json", [event(id=str(number)) for number in range(30)])
    sandbox.latency_s = 0.2

    with workplace.start("dispatch", "events.json") as program:
        _wait_for_the_first_authorisation(sandbox)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)

    assert (program.returncode, out) == (130, "")
    assert "dispatch the same file again to go on" in err
    assert len(sandbox.authorisations) < 10
    sandbox.latency_s = 0.0
    assert workplace.run("dispatch", "events.json").status == 0
    assert len(sandbox.live_authorisations) == 30


def _wait_for_the_first_authorisation(sandbox: ResivoSandbox) -> None:
    end = time.monotonic() + 30
    while not sandbox.authorisations:
        assert time.monotonic() < end, "nothing was authorised"
        time.sleep(0.01)
