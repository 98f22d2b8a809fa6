"""What can be made to go wrong in a sandbox: the kinds of faults, and their switches."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .exchange import Request
from .tokens import carries_token

_DAY_S = 86_400
_LARGEST_SIZE = 2**30


class FaultKind(StrEnum):
    """Each kind with its parameters and their defaults; "carried out" is what the call asks for."""

    LATENCY = "latency"
    """`seconds=1.0` more before the answer; carried out before them, or after with
    `before_work=True`."""
    RATE_LIMITED = "rate_limited"
    """429, not carried out; `retry_after=None` is a `Retry-After` header (seconds or a date)."""
    SERVER_ERROR = "server_error"
    """`status=500` (or 502, 503, 504) with a `body="json"`, `"html"` or `"empty"`; not carried out,
    unless `work_done=True`."""
    LOST_REPLY = "lost_reply"
    """Carried out; then the connection is closed without a reply."""
    CUT = "cut"
    """The connection is closed without a reply; not carried out."""
    CUT_BODY = "cut_body"
    """Carried out; the connection is closed in the middle of the reply's body."""
    MALFORMED_JSON = "malformed_json"
    """Carried out; a 2xx says JSON, and is none."""
    WRONG_SHAPE = "wrong_shape"
    """Carried out; a 2xx has JSON that is not as documented: `body={"unexpected": true}`."""
    OVERSIZED = "oversized"
    """Carried out; the JSON of a 2xx has `size=16777216` bytes or a few more."""
    EXPIRED_TOKEN = "expired_token"  # noqa: S105  # the name of a fault
    """Every token given out so far is dropped: 401 until a new one is fetched. Strikes only
    requests that carry a token."""
    SLOW_BODY = "slow_body"
    """Carried out; the reply's body comes byte by byte, each after `seconds=0.1`."""
    REDIRECT = "redirect"
    """`status=302` (or 301, 303, 307, 308) to `location="https://elsewhere.invalid/"`; not
    carried out."""
    NOT_LISTED = "not_listed"
    """The list by which a lost reply is looked for answers `status=404` (or 405, 501). Strikes no
    other call."""


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _DAY_S


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_SIZE


def _is_header(value: object) -> bool:
    return isinstance(value, int | str) and re.fullmatch(r"[\x20-\x7e]+", str(value)) is not None


@dataclass(frozen=True, slots=True)
class _Parameter:
    default: object
    says: str
    allows: Callable[[object], bool]


def _one_of(default: object, *others: object) -> _Parameter:
    choices = (default, *others)
    says = "one of " + ", ".join(str(choice) for choice in choices)
    return _Parameter(
        default, says, lambda value: type(value) is type(default) and value in choices
    )


def _seconds(default: float) -> _Parameter:
    return _Parameter(default, "a number of seconds from 0 to 86400", _is_seconds)


_PARAMETERS: Mapping[FaultKind, Mapping[str, _Parameter]] = {
    FaultKind.LATENCY: {
        "seconds": _seconds(1.0),
        "before_work": _one_of(False, True),  # noqa: FBT003  # the values of a parameter
    },
    FaultKind.RATE_LIMITED: {
        "retry_after": _Parameter(
            None, "seconds, an HTTP date or null", lambda value: value is None or _is_header(value)
        )
    },
    FaultKind.SERVER_ERROR: {
        "status": _one_of(500, 502, 503, 504),
        "body": _one_of("json", "html", "empty"),
        "work_done": _one_of(False, True),  # noqa: FBT003  # the values of a parameter
    },
    FaultKind.WRONG_SHAPE: {
        "body": _Parameter({"unexpected": True}, "any JSON value", lambda _: True)
    },
    FaultKind.OVERSIZED: {"size": _Parameter(2**24, "a number of bytes up to 2**30", _is_size)},
    FaultKind.SLOW_BODY: {"seconds": _seconds(0.1)},
    FaultKind.REDIRECT: {
        "status": _one_of(302, 301, 303, 307, 308),
        "location": _Parameter("https://elsewhere.invalid/", "an address", _is_header),
    },
    FaultKind.NOT_LISTED: {"status": _one_of(404, 405, 501)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault that is switched on for the requests that it matches."""

    kind: FaultKind
    times: int | None = 1
    """How many requests it strikes; None: every one, until it is cleared."""
    method: str | None = None
    path: str | None = None
    """A regular expression that is searched in the path as it was sent."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """All that the kind has, defaults included."""

    @classmethod
    def read(
        cls, kind: object, times: object, method: object, path: object, given: Mapping[str, object]
    ) -> "Fault":
        """Return the fault that is meant.

        Raises:
            ValueError: Something of it is not among the choices, which the sentence names.
        """
        return cls(
            kind=_kind(kind),
            times=_times(times),
            method=_method(method),
            path=_path(path),
            parameters=_parameters(_kind(kind), given),
        )

    def matches(self, request: Request, *, searching: bool) -> bool:
        """Tell whether it strikes a request; `searching` says that this looks for a lost reply."""
        if self.kind is FaultKind.NOT_LISTED and not searching:
            return False
        if self.kind is FaultKind.EXPIRED_TOKEN and not carries_token(request):
            return False
        if self.method is not None and self.method != request.method:
            return False
        return self.path is None or re.search(self.path, request.path) is not None


class FaultSwitches:
    """The faults that are switched on; whoever uses it holds the sandbox's lock."""

    def __init__(self) -> None:
        self._armed: list[tuple[Fault, int | None]] = []

    def arm(self, fault: Fault) -> None:
        """Switch a fault on, after those that are on already."""
        self._armed.append((fault, fault.times))

    def clear(self) -> None:
        """Switch all of them off."""
        self._armed.clear()

    def armed(self) -> tuple[tuple[Fault, int | None], ...]:
        """Return what is on, oldest first, each with how many requests it still strikes."""
        return tuple(self._armed)

    def strike(self, request: Request, *, searching: bool) -> Fault | None:
        """Return the oldest fault that matches a request, and count that it struck."""
        for place, (fault, left) in enumerate(self._armed):
            if fault.matches(request, searching=searching):
                if left == 1:
                    del self._armed[place]
                elif left is not None:
                    self._armed[place] = (fault, left - 1)
                return fault
        return None


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _kind(value: object) -> FaultKind:
    try:
        return FaultKind(str(value))
    except ValueError:
        raise ValueError(f"kind must be one of {', '.join(FaultKind)}, not {value!r}") from None


def _times(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise ValueError(f"times must be a whole number from 1, or null for always, not {value!r}")


def _method(value: object) -> str | None:
    if value is None or str(value).upper() in _METHODS:
        return None if value is None else str(value).upper()
    raise ValueError(f"method must be one of {', '.join(_METHODS)} or null, not {value!r}")


def _path(value: object) -> str | None:
    try:
        re.compile(str(value))
    except re.error as error:
        raise ValueError(f"path must be a regular expression: {error}") from None
    return None if value is None else str(value)


def _parameters(kind: FaultKind, given: Mapping[str, object]) -> dict[str, object]:
    known = _PARAMETERS.get(kind, {})
    for name, value in given.items():
        if name not in known:
            choices = ", ".join(known) or "none"
            raise ValueError(f"{name} is not a parameter of {kind}; it has: {choices}")
        if not known[name].allows(value):
            raise ValueError(f"{name} of {kind} must be {known[name].says}, not {value!r}")
    return {name: given.get(name, parameter.default) for name, parameter in known.items()}
