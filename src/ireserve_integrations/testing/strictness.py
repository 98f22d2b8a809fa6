"""What is wrong with a JSON value that was sent, against the shape that a vendor documents.

A shape is a mapping for an object (a key that ends in `?` may be missing), a list of one shape for
an array that is not empty, or a function that says what is wrong with a text, or None. null and ""
are wrong everywhere, and so is a key that the shape does not have.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

Check: TypeAlias = Callable[[str], str | None]
Shape: TypeAlias = "Mapping[str, Shape] | list[Shape] | Check"


def matching(pattern: str, says: str) -> Check:
    """Return a check that the whole text matches; `says` completes "validTo …"."""
    compiled = re.compile(pattern)
    return lambda text: None if compiled.fullmatch(text) else says


def text(longest: int) -> Check:
    """Return a check of a text's length, in characters."""
    says = f"must be shorter than or equal to {longest} characters"
    return lambda value: says if len(value) > longest else None


def complaints(value: object, shape: Shape, where: str = "") -> list[str]:
    """Return every way in which a value departs from its shape, each a sentence; none: empty.

    Args:
        value: As it came from `json.loads`.
        shape: See this module.
        where: The path to the value, `recipients.0.email`; empty for the body itself.
    """
    name = where or "body"
    if value is None:
        return [f"{name} should not be null"]
    if isinstance(shape, Mapping):
        return (
            _of_object(value, shape, where) if isinstance(value, dict) else [_not(name, "object")]
        )
    if isinstance(shape, list):
        return (
            _of_array(value, shape[0], where) if isinstance(value, list) else [_not(name, "array")]
        )
    if not isinstance(value, str):
        return [f"{name} must be a string"]
    complaint = shape(value) if value else "should not be empty"
    return [f"{name} {complaint}"] if complaint else []


def _of_object(value: Mapping[str, object], shape: Mapping[str, Shape], where: str) -> list[str]:
    inner = {name.removesuffix("?"): each for name, each in shape.items()}
    prefix = f"{where}." if where else ""
    found = [f"property {prefix}{key} should not exist" for key in value if key not in inner]
    found += [f"{prefix}{key} is required" for key in shape if key[-1] != "?" and key not in value]
    for key, each in inner.items():
        if key in value:
            found += complaints(value[key], each, prefix + key)
    return found


def _of_array(value: list[object], shape: Shape, where: str) -> list[str]:
    if not value:
        return [f"{where or 'body'} should not be empty"]
    prefix = f"{where}." if where else ""
    return [
        complaint
        for place, each in enumerate(value)
        for complaint in complaints(each, shape, f"{prefix}{place}")
    ]


def _not(name: str, kind: str) -> str:
    return f"{name} must be an {kind}"
