"""When access holds."""

from datetime import UTC, datetime, timedelta

from ..model import Booking, Window


def access_window(booking: Booking, time_before_minutes: int, now: datetime) -> Window:
    """Return start − time before until end, in UTC, to the second; a past start becomes `now`.

    The caller has made sure that the booking has not ended.
    """
    start = _to_second(booking.start) - timedelta(minutes=time_before_minutes)
    return Window(start=max(start, _to_second(now)), end=_to_second(booking.end))


def same_window(one: Window, other: Window, now: datetime) -> bool:
    """Tell whether both give the same from now on: starts in the past count as equal."""
    return one.end == other.end and max(one.start, now) == max(other.start, now)


def _to_second(moment: datetime) -> datetime:
    """Return it in UTC first: arithmetic in a zone with summer time is done on the wall clock."""
    return moment.astimezone(UTC).replace(microsecond=0)
