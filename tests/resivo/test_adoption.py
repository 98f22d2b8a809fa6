"""An id in the booking field that the ledger does not know."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ireserve_integrations.errors import RejectedError, UnavailableError
from ireserve_integrations.model import (
    BookedObject,
    Booking,
    Change,
    Customer,
    Grant,
    MappingRow,
    Receipt,
    Window,
)
from ireserve_resivo.access import give_access
from ireserve_resivo.config import Account, Config
from ireserve_resivo.doors import Resolved
from ireserve_resivo.wire import Authorization, RemoteAccess

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
ACCOUNT = Account(
    api_url="https://api.resivo.io",
    api_version="v8",
    site_owner_id="so-1",
    client_id="cid",
    client_secret="secret",
    site_id="site-1",
)
CONFIG = Config(
    integration="resivo-main",
    active=True,
    account=ACCOUNT,
    trigger_statuses=("30",),
    revoke_statuses=("70",),
    time_before_minutes=0,
    authorisation_field="custom12",
    default_language="en",
    mapping=(MappingRow(object="17", targets=("Main entrance",)),),
)
CHANGE = Change(
    booking=Booking(
        id="15492",
        start=START,
        end=END,
        objects=(BookedObject(object="17"),),
        customer=Customer(email="a@example.org"),
        fields={"custom12": " former-7 ", "custom13": "other"},
    ),
    label="i-Reserve 15492 · 3f9c-81ab77d0",
    statuses=("30",),
)
FORMER = Authorization(
    id="former-7", display_name="Visit", status="active", live=True, valid_from=START, valid_to=END
)
ADOPTED = Grant(
    reference="former-7",
    window=Window(start=START, end=END),
    place={"site_id": "site-1"},
    field="custom12",
)
LIVE = replace(ADOPTED, reference="auth-1", targets=("c-1",), label="older")
LATER = replace(FORMER, valid_to=END + timedelta(hours=1))
LATER_ADOPTED = replace(ADOPTED, window=Window(start=START, end=END + timedelta(hours=1)))


@dataclass
class Resivo:
    """Holds what the field may name; remembers what was asked."""

    holds: Authorization | Exception | None = FORMER
    read: list[tuple[str, str]] = field(default_factory=list)
    created: list[RemoteAccess] = field(default_factory=list)

    def create_remote_access(self, _site_id: str, wanted: RemoteAccess) -> str:
        self.created.append(wanted)
        return "auth-9"

    def read_authorization(self, site_id: str, authorization_id: str) -> Authorization | None:
        self.read.append((site_id, authorization_id))
        if isinstance(self.holds, Exception):
            raise self.holds
        return self.holds


class Doors:
    def resolve(self, _names: object) -> Resolved:
        return Resolved(site_id="site-1", ids=("c-1",))

    def forget(self) -> None:
        raise AssertionError("nothing was refused")


@pytest.fixture
def resivo() -> Resivo:
    return Resivo()


def answer(resivo: Resivo, change: Change = CHANGE, config: Config = CONFIG) -> Receipt:
    return give_access(config, change, resivo, Doors(), NOW)


def held(value: str, change: Change = CHANGE) -> Change:
    return replace(change, booking=replace(change.booking, fields={"custom12": value}))


def test_a_fitting_one_is_adopted_and_nobody_is_told_again(resivo: Resivo) -> None:
    receipt = answer(resivo)

    assert (receipt.outcome, receipt.standing) == ("unchanged", "30")
    assert (receipt.grant, receipt.found) == (ADOPTED, ())
    assert receipt.warnings == (
        "custom12 held former-7, live and not known to the ledger: adopted as it is",
    )
    assert (resivo.read, resivo.created) == ([("site-1", "former-7")], [])


def test_what_has_begun_fits_whenever_it_began(resivo: Resivo) -> None:
    resivo.holds = replace(FORMER, valid_from=START - timedelta(days=3))

    receipt = give_access(CONFIG, CHANGE, resivo, Doors(), START + timedelta(minutes=1))

    assert receipt.outcome == "unchanged"


def test_one_with_another_window_is_replaced(resivo: Resivo) -> None:
    resivo.holds = LATER

    receipt = answer(resivo)

    assert receipt.outcome == "replaced"
    assert receipt.grant is not None
    assert receipt.grant.reference == "auth-9"
    assert receipt.found == (LATER_ADOPTED,)
    assert "adopted and replaced" in receipt.warnings[0]


@pytest.mark.parametrize("part", ["valid_from", "valid_to"])
def test_one_that_is_open_at_an_end_is_replaced_and_never_over_by_itself(
    resivo: Resivo, part: str
) -> None:
    changed: dict[str, Any] = {part: None}
    resivo.holds = replace(FORMER, **changed)

    [adopted] = answer(resivo).found

    assert adopted.window in {
        Window(start=datetime(2000, 1, 1, tzinfo=UTC), end=END),
        Window(start=START, end=datetime(2200, 1, 1, tzinfo=UTC)),
    }


@pytest.mark.parametrize(
    "change",
    [
        replace(CHANGE, statuses=("70",)),
        replace(CHANGE, statuses=("40",), standing="70"),
        replace(CHANGE, ended=True),
        replace(CHANGE, booking=replace(CHANGE.booking, objects=(BookedObject(object="9"),))),
    ],
)
def test_one_that_is_not_wanted_is_revoked(resivo: Resivo, change: Change) -> None:
    receipt = answer(resivo, change)

    assert (receipt.outcome, receipt.grant, receipt.found) == ("revoke", None, (ADOPTED,))
    assert "adopted and revoked" in receipt.warnings[-1]
    assert resivo.created == []


def test_beside_a_grant_that_fits_the_grant_counts(resivo: Resivo) -> None:
    receipt = answer(resivo, replace(CHANGE, grant=LIVE, fits=True))

    assert (receipt.outcome, receipt.grant, receipt.found) == ("unchanged", None, (ADOPTED,))
    assert "the field is set right" in receipt.warnings[0]


def test_beside_a_grant_that_differs_both_are_replaced(resivo: Resivo) -> None:
    receipt = answer(resivo, replace(CHANGE, grant=LIVE))

    assert (receipt.outcome, receipt.found) == ("replaced", (ADOPTED,))
    assert len(resivo.created) == 1


def test_beside_a_grant_a_revoke_ends_both(resivo: Resivo) -> None:
    receipt = answer(resivo, replace(CHANGE, grant=LIVE, statuses=("70",)))

    assert (receipt.outcome, receipt.found) == ("revoke", (ADOPTED,))


def test_without_a_site_id_it_is_named_and_left_alone(resivo: Resivo) -> None:
    config = replace(CONFIG, account=replace(ACCOUNT, site_id=None))

    receipt = answer(resivo, config=config)

    assert (receipt.outcome, receipt.found, resivo.read) == ("granted", (), [])
    assert receipt.warnings == (
        "custom12: former-7 cannot be looked up without a Site ID, so it is not adopted",
    )


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        (None, "there is no former-7 in site site-1"),
        (replace(FORMER, live=False), "former-7 is no longer live"),
        (RejectedError("403"), "former-7 cannot be read in site site-1"),
        (
            replace(FORMER, display_name="i-Reserve 15493 · 3f9c-00000001"),
            "former-7 belongs to booking 15493",
        ),
    ],
)
@pytest.mark.parametrize(("status", "outcome"), [("30", "granted"), ("70", "skipped")])
def test_what_cannot_be_adopted_is_left_alone_and_said(
    resivo: Resivo, holds: Any, says: str, status: str, outcome: str
) -> None:
    resivo.holds = holds

    receipt = answer(resivo, replace(CHANGE, statuses=(status,)))

    assert (receipt.outcome, receipt.found) == (outcome, ())
    assert receipt.warnings[-1] == f"custom12: {says}, so it is not adopted"


def test_one_labelled_for_this_booking_is_adopted_whoever_made_it(resivo: Resivo) -> None:
    resivo.holds = replace(FORMER, display_name="i-Reserve 15492 · 0000-00000001")

    assert answer(resivo).grant == ADOPTED


@pytest.mark.parametrize(
    "value", ["..", ".", "ada@example.org", "+31612345678", "see note", "a\u200bb", "x" * 201]
)
def test_what_can_be_no_id_is_neither_sent_nor_repeated(resivo: Resivo, value: str) -> None:
    receipt = answer(resivo, held(value))

    assert (receipt.outcome, resivo.read) == ("granted", [])
    assert receipt.warnings == ("custom12: what it holds is not an id, so it is not adopted",)


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_field_asks_nothing(resivo: Resivo, value: str) -> None:
    receipt = answer(resivo, held(value))

    assert (receipt.outcome, receipt.warnings, resivo.read) == ("granted", (), [])


@pytest.mark.parametrize(
    "change",
    [
        replace(CHANGE, known_references=frozenset({"former-7"})),
        replace(CHANGE, known_references=frozenset({" former-7 "})),
        replace(CHANGE, grant=replace(LIVE, reference="former-7")),
    ],
)
def test_an_id_that_the_ledger_knows_asks_nothing(resivo: Resivo, change: Change) -> None:
    receipt = answer(resivo, change)

    assert (receipt.warnings, receipt.found, resivo.read) == ((), (), [])


@pytest.mark.parametrize("statuses", [(), ("40",)])
def test_where_no_status_has_decided_nothing_is_adopted(
    resivo: Resivo, statuses: tuple[str, ...]
) -> None:
    receipt = answer(resivo, replace(CHANGE, statuses=statuses))

    assert (receipt.outcome, receipt.found, resivo.read) == ("skipped", (), [])


def test_an_inactive_integration_that_would_grant_asks_nothing(resivo: Resivo) -> None:
    receipt = answer(resivo, config=replace(CONFIG, active=False))

    assert (receipt.outcome, resivo.read, resivo.created) == ("skipped", [], [])


def test_an_inactive_integration_still_has_it_ended(resivo: Resivo) -> None:
    change = replace(CHANGE, statuses=("70",))

    receipt = answer(resivo, change, replace(CONFIG, active=False))

    assert (receipt.outcome, receipt.found) == ("revoke", (ADOPTED,))


def test_what_cannot_be_read_now_is_tried_again_later(resivo: Resivo) -> None:
    resivo.holds = UnavailableError("503")

    with pytest.raises(UnavailableError):
        answer(resivo)
    assert resivo.created == []
