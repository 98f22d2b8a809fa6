"""`demo`: it shows what it says, and fails where a step does not do it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from tests.host.command_line import PROGRAM, Ran, Workplace

from ireserve_integrations.booking_core.sandbox import IreserveSandbox
from ireserve_integrations.cli.demo.run import play
from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger import KEY_VARIABLE
from ireserve_integrations.ledger.keys import KEY_FILE_VARIABLE
from ireserve_integrations.testing.exchange import Reply, Request
from ireserve_integrations.testing.faults import FaultKind
from ireserve_integrations.testing.sandbox import RefusedError, Sandbox
from ireserve_resivo.sandbox import ResivoSandbox
from ireserve_saltoks.sandbox import SaltoksSandbox
from ireserve_saltoks.sandbox_activation import Delivered
from ireserve_saltoks.sandbox_state import Opening

CREATE = "/v8/sites/site-1/authorizations/remote-access"
RESIVO, SALTO = "resivo-main", "salto-main"
STORY: list[dict[str, str]] = [
    {RESIVO: "passed"},
    {SALTO: "done"},
    {SALTO: "done"},
    {SALTO: "done"},
    {SALTO: "done"},
    {SALTO: "passed"},
    {RESIVO: "granted", SALTO: "granted"},
    {RESIVO: "unchanged", SALTO: "unchanged"},
    {SALTO: "opened"},
    {SALTO: "unchanged"},
    {RESIVO: "replaced", SALTO: "replaced"},
    {RESIVO: "pending", SALTO: "granted"},
    {SALTO: "opened"},
    {RESIVO: "granted", SALTO: "unchanged"},
    {RESIVO: "pending", SALTO: "granted"},
    {RESIVO: "granted", SALTO: "unchanged"},
    {},
    {RESIVO: "unchanged", SALTO: "unchanged"},
    {RESIVO: "revoked", SALTO: "revoked"},
    {SALTO: "refused"},
]
GIVEN = ["passed", "granted", "unchanged", "replaced", "pending", "granted", "pending", "granted"]
SET_UP = ["done", "done", "done", "done", "passed"]
TWIN = """
from ireserve_resivo.plugin import ResivoPlugin
from ireserve_resivo.sandbox import ResivoSandbox


class Twin(ResivoSandbox):
    name = "a-twin"

    def environment(self):
        return {"IRESERVE_A_TWIN_API_URL": self.url}

    def integration(self):
        row = super().integration() | {"id": "twin", "vendor": "a-twin"}
        row["details"]["authorisation_field"] = "custom99"
        return row

"""
OTHER_KIND = """
    def integration(self):
        return super().integration() | {"details": {"answers_calls": True}}
"""
FORGETS_WHAT_IT_MADE = """
    def state(self):
        return {}
