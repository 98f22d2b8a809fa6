"""What the outside is told: outcomes and times."""

from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from ireserve_integrations.model import Outcome, OutcomeError
from ireserve_integrations.wire import outcome_json, show_time

_MOMENT = datetime(2026, 11, 21, 8, 58, 3, 999_999, tzinfo=UTC)


def test_an_outcome_has_the_designs_keys_in_its_order() -> None:
    outcome = Outcome(
        integration="resivo-main",
        vendor="resivo",
        booking="15492",
        outcome="granted",
        reference="auth-9",
        fields=MappingProxyType({"custom12": "auth-9"}),
        warnings=("SMS left out",),
    )

    assert list(outcome_json(outcome).items()) == [
        ("integration", "resivo-main"),
        ("vendor", "resivo"),
        ("booking", "15492"),
        ("outcome", "granted"),
        ("reference", "auth-9"),
        ("fields", {"custom12": "auth-9"}),
        ("status", None),
        ("warnings", ["SMS left out"]),
        ("error", None),
    ]


def test_an_outcome_is_made_of_plain_lists_and_dicts() -> None:
    outcome = Outcome(
        integration="a",
        vendor="v",
        booking="1",
        outcome="failed",
        fields=MappingProxyType({}),
        error=OutcomeError(kind="RejectedError", message="No."),
    )

    answer = outcome_json(outcome)

    assert type(answer["fields"]) is dict
    assert type(answer["warnings"]) is list
    assert answer["error"] == {"kind": "RejectedError", "message": "No."}


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (ZoneInfo("Europe/Amsterdam"), "2026-11-21T09:58:03+0100"),
        (ZoneInfo("America/St_Johns"), "2026-11-21T05:28:03-0330"),
        (None, "2026-11-21T08:58:03+0000"),
    ],
)
def test_a_time_is_shown_as_ireserve_writes_it(zone: ZoneInfo | None, shown: str) -> None:
    assert show_time(_MOMENT, zone) == shown


def test_without_a_zone_a_time_is_shown_in_its_own_offset() -> None:
    moment = _MOMENT.astimezone(timezone(timedelta(hours=-5)))

    assert show_time(moment, None) == "2026-11-21T03:58:03-0500"


@pytest.mark.parametrize("zone", [None, ZoneInfo("Europe/Amsterdam")])
def test_a_time_without_a_zone_is_never_shown_in_the_machines(zone: ZoneInfo | None) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        show_time(_MOMENT.replace(tzinfo=None), zone)
