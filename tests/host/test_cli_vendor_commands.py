"""Commands that vendors bring, the broken ones too."""

import sys
from pathlib import Path

import pytest
from tests.host.command_line import Workplace

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


def test_a_vendor_brings_commands(workplace: Workplace) -> None:
    workplace.install("greeting", GREET, commands={"greet": "greet"})

    assert "greet            Greet." in workplace.run("--help").out
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
    assert "greet            Cannot be used: it " in listed.out
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
