"""`plugins`, `validate`, `check`, `targets` and `keygen`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.command_line import Workplace

from ireserve_integrations.ledger import KEY_VARIABLE, Keys
from ireserve_resivo.sandbox import ResivoSandbox

LITERAL = 'stands in the file; { env = "NAME" } or { file = "path" } keeps it out of it'
NO_VENDOR = '[[integrations]]\nid = "lost"\nvendor = "resivoo"\n'


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


@pytest.fixture
def sandbox(workplace: Workplace) -> Iterator[ResivoSandbox]:
    with ResivoSandbox() as sandbox:
        workplace.use(sandbox)
        yield sandbox


def test_plugins_lists_what_is_installed(workplace: Workplace) -> None:
    ran = workplace.run("plugins", "--json")

    assert ran.status == 0
    resivo, saltoks = ran.answer
    assert (resivo["name"], resivo["status"], resivo["error"]) == ("resivo", "loaded", None)
    assert (saltoks["name"], saltoks["status"], saltoks["error"]) == ("saltoks", "loaded", None)
    assert set(resivo) == {"name", "version", "status", "error"}


def test_plugins_says_what_is_wrong_with_a_broken_one(workplace: Workplace) -> None:
    workplace.install("wrecked", "import not_there", integrations={"wreck": "Plugin"})

    ran = workplace.run("plugins")

    assert ran.status == 1
    assert "wreck" in ran.out
    assert "broken" in ran.out
    assert "ModuleNotFoundError of not_there" in ran.out


def test_plugins_shows_a_blocked_one_and_finds_nothing_wrong(workplace: Workplace) -> None:
    workplace.configure('[plugins]\nblocked = ["resivo"]\n')

    ran = workplace.run("plugins", "--json")

    assert (ran.status, ran.answer[0]["status"]) == (0, "blocked")


def test_plugins_can_be_asked_before_there_is_a_configuration(workplace: Workplace) -> None:
    (workplace.folder / "integrations.toml").unlink()

    ran = workplace.run("plugins")

    assert ran.status == 0
    assert "resivo" in ran.out
    assert ran.err == "there is no integrations.toml here, so none is blocked\n"


def test_plugins_refuses_a_configuration_that_was_named_and_is_not_there(
    workplace: Workplace,
) -> None:
    ran = workplace.run("plugins", "--config", "other.toml")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "other.toml: cannot be read: No such file or directory\n"


def test_validate_lists_warnings_and_is_content(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    ran = workplace.run("validate", "--json")

    assert ran.status == 0
    assert ran.answer == [
        {
            "integration": "resivo-main",
            "path": "auth.client_secret",
            "message": LITERAL,
            "severity": "warning",
        }
    ]


def test_validate_lists_every_error_of_every_integration(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    details = sandbox.integration()["details"] | {"time_befor_minutes": 5, "default_language": "x"}
    workplace.use(sandbox, details=details)
    with (workplace.folder / "integrations.toml").open("a") as file:
        file.write(NO_VENDOR)

    ran = workplace.run("validate")

    assert ran.status == 1
    assert "details.time_befor_minutes" in ran.out
    assert "did you mean time_before_minutes?" in ran.out
    assert "details.default_language" in ran.out
    assert "no plugin 'resivoo' is installed; did you mean resivo?" in ran.out
    assert "2 integrations: 3 errors, 1 warning." in ran.out


def test_validate_needs_no_key_and_makes_no_database(
    workplace: Workplace, sandbox: ResivoSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)

    ran = workplace.run("validate")

    assert ran.status == 0
    assert "1 integration: no errors, 1 warning." in ran.out
    assert workplace.files == ["integrations.toml"]
    assert sandbox.requests == ()


def test_validate_says_that_nothing_is_configured(workplace: Workplace) -> None:
    assert workplace.run("validate").out == "No integration is configured.\n"


def test_check_prints_the_checklist(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    ran = workplace.run("check", "resivo-main", "--json")

    assert ran.status == 0
    assert ran.answer[0] == {
        "name": "Token",
        "status": "passed",
        "message": "the client id and secret are accepted",
    }
    assert {line["status"] for line in ran.answer} == {"passed", "manual"}


def test_check_prints_everything_before_it_fails(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    sandbox.rename_component("Main entrance", "Front door")

    ran = workplace.run("check", "resivo-main")

    assert ran.status == 1
    assert "Front door" in ran.out
    assert "End-to-end tested" in ran.out
    assert "1 failed, 14 passed, 4 for a person to see to." in ran.out


def test_check_runs_the_checklist_of_the_stage_that_is_asked_for(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    ran = workplace.run("check", "resivo-main", "--stage", "production", "--json")

    assert ran.status == 1
    address = next(line for line in ran.answer if line["name"] == "Address")
    assert address["status"] == "failed"
    assert "is a sandbox on this machine" in address["message"]


def test_check_says_what_is_wrong_with_the_settings(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    workplace.use(sandbox, mapping=[{"object": "17"}])

    ran = workplace.run("check", "resivo-main")

    assert ran.status == 1
    assert "mapping[0].targets" in ran.out
    assert "is missing" in ran.out


def test_targets_lists_the_doors_by_name(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    ran = workplace.run("targets", "resivo-main", "--json")

    assert ran.status == 0
    assert [target["name"] for target in ran.answer] == [
        "Council chamber",
        "Main entrance",
        "Studio 1",
        "Studio 2",
    ]
    assert set(ran.answer[0]) == {"id", "name", "detail"}


def test_targets_prints_names_and_ids_for_people(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    ran = workplace.run("targets", "resivo-main")

    assert ran.status == 0
    assert ran.out.splitlines()[3].split() == ["Main", "entrance", "c-1"]


def test_targets_has_a_sentence_for_no_target(workplace: Workplace, sandbox: ResivoSandbox) -> None:
    auth = sandbox.integration()["auth"] | {"site_id": "bare"}
    sandbox.add_site("bare", "Nothing here", [])
    workplace.use(sandbox, auth=auth)

    ran = workplace.run("--json", "targets", "resivo-main")

    assert (ran.status, ran.answer) == (1, [])
    assert ran.err.startswith("integration resivo-main: the vendor lists nothing")


def test_targets_says_why_the_vendor_gave_none(
    workplace: Workplace, sandbox: ResivoSandbox
) -> None:
    auth = sandbox.integration()["auth"] | {"client_secret": "another"}
    workplace.use(sandbox, auth=auth)

    ran = workplace.run("targets", "resivo-main", "--json")

    assert (ran.status, ran.answer) == (1, [])
    assert ran.err.startswith("integration resivo-main: ")
    assert ran.err.endswith("(AuthError)\n")


def test_targets_says_why_the_integration_cannot_be_used(workplace: Workplace) -> None:
    workplace.configure(NO_VENDOR)

    ran = workplace.run("targets", "lost")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        "integration lost: vendor: no plugin 'resivoo' is installed; did you mean resivo? "
        "(ConfigError)\n"
    )


def test_keygen_prints_a_key_alone_and_never_the_same(workplace: Workplace) -> None:
    one, other = workplace.run("keygen"), workplace.run("keygen", "--json")

    assert (one.status, other.status) == (0, 0)
    Keys(one.out.removesuffix("\n")), Keys(other.answer["key"])
    assert one.out.strip() != other.answer["key"]
    assert workplace.files == ["integrations.toml"]
