"""`reconcile`, `retry`, `resume`, `reapply` and `forget-customer`."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.command_line import Workplace, event

from ireserve_resivo.sandbox import ResivoSandbox


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


@pytest.fixture
def sandbox(workplace: Workplace) -> Iterator[ResivoSandbox]:
    """Lend a vendor that has given access for one booking."""
    with ResivoSandbox() as sandbox:
        workplace.use(sandbox)
        workplace.write("event.json", event())
        workplace.run("dispatch", "event.json")
        yield sandbox


def end_behind_our_back(sandbox: ResivoSandbox) -> str:
    (made,) = sandbox.live_authorisations
    sandbox.revoke_behind_back(made.id)
    return made.id


# --- reconcile ----------------------------------------------------------------------------------


def test_reconcile_finds_nothing_where_all_agree(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    machine, person = workplace.run("reconcile", "--json"), workplace.run("reconcile")

    assert (machine.status, machine.answer) == (0, [])
    assert (person.status, person.out) == (0, "The ledger and the vendors agree.\n")


def test_a_finding_that_is_not_fixed_is_exit_status_1(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    end_behind_our_back(sandbox)

    ran = workplace.run("reconcile", "resivo-main", "--json")

    assert ran.status == 1
    assert ran.answer == [
        {"integration": "resivo-main", "booking": "15492", "finding": "gone", "fixed": False}
    ]


def test_people_get_the_reference_and_what_to_do(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    reference = end_behind_our_back(sandbox)

    ran = workplace.run("reconcile")

    assert ran.status == 1
    assert reference in ran.out
    assert "`reconcile resivo-main --regrant` gives it again" in ran.out


def test_reconcile_gives_again_what_a_person_wants_back(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    end_behind_our_back(sandbox)

    ran = workplace.run("reconcile", "--regrant", "--json")

    assert (ran.status, [one["fixed"] for one in ran.answer]) == (0, [True])
    assert len(sandbox.live_authorisations) == 1


def test_reconcile_ends_one_by_one_what_an_older_ledger_does_not_know(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    (made,) = sandbox.live_authorisations
    forget = sqlite3.connect(workplace.database, isolation_level=None)
    forget.executescript("DELETE FROM grants; DELETE FROM pairs; DELETE FROM bookings;")
    forget.close()

    listed = workplace.run("reconcile", "--fix", "--json")
    ended = workplace.run("reconcile", "--revoke", made.id, "--json")

    finding = {"integration": "resivo-main", "booking": "15492", "finding": "unknown booking"}
    assert (listed.status, listed.answer) == (1, [finding | {"fixed": False}])
    assert (ended.status, ended.answer) == (0, [finding | {"fixed": True}])
    assert sandbox.live_authorisations == ()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["reconcile", "resivo-mian"], "there is no integration 'resivo-mian'"),
        (["reconcile", "--revoke", "auth-9"], "'auth-9' is not among what lives under our label"),
        (["retry"], "retry needs an integration and a booking, or --skipped ID"),
        (["retry", "resivo-main"], "retry needs an integration and a booking"),
        (["retry", "resivo-main", "99"], "the ledger knows no booking '99'"),
        (["retry", "resivo-mian", "15492"], "there is no integration 'resivo-mian'"),
        (["retry", "resivo-main", "15492", "--ask-again"], "no reply is lost"),
        (["retry", "resivo-main", "15492", "--found", "auth-1"], "no reply is lost"),
        (["retry", "resivo-main", "15492", "--dry-run"], "--dry-run is for --skipped alone"),
        (["retry", "a", "b", "--ask-again", "--found", "c"], "--ask-again or --found, not both"),
        (["retry", "resivo-main", "--skipped", "resivo-main"], "--skipped takes no booking"),
        (["retry", "--skipped", "resivo-main", "--ask-again"], "--skipped takes no booking"),
        (["retry", "--skipped", "resivo-mian"], "there is no integration 'resivo-mian'"),
        (["resume", "resivo-mian"], "there is no integration 'resivo-mian'"),
        (["reapply", "resivo-mian"], "there is no integration 'resivo-mian'"),
        (["forget-customer", "99"], "the ledger knows no booking '99'"),
    ],
)
def test_what_cannot_be_meant_is_exit_status_2(
    workplace: Workplace, sandbox: ResivoSandbox, arguments: list[str], sentence: str
) -> None:
    ran = workplace.run(*arguments)

    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err
    assert len(sandbox.live_authorisations) == 1


# --- retry --------------------------------------------------------------------------------------


def test_retry_answers_as_dispatch_does(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    (made,) = sandbox.live_authorisations

    ran = workplace.run("retry", "resivo-main", "15492", "--json")

    (outcome,) = ran.answer
    assert ran.status == 0
    assert (outcome["outcome"], outcome["reference"]) == ("unchanged", made.id)


def test_retry_that_fails_again_is_exit_status_1(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    workplace.write("nobody.json", event(id="2", customer={}))
    workplace.run("dispatch", "nobody.json")

    ran = workplace.run("retry", "resivo-main", "2")

    assert ran.status == 1
    assert "failed" in ran.out


def test_what_was_skipped_is_listed_and_then_worked_off(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    workplace.use(sandbox, active=False)
    workplace.write("second.json", event(id="2"))
    workplace.run("dispatch", "second.json")

    listed = workplace.run("retry", "--skipped", "resivo-main", "--dry-run", "--json")
    refused = workplace.run("retry", "--skipped", "resivo-main")
    workplace.use(sandbox)
    worked_off = workplace.run("retry", "--skipped", "resivo-main", "--json")
    nothing_left = workplace.run("retry", "--skipped", "resivo-main")

    assert (listed.status, listed.answer) == (0, [{"integration": "resivo-main", "booking": "2"}])
    assert (refused.status, refused.out) == (2, "")
    assert [one["outcome"] for one in worked_off.answer] == ["granted"]
    assert (nothing_left.status, nothing_left.out) == (
        0,
        "Nothing that reached integration resivo-main while it was inactive waits.\n",
    )


# --- resume, reapply, forget-customer -----------------------------------------------------------


def test_resume_says_that_it_goes_on(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    machine = workplace.run("resume", "resivo-main", "--json")
    person = workplace.run("resume", "resivo-main")

    assert (machine.status, machine.answer) == (0, {"integration": "resivo-main", "resumed": True})
    assert person.out == "Integration resivo-main goes on: a worker takes up what waited.\n"


def test_reapply_says_beforehand_whose_access_changes(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    (before,) = sandbox.live_authorisations
    row = sandbox.integration()
    workplace.use(sandbox, details=row["details"] | {"time_before_minutes": 45})

    foreseen = workplace.run("reapply", "resivo-main", "--dry-run", "--json")
    untouched = sandbox.live_authorisations
    done = workplace.run("reapply", "resivo-main", "--json")
    again = workplace.run("reapply", "resivo-main")

    replaced = {"integration": "resivo-main", "booking": "15492", "outcome": "replaced"}
    assert (foreseen.status, foreseen.answer) == (0, [replaced | {"message": ""}])
    assert untouched == (before,)
    assert (done.status, done.answer) == (0, [replaced | {"message": ""}])
    assert "the visitors of bookings 15492 are told again" in done.err
    assert [one.id for one in sandbox.live_authorisations] != [before.id]
    assert again.out.endswith("1 unchanged.\n")
    assert "nobody is told again" in again.err


def test_forget_customer_erases_who_it_is(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    machine = workplace.run("forget-customer", "15492", "--json")
    person = workplace.run("forget-customer", "15492")

    assert (machine.status, machine.answer) == (0, {"booking": "15492", "erased": True})
    assert person.out == "Who booked 15492 is erased; the booking itself stays.\n"
