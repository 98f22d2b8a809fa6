"""`demo`: it shows what it says, and fails where a step does not do it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.host.command_line import PROGRAM, Ran, Workplace

from ireserve_integrations.ledger import KEY_VARIABLE
from ireserve_integrations.ledger.keys import KEY_FILE_VARIABLE

CREATE = "/v8/sites/site-1/authorizations/remote-access"
STORY = ["passed", "granted", "unchanged", "replaced", "revoked", "pending", "granted", "revoked"]
TWIN = """
from dataclasses import replace
from ireserve_integrations.errors import LedgerError
from ireserve_integrations.testing.exchange import Reply
from ireserve_integrations.testing.faults import FaultKind
from ireserve_integrations.testing.sandbox import RefusedError
from ireserve_resivo.plugin import ResivoPlugin
from ireserve_resivo.sandbox import ResivoSandbox


class Twin(ResivoSandbox):
    name = "a-twin"

    def environment(self):
        return {"IRESERVE_A_TWIN_API_URL": self.url}

    def integration(self):
        return super().integration() | {"id": "twin", "vendor": "a-twin"}

"""
OTHER_KIND = """
    def integration(self):
        return super().integration() | {"details": {"open_from_statuses": ["30"]}}
"""
NO_FAULTS = """
    def fault(self, kind, **parameters):
        pass
"""
REPLY_LOST_BEFORE_THE_WORK = """
    def fault(self, kind, **parameters):
        super().fault(FaultKind.CUT, **parameters)
"""
LIST_FORGETS = """
    def _authorisations(self, request, site):
        return self._list(request, [])
"""
REVOKES_NOTHING = """
    def _revoke(self, request, site, authorisation):
        return Reply(status=204)
"""
KEEPS_THE_FIRST_WINDOW = """
    window = None

    def _create(self, request, site):
        kept = self.window = self.window or request.json["restrictions"]
        return super()._create(replace(request, json=request.json | {"restrictions": kept}), site)
"""
FORGETS_WHAT_IT_MADE = """
    def state(self):
        return {}
"""
CANNOT_BE_ASKED = """
    def state(self):
        raise KeyError("a secret")
"""
HAS_NO_ROOM = """
    def state(self):
        raise LedgerError("the disk is full")
"""
REFUSES_THE_ACCOUNT = """
    client_secret = "typed wrongly"

    def _token(self, request):
        raise RefusedError(401, "no")
"""


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


def test_it_tells_the_main_job_step_by_step(told: Ran) -> None:
    assert (told.status, told.err) == (0, "")
    assert "\n1. The checklist of resivo-main\n" in told.out
    assert "\n8. It is cancelled: nothing is left behind\n" in told.out
    assert "✗" not in told.out
    assert told.out.endswith("Every step did what it says.\n")


def test_what_goes_over_the_wire_is_shown(told: Ran) -> None:
    assert f"→ POST {CREATE}  201\n" in told.out
    assert f"→ POST {CREATE}  no reply\n" in told.out
    assert "displayName: i-Reserve 15492 · " in told.out
    assert "validFrom: " in told.out


def test_the_visitor_is_not_shown(told: Ran) -> None:
    assert [word for word in ("Ada", "Vos", "example.org", "12345678") if word in told.out] == []


def test_it_leaves_nothing_behind(told: Ran, room: Path) -> None:
    assert told.status == 0
    assert list(room.iterdir()) == []


def test_machines_get_every_step_whatever_the_environment(tmp_path: Path) -> None:
    environ = {
        "IRESERVE_RESIVO_API_URL": "https://api.resivo.invalid",
        "IRESERVE_RESIVO_API_VERSION": "v1",
        KEY_VARIABLE: "no key",
        KEY_FILE_VARIABLE: "/nowhere",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "TZ": "Pacific/Kiritimati",
    }

    ran = run_demo(tmp_path, environ, "--json", "--config", "/nowhere", "--database", "/nowhere")

    steps = ran.answer
    assert (ran.status, ran.err) == (0, "")
    assert [step["outcome"] for step in steps] == STORY
    assert {step["ok"] for step in steps} == {True}
    assert {step["vendor"] for step in steps} == {"resivo"}
    assert steps[2]["requests"] == []
    assert steps[5]["requests"] == [{"method": "POST", "path": CREATE, "status": None}]
    assert [request["method"] for request in steps[6]["requests"]] == ["GET"]
    methods = [request["method"] for request in steps[3]["requests"]]
    assert (methods[0], methods[-1]) == ("POST", "DELETE")


def test_another_vendor_joins(workplace: Workplace) -> None:
    install_twin(workplace, "")

    ran = workplace.run("demo", "--json")

    assert ran.status == 0
    assert [step["vendor"] for step in ran.answer] == ["a-twin"] * 8 + ["resivo"] * 8


def test_a_vendor_that_opens_on_demand_is_left_out(workplace: Workplace) -> None:
    install_twin(workplace, OTHER_KIND)

    ran = workplace.run("demo", "--json")

    assert ran.status == 0
    assert {step["vendor"] for step in ran.answer} == {"resivo"}


@pytest.mark.parametrize(
    ("differs", "place", "claim"),
    [
        (REFUSES_THE_ACCOUNT, 1, "no line failed"),
        (FORGETS_WHAT_IT_MADE, 2, "exactly one access lives at the vendor: this one"),
        (CANNOT_BE_ASKED, 2, "no error occurs (KeyError (twin.py, line "),
        (HAS_NO_ROOM, 2, "no error occurs (LedgerError: the disk is full)"),
        (KEEPS_THE_FIRST_WINDOW, 4, "its window moved along"),
        (REVOKES_NOTHING, 4, "exactly one access lives at the vendor: this one"),
        (NO_FAULTS, 6, "the outcome is pending; the vendor made it, and its reply never came"),
        (REPLY_LOST_BEFORE_THE_WORK, 6, "the vendor made it, and its reply never came"),
        (LIST_FORGETS, 7, "it was looked for, and not asked for again"),
    ],
    ids=[
        "account",
        "state",
        "error",
        "no room",
        "window",
        "revoke",
        "no fault",
        "another fault",
        "search",
    ],
)
def test_a_step_that_does_not_do_what_it_says_ends_it(
    workplace: Workplace, differs: str, place: int, claim: str
) -> None:
    install_twin(workplace, differs)

    ran = workplace.run("demo", "--json")

    last = ran.answer[-1]
    assert ran.status == 1
    assert [step["ok"] for step in ran.answer] == [True] * (place - 1) + [False]
    assert {step["vendor"] for step in ran.answer} == {"a-twin"}
    assert last["error"].startswith(f"not so: {claim}")
    assert ran.err == f"a-twin, step {place} ({last['step']}): {last['error']}\n"


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
