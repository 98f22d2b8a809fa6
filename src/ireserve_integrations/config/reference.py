"""Secrets that stand elsewhere: `{ env = "NAME" }` and `{ file = "path" }`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model import ConfigProblem
from .document import shown

_LARGEST_SECRET = 64 * 1024  # bytes
_KINDS = frozenset({"env", "file"})
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_HOW = 'must be a text, { env = "NAME" } or { file = "path" }'


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Where references lead."""

    folder: Path
    """The configuration file's; relative paths start there."""
    environ: Mapping[str, str] = field(repr=False)

    def resolve(
        self, raw: Mapping[str, Any], path: str
    ) -> tuple[dict[str, Any], tuple[ConfigProblem, ...]]:
        """Return a table with its references replaced, and what is wrong with them.

        Args:
            raw: As typed; every table in it is read as a reference.
            path: Leads every problem's path.

        Returns:
            The table without the references that lead nowhere, and a problem for each of these.
        """
        values, problems = {}, []
        for key, value in raw.items():
            if not isinstance(value, Mapping):
                values[key] = value
                continue
            try:
                values[key] = self._read(value)
            except ValueError as error:
                problems.append(ConfigProblem(path=f"{path}.{shown(key)}", message=str(error)))
        return values, tuple(problems)

    def _read(self, reference: Mapping[str, Any]) -> str:
        match dict(reference):
            case {"env": str(name), **others} if not others:
                return self._read_variable(name)
            case {"file": str(name), **others} if not others:
                return self._read_file(name)
            case _:
                raise ValueError(_HOW)

    def _read_variable(self, name: str) -> str:
        if not _VARIABLE.fullmatch(name):  # perhaps the secret itself: not to be quoted
            raise ValueError("env must be the name of an environment variable")
        value = self.environ.get(name)
        if value is None:
            raise ValueError(f"the environment variable {shown(name)} is not set")
        return _usable(value, f"the environment variable {shown(name)}")

    def _read_file(self, name: str) -> str:
        what = f"the file {shown(name)}"
        try:
            with (self.folder / name).open("rb") as file:
                content = file.read(_LARGEST_SECRET + 1)
        except OSError as error:
            raise ValueError(f"{what} cannot be read: {error.strerror or error}") from None
        except ValueError:
            raise ValueError(f"{what} cannot be read: that is not a file's name") from None
        if len(content) > _LARGEST_SECRET:
            raise ValueError(f"{what} is larger than {_LARGEST_SECRET // 1024} KiB")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError(f"{what} is not UTF-8") from None
        return _usable(text.removesuffix("\n").removesuffix("\r"), what)


def is_reference(value: Any) -> bool:
    """Tell whether a value was meant as a reference."""
    return isinstance(value, Mapping) and bool(value) and _KINDS.issuperset(value)


def _usable(value: str, what: str) -> str:
    if not value:
        raise ValueError(f"{what} is empty")
    try:
        value.encode()
    except UnicodeEncodeError:  # how Python carries foreign bytes of the environment
        raise ValueError(f"{what} is not UTF-8") from None
    return value
