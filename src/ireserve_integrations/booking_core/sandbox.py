"""A stand-in for i-Reserve's REST hook, to try and test write-backs against without an account.

It follows our notes of i-Reserve's public documentation (November 2026), was not compared with the
live API, and is stricter than it need be. It imports nothing of the client that it tests.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from ..testing.controls import PREFIX
from ..testing.sandbox import (
    RefusedError,
    Reply,
    Request,
    Route,
    Sandbox,
    json_reply,
    utc_now,
)
from .sandbox_rules import read_stored, status_of, subscription_refusals, update_refusals
from .sandbox_state import STATUS_NAMES, Bookings, StoredBooking, Written

_HOOK = "/api/rest/hook/"
_TOKEN_LIFE_S = 100 * 365 * 86_400  # until it is dropped: i-Reserve's administrator made it
_EVENT = re.compile(r"[a-z]+(_[a-z]+)*")  # such as booking_created, the one that is documented
_LONGEST_DELAY_S = 3_600


class IreserveSandbox(Sandbox):
    """i-Reserve with the bookings that were put into it."""

    name = "ireserve"

    def __init__(
        self, port: int = 0, clock: Callable[[], datetime] = utc_now, *, host: str = "127.0.0.1"
    ) -> None:
        """Prepare a sandbox, see `Sandbox`; its state is its own."""
        super().__init__(port, clock, host=host)
        self.store_delay_s = 0.0
        """Seconds, by the clock, from telling integrations of a status to storing it. What is
        written in between is overwritten by that save (assumed: the worst that may happen)."""
        self.status_names = dict(STATUS_NAMES)
        """By code; others do not exist."""
        self.token = self._tokens.issue(_TOKEN_LIFE_S)
        """What requests must bear."""
        self._held = Bookings(clock)
        self._controls = (*self._controls, *self._own_controls())

    def renew_token(self) -> None:
        """Make a new `token`, as an administrator does; the old one counts as long as it did."""
        with self._lock:
            self.token = self._tokens.issue(_TOKEN_LIFE_S)

    def environment(self) -> dict[str, str]:
        """Return nothing: what leads here stands in `booking_core`."""
        return {}

    def integration(self) -> dict[str, Any]:
        """Return an empty row: the booking core is no vendor, see `booking_core`."""
        return {}

    def booking_core(self) -> dict[str, str]:
        """Return a table `[booking_core]` that works here as it is."""
        return {"kind": self.name, "base_url": self.url, "token": self.token}

    def state(self) -> dict[str, Any]:
        """Return bookings as they are stored, what was written, in order, and subscriptions."""
        with self._lock:
            return {
                "bookings": [one.as_json(self.status_names) for one in self._held.stored()],
                "writes": [one.as_json() for one in self._held.writes],
                "subscriptions": list(self._held.subscriptions.values()),
            }

    @property
    def writes(self) -> tuple[Written, ...]:
        """What was written, in order; what was refused is not among it."""
        with self._lock:
            return tuple(self._held.writes)

    def booking(self, booking_id: str) -> dict[str, Any]:
        """Return a booking's JSON as it is stored now; ValueError for an unknown one."""
        with self._lock:
            return self._held.booking(booking_id).as_json(self.status_names)

    def put_booking(self, booking_id: str, **values: str) -> dict[str, Any]:
        """Store a booking, in place of what there was, and return its JSON.

        Args:
            booking_id: Its id.
            values: Of the booking JSON: `date_from` and `date_till`, and what you like of
                `object_id`, `mainobject_id`, `status_code`, `customer`, `email` and `customXX`.

        Raises:
            ValueError: One of them is wrong.
        """
        return self._put(read_stored(booking_id, values))

    def remove_booking(self, booking_id: str) -> None:
        """Take a booking away; one that is not there is fine."""
        with self._lock:
            self._held.remove(booking_id)

    def change_status(self, booking_id: str, status: str) -> dict[str, Any]:
        """Change a status as people at the desk do, and return what integrations are told of it.

        That is the booking with the upcoming status, which is stored `store_delay_s` later.

        Raises:
            ValueError: There is no such booking, or no such status.
        """
        if status not in self.status_names:
            raise ValueError(f"there is no status {status!r}, only {', '.join(self.status_names)}")
        with self._lock:
            told = self._held.booking(booking_id).as_json(self.status_names, status)
            self._held.begin_status(booking_id, status, self.store_delay_s)
        return told

    def problem(self, status: int, message: str | list[str]) -> Reply:
        """Return an error; its shape is assumed."""
        return json_reply(status, {"status": status, "message": message})

    def routes(self) -> tuple[Route, ...]:
        """Return the contract's calls, and the assumed one that reads a booking.

        The fault `not_listed` strikes that one: 404, 405 or 501, as if there were none.
        """
        booking = _HOOK + "booking/"
        return (
            Route(method="POST", path=booking, answer=self._update),
            Route(method="GET", path=booking + "{booking}", answer=self._read, searching=True),
            Route(method="POST", path=_HOOK + "subscribe/{event}", answer=self._subscribe),
            Route(method="DELETE", path=_HOOK + "{hook}", answer=self._unsubscribe),
        )

    def _own_controls(self) -> tuple[Route, ...]:
        one = PREFIX + "bookings/{booking}"
        calls = (
            ("PUT", one, self._put_by_hand),
            ("DELETE", one, self._remove_by_hand),
            ("POST", one + "/status", self._change_by_hand),
            ("PUT", PREFIX + "store-delay", self._set_delay),
        )
        return tuple(
            Route(method=method, path=path, answer=answer, public=True)
            for method, path, answer in calls
        )

    # --- i-Reserve's calls --------------------------------------------------------------------

    def _update(self, request: Request) -> Reply:
        if reasons := update_refusals(request.json, self.status_names):
            raise RefusedError(400, reasons)
        body: Mapping[str, Any] = request.json
        booking, status = self._known(body["id"]), status_of(body.get("status_code"))
        customs = {name: body[name] for name in body if name not in {"id", "status_code"}}
        self._held.write(booking.id, customs, status)
        if status is not None:
            self._held.begin_status(booking.id, status, self.store_delay_s)
        return json_reply(200, self._known(booking.id).as_json(self.status_names))

    def _read(self, _request: Request, booking: str) -> Reply:
        return json_reply(200, self._known(booking).as_json(self.status_names))

    def _subscribe(self, request: Request, event: str) -> Reply:
        if not _EVENT.fullmatch(event):
            raise RefusedError(404, "Event not found")
        if reasons := subscription_refusals(request.json):
            raise RefusedError(400, reasons)
        return json_reply(201, {"id": self._held.subscribe(event, request.json["target_url"])})

    def _unsubscribe(self, _request: Request, hook: str) -> Reply:
        if self._held.subscriptions.pop(hook, None) is None:
            raise RefusedError(404, "Hook not found")
        return Reply(status=204)

    def _known(self, booking_id: str) -> StoredBooking:
        try:
            return self._held.booking(booking_id)
        except ValueError:
            raise RefusedError(404, "Booking not found") from None

    # --- by hand ------------------------------------------------------------------------------

    def _put_by_hand(self, request: Request, booking: str) -> Reply:
        try:
            return json_reply(200, self._put(read_stored(booking, request.json)))
        except ValueError as error:
            raise RefusedError(400, str(error)) from None

    def _remove_by_hand(self, _request: Request, booking: str) -> Reply:
        self.remove_booking(booking)
        return Reply(status=204)

    def _change_by_hand(self, request: Request, booking: str) -> Reply:
        match request.json:
            case {"status_code": code, **others} if not others:
                status = status_of(code) or ""
            case _:
                raise RefusedError(400, 'send {"status_code": "30"}')
        try:
            return json_reply(200, self.change_status(booking, status))
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None

    def _set_delay(self, request: Request) -> Reply:
        match request.json:
            case {"seconds": int() | float() as seconds, **others} if (
                not others and not isinstance(seconds, bool) and 0 <= seconds <= _LONGEST_DELAY_S
            ):
                self.store_delay_s = seconds
                return json_reply(200, {"seconds": seconds})
        raise RefusedError(400, f'send {{"seconds": a number from 0 to {_LONGEST_DELAY_S}}}')

    def _put(self, booking: StoredBooking) -> dict[str, Any]:
        with self._lock:
            self._held.put(booking)
            return booking.as_json(self.status_names)
