"""`submit` and `worker`: hand over here, work off there."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.host.command_line import Ran, Workplace, event

from ireserve_integrations.ledger import KEY_VARIABLE
from ireserve_resivo.sandbox import ResivoSandbox


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


@pytest.fixture
def sandbox(workplace: Workplace) -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        workplace.use(sandbox)
        yield sandbox


def _submit(workplace: Workplace, *events: dict[str, Any]) -> Ran:
    workplace.write("events.json", list(events))
    return workplace.run("submit", "events.json", "--json")


def _event(event_id: str | None, **booking: Any) -> dict[str, Any]:
    return {"event_id": event_id, **event(**booking)}


# --- submit ---------------------------------------------------------------------------------------


def test_what_is_submitted_is_accepted_once(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    first = _submit(workplace, _event("e-1"), _event(None, id="2"))
    second = _submit(workplace, _event("e-1"), _event("e-3", id="3"))

    assert (first.status, first.err) == (0, "")
    assert first.answer == [
        {"event_id": "e-1", "accepted": True},
        {"event_id": None, "accepted": True},
    ]
    assert (second.status, second.err) == (0, "")
    assert second.answer == [
        {"event_id": "e-1", "accepted": False},
        {"event_id": "e-3", "accepted": True},
    ]
    assert sandbox.live_authorisations == ()


def test_an_event_that_says_something_else_than_before_is_told_of(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    _submit(workplace, _event("e-1"))

    ran = _submit(workplace, _event("e-1", customer={"email": "other@example.org"}))

    assert ran.status == 0
    assert ran.answer == [{"event_id": "e-1", "accepted": False}]
    assert "booking 15492: event e-1 was known already and said something else" in ran.err
    assert "example.org" not in ran.err


def test_people_see_what_was_accepted(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    workplace.write("event.json", _event("e-1"))

    first, second = (workplace.run("submit", "event.json") for _ in range(2))

    assert first.out.splitlines()[2].split() == ["15492", "e-1", "yes"]
    assert second.out.splitlines()[2].split() == ["15492", "e-1", "known", "already"]


def test_a_file_without_an_event_is_told_of(workplace: Workplace) -> None:
    workplace.write("event.json", [])

    ran, for_machines = (workplace.run("submit", "event.json", *more) for more in ((), ("--json",)))

    assert (ran.status, ran.out) == (0, "There is no event in event.json.\n")
    assert for_machines.answer == []


def test_one_event_that_is_none_keeps_all_from_being_accepted(workplace: Workplace) -> None:
    ran = _submit(workplace, _event("e-1"), {"new_status": "30"})

    assert (ran.status, ran.out) == (2, "")
    assert "booking" in ran.err
    assert not workplace.database.exists()


def test_a_missing_key_is_a_sentence(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE)

    submitted = _submit(workplace, _event("e-1"))
    worked = workplace.run("worker", "--drain")

    assert (submitted.status, worked.status) == (2, 2)
    assert KEY_VARIABLE in submitted.err
    assert KEY_VARIABLE in worked.err


# --- worker ---------------------------------------------------------------------------------------


def test_draining_works_off_what_was_submitted(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    _submit(workplace, _event("e-1"))

    ran = workplace.run("worker", "--drain", "--json")

    assert ran.status == 0
    assert ran.answer == {"worked": 1, "outcomes": {"granted": 1}}
    assert len(sandbox.live_authorisations) == 1


def test_draining_tells_people_where_it_works_and_what_came_of_it(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    _submit(workplace, _event("e-1"))

    first, second = (workplace.run("worker", "--drain") for _ in range(2))

    where = f"{workplace.database.name} (SQLite, embedded queue): 1 integration, 16 threads."
    assert first.out == f"Working on {where}\n1 worked off (1 granted).\n"
    assert second.out == f"Working on {where}\nNothing was due.\n"


def test_a_worker_works_until_it_is_told_to_end(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    with workplace.start("worker") as worker:
        assert worker.stdout is not None
        introduced = worker.stdout.readline()
        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate(timeout=30)

    assert introduced.startswith("Working on ")
    assert (worker.returncode, out, err) == (0, "", "")


def test_signals_are_the_callers_again_afterwards(workplace: Workplace) -> None:
    before = signal.getsignal(signal.SIGTERM)

    workplace.run("worker", "--drain")

    assert signal.getsignal(signal.SIGTERM) is before
