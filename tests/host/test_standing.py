"""The newest status that means something decides; without one, the one that stood before."""

from datetime import UTC, datetime

import pytest

from ireserve_integrations.kit.standing import standing_status
from ireserve_integrations.model import Booking, Change

_BOOKING = Booking(
    id="15492",
    start=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    end=datetime(2026, 11, 21, 11, 0, tzinfo=UTC),
    status="70",
)
_DECISIVE = {"30", "70", "80"}


@pytest.mark.parametrize(
    ("statuses", "before", "standing"),
    [
        (("30",), None, "30"),
        (("30", "70"), None, "70"),
        (("70", "30"), None, "30"),
        (("30", "40"), None, "30"),
        (("30", "40", "80", "50"), "30", "80"),
        (("40",), "30", "30"),
        (("40",), None, None),
        ((), "70", "70"),
        ((), None, None),
        (("30",), "70", "30"),
        (("40",), "99", "99"),
    ],
)
def test_the_newest_decisive_status_stands(
    statuses: tuple[str, ...], before: str | None, standing: str | None
) -> None:
    change = Change(booking=_BOOKING, label="x", statuses=statuses, standing=before)

    assert standing_status(change, _DECISIVE) == standing
