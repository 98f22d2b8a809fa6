"""Many bookings, two workers on PostgreSQL, and a vendor that fails every tenth time."""

from tests.host.fake_rig import Rig
from tests.host.load import two_workers, wanted
from tests.waiting import wait_until

_BOOKINGS = 300


def test_three_hundred_bookings_end_right_through_two_workers(rig: Rig, postgres_url: str) -> None:
    with two_workers(rig, postgres_url) as load:
        load.submit(_BOOKINGS)

        wait_until(lambda: not load.owed, seconds=120)

        assert load.stop() == [0, 0]
        assert load.live == wanted(_BOOKINGS)
        assert load.current == len(wanted(_BOOKINGS))
        assert load.host.alerts() == []