"""


class RefusesTheAccount(ResivoSandbox):
    client_secret = "typed wrongly"

    def _token(self, _request: Request) -> Reply:
        raise RefusedError(401, "no")


class ForgetsWhatItMade(ResivoSandbox):
    def state(self) -> dict[str, Any]:
        return {}


class CannotBeAsked(ResivoSandbox):
    def state(self) -> dict[str, Any]:
        raise KeyError("a secret")


class HasNoRoom(ResivoSandbox):
    def state(self) -> dict[str, Any]:
        raise LedgerError("the disk is full")


class KeepsTheFirstWindow(ResivoSandbox):
    window: dict[str, Any] | None = None

    def _create(self, request: Request, site: str) -> Reply:
        kept = self.window = self.window or request.json["restrictions"]
        return super()._create(replace(request, json=request.json | {"restrictions": kept}), site)


class RevokesNothing(ResivoSandbox):
    def _revoke(self, _request: Request, site: str, authorisation: str) -> Reply:
        return Reply(status=204)


class NeverGoesDown(ResivoSandbox):
    def close(self) -> None:
        """Go on."""

    def __exit__(self, *_: object) -> None:
        super().close()


class HasNoFaults(ResivoSandbox):
    def fault(self, kind: FaultKind | str, **parameters: Any) -> None:
        """Go on."""


class LosesTheReplyBeforeTheWork(ResivoSandbox):
    def fault(self, kind: FaultKind | str, **parameters: Any) -> None:
        super().fault(FaultKind.CUT, **parameters)


class ForgetsInLists(ResivoSandbox):
    def _authorisations(self, request: Request, site: str) -> Reply:
        return self._list(request, [])


class HasAnotherSite(SaltoksSandbox):
    def state(self) -> dict[str, Any]:
        return super().state() | {"sites": [{"site_uid": self.site_uid, "id": "another"}]}


class DeliversNothing(SaltoksSandbox):
    @property
    def delivered(self) -> tuple[Delivered, ...]:
        return ()


class ActivatesNobody(SaltoksSandbox):
    def state(self) -> dict[str, Any]:
        return super().state() | {"activations": []}


class HasNoSuchLock(SaltoksSandbox):
    def integration(self) -> dict[str, Any]:
        row = super().integration()
        return row | {"mapping": [*row["mapping"], {"object": "18", "targets": ["gone"]}]}


class HasToBeRestored(SaltoksSandbox):
    def state(self) -> dict[str, Any]:
        self.set_restore_required("IQ ground floor")  # once the account is activated
        return super().state()


class ForgetsNoRequest(SaltoksSandbox):
    def forget_requests(self) -> None:
        """Show in every step what was asked in earlier ones."""


class OpensNothing(SaltoksSandbox):
    @property
    def openings(self) -> tuple[Opening, ...]:
        return ()


class OpensAllTheTime(SaltoksSandbox):
    seen = 0

    @property
    def openings(self) -> tuple[Opening, ...]:
        held = super().openings
        self.seen += bool(held)
        return held + held * (self.seen > 2)


class ToldInSecret(SaltoksSandbox):
    """Tells the test what nobody may see."""

    secrets: ClassVar[set[str]] = set()

    def start(self) -> Self:
        self.next_pin = "7391"  # a random one could be part of a time
        return super().start()

    def forget_requests(self) -> None:
        self.secrets.update(one.pin for one in self.delivered)
        self.secrets.update(str((one.json or {}).get("otp", "")) for one in self.requests)
        self.secrets.update(one["secret"] for one in self.state()["activations"])
        super().forget_requests()


class SaysLittle(SaltoksSandbox):
    """Its integration has no setting that it can do without."""

    def integration(self) -> dict[str, Any]:
        details = {"open_from_statuses": ["30"], "time_before_minutes": 0}
        return super().integration() | {"details": details}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo may put what it needs."""
    return tmp_path_factory.mktemp("room")


