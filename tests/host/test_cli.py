"""The program: help, options, vendors' commands, and how it ends."""

import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from tests.host.command_line import PROGRAM, Workplace, event

from ireserve_resivo.sandbox import ResivoSandbox

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
GREET = """
import click

@click.command(short_help="Greet.")
@click.pass_context
def greet(ctx):
    click.echo(f"as_json={ctx.find_root().params['as_json']}")

@click.command()
def fail():
    raise KeyError("a secret")

plain = 7
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


def test_neither_importing_nor_help_loads_a_heavy_module() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED_BY_HELP], capture_output=True, text=True, timeout=60
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


def test_a_vendor_brings_commands(workplace: Workplace) -> None:
    workplace.install("greeting", GREET, commands={"greet": "greet"})

    assert "greet       Greet." in workplace.run("--help").out
    assert workplace.run("--json", "greet").out == "as_json=True\n"
    assert workplace.run("greet").out == "as_json=False\n"


def test_key_status_answers_machines_before_and_after(workplace: Workplace) -> None:
    before = workplace.run("--json", "key-status", "Active")
    after = workplace.run("key-status", "Active", "--json")

    assert before.answer == after.answer
    assert before.answer[0]["status"] == "Active"


def test_a_vendor_command_is_not_loaded_for_another(workplace: Workplace) -> None:
    workplace.install("greeting", GREET, commands={"greet": "greet"})

    assert workplace.run("keygen").status == 0
    assert "greeting" not in sys.modules


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("import not_there", "greet", "it cannot be loaded: ModuleNotFoundError of not_there"),
        ("raise SystemExit(0)", "greet", "it cannot be loaded: SystemExit (bad.py, line 1)"),
        ("", "greet", "it cannot be loaded: AttributeError"),
        (GREET, "plain", "it is no click command"),
    ],
    ids=["import", "exit", "attribute", "no command"],
)
def test_a_broken_vendor_command_is_listed_and_breaks_nothing(
    workplace: Workplace, source: str, target: str, why: str
) -> None:
    workplace.install("bad", source, commands={"greet": target})

    listed, ran = workplace.run("--help"), workplace.run("greet", "--loudly", "Ada")

    assert listed.status == 0
    assert "greet       Cannot be used: it " in listed.out
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"command greet cannot be used: {why}")
    assert workplace.run("keygen").status == 0


def test_two_distributions_with_one_command_are_named(workplace: Workplace) -> None:
    workplace.install("greeting", GREET, commands={"greet": "greet"})
    workplace.install("another", GREET, commands={"greet": "greet"})

    ran = workplace.run("greet")

    assert ran.status == 1
    assert "several distributions bring it: another, greeting; uninstall all but one" in ran.err


def test_no_vendor_takes_a_command_of_ours(workplace: Workplace) -> None:
    workplace.install("greeting", GREET, commands={"keygen": "greet"})

    assert "as_json" not in workplace.run("keygen").out
    assert workplace.run("--help").out.count("keygen") == 1


def test_an_unexpected_error_is_a_sentence_with_its_place_and_no_text(
    workplace: Workplace,
) -> None:
    workplace.install("greeting", GREET, commands={"fail": "fail"})

    ran = workplace.run("fail")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        "Unexpected KeyError (greeting.py, line 11): this is a bug of ireserve-integrations, "
        "or of a plugin's command.\n"
    )


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


def test_an_interrupted_program_says_so(workplace: Workplace) -> None:
    fifo = workplace.folder / "event.json"
    os.mkfifo(fifo)

    with workplace.start("dispatch", "event.json") as program:
        with fifo.open("w"):  # waits until the program has opened it, and reads
            program.send_signal(signal.SIGINT)
            out, err = program.communicate(timeout=30)

    assert (program.returncode, out) == (130, "")
    assert err.strip() == "Interrupted."


@pytest.mark.parametrize("arguments", [("validate",), ("plugins", "--json")])
def test_a_reader_that_has_gone_is_no_error_to_speak_of(
    workplace: Workplace, arguments: tuple[str, ...]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [PROGRAM, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (1, "")


def test_an_answer_that_cannot_be_written_is_said(workplace: Workplace) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "plugins", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )

    assert (done.returncode, done.stderr) == (1, "the answer: No space left on device\n")


def test_a_program_without_streams_ends_as_it_would(workplace: Workplace) -> None:
    done = subprocess.run(f"{PROGRAM} plugins >&- 2>&-", shell=True, timeout=60)  # noqa: S602

    assert done.returncode == 0


def test_machines_get_letters_in_any_encoding(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workplace.configure('[[integrations]]\nid = "café"\nvendor = "nobody"\n')
    plain = workplace.run_apart("validate", "--json")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    narrow = workplace.run_apart("validate", "--json")
    people = workplace.run_apart("validate")

    assert "café" in plain.out
    assert narrow.out.isascii()
    assert narrow.answer == plain.answer
    assert r"caf\xe9" in people.out


def test_nothing_is_cut_or_coloured_where_there_is_no_terminal(workplace: Workplace) -> None:
    long_id = "resivo-" + "x" * 300
    workplace.configure(f'[[integrations]]\nid = "{long_id}"\nvendor = "nobody"\n')

    ran = workplace.run("validate")

    assert f"{long_id}   vendor    no plugin 'nobody' is installed" in ran.out
    assert "\x1b" not in ran.out


def test_a_terminal_gets_colours_and_folded_lines(workplace: Workplace) -> None:
    long_id = "resivo-" + "x" * 100
    workplace.configure(f'[[integrations]]\nid = "{long_id}"\nvendor = "nobody"\n')

    shown = _on_a_terminal("validate")

    assert "\x1b[1;31merror" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(len(line) for line in plain.splitlines()) == 80
    assert plain.count("x") == 100
    assert "…" not in plain


def test_what_comes_from_outside_moves_no_cursor(workplace: Workplace) -> None:
    with ResivoSandbox() as sandbox:
        sandbox.rename_component("Studio 1", "\x1b[2J[bold]Studio[/] :door:\n1")
        workplace.use(sandbox)
        ran = workplace.run("targets", "resivo-main")

    assert "\x1b" not in ran.out
    assert r"\x1b[2J[bold]Studio[/] :door:\n1" in ran.out


def _on_a_terminal(*arguments: str) -> str:
    """Return what the program prints on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    environ.pop("NO_COLOR", None)
    subprocess.run([PROGRAM, *arguments], stdout=theirs, stderr=theirs, env=environ, timeout=60)
    os.close(theirs)
    shown = bytearray()
    with suppress(OSError):  # how Linux tells that the other end is closed
        while chunk := os.read(ours, 65536):
            shown += chunk
    os.close(ours)
    return shown.decode()
