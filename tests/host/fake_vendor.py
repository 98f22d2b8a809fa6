"""A vendor whose every failure a test decides: on loopback, or as an httpx transport in memory."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import httpx

from ireserve_integrations.testing.exchange import Delivery, Reply, Request, json_reply
from ireserve_integrations.testing.loopback import LoopbackServer

_PATIENCE_S = 20.0  # of a test that waits for what must happen
_NOBODY_ELSE_S = 0.3  # of a vendor that waits for a second request which must not come

Call = str
"""One of `make`, `end`, `find`, `list`, `read`, `doors`, `sign in`."""


class Fault(StrEnum):
    """What becomes of a call."""

    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    """Surely not done."""
    LOST_BEFORE = "lost before"
    """The reply is lost, and nothing was done."""
    LOST_AFTER = "lost after"
    """The reply is lost, and it was done."""
    NO_SUCH_CALL = "no such call"
    LOGGED_OUT = "logged out"


@dataclass
class FakeAccess:
    """What the vendor holds."""

    id: str
    label: str
    doors: tuple[str, ...]
    start: datetime
    end: datetime
    live: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "label": self.label,
            "doors": list(self.doors),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "live": self.live,
        }


@dataclass
class Hold:
    """A call that is stopped at the vendor until it is let go."""

    done_first: bool
    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        assert self.reached.wait(_PATIENCE_S), "the vendor was never asked"


class FakeVendor:
    """Gives access, keeps it whatever becomes of the host, and writes down who asked for what."""

    def __init__(self) -> None:
        self.accesses: dict[str, FakeAccess] = {}
        self.log: list[str] = []
        """What was asked and what was done, such as `make`, `made a-1`, `end`, `ended a-1`."""
        self.repeats_itself = False
        """Whether a search lists everything twice."""
        self.page_size = 2
        """How much a page of the list of everything holds."""
        self.unlisted: set[str] = set()
        """The ids of what the list of everything leaves out."""
        self._changed = threading.Condition()
        self._faults: dict[Call, deque[Fault | Hold]] = {}
        self._lasting: dict[Call, Fault] = {}
        self._holds: list[Hold] = []
        self._gathering: threading.Barrier | None = None
        self._server: LoopbackServer | None = None

    # --- what a test reads --------------------------------------------------------------------

    @property
    def live(self) -> list[FakeAccess]:
        """What opens doors now, oldest first."""
        return [one for one in self.accesses.values() if one.live]

    @property
    def live_ids(self) -> list[str]:
        return [one.id for one in self.live]

    @property
    def done(self) -> list[str]:
        """What was made and ended, in order."""
        return [line for line in self.log if line.startswith(("made", "ended"))]

    def times(self, call: Call) -> int:
        """How often the vendor was asked for this."""
        return self.log.count(call)

    def wait_for(self, line: str) -> None:
        """Wait until this stands in the log."""
        with self._changed:
            assert self._changed.wait_for(lambda: line in self.log, _PATIENCE_S), line

    @property
    def address(self) -> str:
        if self._server is None:
            return "http://vendor.invalid"  # in memory: a transport answers for any address
        return f"http://127.0.0.1:{self._server.server_port}"

    # --- what a test decides ------------------------------------------------------------------

    def add(self, like: FakeAccess, **changed: Any) -> FakeAccess:
        """Put access there by hand, like another one."""
        with self._changed:
            values = {**vars(like), **changed, "id": f"a-{len(self.accesses) + 1}"}
            added = FakeAccess(**values)
            self.accesses[added.id] = added
        return added

    def fail(self, call: Call, *faults: Fault) -> None:
        """Let the next calls fail, one fault each."""
        self._faults.setdefault(call, deque()).extend(faults)

    def keep_failing(self, call: Call, fault: Fault) -> None:
        """Let every call fail until `heal`."""
        self._lasting[call] = fault

    def heal(self) -> None:
        """Let nothing fail any more."""
        self._lasting.clear()
        self._faults.clear()

    def hold(self, call: Call, *, done_first: bool = False) -> Hold:
        """Stop the next call, before or after the work is done."""
        held = Hold(done_first=done_first)
        self._holds.append(held)
        self._faults.setdefault(call, deque()).append(held)
        return held

    def gather(self) -> None:
        """From now on, let requests to make access wait a little for a second one to come."""
        self._gathering = threading.Barrier(2)

    # --- where it is reached ------------------------------------------------------------------

    @contextmanager
    def served(self, date: Callable[[], datetime]) -> Iterator[None]:
        """Listen on loopback."""
        server = LoopbackServer("127.0.0.1", 0, answer=self.answer, date=date, name="fake")
        self._server = server
        server.open()
        try:
            yield
        finally:
            for held in self._holds:
                held.let_go.set()
            server.close()

    @property
    def transport(self) -> httpx.MockTransport:
        """The same vendor without a socket."""

        def answered(request: httpx.Request) -> httpx.Response:
            target = request.url.raw_path.decode()
            headers = {name.lower(): value for name, value in request.headers.items()}
            asked = Request.read(request.method, target, headers, request.content)
            reply = self.answer(asked)
            if reply.delivery is Delivery.NOTHING:
                raise httpx.RemoteProtocolError("cut", request=request)
            return httpx.Response(reply.status, content=reply.body)

        return httpx.MockTransport(answered)

    def answer(self, request: Request) -> Reply:
        """Answer a request, or do not."""
        call = _call_of(request)
        with self._changed:
            self._note(call)
            queue = self._faults.get(call)
            fault = queue.popleft() if queue else self._lasting.get(call)
        if call == "make" and self._gathering is not None:
            self._wait_for_another(self._gathering)
        match fault:
            case None:
                return self._do(call, request)
            case Hold():
                return self._stop(fault, call, request)
            case Fault.LOST_AFTER:
                self._do(call, request)
        return _REPLIES[fault]

    # --- inside -------------------------------------------------------------------------------

    def _stop(self, held: Hold, call: Call, request: Request) -> Reply:
        reply = self._do(call, request) if held.done_first else None
        held.reached.set()
        held.let_go.wait(_PATIENCE_S)
        return reply or self._do(call, request)

    def _wait_for_another(self, barrier: threading.Barrier) -> None:
        try:
            barrier.wait(_NOBODY_ELSE_S)
        except threading.BrokenBarrierError:
            barrier.reset()

    def _do(self, call: Call, request: Request) -> Reply:
        with self._changed:
            match call:
                case "make":
                    return self._make(request.json)
                case "end":
                    return self._end(_id_of(request))
                case "find":
                    label = request.query.get("label")
                    found = [a for a in self.accesses.values() if label in {None, a.label}]
                    listed = [one.as_json() for one in found]
                    return json_reply(200, listed + listed * self.repeats_itself)
                case "list":
                    return self._list(int(request.query["page"]))
                case "read":
                    read = self.accesses.get(_id_of(request))
                    return json_reply(200, read.as_json()) if read else json_reply(404, {})
        return json_reply(200, [])

    def _list(self, page: int) -> Reply:
        ended = page * self.page_size
        shown = [one for one in self.accesses.values() if one.id not in self.unlisted]
        listed = shown[ended - self.page_size : ended]
        following = str(page + 1) if ended < len(shown) else None
        return json_reply(200, {"accesses": [one.as_json() for one in listed], "next": following})

    def _note(self, line: str) -> None:
        self.log.append(line)
        self._changed.notify_all()

    def _make(self, wanted: Any) -> Reply:
        made = FakeAccess(
            id=f"a-{len(self.accesses) + 1}",
            label=wanted["label"],
            doors=tuple(wanted["doors"]),
            start=datetime.fromisoformat(wanted["start"]),
            end=datetime.fromisoformat(wanted["end"]),
        )
        self.accesses[made.id] = made
        self._note(f"made {made.id}")
        return json_reply(201, {"id": made.id})

    def _end(self, reference: str) -> Reply:
        ended = self.accesses.get(reference)
        if ended is None or not ended.live:
            return json_reply(404, {})
        ended.live = False
        self._note(f"ended {reference}")
        return json_reply(200, {})


_LOST = Reply(status=500, delivery=Delivery.NOTHING)
_REPLIES = {
    Fault.REFUSED: json_reply(422, {}),
    Fault.UNAVAILABLE: json_reply(429, {}, {"Retry-After": "60"}),
    Fault.NO_SUCH_CALL: json_reply(404, {}),
    Fault.LOGGED_OUT: json_reply(401, {}),
    Fault.LOST_BEFORE: _LOST,
    Fault.LOST_AFTER: _LOST,
}


def _id_of(request: Request) -> str:
    return request.path.rpartition("/")[2]


def _call_of(request: Request) -> Call:
    match request.method, request.path:
        case "POST", "/token":
            return "sign in"
        case "POST", _:
            return "make"
        case "DELETE", _:
            return "end"
        case _, "/access":
            return "list" if "page" in request.query else "find"
        case _, "/doors":
            return "doors"
    return "read"
