"""A ledger's file that cannot be written for a while: said, nothing lost, gone on with."""

import resource
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.host.command_line import Workplace
from tests.host.command_line import event as cli_event
from tests.host.fake_rig import CANCELLED, CONFIRMED, Rig, kind_of, message_of
from tests.host.fake_vendor import Hold
from tests.host.ledger_trouble import SENTENCES, LedgerTrouble, troubled
from tests.host.worker_rig import WorkerRig, booked, eventually

from ireserve_integrations.errors import LedgerError

BRIEF = {
    "call_deadline_s": 1,
    "late_request_s": 0.1,
    "lease_s": 0.5,
    "sweep_s": 0.2,
    "retry_first_s": 0.05,
    "retry_longest_s": 0.5,
}
MANY = range(60)
"""So many that they do not fit into what is left of the file's last pages."""

every_kind = pytest.mark.parametrize("kind", ["full", "read-only", "locked"])


@pytest.fixture
def shop(rig: Rig) -> Iterator[WorkerRig]:
    with ExitStack() as stack:
        shop = WorkerRig(rig, None, stack)
        shop.configure(BRIEF)
        yield shop


@pytest.fixture
def trouble(shop: WorkerRig) -> Iterator[LedgerTrouble]:
    with troubled(shop.rig.database) as lent:
        yield lent


def _labels(shop: WorkerRig) -> list[str]:
    """Return the bookings that have access, each as often as it has it."""
    return sorted(one.label.split()[1] for one in shop.vendor.live)


def _names(numbers: range) -> list[str]:
    return sorted(f"b-{number}" for number in numbers)


def _wait_for_all(held: list[Hold]) -> None:
    for one in held:
        one.wait()


def _let_go(held: list[Hold]) -> None:
    for one in held:
        one.let_go.set()


def _owed(shop: WorkerRig) -> int:
    pairs = shop.rig.ask("SELECT booking FROM pairs WHERE due_at IS NOT NULL")
    return len(pairs) + len(shop.rig.ask("SELECT booking FROM events WHERE waiting IS NOT NULL"))


def _done(shop: WorkerRig, numbers: range) -> bool:
    return not _owed(shop) and _labels(shop) == _names(numbers)


# --- handing over ---------------------------------------------------------------------------------


@every_kind
def test_a_submit_that_fails_says_why_and_leaves_nothing(
    shop: WorkerRig, trouble: LedgerTrouble, kind: str
) -> None:
    shop.submit(booked(number=1000))
    trouble.begin(kind)

    with pytest.raises(LedgerError, match=f"ledger .*: {SENTENCES[kind]}$"):
        shop.submit(*(booked(number=number) for number in MANY))
    trouble.end()

    assert [row["booking"] for row in shop.rig.ask("SELECT booking FROM events")] == ["b-1000"]
    assert shop.host.known_booking("b-1000").status == CONFIRMED


@every_kind
def test_what_could_not_be_handed_over_can_be_once_the_trouble_is_over(
    shop: WorkerRig, trouble: LedgerTrouble, kind: str
) -> None:
    events = [booked(number=number, event_id=f"e-{number}") for number in MANY]
    trouble.begin(kind)
    with pytest.raises(LedgerError):
        shop.submit(*events)
    trouble.end()

    accepted = [one.accepted for one in shop.host.record(events)]
    shop.drain()

    assert accepted == [True] * len(MANY)
    assert _done(shop, MANY)


@every_kind
def test_a_dispatch_that_cannot_be_written_down_asks_the_vendor_nothing(
    shop: WorkerRig, trouble: LedgerTrouble, kind: str
) -> None:
    events = [booked(number=number) for number in MANY]
    shop.host  # noqa: B018  # opened before the trouble
    trouble.begin(kind)

    with pytest.raises(LedgerError, match=SENTENCES[kind]):
        shop.host.dispatch(events)

    assert shop.vendor.log == []


