"""Which door a name means, and how lists of doors are shared by threads."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ireserve_integrations.errors import ConfigError, RejectedError, UnavailableError
from ireserve_resivo.doors import Door, Listings, find_doors

MAIN = Door(id="c-1", name="Main entrance", site_id="site-1")
STUDIO = Door(id="c-2", name="Studio 1", site_id="site-1")
OTHER_MAIN = replace(MAIN, id="c-9", site_id="site-2", site_name="Sports centre (site-2)")


def test_names_are_found_without_surrounding_blanks() -> None:
    assert find_doors([" Studio 1 ", "Main entrance"], [STUDIO, MAIN]) == (MAIN, STUDIO)


def test_a_name_is_compared_exactly() -> None:
    with pytest.raises(ConfigError, match=r"no door is named 'main entrance'"):
        find_doors(["main entrance"], [MAIN])


def test_missing_names_are_all_said_beside_what_there_is() -> None:
    with pytest.raises(ConfigError) as caught:
        find_doors(["Roof", "Main entrance", "Cellar"], [STUDIO, MAIN])
    assert str(caught.value) == (
        "no door is named 'Cellar'; no door is named 'Roof'. There is: Main entrance, Studio 1."
    )


@pytest.mark.parametrize(("count", "end"), [(30, "Door 29."), (32, "Door 29 and 2 more.")])
def test_at_most_thirty_names_are_listed(count: int, end: str) -> None:
    doors = [replace(MAIN, name=f"Door {number:02}") for number in range(count)]

    with pytest.raises(ConfigError) as caught:
        find_doors(["Roof"], doors)
    assert str(caught.value).endswith(f"Door 28, {end}")


def test_a_site_without_doors_says_what_to_check() -> None:
    with pytest.raises(ConfigError, match="check the Site ID and the connection"):
        find_doors(["Roof"], [])


def test_a_name_of_two_doors_is_refused_and_what_there_is_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        find_doors(["Main entrance"], [MAIN, replace(MAIN, id="c-7"), STUDIO])
    assert str(caught.value) == (
        "2 doors are named 'Main entrance': give each a name of its own in Resivo. "
        "There is: Main entrance, Studio 1."
    )


def test_a_name_in_two_sites_asks_for_a_site_id() -> None:
    here = replace(MAIN, site_name="Town hall (site-1)")

    with pytest.raises(ConfigError) as caught:
        find_doors(["Main entrance"], [here, OTHER_MAIN])
    assert "Sports centre (site-2), Town hall (site-1)" in str(caught.value)
    assert "set a Site ID, one integration per site" in str(caught.value)


@pytest.mark.parametrize(
    ("names", "about"),
    [
        (["Roof", "Studio 1", "Cellar"], ("Cellar", "Roof")),
        (["Studio 1", " Main entrance "], ("Main entrance",)),
        (["Roof", "Main entrance"], ("Main entrance", "Roof")),
    ],
)
def test_a_fault_is_about_every_name_that_it_concerns(
    names: list[str], about: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as caught:
        find_doors(names, [MAIN, replace(MAIN, id="c-7"), STUDIO])
    assert caught.value.about == about


class Timer:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """Counts how often it is asked."""

    def __init__(self, answer: Callable[[], object] = object) -> None:
        self.times, self._answer = 0, answer

    def __call__(self) -> object:
        self.times += 1
        return self._answer()


@pytest.fixture
def timer() -> Timer:
    return Timer()


def test_a_list_is_shared_for_one_second(timer: Timer) -> None:
    listings, asked = Listings(timer), Asked()
    first = listings.get("site-1", asked, left_s=lambda: 1)
    timer.now = 0.999
    assert listings.get("site-1", asked, left_s=lambda: 1) is first

    timer.now = 1.0

    assert listings.get("site-1", asked, left_s=lambda: 1) is not first
    assert asked.times == 2


def test_each_site_has_a_list_of_its_own(timer: Timer) -> None:
    listings, asked = Listings(timer), Asked()

    assert listings.get("site-1", asked, left_s=lambda: 1) is not listings.get(
        "site-2", asked, left_s=lambda: 1
    )


def test_an_empty_list_is_shared_too(timer: Timer) -> None:
    listings, asked = Listings(timer), Asked(lambda: ())
    listings.get("site-1", asked, left_s=lambda: 1)

    listings.get("site-1", asked, left_s=lambda: 1)

    assert asked.times == 1


def test_a_dropped_list_is_asked_for_again(timer: Timer) -> None:
    listings, asked = Listings(timer), Asked()
    listings.drop("site-1", listings.get("site-1", asked, left_s=lambda: 1))

    listings.get("site-1", asked, left_s=lambda: 1)

    assert asked.times == 2


def test_dropping_an_older_list_keeps_the_newer_one(timer: Timer) -> None:
    listings, asked = Listings(timer), Asked()
    older = listings.get("site-1", asked, left_s=lambda: 1)
    listings.drop("site-1", older)
    newer = listings.get("site-1", asked, left_s=lambda: 1)

    listings.drop("site-1", older)

    assert listings.get("site-1", asked, left_s=lambda: 1) is newer


def refuse() -> object:
    raise RejectedError("no")


def test_a_failure_is_not_kept(timer: Timer) -> None:
    listings = Listings(timer)
    with pytest.raises(RejectedError):
        listings.get("site-1", refuse, left_s=lambda: 1)

    assert listings.get("site-1", lambda: "doors", left_s=lambda: 1) == "doors"


def test_sixteen_threads_at_once_ask_once(timer: Timer) -> None:
    listings, everybody = Listings(timer), threading.Barrier(16, timeout=10)
    open_up = threading.Event()
    asked = Asked(lambda: open_up.wait(10))

    def one(_: int) -> object:
        everybody.wait()
        return listings.get("site-1", asked, left_s=lambda: 10)

    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(one, range(16))
        open_up.set()
        assert set(answers) == {True}
    assert asked.times == 1


def crash() -> object:
    raise SystemExit


class Key:
    """Tells when it is looked up; `Listings` does that under its lock."""

    def __init__(self) -> None:
        self.looked_up = threading.Event()

    def __hash__(self) -> int:
        self.looked_up.set()
        return 1

    def __eq__(self, other: object) -> bool:
        return self is other


@pytest.mark.parametrize(
    ("failure", "mine", "theirs"),
    [(refuse, RejectedError, RejectedError), (crash, SystemExit, UnavailableError)],
)
def test_whoever_waited_for_a_failure_hears_of_it(
    timer: Timer,
    failure: Callable[[], object],
    mine: type[BaseException],
    theirs: type[BaseException],
) -> None:
    listings, key = Listings(timer), Key()
    begun, open_up = threading.Event(), threading.Event()

    def ask() -> object:
        begun.set()
        open_up.wait(10)
        return failure()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(listings.get, key, ask, left_s=lambda: 10)
        begun.wait(10)
        key.looked_up.clear()
        second = pool.submit(listings.get, key, Asked(), left_s=lambda: 10)
        key.looked_up.wait(10)
        open_up.set()
        with pytest.raises(theirs):
            second.result(10)
        with pytest.raises(mine):
            first.result(10)


def test_nobody_waits_beyond_the_deadline(timer: Timer) -> None:
    listings = Listings(timer)

    def ask() -> object:
        return listings.get("site-1", Asked(), left_s=lambda: 0)

    with pytest.raises(UnavailableError, match="deadline"):
        listings.get("site-1", ask, left_s=lambda: 10)
