"""What hooks must answer, checked down to the last field before the host relies on it.

A plugin is not our code: a naive time or a list of the wrong things would otherwise be noticed
where it is written into the ledger, or not at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from .errors import PluginError
from .model import (
    Access,
    AccessPage,
    ActionResult,
    Check,
    ConfigProblem,
    MappingTarget,
    PluginInfo,
    Receipt,
)

_ANSWERS: Mapping[str, Any] = {
    "describe_plugin": PluginInfo,
    "validate_config": list[ConfigProblem],
    "check_connection": list[Check],
    "list_mapping_targets": list[MappingTarget],
    "on_status_change": Receipt,
    "revoke_access": bool,
    "find_access": tuple[Access, ...],
    "read_access": Access,
    "list_access": AccessPage,
    "sign_in": bool,
    "perform_action": ActionResult,
}


def checked_answer(vendor: str, hook: str, answer: object) -> Any:
    """Return a hook's answer; a list for a tuple, or the other way round, will do.

    Raises:
        PluginError: It is something else; the message names the first wrong part, not its value.
    """
    expected = _ANSWERS[hook]
    container = get_origin(expected)
    if not isinstance(answer, list | tuple if container else expected):
        wanted = f"a {container.__name__}" if container else expected.__name__
        raise PluginError(
            f"plugin {vendor} answered {hook} with {type(answer).__name__} instead of {wanted}"
        )
    fault = _fault(answer, expected, "")
    if fault is not None:
        place = f"{type(answer).__name__}{fault}"
        raise PluginError(f"plugin {vendor} answered {hook} with a wrong value: {place}")
    return container(answer) if container else answer


def _fault(value: Any, hint: Any, path: str) -> str | None:
    """Return the path of the first part that is not what its annotation says; None for none."""
    match get_origin(hint):
        case None:
            return _plain_fault(value, hint, path)
        case kind if kind is UnionType:
            faults = [_fault(value, one, path) for one in get_args(hint)]
            return None if None in faults else max(map(str, faults), key=len)  # the deepest one
        case kind if kind is Literal:
            return None if isinstance(value, str) and value in get_args(hint) else path
        case kind if kind is type:
            return None if isinstance(value, type) else path
        case kind:
            return _first(_part_faults(value, kind, get_args(hint), path))


def _part_faults(value: Any, kind: Any, inner: tuple[Any, ...], path: str) -> Iterator[str | None]:
    if kind is Mapping and isinstance(value, Mapping):
        for name, content in value.items():
            yield _fault(name, inner[0], f"{path}[…]")
            yield _fault(content, inner[1], f"{path}[…]")
    elif kind is not Mapping and isinstance(value, list | tuple):
        yield from (_fault(part, inner[0], f"{path}[{place}]") for place, part in enumerate(value))
    else:
        yield path


def _plain_fault(value: Any, hint: type, path: str) -> str | None:
    if not isinstance(value, hint):
        return path
    if isinstance(value, str):
        return None if _is_storable(value) else path
    if isinstance(value, datetime):
        return None if value.utcoffset() is not None else path
    if is_dataclass(value):
        parts = _annotations(hint).items()
        return _first(
            _fault(getattr(value, name), inner, f"{path}.{name}") for name, inner in parts
        )
    return None


def _first(faults: Iterable[str | None]) -> str | None:
    return next((fault for fault in faults if fault is not None), None)


@cache
def _annotations(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields; any class will do where marshmallow's is wanted."""
    hints = get_type_hints(kind, localns={"Schema": object})
    return {field.name: hints[field.name] for field in fields(kind)}


def _is_storable(text: str) -> bool:
    """Tell whether a text can be written down: half a character cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
