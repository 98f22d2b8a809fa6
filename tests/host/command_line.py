"""The command line as tests use it: in this process, or in one of its own."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ireserve_integrations.cli import main
from ireserve_integrations.cli.toml_text import write_integration
from ireserve_integrations.ledger import KEY_VARIABLE, new_key
from ireserve_integrations.testing.sandbox import Sandbox

PROGRAM = str(Path(sys.executable).with_name("ireserve-integrations"))
START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
PATIENCE = "[host]\ncall_deadline_s = 5\nlate_request_s = 0\n"


@dataclass(frozen=True)
class Ran:
    """What became of a command."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


class Workplace:
    """A folder with a configuration, an environment with a key, and the program."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(folder)
        monkeypatch.setenv(KEY_VARIABLE, new_key())
        self.configure("")

    @property
    def database(self) -> Path:
        return self.folder / "ireserve-integrations.db"

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def configure(self, text: str) -> None:
        self.write("integrations.toml", text)

    def use(self, sandbox: Sandbox, *, host: str = PATIENCE, **changed: Any) -> None:
        """Configure the sandbox's own integration, some of its row changed."""
        self.set(sandbox.environment())
        self.configure(host + write_integration(sandbox.integration() | changed))

    def set(self, environ: Mapping[str, str]) -> None:
        """Set environment variables."""
        for name, value in environ.items():
            self._monkeypatch.setenv(name, value)

    def write(self, name: str, content: Any) -> None:
        """Write a text, or a value as JSON."""
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / name).write_text(text, encoding="utf-8")

    def install(self, name: str, source: str, **groups: Mapping[str, str]) -> Path:
        """Install a distribution with a module of its name.

        Args:
            name: Of both.
            source: Of the module.
            groups: By the end of the group's name, what each entry point names in the module.
        """
        site = self.folder / f"site-{name}"
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [
            line
            for group, points in groups.items()
            for line in (f"[ireserve.{group}]", *(f"{n} = {name}:{t}" for n, t in points.items()))
        ]
        (info / "entry_points.txt").write_text("\n".join(lines))
        (site / f"{name}.py").write_text(source, encoding="utf-8")
        self._monkeypatch.syspath_prepend(site)
        self._monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
        self._monkeypatch.delitem(sys.modules, name, raising=False)
        return site

    def run(self, *arguments: str) -> Ran:
        """Run the program in this process."""
        ended = pytest.raises(SystemExit)
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err, ended as how:
            main(arguments)
        return Ran(int(how.value.code or 0), out.getvalue(), err.getvalue())

    def run_apart(self, *arguments: str, stdin: str = "") -> Ran:
        """Run the installed program in a process of its own."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def run_on_a_terminal(self, *arguments: str, only_errors: bool = False) -> Ran:
        """Run the installed program on a terminal of 80 columns, which gets all that it prints.

        Args:
            arguments: The program's.
            only_errors: Whether standard output is a pipe, and not the terminal.
        """
        ours, theirs = pty.openpty()
        environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        environ.pop("NO_COLOR", None)
        output = subprocess.PIPE if only_errors else theirs
        done = subprocess.run(
            [PROGRAM, *arguments],
            stdout=output,
            stderr=theirs,
            env=environ,
            timeout=60,
            check=False,
        )
        os.close(theirs)
        shown = _read_all(ours)
        if only_errors:
            return Ran(done.returncode, done.stdout.decode(), shown)
        return Ran(done.returncode, shown, "")

    @contextmanager
    def start(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Lend a process of the installed program; it is gone when the block ends."""
        program = subprocess.Popen(
            [PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_hear_interrupts,  # noqa: PLW1509  # this process has one thread that forks
        )
        try:
            yield program
        finally:
            program.kill()
            program.communicate()


def _read_all(terminal: int) -> str:
    """Return what was written to a terminal whose other end is closed."""
    shown = bytearray()
    with suppress(OSError):  # how Linux tells that it is
        while chunk := os.read(terminal, 65536):
            shown += chunk
    os.close(terminal)
    return shown.decode()


def _hear_interrupts() -> None:
    """Undo what a shell does to programs in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def event(status: str = "30", **booking: Any) -> dict[str, Any]:
    """Return an event for the sandbox's integration."""
    booked = {
        "id": "15492",
        "start": START.isoformat(),
        "end": (START + timedelta(hours=2)).isoformat(),
        "objects": [{"object": "17", "sub_object": "171"}],
        "customer": {"email": "ada@example.org"},
    }
    return {"new_status": status, "booking": booked | booking}
