"""The program: help, options, and the status with which it ends."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.host.command_line import Workplace, event

OWN = [
    "plugins",
    "validate",
    "check",
    "targets",
    "dispatch",
    "open",
    "action",
    "demo",
    "keygen",
    "sandbox",
    "migrate",
    "submit",
    "worker",
    "reconcile",
    "alerts",
    "audit",
    "retry",
    "resume",
    "reapply",
    "forget-customer",
]
HEAVY = "{'sqlalchemy', 'alembic', 'httpx', 'marshmallow', 'flask', 'rich', 'cryptography'}"
LOADED_BY_HELP = f"""
import sys
from ireserve_integrations.cli import main
print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)
try:
    main(["--help"])
finally:
    print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


def test_help_lists_every_command_with_a_line_of_help(workplace: Workplace) -> None:
    ran = workplace.run("--help")

    listed = [line.split()[0] for line in ran.out.partition("Commands:\n")[2].splitlines()]
    assert (ran.status, ran.err) == (0, "")
    assert listed == [*OWN, "key-status"]
    assert "Say what a status of a medium or digital key means." in ran.out


@pytest.mark.parametrize("command", [*OWN, "key-status"])
def test_every_command_explains_itself(workplace: Workplace, command: str) -> None:
    ran = workplace.run(command, "--help")

    assert ran.status == 0
    assert ran.out.startswith(f"Usage: ireserve-integrations {command} ")
    assert "--json" in ran.out


@pytest.mark.parametrize("command", ["demo", "keygen", "sandbox"])
def test_what_needs_no_configuration_takes_one_and_does_not_speak_of_it(
    workplace: Workplace, command: str
) -> None:
    ran = workplace.run(command, "--config", "missing.toml", "--database", "x.db", "--help")

    assert ran.status == 0
    assert "--config" not in ran.out


def test_the_version_is_said(workplace: Workplace) -> None:
    assert workplace.run("--version").out.startswith("ireserve-integrations, version ")


def test_neither_importing_nor_help_loads_a_heavy_module() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED_BY_HELP],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    assert "key-status" in done.stdout
    assert done.stderr == "[]\n[]\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--config", "other.toml", "--json", "plugins"),
        ("plugins", "--config", "other.toml", "--json"),
        ("--json", "plugins", "--config", "other.toml"),
        ("--config", "missing.toml", "plugins", "--json", "--config", "other.toml"),
    ],
    ids=["before", "after", "both", "after wins"],
)
def test_options_stand_before_or_after_the_command(
    workplace: Workplace, arguments: tuple[str, ...]
) -> None:
    workplace.write("other.toml", '[plugins]\nblocked = ["resivo"]\n')

    ran = workplace.run(*arguments)

    assert (ran.status, ran.answer[0]["status"]) == (0, "blocked")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--database", "other.db", "dispatch", "event.json"),
        ("dispatch", "event.json", "--database", "other.db"),
        ("--database", "third.db", "dispatch", "--database", "other.db", "event.json"),
    ],
    ids=["before", "after", "after wins"],
)
def test_the_ledger_is_where_the_option_says(
    workplace: Workplace, arguments: tuple[str, ...]
) -> None:
    workplace.write("event.json", event())

    assert workplace.run(*arguments).status == 0
    assert workplace.files == ["event.json", "integrations.toml", "other.db"]


def test_the_ledger_lies_beside_the_configuration_and_is_private(workplace: Workplace) -> None:
    workplace.write("event.json", event())
    (workplace.folder / "elsewhere").mkdir()
    workplace.write("elsewhere/integrations.toml", "")

    assert workplace.run("dispatch", "event.json", "--config", "elsewhere/integrations.toml")
    database = workplace.folder / "elsewhere" / "ireserve-integrations.db"
    assert database.stat().st_mode & 0o777 == 0o600
    assert not workplace.database.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Usage: ireserve-integrations [OPTIONS] COMMAND"),
        (("plugin",), "No such command 'plugin'. Did you mean 'plugins'?"),
        (("plugins", "--jsn"), "No such option"),
        (("check",), "Missing argument 'ID'."),
        (("check", "x", "--stage", "demo"), "'demo' is not one of 'test', 'production'."),
        (("sandbox", "--port", "70000"), "70000 is not in the range 0<=x<=65535."),
    ],
    ids=["nothing", "command", "option", "argument", "choice", "number"],
)
def test_wrong_usage_is_told_on_standard_error(
    workplace: Workplace, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = workplace.run(*arguments)

    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err
    assert workplace.files == ["integrations.toml"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("validate",), 0),
        (("plugins", "--config", "broken.toml"), 2),
        (("key-status", "No such words"), 1),
    ],
    ids=["done", "input", "failed"],
)
def test_the_installed_program_ends_with_the_status(
    workplace: Workplace, arguments: tuple[str, ...], status: int
) -> None:
    workplace.write("broken.toml", "[")

    ran = workplace.run_apart(*arguments)

    assert ran.status == status
    assert "Traceback" not in ran.err
    assert bool(ran.out) == (status < 2)
