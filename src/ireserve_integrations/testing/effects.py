"""What a fault does to the answer of one request."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from .exchange import Delivery, Reply, json_reply
from .faults import Fault, FaultKind

_HTML = b"<html><body><h1>The service is not available</h1></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a fault may do with a request."""

    carry_out: Callable[[], Reply]
    """Do what is asked for, and return the answer to it."""
    problem: Callable[[int, str], Reply]
    """Return the vendor's error body for a status and a sentence."""
    pause: Callable[[float], None]
    """Wait so many seconds."""
    drop_tokens: Callable[[], None]
    """Forget every token that was given out."""


def strike(fault: Fault, work: Work) -> Reply:
    """Return the answer as the fault makes it."""
    return _EFFECTS[fault.kind](work, fault.parameters)


def _latency(work: Work, parameters: Mapping[str, Any]) -> Reply:
    if parameters["before_work"]:
        work.pause(parameters["seconds"])
        return work.carry_out()
    reply = work.carry_out()
    work.pause(parameters["seconds"])
    return reply


def _rate_limited(work: Work, parameters: Mapping[str, Any]) -> Reply:
    reply = work.problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests")
    after = parameters["retry_after"]
    return reply if after is None else replace(reply, headers={"Retry-After": str(after)})


def _server_error(work: Work, parameters: Mapping[str, Any]) -> Reply:
    if parameters["work_done"]:
        work.carry_out()
    status = parameters["status"]
    match parameters["body"]:
        case "html":
            return Reply(status=status, body=_HTML, content_type="text/html; charset=utf-8")
        case "empty":
            return Reply(status=status)
        case _:
            return work.problem(status, HTTPStatus(status).phrase)


def _lost_reply(work: Work, _parameters: Mapping[str, Any]) -> Reply:
    return replace(work.carry_out(), delivery=Delivery.NOTHING)


def _cut(_work: Work, _parameters: Mapping[str, Any]) -> Reply:
    return Reply(status=HTTPStatus.OK, delivery=Delivery.NOTHING)


def _cut_body(work: Work, _parameters: Mapping[str, Any]) -> Reply:
    return replace(_with_body(work.carry_out()), delivery=Delivery.HALF)


def _slow_body(work: Work, parameters: Mapping[str, Any]) -> Reply:
    reply = _with_body(work.carry_out())
    return replace(reply, delivery=Delivery.DRIPPING, drip_s=parameters["seconds"])


def _malformed_json(work: Work, _parameters: Mapping[str, Any]) -> Reply:
    return _instead(work.carry_out(), b'{"id": "half an answ')


def _wrong_shape(work: Work, parameters: Mapping[str, Any]) -> Reply:
    return _instead(work.carry_out(), json.dumps(parameters["body"]).encode())


def _oversized(work: Work, parameters: Mapping[str, Any]) -> Reply:
    return _instead(work.carry_out(), b'{"padding": "' + b"x" * parameters["size"] + b'"}')


def _expired_token(work: Work, _parameters: Mapping[str, Any]) -> Reply:
    work.drop_tokens()
    return work.carry_out()


def _redirect(_work: Work, parameters: Mapping[str, Any]) -> Reply:
    return Reply(status=parameters["status"], headers={"Location": parameters["location"]})


def _not_listed(work: Work, parameters: Mapping[str, Any]) -> Reply:
    return work.problem(parameters["status"], HTTPStatus(parameters["status"]).phrase)


def _with_body(reply: Reply) -> Reply:
    return reply if reply.body else json_reply(HTTPStatus.OK, {"message": "done"})


def _instead(reply: Reply, body: bytes) -> Reply:
    """Return a success with another body; what was refused stays refused."""
    if reply.status >= HTTPStatus.BAD_REQUEST:
        return reply
    status = HTTPStatus.OK if reply.status == HTTPStatus.NO_CONTENT else reply.status
    return replace(reply, status=status, body=body)


_EFFECTS: Mapping[FaultKind, Callable[[Work, Mapping[str, Any]], Reply]] = {
    FaultKind.LATENCY: _latency,
    FaultKind.RATE_LIMITED: _rate_limited,
    FaultKind.SERVER_ERROR: _server_error,
    FaultKind.LOST_REPLY: _lost_reply,
    FaultKind.CUT: _cut,
    FaultKind.CUT_BODY: _cut_body,
    FaultKind.MALFORMED_JSON: _malformed_json,
    FaultKind.WRONG_SHAPE: _wrong_shape,
    FaultKind.OVERSIZED: _oversized,
    FaultKind.EXPIRED_TOKEN: _expired_token,
    FaultKind.SLOW_BODY: _slow_body,
    FaultKind.REDIRECT: _redirect,
    FaultKind.NOT_LISTED: _not_listed,
}