@pytest.fixture(scope="module")
def told(room: Path) -> Ran:
    """What people are told, in a folder with a configuration that is no concern of the demo."""
    folder = room.parent
    (folder / "integrations.toml").write_text("[")
    return run_demo(folder, {"TMPDIR": str(room)})


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What machines are told, in an environment that is no concern of the demo."""
    environ = {
        "IRESERVE_RESIVO_API_URL": "https://api.resivo.invalid",
        "IRESERVE_RESIVO_API_VERSION": "v1",
        "IRESERVE_SALTOKS_ACCEPTANCE_API_URL": "https://connect.saltoks.invalid",
        "IRESERVE_SALTOKS_ACCEPTANCE_CLIENT_SECRET": "another",
        KEY_VARIABLE: "no key",
        KEY_FILE_VARIABLE: "/nowhere",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "TZ": "Pacific/Kiritimati",
    }
    options = ("--json", "--config", "/nowhere", "--database", "/nowhere")
    return run_demo(tmp_path_factory.mktemp("elsewhere"), environ, *options)


# --- what people see ------------------------------------------------------------------------------


def test_it_tells_one_story_with_both_vendors(told: Ran) -> None:
    assert (told.status, told.err) == (0, "")
    assert "\n1. Resivo: the checklist of resivo-main\n" in told.out
    assert "\n4. Salto KS: Set PIN, with the PIN of that SMS\n" in told.out
    assert "   IQ ground floor: IQ is activated\n" in told.out
    assert "\n20. The button is pressed after that: the door stays shut\n" in told.out
    assert "✗" not in told.out
    assert told.out.endswith("Every step did what it says.\n")


def test_what_goes_over_each_wire_is_shown(told: Ran) -> None:
    assert f"→ resivo POST {CREATE} 201\n" in told.out
    assert f"→ resivo POST {CREATE} no reply\n" in told.out
    assert "→ saltoks PATCH /v1.2/sites/da35545f…/locks/55f9b168…/locking 200\n" in told.out
    assert "displayName: i-Reserve 15492 · " in told.out
    assert "validFrom: " in told.out


def test_why_the_door_stays_shut_is_said(told: Ran) -> None:
    reason = "salto-main: Studio 1: the booking has status 70, which allows no opening."

    assert reason in told.out


def test_neither_the_visitor_nor_a_password_is_shown(told: Ran) -> None:
    private = ("Ada", "Vos", "example.org", "12345678", "sandbox-secret", "sandbox-password")

    assert [word for word in private if word in told.out] == []


def test_it_leaves_nothing_behind(told: Ran, room: Path) -> None:
    assert told.status == 0
    assert list(room.iterdir()) == []


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["people", "machines"])
def test_no_pin_no_code_and_no_iqs_secret_is_shown(
    workplace: Workplace, capsys: pytest.CaptureFixture[str], as_json: list[str]
) -> None:
    ToldInSecret.secrets.clear()

    steps = list(play([ToldInSecret], quiet=bool(as_json)))

    _, _, told = capsys.readouterr().out.partition("leaves this machine.")  # ports are random too
    shown = f"{told} {[step.as_json() for step in steps]}"
    secrets = ToldInSecret.secrets - {""}
    assert workplace.files == ["integrations.toml"]
    assert len(secrets) >= 3
    assert [secret for secret in secrets if secret in shown] == []


# --- what machines get ----------------------------------------------------------------------------


def test_machines_get_every_step_whatever_the_environment(answered: Ran) -> None:
    steps = answered.answer

    assert (answered.status, answered.err) == (0, "")
    assert [step["outcomes"] for step in steps] == STORY
    assert {(step["ok"], step["error"]) for step in steps} == {(True, None)}


def test_a_steps_outcome_is_each_that_there_was(answered: Ran) -> None:
    steps = answered.answer

    assert [steps[place]["outcome"] for place in (6, 11)] == ["granted", "pending, granted"]


def test_only_the_vendor_that_has_to_be_asked_is_asked(answered: Ran) -> None:
    asked = [
        sorted({request["vendor"] for request in step["requests"]}) for step in answered.answer
    ]

    assert asked[:6] == [["resivo"], *[["saltoks"]] * 5]
    assert asked[6:11] == [["resivo"], [], ["saltoks"], [], ["resivo"]]
    assert asked[11:16] == [[], ["saltoks"], ["resivo"], ["resivo"], ["resivo"]]
    assert asked[16:] == [[], ["resivo"], ["resivo"], []]


def test_the_wire_shows_what_the_titles_say(answered: Ran) -> None:
    wires = [
        [(one["method"], one["status"]) for one in step["requests"]] for step in answered.answer
    ]

    assert (wires[8], wires[12]) == ([("PATCH", 200)], [("PATCH", 200)])
    assert (wires[10][0], wires[10][-1]) == (("POST", 201), ("DELETE", 204))
    assert wires[14] == [("POST", None)]
    assert wires[15] == [("GET", 200)]


# --- who plays ------------------------------------------------------------------------------------


def test_without_locks_the_other_steps_are_played() -> None:
    steps = list(play([ResivoSandbox], quiet=True))

    assert [step.error for step in steps] == [None] * 11
    assert [step.as_json()["outcome"] for step in steps[:8]] == GIVEN
    assert [step.as_json()["outcome"] for step in steps[9:]] == ["unchanged", "revoked"]


def test_without_access_given_beforehand_the_locks_steps_are_played() -> None:
    steps = list(play([SaltoksSandbox], quiet=True))

    story = ["granted", "unchanged", "opened", "unchanged", "replaced"]
    assert [step.error for step in steps] == [None] * 14
    assert [step.as_json()["outcome"] for step in steps[:10]] == [*SET_UP, *story]
    assert [step.as_json()["outcome"] for step in steps[11:]] == ["unchanged", "revoked", "refused"]


def test_settings_that_can_be_left_out_are_not_needed() -> None:
    steps = list(play([SaysLittle], quiet=True))

    assert [step.error for step in steps] == [None] * 14


def test_another_vendor_joins(workplace: Workplace) -> None:
    install_twin(workplace, "")

    ran = workplace.run("demo", "--json")

    confirmed = ran.answer[7]
    assert (ran.status, ran.err) == (0, "")
    assert confirmed["outcomes"] == {"twin": "granted", RESIVO: "granted", SALTO: "granted"}


def test_a_sandbox_that_fits_no_part_is_left_out(workplace: Workplace) -> None:
    install_twin(workplace, OTHER_KIND)

    ran = workplace.run("demo", "--json")

    assert ran.status == 0
    assert [step["outcomes"] for step in ran.answer] == STORY


def test_nobody_plays_without_a_sandbox() -> None:
    assert list(play([], quiet=True)) == []


# --- what does not do what it says ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "place", "claim"),
    [
        (RefusesTheAccount, 1, "resivo-main: no line failed"),
        (ForgetsWhatItMade, 2, "exactly one access lives at the vendor"),
        (CannotBeAsked, 2, "no error occurs (KeyError (test_demo.py, line "),
        (HasNoRoom, 2, "no error occurs (LedgerError: the disk is full)"),
        (KeepsTheFirstWindow, 4, "resivo-main: it holds from "),
        (RevokesNothing, 4, "resivo-main: exactly one access lives at the vendor"),
        (NeverGoesDown, 5, "the outcome is pending; resivo-main: the vendor was asked nothing"),
        (HasNoFaults, 7, "the outcome is pending; resivo-main: the vendor made it, and its reply"),
        (LosesTheReplyBeforeTheWork, 7, "the vendor made it, and its reply never came"),
        (ForgetsInLists, 8, "it was looked for, and not asked for again"),
        (HasAnotherSite, 1, "it is that of the configured site"),
        (DeliversNothing, 2, "one PIN reached the telephone, and is shown nowhere else"),
        (ActivatesNobody, 3, "IQ is activated, and the vendor says so too"),
        (HasNoSuchLock, 4, "every mapped lock is among them"),
        (HasToBeRestored, 2, "the button is done"),
        (ForgetsNoRequest, 6, "the vendor was asked nothing"),
        (OpensNothing, 8, "one request opened the lock, and nothing else was asked"),
        (OpensAllTheTime, 9, "salto-main: no door opened"),
    ],
)
def test_the_story_ends_with_the_step_that_does_not_do_what_it_says(
    kind: type[Sandbox], place: int, claim: str
) -> None:
    steps = list(play([kind], quiet=True))

    assert [step.ok for step in steps] == [True] * (place - 1) + [False]
    assert (steps[-1].error or "").startswith("not so: ")
    assert claim in (steps[-1].error or "")


def test_the_booking_core_is_no_vendor_and_has_no_part() -> None:
    assert list(play([IreserveSandbox], quiet=True)) == []


def test_a_broken_step_is_named_and_the_exit_status_says_so(workplace: Workplace) -> None:
    install_twin(workplace, FORGETS_WHAT_IT_MADE)

    ran = workplace.run("demo", "--json")

    last = ran.answer[-1]
    assert ran.status == 1
    assert last["error"].startswith("not so: twin: ")
    assert ran.err == f"step 8 ({last['step']}): {last['error']}\n"


def run_demo(folder: Path, environ: Mapping[str, str], *options: str) -> Ran:
    """Run the installed program in a folder."""
    done = subprocess.run(
        [PROGRAM, "demo", *options],
        cwd=folder,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def install_twin(workplace: Workplace, differs: str) -> None:
    workplace.install(
        "twin",
        TWIN + differs,
        sandboxes={"a-twin": "Twin"},
        integrations={"a-twin": "ResivoPlugin"},
    )
