"""`alerts` and `audit`, and what `validate` warns of because of the booking core's catalogue."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.host.command_line import Workplace, event

from ireserve_integrations.ledger import KEY_VARIABLE, Alert, Cause, Keys, Ledger, Note
from ireserve_integrations.model import Booking, StatusChange
from ireserve_resivo.sandbox import ResivoSandbox

AT = datetime(2026, 11, 21, 9, 58, 3, tzinfo=UTC)
ALERT = Alert(cause=Cause.FAILED, message="do this", integration="resivo-main", booking="15492")
ZONE = '[booking_core]\ntime_zone = "Europe/Amsterdam"\n'


class Office(Workplace):
    """A workplace whose ledger a test writes."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, monkeypatch)
        self._key = os.environ[KEY_VARIABLE]
        self.monkeypatch = monkeypatch

    def ledger(self) -> Ledger:
        return Ledger(str(self.database), keys=Keys(self._key), lease_s=1, clock=lambda: AT)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)


@pytest.fixture
def ledger(office: Office) -> Iterator[Ledger]:
    ledger = office.ledger()
    yield ledger
    ledger.close()


@pytest.fixture
def sandbox(office: Office) -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        yield sandbox


# --- alerts ---------------------------------------------------------------------------------------


def test_alerts_for_machines_have_null_where_there_is_none(office: Office, ledger: Ledger) -> None:
    ledger.alerts.open(ALERT)
    ledger.alerts.open(Alert(cause=Cause.SETTINGS, message="the file"))

    ran = office.run("alerts", "--json")

    assert ran.status == 0
    assert ran.answer == [
        {
            "integration": "resivo-main",
            "booking": "15492",
            "cause": "failed",
            "message": "do this",
            "opened_at": "2026-11-21T09:58:03+00:00",
        },
        {
            "integration": None,
            "booking": None,
            "cause": "settings",
            "message": "the file",
            "opened_at": "2026-11-21T09:58:03+00:00",
        },
    ]


def test_alerts_for_people_stand_in_a_table_in_their_own_time(
    office: Office, ledger: Ledger
) -> None:
    office.configure(ZONE)
    ledger.alerts.open(ALERT)

    ran = office.run("alerts")

    assert ran.status == 0
    assert "do this" in ran.out
    assert "2026-11-21T10:58:03+0100" in ran.out


def test_an_alert_that_is_gone_is_not_listed(office: Office, ledger: Ledger) -> None:
    ledger.alerts.open(ALERT)
    ledger.alerts.close(Cause.FAILED)

    assert office.run("alerts", "--json").answer == []


def test_where_there_is_no_alert_a_sentence_says_so(office: Office) -> None:
    ran = office.run("alerts")

    assert ran.status == 0
    assert "no alert" in ran.out


def test_alerts_need_no_plugin_and_no_key(office: Office, ledger: Ledger) -> None:
    ledger.alerts.open(ALERT)
    office.install("wrecked", "import not_there", integrations={"wreck": "Plugin"})
    office.monkeypatch.delenv(KEY_VARIABLE)

    assert office.run("alerts", "--json").answer[0]["booking"] == "15492"


def test_alerts_are_listed_though_the_configuration_cannot_be_used(
    office: Office, ledger: Ledger
) -> None:
    office.configure("[host\n")
    ledger.alerts.open(ALERT)

    ran = office.run("alerts")

    assert ran.status == 0
    assert "do this" in ran.out
    assert "UTC" in ran.err


def test_alerts_make_no_ledger_where_there_is_no_configuration(office: Office) -> None:
    (office.folder / "integrations.toml").unlink()

    ran = office.run("alerts")

    assert ran.status == 2
    assert office.files == []


def test_a_ledger_that_cannot_be_used_is_said(office: Office) -> None:
    ran = office.run("alerts", "--database", "no/such/folder/ledger.db")

    assert ran.status == 2
    assert "cannot be written" in ran.err


# --- audit ----------------------------------------------------------------------------------------


def _note(ledger: Ledger, *, booking: str = "15492", **detail: object) -> None:
    ledger.note(Note(what="wrote", integration="resivo-main", booking=booking, detail=detail))


def test_the_audit_shows_what_was_handed_over_though_nobody_has_worked_yet(
    office: Office, ledger: Ledger
) -> None:
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    booking = Booking(id="15492", start=start, end=start + timedelta(hours=2))
    change = StatusChange(booking=booking, new_status="30")
    ledger.record([change], {"resivo-main": "resivo"}, (), at_once=False)

    ran = office.run("audit", "--json")

    assert [(one["what"], one["booking"]) for one in ran.answer] == [("came in", "15492")]


