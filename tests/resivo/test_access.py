"""What a change asks of Resivo: the design's table, without a wire."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ireserve_integrations.errors import ConfigError, RejectedError, UnavailableError
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
WINDOW = Window(start=START - timedelta(minutes=15), end=END)
LABEL = "i-Reserve 15492 · 3f9c-81ab77d0"
CONFIG = Config(
    integration="resivo-main",
    active=True,
    account=Account(
        api_url="https://api.resivo.io",
        api_version="v8",
        site_owner_id="so-1",
        client_id="cid",
        client_secret="secret",
        site_id="site-1",
    ),
    trigger_statuses=("30", "31"),
    revoke_statuses=("70", "80"),
    time_before_minutes=15,
    authorisation_field="custom12",
    default_language="en",
    mapping=(
        MappingRow(object="17", targets=("Main entrance",)),
        MappingRow(object="17", sub_object="171", targets=("Main entrance", "Studio 1")),
    ),
)
INACTIVE = replace(CONFIG, active=False)
BOOKING = Booking(
    id="15492",
    start=START,
    end=END,
    objects=(BookedObject(object="17", sub_object="171"),),
    customer=Customer(email="a@example.org", language="nl"),
)
LIVE = Grant(
    reference="auth-1", window=WINDOW, place={"site_id": "site-1"}, field="custom12", label="older"
)
TRIGGER = Change(booking=BOOKING, label=LABEL, statuses=("30",))
FITTING = replace(TRIGGER, grant=LIVE, fits=True)
DIFFERING = replace(TRIGGER, grant=LIVE)


@dataclass
class Resivo:
    """Remembers what it was asked to do, and gives ids in order."""

    refuse: list[Exception] = field(default_factory=list)
    created: list[tuple[str, RemoteAccess]] = field(default_factory=list)

    def create_remote_access(self, site_id: str, wanted: RemoteAccess) -> str:
        self.created.append((site_id, wanted))
        for error in self.refuse[:1]:
            del self.refuse[0]
            raise error
        return f"auth-{8 + len(self.created)}"

    def read_authorization(self, site_id: str, authorization_id: str) -> Authorization | None:
        raise AssertionError(f"{authorization_id} in {site_id} was read for nothing")


@dataclass
class Doors:
    """Ids by name; `today` after they were forgotten."""

    ids: dict[str, str] = field(default_factory=lambda: {"Main entrance": "c-2", "Studio 1": "c-1"})
    today: dict[str, str] = field(default_factory=dict)
    resolved: list[tuple[str, ...]] = field(default_factory=list)

    def resolve(self, names: Iterable[str]) -> Resolved:
        self.resolved.append(tuple(names))
        return Resolved(
            site_id="site-1", ids=tuple(sorted(self.ids[name] for name in self.resolved[-1]))
        )

    def forget(self) -> None:
        self.ids |= self.today


@pytest.fixture
def resivo() -> Resivo:
    return Resivo()


@pytest.fixture
def doors() -> Doors:
    return Doors()


def moved(change: Change, **changed: Any) -> Change:
    return replace(change, booking=replace(change.booking, **changed))


ENDED = replace(moved(TRIGGER, start=NOW - timedelta(hours=2), end=NOW), ended=True)
UNKNOWN = (BookedObject(object="99"), BookedObject(object="98", sub_object="981"))


@pytest.mark.parametrize(
    ("config", "change", "outcome", "standing", "says"),
    [
        (CONFIG, TRIGGER, "granted", "30", None),
        (CONFIG, replace(TRIGGER, statuses=("31",)), "granted", "31", None),
        (CONFIG, replace(TRIGGER, statuses=("30", "40")), "granted", "30", None),
        (CONFIG, replace(TRIGGER, statuses=("70", "30")), "granted", "30", None),
        (CONFIG, replace(TRIGGER, statuses=(), standing="30"), "granted", "30", None),
        (CONFIG, DIFFERING, "replaced", "30", None),
        (CONFIG, replace(DIFFERING, statuses=("40",), standing="30"), "replaced", "30", None),
        (CONFIG, FITTING, "unchanged", "30", None),
        (CONFIG, replace(FITTING, statuses=("40",), standing="30"), "unchanged", "30", None),
        (replace(CONFIG, mapping=()), FITTING, "unchanged", "30", None),
        (CONFIG, replace(TRIGGER, statuses=("30", "70")), "skipped", "70", "asks for no access"),
        (CONFIG, replace(TRIGGER, statuses=("40",)), "skipped", None, "neither a trigger nor"),
        (CONFIG, replace(TRIGGER, statuses=()), "skipped", None, "no trigger status"),
        (CONFIG, replace(FITTING, statuses=("70",)), "revoke", "70", None),
        (CONFIG, replace(DIFFERING, statuses=("30", "80", "40")), "revoke", "80", None),
        (CONFIG, replace(FITTING, statuses=("40",), standing="29"), "revoke", "29", "status 29"),
        (CONFIG, ENDED, "skipped", "30", "the booking has ended"),
        (CONFIG, replace(ENDED, grant=LIVE), "revoke", "30", "the booking has ended"),
        (CONFIG, moved(TRIGGER, objects=UNKNOWN), "skipped", "30", "no mapping row for 99, 98/981"),
        (CONFIG, moved(DIFFERING, objects=UNKNOWN), "revoke", "30", "no mapping row for 99"),
        (CONFIG, moved(TRIGGER, objects=()), "skipped", "30", "names no object"),
        (INACTIVE, TRIGGER, "skipped", "30", "resivo-main is inactive"),
        (INACTIVE, DIFFERING, "skipped", "30", "resivo-main is inactive"),
        (INACTIVE, FITTING, "unchanged", "30", None),
        (INACTIVE, replace(FITTING, statuses=("70",)), "revoke", "70", None),
        (INACTIVE, replace(ENDED, grant=LIVE), "revoke", "30", "has ended"),
        (INACTIVE, moved(TRIGGER, objects=UNKNOWN), "skipped", "30", "no mapping row"),
    ],
)
def test_what_a_change_means(
    *,
    config: Config,
    change: Change,
    outcome: str,
    standing: str | None,
    says: str | None,
    resivo: Resivo,
    doors: Doors,
) -> None:
    receipt = give_access(config, change, resivo, doors, NOW)

    assert (receipt.outcome, receipt.standing) == (outcome, standing)
    assert (says is None) is (receipt.warnings == ())
    assert (says or "") in " ".join(receipt.warnings)
    makes = outcome in {"granted", "replaced"}
    assert (receipt.grant is not None, len(resivo.created), len(doors.resolved)) == (makes,) * 3
    assert (receipt.found, receipt.fields, receipt.status) == ((), {}, None)


def test_a_grant_gives_what_the_booking_says(resivo: Resivo, doors: Doors) -> None:
    receipt = give_access(CONFIG, TRIGGER, resivo, doors, NOW)

    assert receipt.grant == Grant(
        reference="auth-9",
        window=WINDOW,
        place={"site_id": "site-1"},
        targets=("c-1", "c-2"),
        field="custom12",
        label=LABEL,
    )
    [(site_id, wanted)] = resivo.created
    assert site_id == "site-1"
    assert (wanted.display_name, wanted.component_ids) == (LABEL, ("c-1", "c-2"))
    assert (wanted.valid_from, wanted.valid_to) == (WINDOW.start, WINDOW.end)
    assert (wanted.recipient.email, wanted.recipient.language) == ("a@example.org", "nl")


@pytest.mark.parametrize(
    "zone", [UTC, timezone(timedelta(hours=13)), ZoneInfo("America/New_York")], ids=str
)
def test_a_window_is_the_same_from_whatever_zone(zone: Any, resivo: Resivo, doors: Doors) -> None:
    change = moved(TRIGGER, start=START.astimezone(zone), end=END.astimezone(zone))

    give_access(CONFIG, change, resivo, doors, NOW)

    assert (resivo.created[0][1].valid_from, resivo.created[0][1].valid_to) == (
        WINDOW.start,
        WINDOW.end,
    )


def test_time_before_is_real_time_over_a_summer_time_change(resivo: Resivo, doors: Doors) -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    start = datetime(2026, 10, 25, 3, 0, tzinfo=amsterdam)  # 02:00 UTC, an hour after the change
    change = moved(TRIGGER, start=start, end=start + timedelta(hours=1))
    config = replace(CONFIG, time_before_minutes=60)

    give_access(config, change, resivo, doors, datetime(2026, 10, 1, tzinfo=UTC))

    assert resivo.created[0][1].valid_from == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


def test_a_start_in_the_past_is_now(resivo: Resivo, doors: Doors) -> None:
    late = START + timedelta(minutes=30, microseconds=7)

    receipt = give_access(CONFIG, TRIGGER, resivo, doors, late)

    assert receipt.grant is not None
    assert receipt.grant.window == Window(start=late.replace(microsecond=0), end=END)


def test_an_object_without_a_row_is_named_and_the_rest_is_granted(
    resivo: Resivo, doors: Doors
) -> None:
    objects = (BookedObject(object="17"), BookedObject(object="99"))

    receipt = give_access(CONFIG, moved(TRIGGER, objects=objects), resivo, doors, NOW)

    assert receipt.outcome == "granted"
    assert receipt.warnings == ("no mapping row for 99: its doors stay shut",)
    assert doors.resolved == [("Main entrance",)]


def test_a_number_that_takes_no_sms_is_a_warning(resivo: Resivo, doors: Doors) -> None:
    customer = Customer(email="a@example.org", phone="+31 20 1234567")

    receipt = give_access(CONFIG, moved(TRIGGER, customer=customer), resivo, doors, NOW)

    assert receipt.outcome == "granted"
    assert receipt.warnings == ("The phone number is a landline, so no SMS can be sent.",)


def test_where_nobody_could_be_told_nothing_is_asked(resivo: Resivo, doors: Doors) -> None:
    with pytest.raises(RejectedError, match="nobody could be told"):
        give_access(CONFIG, moved(TRIGGER, customer=Customer()), resivo, doors, NOW)
    assert (resivo.created, doors.resolved) == ([], [])


def test_an_id_that_resivo_no_longer_knows_is_resolved_again(resivo: Resivo, doors: Doors) -> None:
    resivo.refuse, doors.today = [RejectedError("404")], {"Studio 1": "c-7"}

    receipt = give_access(CONFIG, TRIGGER, resivo, doors, NOW)

    assert [wanted.component_ids for _, wanted in resivo.created] == [
        ("c-1", "c-2"),
        ("c-2", "c-7"),
    ]
    assert receipt.grant is not None
    assert receipt.grant.targets == ("c-2", "c-7")


def test_a_refusal_of_ids_that_are_right_is_final(resivo: Resivo, doors: Doors) -> None:
    resivo.refuse = [RejectedError("404")]

    with pytest.raises(RejectedError, match="404"):
        give_access(CONFIG, TRIGGER, resivo, doors, NOW)
    assert len(resivo.created) == 1


def test_a_second_refusal_is_final(resivo: Resivo, doors: Doors) -> None:
    resivo.refuse, doors.today = [RejectedError("1"), RejectedError("2")], {"Studio 1": "c-7"}

    with pytest.raises(RejectedError, match="2"):
        give_access(CONFIG, TRIGGER, resivo, doors, NOW)
    assert len(resivo.created) == 2


@pytest.mark.parametrize("error", [UnavailableError("later"), ConfigError("a name")])
def test_only_a_refusal_is_mended(error: Exception, resivo: Resivo, doors: Doors) -> None:
    resivo.refuse, doors.today = [error], {"Studio 1": "c-7"}

    with pytest.raises(type(error)):
        give_access(CONFIG, TRIGGER, resivo, doors, NOW)
    assert len(resivo.created) == 1


def test_a_receipt_shows_nothing_of_the_person(resivo: Resivo, doors: Doors) -> None:
    receipt: Receipt = give_access(CONFIG, TRIGGER, resivo, doors, NOW)

    assert "example.org" not in repr(receipt)
    assert "example.org" not in repr(resivo.created)


REAPPLY = replace(DIFFERING, statuses=(), standing="30", reapply=True)
SAME = replace(LIVE, targets=("c-1", "c-2"))
LATER = replace(WINDOW, end=END + timedelta(hours=1))
BEGUN = replace(WINDOW, start=NOW - timedelta(minutes=30))


@pytest.mark.parametrize(
    ("config", "change", "outcome"),
    [
        (CONFIG, replace(REAPPLY, grant=SAME), "unchanged"),
        (CONFIG, replace(REAPPLY, grant=replace(SAME, targets=("c-2", "c-1"))), "unchanged"),
        (CONFIG, replace(REAPPLY, grant=replace(SAME, targets=("c-1",))), "replaced"),
        (CONFIG, replace(REAPPLY, grant=replace(SAME, targets=("c-1", "c-9"))), "replaced"),
        (CONFIG, replace(REAPPLY, grant=LIVE), "replaced"),  # adopted: its doors are not known
        (CONFIG, replace(REAPPLY, grant=replace(SAME, window=LATER)), "replaced"),
        (CONFIG, replace(REAPPLY, grant=replace(SAME, window=BEGUN)), "replaced"),
        (replace(CONFIG, time_before_minutes=30), replace(REAPPLY, grant=SAME), "replaced"),
        (replace(CONFIG, mapping=()), replace(REAPPLY, grant=SAME), "revoke"),
        (replace(CONFIG, trigger_statuses=("31",)), replace(REAPPLY, grant=SAME), "revoke"),
        (CONFIG, replace(REAPPLY, grant=SAME, standing="70"), "revoke"),
        (CONFIG, replace(REAPPLY, grant=None), "granted"),
        (INACTIVE, replace(REAPPLY, grant=SAME), "skipped"),
        (CONFIG, replace(REAPPLY, grant=SAME, reapply=False), "replaced"),
    ],
)
def test_settings_are_applied_where_they_give_something_else(
    config: Config, change: Change, outcome: str, resivo: Resivo, doors: Doors
) -> None:
    receipt = give_access(config, change, resivo, doors, NOW)

    assert receipt.outcome == outcome
    assert bool(resivo.created) == (outcome in {"granted", "replaced"})


def test_hours_that_began_earlier_are_no_reason_to_replace(resivo: Resivo, doors: Doors) -> None:
    begun = moved(REAPPLY, start=NOW - timedelta(hours=1))
    made = Window(start=NOW - timedelta(minutes=20), end=END)

    receipt = give_access(
        CONFIG, replace(begun, grant=replace(SAME, window=made)), resivo, doors, NOW
    )

    assert (receipt.outcome, receipt.grant, resivo.created) == ("unchanged", None, [])


def test_what_stays_unmapped_is_said_again(resivo: Resivo, doors: Doors) -> None:
    change = moved(replace(REAPPLY, grant=SAME), objects=(*BOOKING.objects, *UNKNOWN))

    receipt = give_access(CONFIG, change, resivo, doors, NOW)

    assert receipt.outcome == "unchanged"
    assert receipt.warnings == ("no mapping row for 99, 98/981: its doors stay shut",)
