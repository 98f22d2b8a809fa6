"""The by-hand surface of every sandbox, under `/_sandbox/`: for QA, benchmarks and curl."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from .exchange import Reply, Request, json_reply
from .faults import Fault
from .routing import RefusedError, Route

if TYPE_CHECKING:
    from .sandbox import Sandbox

PREFIX = "/_sandbox/"


class Controls:
    """What can be asked of a sandbox by hand; it is neither recorded nor struck by faults."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def routes(self) -> tuple[Route, ...]:
        """Return the calls, none of which asks for a token."""
        calls = (
            ("GET", "requests", self._requests),
            ("DELETE", "requests", self._forget_requests),
            ("GET", "faults", self._faults),
            ("POST", "faults", self._arm),
            ("DELETE", "faults", self._clear_faults),
            ("PUT", "latency", self._set_latency),
            ("GET", "state", self._state),
        )
        return tuple(
            Route(method=method, path=PREFIX + path, answer=answer, public=True)
            for method, path, answer in calls
        )

    def _requests(self, _request: Request) -> Reply:
        return json_reply(HTTPStatus.OK, [each.as_json() for each in self._sandbox.requests])

    def _forget_requests(self, _request: Request) -> Reply:
        self._sandbox.forget_requests()
        return Reply(status=HTTPStatus.NO_CONTENT)

    def _faults(self, _request: Request) -> Reply:
        armed = self._sandbox.armed_faults
        return json_reply(HTTPStatus.OK, [_shown(fault, left) for fault, left in armed])

    def _arm(self, request: Request) -> Reply:
        wanted = dict(_object(request))
        try:
            fault = Fault.read(
                wanted.pop("kind", None),
                wanted.pop("times", 1),
                wanted.pop("method", None),
                wanted.pop("path", None),
                wanted,
            )
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None
        self._sandbox.arm(fault)
        return json_reply(HTTPStatus.CREATED, _shown(fault, fault.times))

    def _clear_faults(self, _request: Request) -> Reply:
        self._sandbox.clear_faults()
        return Reply(status=HTTPStatus.NO_CONTENT)

    def _set_latency(self, request: Request) -> Reply:
        match _object(request):
            case {"seconds": int() | float() as seconds, **others} if (
                not others and not isinstance(seconds, bool) and 0 <= seconds <= 3600  # noqa: PLR2004  # an hour
            ):
                self._sandbox.latency_s = seconds
                return json_reply(HTTPStatus.OK, {"seconds": seconds})
        raise RefusedError(HTTPStatus.BAD_REQUEST, 'send {"seconds": a number from 0 to 3600}')

    def _state(self, _request: Request) -> Reply:
        return json_reply(HTTPStatus.OK, self._sandbox.state())


def _object(request: Request) -> Mapping[str, object]:
    if not isinstance(request.json, dict):
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "send a JSON object, with Content-Type: application/json"
        )
    return request.json


def _shown(fault: Fault, left: int | None) -> dict[str, object]:
    return {
        "kind": fault.kind,
        "times": left,
        "method": fault.method,
        "path": fault.path,
        **fault.parameters,
    }
