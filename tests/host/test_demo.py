"""`demo`: it shows what it says, and fails where a step does not do it."""

from pathlib import Path

import pytest
from tests.host.command_line import Workplace

from ireserve_integrations.ledger import KEY_VARIABLE
from ireserve_integrations.ledger.keys import KEY_FILE_VARIABLE

CREATE = "/v8/sites/site-1/authorizations/remote-access"
STORY = ["passed", "granted", "unchanged", "replaced", "revoked", "pending", "granted", "revoked"]
TWIN = """
from dataclasses import replace
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
REFUSES_THE_ACCOUNT = """
    client_secret = "typed wrongly"

    def _token(self, request):
        raise RefusedError(401, "no")
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


def test_it_tells_the_main_job_step_by_step(workplace: Workplace) -> None:
    (workplace.folder / "integrations.toml").write_text("[this is no concern of the demo")

    ran = workplace.run_apart("demo")

    assert (ran.status, ran.err) == (0, "")
    assert "\n1. The checklist of resivo-main\n" in ran.out
    assert "\n8. It is cancelled: nothing is left behind\n" in ran.out
    assert f"→ POST {CREATE}  201\n" in ran.out
    assert f"→ POST {CREATE}  no reply\n" in ran.out
    assert "displayName: i-Reserve 15492 · " in ran.out
    assert "✗" not in ran.out
    assert ran.out.endswith("Every step did what it says.\n")
    assert workplace.files == ["integrations.toml"]


def test_the_visitor_is_not_shown(workplace: Workplace) -> None:
    out = workplace.run("demo").out

    assert [word for word in ("Ada", "Vos", "example.org", "12345678") if word in out] == []


def test_machines_get_every_step_with_what_went_over_the_wire(workplace: Workplace) -> None:
    ran = workplace.run("demo", "--json")

    steps = ran.answer
    assert (ran.status, ran.err) == (0, "")
    assert [step["outcome"] for step in steps] == STORY
    assert {step["ok"] for step in steps} == {True}
    assert {step["vendor"] for step in steps} == {"resivo"}
    assert steps[2]["requests"] == []
    assert steps[5]["requests"] == [{"method": "POST", "path": CREATE, "status": None}]
    assert [request["method"] for request in steps[6]["requests"]] == ["GET"]
    methods = [request["method"] for request in steps[3]["requests"]]
    assert methods[0] == "POST"
    assert methods[-1] == "DELETE"


def test_the_environment_does_not_disturb_it(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRESERVE_RESIVO_API_URL", "https://api.resivo.invalid")
    monkeypatch.setenv("IRESERVE_RESIVO_API_VERSION", "v1")
    monkeypatch.setenv(KEY_VARIABLE, "no key")
    monkeypatch.setenv(KEY_FILE_VARIABLE, "/nowhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")

    ran = workplace.run_apart("demo", "--json", "--config", "/nowhere", "--database", "/nowhere")

    assert (ran.status, len(ran.answer)) == (0, 8)


def test_it_leaves_nothing_behind(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    room = workplace.folder / "room"
    room.mkdir()
    monkeypatch.setenv("TMPDIR", str(room))

    assert workplace.run_apart("demo").status == 0
    assert list(room.iterdir()) == []


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
        (KEEPS_THE_FIRST_WINDOW, 4, "its window moved along"),
        (REVOKES_NOTHING, 4, "exactly one access lives at the vendor: this one"),
        (NO_FAULTS, 6, "the outcome is pending; the vendor made it, and its reply never came"),
        (REPLY_LOST_BEFORE_THE_WORK, 6, "the vendor made it, and its reply never came"),
        (LIST_FORGETS, 7, "it was looked for, and not asked for again"),
    ],
    ids=[
        "account",
        "state",
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

    mine = [step for step in ran.answer if step["vendor"] == "a-twin"]
    assert ran.status == 1
    assert [step["ok"] for step in mine] == [True] * (place - 1) + [False]
    assert ran.err.startswith(f"a-twin, step {place} ({mine[-1]['step']}): not so: {claim}")


def install_twin(workplace: Workplace, differs: str) -> None:
    workplace.install(
        "twin",
        TWIN + differs,
        sandboxes={"a-twin": "Twin"},
        integrations={"a-twin": "ResivoPlugin"},
    )
