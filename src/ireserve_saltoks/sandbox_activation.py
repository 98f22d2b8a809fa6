"""How a user of Salto's sandbox is activated on an IQ: secret, PIN, Set PIN; part of `sandbox`."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from .sandbox_otp import Attempts, accepts
from .sandbox_rules import execution_failed
from .sandbox_state import Iq

Command: TypeAlias = Literal["open", "set_pin"]
By: TypeAlias = Literal["sms", "email"]
PinRule: TypeAlias = Literal["integer", "digits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One user on one IQ, as it stood when it was asked for."""

    user: str
    iq_id: str
    secret: str = field(repr=False)
    pin: str | None = field(default=None, repr=False)
    """With which the cloud checks a Set PIN; None: none was delivered yet."""
    door_pin: str | None = field(default=None, repr=False)
    """With which the IQ checks an opening; None: it accepts none."""
    listed: bool = False
    """Whether the user's list names the IQ: its secret or PIN was asked for."""
    activated_at: datetime | None = None
    """None until a first Set PIN."""

    def as_json(self) -> dict[str, Any]:
        """Return it as the API lists it."""
        at = self.activated_at
        return {
            "iq_id": self.iq_id,
            "activation_date": None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "activated": at is not None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A PIN that reached a person."""

    user: str
    iq_id: str
    iq: str
    """Its label."""
    by: By
    pin: str = field(repr=False)
    at: datetime


class Activations:
    """All users on all IQs; whoever uses it holds the sandbox's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.delivered: list[Delivered] = []
        self._clock = clock
        self._held: dict[tuple[str, str], Activation] = {}
        self._attempts: dict[tuple[str, str, Command], Attempts] = {}

    def of(self, user: str, iq: Iq) -> Activation:
        """Return what there is; at first a secret that nobody has read."""
        fresh = Activation(user=user, iq_id=iq.id, secret=new_secret())
        return self._held.setdefault((user, iq.id), fresh)

    def all(self) -> list[Activation]:
        """Return what there is, in the order in which it was first asked for."""
        return list(self._held.values())

    def attempts(self, held: Activation, command: Command) -> Attempts:
        """Return the count of wrong codes, which is each command's own."""
        return self._attempts.setdefault((held.user, held.iq_id, command), Attempts())

    def change(self, held: Activation, **changes: Any) -> None:
        """Keep it with other values."""
        self._held[held.user, held.iq_id] = replace(held, **changes)

    def deliver(self, held: Activation, iq: Iq, pin: str, by: By) -> None:
        """Let a PIN, the only one that counts from now on, reach a person."""
        self.change(held, pin=pin, listed=True)
        sent = Delivered(
            user=held.user,
            iq_id=iq.id,
            iq=iq.customer_reference,
            by=by,
            pin=pin,
            at=self._clock(),
        )
        self.delivered.append(sent)

    def activate(self, held: Activation, pin: str, door_pin: str | None) -> None:
        """Let the cloud and the IQ take these PINs; the first time is remembered."""
        at = held.activated_at or self._clock()
        self.change(held, pin=pin, door_pin=door_pin, listed=True, activated_at=at)

    def reset(self, held: Activation) -> None:
        """Forget it: the next one has another secret, and no wrong codes."""
        self._held.pop((held.user, held.iq_id), None)
        for command in get_args(Command):
            self._attempts.pop((held.user, held.iq_id, command), None)

    def prove(self, held: Activation, command: Command, code: str, allowed: int) -> str:
        """Return the PIN that a code was made with; a wrong one counts, so many are allowed.

        Raises:
            SaltoRefusedError: It is wrong (400), or no code is looked at (403).
        """
        now, attempts = self._clock(), self.attempts(held, command)
        if attempts.blocked(now):
            raise execution_failed(403, "otp_blocked")
        pin = held.door_pin if command == "open" else held.pin
        if pin is None or not accepts(code, now, held.secret, pin):
            attempts.failed(now, allowed)
            raise execution_failed(400, "otp_invalid")
        attempts.passed()
        return pin


def new_secret() -> str:
    """Return 16 characters."""
    return secrets.token_hex(8).upper()


def new_pin() -> str:
    """Return four digits, of which the first may be 0."""
    return f"{secrets.randbelow(10_000):04}"


def changed_pin(old: str, delta: str, rule: PinRule) -> str:
    """Return the PIN that the cloud makes of the present one."""
    return _PIN_RULES[rule](old, delta)


def _by_integer(old: str, delta: str) -> str:
    return f"{(int(old) + int(delta)) % 10_000:04}"


def _by_digits(old: str, delta: str) -> str:
    return "".join(str((int(a) - int(b)) % 10) for a, b in zip(old, delta, strict=True))


_PIN_RULES: Mapping[PinRule, Callable[[str, str], str]] = {
    "integer": _by_integer,
    "digits": _by_digits,
}