def _submit_by_hand(workplace: Workplace, command: str) -> tuple[int, str]:
    workplace.write("events.json", [cli_event(id=f"b-{number}") for number in MANY])
    ran = workplace.run(command, "events.json", "--json")
    assert ran.out == ""
    return ran.status, ran.err


@every_kind
@pytest.mark.parametrize("command", ["submit", "dispatch"])
def test_the_command_says_why_and_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, command: str
) -> None:
    workplace = Workplace(tmp_path, monkeypatch)
    workplace.write("event.json", cli_event())
    workplace.run("submit", "event.json")
    with troubled(workplace.database) as trouble:
        trouble.begin(kind)

        status, said = _submit_by_hand(workplace, command)

    assert status == 2
    assert SENTENCES[kind] in said
    assert "Traceback" not in said


# --- working off ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["read-only", "locked"])  # one answer may fit into a full file
def test_an_answer_that_cannot_be_written_down_at_once_is_written_as_soon_as_it_can(
    shop: WorkerRig, trouble: LedgerTrouble, kind: str
) -> None:
    held = [shop.vendor.hold("make") for _ in range(6)]
    worker = shop.working()
    shop.submit(*(booked(number=number) for number in range(6)))
    _wait_for_all(held)
    trouble.begin(kind)
    _let_go(held)
    trouble.wait_for_failures(2)

    trouble.end()

    eventually(lambda: _done(shop, range(6)), "not all is done")
    eventually(lambda: worker.worked == 6, "the worker does not know")
    assert shop.vendor.times("make") == 6
    assert shop.vendor.times("find") == 0


@every_kind
def test_a_worker_says_so_and_goes_on_when_the_trouble_is_over(
    shop: WorkerRig, trouble: LedgerTrouble, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    shop.submit(*(booked(number=number) for number in MANY))
    shop.submit(*(booked(CANCELLED, number=number) for number in range(50, 60)))
    trouble.begin(kind)
    worker = shop.host.worker()
    worker.start()
    eventually(lambda: SENTENCES[kind] in caplog.text, "nobody was told")

    trouble.end()

    eventually(lambda: _done(shop, range(50)), "not all is done")
    eventually(lambda: "it goes on" in caplog.text, "nobody was told that it goes on")
    worker.stop()
    assert shop.vendor.times("make") == 50


def test_a_dispatch_whose_answer_cannot_be_written_down_says_so_and_grants_once(
    shop: WorkerRig, trouble: LedgerTrouble
) -> None:
    held = shop.vendor.hold("make")
    shop.host  # noqa: B018  # opened here, not by the thread
    asked = shop.rig.dispatch_aside(booked())
    held.wait()
    trouble.begin("read-only")
    held.let_go.set()

    outcome = asked.result(30)
    trouble.end()
    eventually(lambda: shop.drain() is not None and _done(shop, range(1, 2)), "it is owed still")

    assert (outcome.outcome, kind_of(outcome)) == ("pending", "UnavailableError")
    assert SENTENCES["read-only"] in message_of(outcome)
    assert shop.vendor.times("make") == 1


def test_a_process_whose_files_may_not_grow_says_so_and_goes_on_when_they_may(
    shop: WorkerRig,
) -> None:
    shop.submit(booked(number=0))
    with shop.process("worker") as worker:
        eventually(lambda: _done(shop, range(1)), "the first was not done")
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        shop.submit(*(booked(number=number) for number in range(1, 20)))
        assert worker.stderr is not None
        said = worker.stderr.readline()
        meanwhile = shop.vendor.times("make")

        resource.prlimit(
            worker.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        eventually(lambda: _done(shop, range(20)), "it did not go on")
        worker.send_signal(signal.SIGTERM)

        assert worker.wait(30) == 0
    assert "ledger" in said
    assert "It is tried again until it goes on" in said
    assert meanwhile == 1
    assert shop.vendor.times("make") == 20
