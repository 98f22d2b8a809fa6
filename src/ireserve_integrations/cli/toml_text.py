"""A row of integrations.toml, written as a person would."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def write_integration(row: Mapping[str, Any]) -> str:
    """Return a row of `[[integrations]]`.

    Args:
        row: Of texts, numbers, truth values, lists and mappings of these.
    """
    lines = [f"{_key(key)} = {_block(value)}" for key, value in row.items()]
    return "\n".join(["[[integrations]]", *lines, ""])


def _block(value: Any) -> str:
    """Return a value; a list of tables with a table on each line."""
    if isinstance(value, Sequence) and value and all(isinstance(one, Mapping) for one in value):
        return "[\n" + "".join(f"  {_inline(one)},\n" for one in value) + "]"
    return _inline(value)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(key)} = {_inline(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_inline(inner) for inner in value)}]"
    return json.dumps(value, ensure_ascii=False)  # texts, numbers and truth values look the same


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _inline(key)
