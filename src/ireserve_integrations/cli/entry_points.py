"""What installed distributions bring, by entry point: each loaded alone, when it is asked for."""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any


class BrokenError(Exception):
    """An entry point that cannot be used; the sentence says why."""


def list_names(group: str) -> list[str]:
    """Return the names of a group's entry points, sorted, without loading any."""
    return sorted(_named(group))


def load(group: str, name: str) -> Any:
    """Return what an entry point leads to.

    Raises:
        BrokenError: It cannot be loaded, or several distributions bring one of that name.
    """
    found = _named(group)[name]
    if len(found) > 1:
        brought_by = ", ".join(sorted(str(point.dist and point.dist.name) for point in found))
        raise BrokenError(f"several distributions bring it: {brought_by}; uninstall all but one")
    try:
        return found[0].load()
    except (Exception, SystemExit) as error:  # whatever a foreign module does when it is loaded
        raise BrokenError(f"it cannot be loaded: {where(error)}") from error


def where(error: BaseException) -> str:
    """Name an exception by its type and the line that raised it; its text may hold anything."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    name = type(error).__name__
    if last is None:
        return name
    return f"{name} ({Path(last.tb_frame.f_code.co_filename).name}, line {last.tb_lineno})"


def _named(group: str) -> dict[str, list[EntryPoint]]:
    named: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=group):
        named.setdefault(point.name, []).append(point)
    return named