def test_the_audit_for_machines_has_every_detail_beside_what_happened(
    office: Office, ledger: Ledger
) -> None:
    _note(ledger, fields=["custom12"], booking="15492")
    ledger.note(Note(what="resumed", integration="resivo-main"))

    ran = office.run("audit", "--json")

    assert ran.status == 0
    assert ran.answer == [
        {
            "at": "2026-11-21T09:58:03+00:00",
            "integration": "resivo-main",
            "booking": "15492",
            "what": "wrote",
            "fields": ["custom12"],
        },
        {
            "at": "2026-11-21T09:58:03+00:00",
            "integration": "resivo-main",
            "booking": None,
            "what": "resumed",
        },
    ]


def test_the_audit_for_people_says_it_in_words_and_in_their_own_time(
    office: Office, ledger: Ledger
) -> None:
    office.configure(ZONE)
    _note(ledger, fields=["custom12", "custom13"], accepted=True)

    ran = office.run("audit")

    assert "fields: custom12; custom13, accepted: yes" in ran.out
    assert "2026-11-21T10:58:03+0100" in ran.out


def test_the_audit_of_a_booking_is_its_own_alone(office: Office, ledger: Ledger) -> None:
    _note(ledger, booking="1")
    _note(ledger, booking="2")

    ran = office.run("audit", "--booking", "2", "--json")

    assert [entry["booking"] for entry in ran.answer] == ["2"]


def test_the_audit_of_an_unknown_booking_is_empty_and_says_so(
    office: Office, ledger: Ledger
) -> None:
    _note(ledger)

    ran = office.run("audit", "--booking", "nobody's", "--json")

    assert (ran.status, ran.answer) == (0, [])
    assert "nobody's" in ran.err


def test_a_long_audit_is_whole_and_in_its_order(office: Office, ledger: Ledger) -> None:
    ledger.note(*(Note(what="wrote", booking=f"b-{number}") for number in range(1_201)))

    for_machines = office.run("audit", "--json")
    for_people = office.run("audit")

    assert [one["booking"] for one in for_machines.answer] == [f"b-{n}" for n in range(1_201)]
    assert for_people.out.count("wrote") == 1_201


def test_what_a_terminal_would_act_on_is_shown_as_it_is_written(
    office: Office, ledger: Ledger
) -> None:
    _note(ledger, booking="\x1b[2J")

    ran = office.run("audit")

    assert "\x1b" not in ran.out
    assert "\\x1b[2J" in ran.out


def test_the_audit_for_machines_is_one_document_for_a_stream_of_few_letters(
    office: Office, ledger: Ledger
) -> None:
    _note(ledger, about="Eingang Süd")
    office.set({"PYTHONIOENCODING": "ascii"})

    ran = office.run_apart("audit", "--json")

    assert json.loads(ran.out)[0]["about"] == "Eingang Süd"


# --- validate -------------------------------------------------------------------------------------


def _warnings(office: Office) -> list[str]:
    ran = office.run("validate", "--json")
    assert ran.status == 0
    return [
        f"{one['path']} {one['message']}" for one in ran.answer if "booking core" in one["message"]
    ]


def test_validate_warns_of_a_status_that_the_catalogue_does_not_name(
    office: Office, sandbox: ResivoSandbox
) -> None:
    office.use(sandbox, host='[booking_core.catalogue]\nstatuses = { "30" = "PAID" }\n')

    found = _warnings(office)

    assert "details.revoke_statuses the booking core is not known to have status 70" in found[0]


def test_validate_knows_what_events_showed_without_the_key(
    office: Office, sandbox: ResivoSandbox
) -> None:
    typed = '[booking_core.catalogue]\nstatuses = { "30" = "PAID", "80" = "REJECTED" }\n'
    office.use(sandbox, host=typed)
    before = _warnings(office)
    office.write("event.json", event("70", objects=[]))
    office.run("dispatch", "event.json")
    office.monkeypatch.delenv(KEY_VARIABLE)

    after = _warnings(office)

    assert any("status 70" in one for one in before)
    assert not any("status 70" in one for one in after)


def test_validate_without_a_catalogue_and_a_ledger_warns_of_nothing_and_makes_nothing(
    office: Office, sandbox: ResivoSandbox
) -> None:
    office.use(sandbox)

    assert _warnings(office) == []
    assert office.files == ["integrations.toml"]


def test_validate_looks_over_a_database_that_is_none(
    office: Office, sandbox: ResivoSandbox
) -> None:
    office.use(sandbox)
    office.write("ireserve-integrations.db", "no database")

    assert _warnings(office) == []
