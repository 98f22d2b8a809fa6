"""`action` and `open`, with a vendor that has buttons, and with one that has none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.command_line import START, Workplace, event

from ireserve_resivo.sandbox import ResivoSandbox

VENDOR = """
from ireserve_integrations.errors import UnavailableError
from ireserve_integrations.hookspecs import hookimpl
from ireserve_integrations.kit.settings import Tab
from ireserve_integrations.model import Action, ActionResult, PluginInfo, Receipt

ACTIONS = (
    Action(name="open", label="Open", parameters=("lock",), needs="booking"),
    Action(name="resolve", label="Resolve", parameters=("iq", "pin")),
    Action(name="wave", label="Wave"),
)


class Plugin:
    @hookimpl
    def describe_plugin(self):
        return PluginInfo(label="Lock maker", auth=Tab, details=Tab, actions=ACTIONS)

    @hookimpl
    def validate_config(self, integration):
        return []

    @hookimpl
    def on_status_change(self, integration):
        return Receipt(outcome="skipped")

    @hookimpl
    def perform_action(self, integration, request, context):
        lock = request.parameters.get("lock") or request.parameters.get("iq") or "any"
        if lock == "gone":
            raise UnavailableError("the lock does not answer")
        if lock == "secret":
            context.vault.put("iq", lock)
        booking = request.booking.id if request.booking else "nobody"
        message = f"{request.name}: {lock} for {booking}"
        return ActionResult(ok=lock != "jammed", message=message, settings={"iq": lock})
