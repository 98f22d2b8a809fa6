"""What a program prints where: files, pipes, terminals, nowhere; and how it is interrupted."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from tests.host.command_line import PROGRAM, Workplace

from ireserve_resivo.sandbox import ResivoSandbox


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    return Workplace(tmp_path, monkeypatch)


def test_an_interrupted_program_says_so(workplace: Workplace) -> None:
    fifo = workplace.folder / "event.json"
    os.mkfifo(fifo)

    # opening it waits until the program has opened it too, and reads
    with workplace.start("dispatch", "event.json") as program, fifo.open("w"):
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
        [PROGRAM, *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
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
            check=False,
        )

    assert (done.returncode, done.stderr) == (
        1,
        "the operating system refused: No space left on device\n",
    )


def test_a_program_without_streams_ends_as_it_would(workplace: Workplace) -> None:
    done = subprocess.run(f"{PROGRAM} plugins >&- 2>&-", shell=True, timeout=60, check=False)  # noqa: S602

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


def test_nothing_is_cut_or_coloured_where_there_is_no_terminal(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    long_id = "resivo-" + "x" * 300
    workplace.configure(f'[[integrations]]\nid = "{long_id}"\nvendor = "nobody"\n')

    ran = workplace.run("validate")

    assert f"{long_id}   vendor    no plugin 'nobody' is installed" in ran.out
    assert "\x1b" not in ran.out


def test_a_terminal_gets_colours_and_folded_lines(workplace: Workplace) -> None:
    long_id = "resivo-" + "x" * 100
    workplace.configure(f'[[integrations]]\nid = "{long_id}"\nvendor = "nobody"\n')

    shown = workplace.run_on_a_terminal("validate").out

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
