"""When access holds: time before the start, until the end, in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ireserve_integrations.kit.window import access_window, same_window
from ireserve_integrations.model import Booking, Window

_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
_LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)
_ZONES = st.sampled_from(
    [UTC, _AMSTERDAM, ZoneInfo("America/New_York"), timezone(timedelta(hours=5, minutes=45))]
)
_MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 2),  # noqa: DTZ001  # hypothesis adds the zone
    max_value=datetime(2199, 12, 30),  # noqa: DTZ001
    timezones=_ZONES,
)
_MINUTES = st.integers(0, 10_080)


def _book(start: datetime, end: datetime) -> Booking:
    return Booking(id="15492", start=start, end=end)


@pytest.mark.parametrize(
    ("minutes", "now", "start"),
    [
        (0, _LONG_AGO, _START),
        (15, _LONG_AGO, _START - timedelta(minutes=15)),
        (10_080, _LONG_AGO, _START - timedelta(days=7)),
        (15, _START - timedelta(minutes=15), _START - timedelta(minutes=15)),
        (15, _START - timedelta(minutes=14), _START - timedelta(minutes=14)),
        (15, _START + timedelta(hours=1, microseconds=7), _START + timedelta(hours=1)),
    ],
)
def test_a_window_begins_before_the_start_but_not_in_the_past(
    minutes: int, now: datetime, start: datetime
) -> None:
    assert access_window(_book(_START, _END), minutes, now) == Window(start=start, end=_END)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        # Clocks go from 02:00 to 03:00 at 01:00 UTC on 29 March, back at 01:00 UTC on 25 October.
        (datetime(2026, 3, 29, 3, 10, tzinfo=_AMSTERDAM), datetime(2026, 3, 29, 0, 55, tzinfo=UTC)),
        (
            datetime(2026, 10, 25, 3, 10, tzinfo=_AMSTERDAM),
            datetime(2026, 10, 25, 1, 55, tzinfo=UTC),
        ),
        (
            datetime(2026, 10, 25, 2, 10, tzinfo=_AMSTERDAM, fold=1),
            datetime(2026, 10, 25, 0, 55, tzinfo=UTC),
        ),
    ],
)
def test_time_before_is_counted_across_a_change_of_clocks(
    start: datetime, expected: datetime
) -> None:
    booking = _book(start, start.astimezone(UTC) + timedelta(hours=1))

    assert access_window(booking, 15, _LONG_AGO - timedelta(days=365)).start == expected


@given(start=_MOMENTS, length=st.timedeltas(timedelta(minutes=1), timedelta(days=9)))
def test_a_window_is_in_utc_and_to_the_second(start: datetime, length: timedelta) -> None:
    booking = _book(start, start.astimezone(UTC) + length)

    window = access_window(booking, 15, datetime(2000, 1, 1, tzinfo=UTC))

    assert (window.start.tzinfo, window.end.tzinfo) == (UTC, UTC)
    assert (window.start.microsecond, window.end.microsecond) == (0, 0)


@given(
    start=_MOMENTS,
    length=st.timedeltas(timedelta(minutes=1), timedelta(days=9)),
    minutes=_MINUTES,
    now=_MOMENTS,
)
def test_a_window_gives_what_the_booking_says_from_now_on(
    start: datetime, length: timedelta, minutes: int, now: datetime
) -> None:
    end = start.astimezone(UTC) + length
    second = timedelta(seconds=1)

    window = access_window(_book(start, end), minutes, now)

    earliest = max(start.astimezone(UTC) - timedelta(minutes=minutes), now.astimezone(UTC))
    assert timedelta(0) <= earliest - window.start < second
    assert timedelta(0) <= end - window.end < second


@given(start=_MOMENTS, minutes=_MINUTES, zone=_ZONES)
def test_the_same_moments_give_the_same_window_in_whatever_zone_they_are_told(
    start: datetime, minutes: int, zone: timezone | ZoneInfo
) -> None:
    end = start.astimezone(UTC) + timedelta(hours=2)
    told = _book(start, end)
    retold = _book(start.astimezone(zone), end.astimezone(zone))
    now = datetime(2000, 1, 1, tzinfo=UTC)

    assert access_window(told, minutes, now) == access_window(retold, minutes, now)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((-30, 60), (-30, 60), True),
        ((-30, 60), (-10, 60), True),
        ((-30, 60), (0, 60), True),
        ((-30, 60), (1, 60), False),
        ((5, 60), (5, 60), True),
        ((5, 60), (6, 60), False),
        ((-30, 60), (-30, 61), False),
    ],
)
def test_windows_are_the_same_where_they_give_the_same_from_now_on(
    one: tuple[int, int], other: tuple[int, int], same: bool
) -> None:
    assert same_window(_around_start(*one), _around_start(*other), _START) is same
    assert same_window(_around_start(*other), _around_start(*one), _START) is same


def _around_start(start: int, end: int) -> Window:
    return Window(start=_START + timedelta(minutes=start), end=_START + timedelta(minutes=end))


@given(minutes=_MINUTES, later=st.timedeltas(timedelta(0), timedelta(hours=2)))
def test_a_window_that_was_cut_to_now_is_the_same_when_asked_again(
    minutes: int, later: timedelta
) -> None:
    booking = _book(_START, _END + timedelta(seconds=1))
    granted = access_window(booking, minutes, _START)

    again = access_window(booking, minutes, _START + later)

    assert same_window(granted, again, _START + later)