"""
LOCKS = '[[integrations]]\nid = "locks"\nvendor = "locks"\n'


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    workplace = Workplace(tmp_path, monkeypatch)
    workplace.install("lock_maker", VENDOR, integrations={"locks": "Plugin"})
    workplace.configure(LOCKS)
    workplace.write("event.json", event())
    return workplace


@pytest.fixture
def resivo(workplace: Workplace) -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        workplace.use(sandbox)
        yield sandbox


def test_an_action_answers_what_it_found(workplace: Workplace) -> None:
    ran = workplace.run("action", "locks", "resolve", "iq=7=8", "pin=", "--json")

    assert ran.status == 0
    assert ran.answer == {
        "ok": True,
        "message": "resolve: 7=8 for nobody",
        "settings": {"iq": "7=8"},
    }


def test_people_get_an_actions_sentence_and_what_was_stored(workplace: Workplace) -> None:
    ran = workplace.run("action", "locks", "resolve", "iq=secret")

    assert ran.status == 0
    assert ran.out.startswith("resolve: secret for nobody\n")
    assert "iq       secret" in ran.out


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        ("jammed", "resolve: jammed for nobody"),
        ("gone", "integration locks: the lock does not answer (UnavailableError)"),
    ],
)
def test_an_action_that_does_not_succeed_fails(
    workplace: Workplace, lock: str, message: str
) -> None:
    machines = workplace.run("action", "locks", "resolve", f"iq={lock}", "--json")
    people = workplace.run("action", "locks", "resolve", f"iq={lock}")

    assert (machines.status, people.status) == (1, 1)
    assert (machines.answer["ok"], machines.answer["message"]) == (False, message)
    assert message in people.out + people.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("lock", "wave"), "there is no integration 'lock'; did you mean locks?"),
        (
            ("locks", "wav"),
            "integration locks has no action 'wav'; did you mean wave?",
        ),
        (("locks", "open"), "integration locks: action open needs a booking: `open` is for one"),
        (
            ("locks", "resolve", "pins=1"),
            "integration locks: action resolve has no parameter 'pins'; did you mean pin?",
        ),
        (
            ("locks", "wave", "hand=left"),
            "integration locks: action wave has no parameter 'hand'; it takes none",
        ),
        (("locks", "resolve", "iq"), "'iq' is no parameter: type it as key=value"),
        (("locks", "resolve", "=1"), "'=1' is no parameter: type it as key=value"),
        (("locks", "resolve", "iq=1", "iq=2"), "parameter 'iq' is given twice"),
    ],
    ids=["integration", "action", "booking", "parameter", "none", "no =", "no key", "twice"],
)
def test_an_action_that_there_is_not_changes_nothing(
    workplace: Workplace, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = workplace.run("action", *arguments)

    assert (ran.status, ran.out, ran.err) == (2, "", f"{sentence}\n")
    assert not workplace.database.exists()


def test_a_vendor_without_actions_says_so(workplace: Workplace, resivo: ResivoSandbox) -> None:
    ran = workplace.run("action", "resivo-main", "get_pin")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "integration resivo-main has no action 'get_pin'; Resivo has none\n"


def test_an_action_of_a_broken_plugin_fails(workplace: Workplace) -> None:
    workplace.install("wrecked", "import not_there", integrations={"wreck": "Plugin"})
    workplace.configure('[[integrations]]\nid = "wreck"\nvendor = "wreck"\n')

    acted = workplace.run("action", "wreck", "wave")
    opened = workplace.run("open", "wreck", "event.json", "--json")

    assert (acted.status, opened.status) == (1, 1)
    assert acted.err.startswith("integration wreck: plugin wreck is broken: ")
    assert opened.answer[0]["outcome"] == "failed"
    assert opened.answer[0]["error"]["kind"] == "PluginError"


@pytest.mark.parametrize("given", ["event.json", "booking.json", "./event.json", "15492"])
def test_a_lock_opens_for_a_booking(workplace: Workplace, given: str) -> None:
    workplace.write("booking.json", event()["booking"])
    workplace.run("dispatch", "event.json")

    ran = workplace.run("open", "locks", given, "--lock", "front", "--json")

    assert ran.status == 0
    assert ran.answer == [
        {
            "integration": "locks",
            "vendor": "locks",
            "booking": "15492",
            "outcome": "opened",
            "reference": None,
            "fields": {},
            "status": None,
            "warnings": [],
            "error": None,
            "lock": "front",
        }
    ]


def test_people_see_that_it_opened(workplace: Workplace) -> None:
    ran = workplace.run("open", "locks", "event.json", "--lock", "front")

    assert ran.status == 0
    assert ran.out.splitlines()[2].split() == ["15492", "locks", "front", "opened"]


@pytest.mark.parametrize(
    ("lock", "outcome", "kind", "message"),
    [
        ("jammed", "refused", "RejectedError", "open: jammed for 15492"),
        ("gone", "failed", "UnavailableError", "the lock does not answer"),
    ],
)
def test_a_lock_that_stays_shut_is_refused_or_failed(
    workplace: Workplace, lock: str, outcome: str, kind: str, message: str
) -> None:
    ran = workplace.run("open", "locks", "event.json", "--lock", lock, "--json")

    (entry,) = ran.answer
    assert (ran.status, entry["outcome"], entry["lock"]) == (1, outcome, lock)
    assert entry["error"]["kind"] == kind
    assert entry["error"]["message"].startswith(message)
    assert message in workplace.run("open", "locks", "event.json", "--lock", lock).out


@pytest.mark.parametrize(
    ("booking", "sentence"),
    [
        ("99", "the ledger knows no booking '99'\n"),
        ("nowhere.json", "nowhere.json: cannot be read: No such file or directory\n"),
        ("folder/99", "folder/99: cannot be read: No such file or directory\n"),
        ("list.json", "list.json: is no booking: an object is wanted\n"),
    ],
)
def test_a_booking_that_there_is_not_opens_nothing(
    workplace: Workplace, booking: str, sentence: str
) -> None:
    workplace.write("list.json", [event()])

    ran = workplace.run("open", "locks", booking)

    assert (ran.status, ran.out, ran.err) == (2, "", sentence)


def test_a_vendor_that_gives_access_beforehand_opens_nothing(
    workplace: Workplace, resivo: ResivoSandbox
) -> None:
    ran = workplace.run("open", "resivo-main", "event.json")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("integration resivo-main: Resivo gives access beforehand")
    assert ran.err.endswith("it has no actions\n")
    assert resivo.requests == ()
    assert not workplace.database.exists()


def test_a_booking_in_a_file_is_the_one_that_counts(workplace: Workplace) -> None:
    workplace.run("dispatch", "event.json")
    other = event(id="15499", start=START.isoformat())["booking"]
    workplace.write("other.json", other)

    assert "15499" in workplace.run("open", "locks", "other.json").out
