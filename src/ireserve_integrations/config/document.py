"""A TOML file, read whole or refused with a sentence."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..model import ConfigProblem

_LARGEST_FILE = 16 * 1024 * 1024  # bytes; thousands of integrations fit, a disk image does not
_DEEPEST = 32  # tables and lists in each other; more breaks whoever compares or prints them
_SHOWN = 5  # problems of one file that one message names


def read_document(path: Path) -> dict[str, Any]:
    """Return what the TOML file holds.

    Raises:
        ConfigError: It cannot be read, is too large, not UTF-8, not TOML, or nested too deeply.
    """
    text = _read_text(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None
    except ValueError:  # Python's limit on the digits of a number
        raise ConfigError(f"{path}: is not TOML: a number is too long") from None
    if _is_too_deep(document):
        raise ConfigError(f"{path}: is nested too deeply")
    return document


def refuse(
    path: Path, problems: Iterable[ConfigProblem], kind: type[ConfigError] = ConfigError
) -> None:
    """Raise one error that names the file and its problems, if there is any.

    Raises:
        ConfigError: There is a problem.
    """
    sentences = [f"{shown(problem.path)}: {problem.message}" for problem in problems]
    if not sentences:
        return
    more = len(sentences) - _SHOWN
    rest = [f"and {more} more"] if more > 0 else []
    raise kind(f"{path}: " + "; ".join(sentences[:_SHOWN] + rest))


def shown(word: str) -> str:
    """Return a word from a file as a message may show it: one line, not too long."""
    longest = 120
    word = word if word.isprintable() else ascii(word)[1:-1]
    return word if len(word) <= longest else f"{word[: longest - 1]}…"


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise ConfigError(f"{shown(str(path))}: is not a file's name") from None
    if len(content) > _LARGEST_FILE:
        raise ConfigError(f"{path}: is larger than {_LARGEST_FILE // 1024**2} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: is not UTF-8 (line {line})") from None


def _is_too_deep(document: dict[str, Any]) -> bool:
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _parts(value)]
    return bool(level)


def _parts(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()
