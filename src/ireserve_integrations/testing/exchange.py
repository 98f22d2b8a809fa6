"""What goes over a sandbox's wire: a request, the reply to it, and the record of both."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

_KEPT_REQUESTS = 10_000  # a benchmark's worth; a sandbox that runs for weeks must not grow


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it arrived."""

    method: str
    path: str
    """As it was sent, percent-encoding and all, without the query."""
    query: Mapping[str, str]
    """Decoded; of a name that was sent twice, the last."""
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name."""
    content: bytes = field(repr=False)
    """The body as it was sent."""
    form: Mapping[str, str] | None = field(repr=False)
    """The body's fields, where its content type says that it is a form."""
    json: Any = field(repr=False)
    """The body's value, where its content type says JSON and it is; else None."""

    @property
    def body(self) -> Any:
        """The JSON value, else the form, else the text; None for an empty body."""
        if self.json is not None:
            return self.json
        return self.form or (self.content.decode("utf-8", "replace") or None)

    @classmethod
    def read(
        cls, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> "Request":
        """Return the request, its body read as its content type says.

        Args:
            method: In upper case.
            target: Path and query, as in the request line.
            headers: By lower-case name.
            content: The whole body.
        """
        path, _, query = target.partition("?")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return cls(
            method=method,
            path=path,
            query=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
            headers=headers,
            content=content,
            form=_form(content) if kind == "application/x-www-form-urlencoded" else None,
            json=_json(content) if kind == "application/json" else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Request):
    """A request that reached the wire, and what became of it."""

    status: int | None
    """The status answered; None while it is under way, and where no reply was sent."""

    def as_json(self) -> dict[str, Any]:
        """Return what the by-hand surface shows, secrets included: they are a sandbox's own."""
        shown = ("method", "path", "query", "headers", "form", "json", "status")
        return {name: getattr(self, name) for name in shown}


class Delivery(StrEnum):
    """How much of a reply is sent, and how; the last two apply to its body."""

    WHOLE = "whole"
    NOTHING = "nothing"
    HALF = "half"
    DRIPPING = "dripping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a sandbox answers."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    """Sent where there is a body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further ones; `Content-Length` and `Date` come by themselves."""
    delivery: Delivery = Delivery.WHOLE
    """Anything but the whole ends the connection."""
    drip_s: float = 0.0
    """Seconds between two bytes of a dripping body."""

    @property
    def sent_status(self) -> int | None:
        """The status that the caller gets to see; None without a reply."""
        return None if self.delivery is Delivery.NOTHING else self.status


def json_reply(status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a reply whose body is the value as JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Reply(status=status, body=body, headers=headers or {})


class RequestLog:
    """The newest 10,000 requests, oldest first; whoever uses it holds the sandbox's lock."""

    def __init__(self) -> None:
        self._slots: deque[Slot] = deque(maxlen=_KEPT_REQUESTS)

    def arrived(self, request: Request) -> "Slot":
        """Record a request when it arrives, and return where its status goes."""
        slot = Slot(request)
        self._slots.append(slot)
        return slot

    def recorded(self) -> tuple[Recorded, ...]:
        """Return what is recorded, in the order of arrival."""
        return tuple(slot.recorded for slot in self._slots)

    def forget(self) -> None:
        """Drop everything, also what is under way."""
        self._slots.clear()


class Slot:
    """One request's place in the log."""

    def __init__(self, request: Request) -> None:
        values = {each.name: getattr(request, each.name) for each in fields(request)}
        self.recorded = Recorded(**values, status=None)

    def answered(self, status: int | None) -> None:
        """Record what was answered."""
        self.recorded = replace(self.recorded, status=status)


def _form(content: bytes) -> dict[str, str]:
    return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
