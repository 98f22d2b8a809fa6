"""The sandbox kit: a vendor's API as a real HTTP server on this machine, with faults to switch on.

A vendor's sandbox subclasses `Sandbox` and brings its calls, its state and its error bodies; the
server, tokens, faults, the record of requests and the by-hand surface are the same for all.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, ClassVar, Self

from .controls import PREFIX, Controls
from .effects import Work, strike
from .exchange import Delivery, Recorded, Reply, Request, RequestLog, json_reply
from .faults import Fault, FaultKind, FaultSwitches
from .loopback import LoopbackServer, refuse_foreign
from .routing import RefusedError, Route, find
from .strictness import Shape, complaints, matching, text
from .tokens import BearerTokens

__all__ = [
    "Fault",
    "FaultKind",
    "Recorded",
    "RefusedError",
    "Reply",
    "Request",
    "Route",
    "Sandbox",
    "Shape",
    "complaints",
    "json_reply",
    "matching",
    "text",
    "utc_now",
]


def utc_now() -> datetime:
    """Return this machine's time, aware, in UTC."""
    return datetime.now(UTC)


class Sandbox(ABC):
    """One vendor's API on loopback; safe for any number of threads, closed after a `with`."""

    name: ClassVar[str]
    """The vendor's, as in `vendor = "…"`."""

    def __init__(
        self, port: int = 0, clock: Callable[[], datetime] = utc_now, *, host: str = "127.0.0.1"
    ) -> None:
        """Prepare a sandbox; `start` opens it.

        Args:
            port: 0 takes a free one, which a later `start` takes again.
            clock: Answers an aware moment; tokens, windows and the `Date` header follow it.
            host: Any IPv4 loopback address.

        Raises:
            ValueError: The host is another address.
        """
        refuse_foreign(host)
        self.latency_s = 0.0
        """Seconds before every answer, after what was asked for is done."""
        self.date_offset_s = 0.0
        """Seconds by which the `Date` header is ahead of the clock."""
        self._host, self._port, self._clock = host, port, clock
        self._lock = threading.RLock()
        self._tokens = BearerTokens(clock)
        self._log, self._switches = RequestLog(), FaultSwitches()
        self._routes, self._controls = self.routes(), Controls(self).routes()
        self._server: LoopbackServer | None = None

    @abstractmethod
    def routes(self) -> tuple[Route, ...]:
        """Return the vendor's calls; asked for once, before the vendor's own state is there."""

    @abstractmethod
    def problem(self, status: int, message: str | list[str]) -> Reply:
        """Return an error in the vendor's words."""

    def refused(self, refusal: RefusedError) -> Reply:
        """Return the answer to a call that is refused, by default its problem.

        For a vendor whose errors hold more than a status and a sentence: a subclass of the
        `RefusedError` carries it here.
        """
        return self.problem(refusal.status, refusal.message)

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Return the platform settings, by environment, that lead here."""

    @abstractmethod
    def integration(self) -> dict[str, Any]:
        """Return a row of `[[integrations]]` that works here as it is."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return all that the vendor would know now, as JSON."""

    @property
    def url(self) -> str:
        """Where it listens, or listened last; without a trailing slash.

        Raises:
            RuntimeError: It has not been started, and no port was chosen.
        """
        if not self._port:
            raise RuntimeError("this sandbox has no address before it is started")
        return f"http://{self._host}:{self._port}"

    def start(self) -> Self:
        """Listen, with the state that there is; a sandbox that listens goes on.

        Raises:
            OSError: The port is taken.
        """
        if self._server is None:
            self._server = LoopbackServer(
                self._host, self._port, answer=self._answer, date=self._date, name=self.name
            )
            self._port = self._server.server_port
            self._server.open()
        return self

    def close(self) -> None:
        """Stop listening and end every connection; the state stays, and twice is fine."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """The newest 10,000 requests in order of arrival, those under way included."""
        with self._lock:
            return self._log.recorded()

    def forget_requests(self) -> None:
        """Start the record anew."""
        with self._lock:
            self._log.forget()

    def fault(
        self,
        kind: FaultKind | str,
        *,
        times: int | None = 1,
        method: str | None = None,
        path: str | None = None,
        **parameters: object,
    ) -> None:
        """Switch a fault on; of several that match a request, the oldest strikes alone.

        Args:
            kind: See `FaultKind`, also for its parameters.
            times: How many matching requests it strikes; None: all, until it is cleared.
            method: Only requests with this method.
            path: A regular expression that is searched in the path as it is sent.
            parameters: The kind's own.

        Raises:
            ValueError: Something is not among the choices, which the sentence names.
        """
        self.arm(Fault.read(kind, times, method, path, parameters))

    def arm(self, fault: Fault) -> None:
        """Switch a fault on that was read already."""
        with self._lock:
            self._switches.arm(fault)

    def clear_faults(self) -> None:
        """Switch every fault off; the latency of all answers stays."""
        with self._lock:
            self._switches.clear()

    @property
    def armed_faults(self) -> tuple[tuple[Fault, int | None], ...]:
        """The faults that are on, oldest first, each with how many requests it still strikes."""
        with self._lock:
            return self._switches.armed()

    def drop_tokens(self) -> None:
        """Let no token that was given out count any longer."""
        with self._lock:
            self._tokens.drop()

    def _date(self) -> datetime:
        return self._clock().astimezone(UTC) + timedelta(seconds=self.date_offset_s)

    def _pause(self, seconds: float) -> None:
        server = self._server
        if server is not None:
            server.pause(seconds)

    def _answer(self, request: Request) -> Reply:
        if request.path.startswith(PREFIX):
            return self._carry_out(request, self._controls)
        with self._lock:
            slot = self._log.arrived(request)
            fault = self._switches.strike(request, searching=self._is_search(request))
        reply = self._work_off(request, fault)
        self._pause(self.latency_s)
        if self._server is None:  # closed meanwhile: whoever waits is cut off, as by a real outage
            reply = replace(reply, delivery=Delivery.NOTHING)
        slot.answered(reply.sent_status)
        return reply

    def _work_off(self, request: Request, fault: Fault | None) -> Reply:
        work = Work(
            carry_out=lambda: self._carry_out(request, self._routes),
            problem=self.problem,
            pause=self._pause,
            drop_tokens=self.drop_tokens,
        )
        return strike(fault, work) if fault else work.carry_out()

    def _carry_out(self, request: Request, routes: Iterable[Route]) -> Reply:
        try:
            route, segments = find(routes, request)
            with self._lock:
                if not (route.public or self._tokens.allow(request)):
                    return self.problem(401, "Unauthorized")
                route.refuse_unknown(request.query)
                return route.answer(request, **segments)
        except RefusedError as refusal:
            return self.refused(refusal)

    def _is_search(self, request: Request) -> bool:
        return any(
            route.searching
            and route.method == request.method
            and route.segments(request) is not None
            for route in self._routes
        )
