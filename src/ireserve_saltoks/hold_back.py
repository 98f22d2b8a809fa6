"""Wrong codes, counted per command and IQ: Salto blocks a user who sends too many.

Blocking was seen after 3 and after 8 wrong codes (measured). The count is in the vault, so it
survives a restart and holds for every process.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.kit.context import Vault

from .access import NotAllowedError
from .account import Account
from .refusals import BLOCKED_S
from .wire import Refusal

Command: TypeAlias = Literal["open", "set_pin"]

_MOST_WRONG = 3
_BLOCKED = timedelta(seconds=BLOCKED_S)
_WAY_BACK = {
    "open": "Confirm PIN is accepted (the way back after a wrong clock), or the IQ is activated "
    "again",
    "set_pin": "the IQ is activated again: another activated administrator resets this account's "
    "PIN at Salto if it is activated; then GET PIN",
}


class HeldBackError(NotAllowedError):
    """No code is sent now."""


def show_utc(moment: datetime) -> str:
    """Write a time for an operator, who looks at no booking."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many codes in a row were wrong, and until when none is sent."""

    wrong: int = 0
    until: datetime | None = None

    def blocked(self, now: datetime) -> bool:
        """Tell whether a block still lasts; one from a clock that ran far ahead does not count."""
        return self.until is not None and timedelta(0) < self.until - now <= _BLOCKED


class HoldBack:
    """One command's count, for one user on one IQ."""

    def __init__(
        self,
        vault: Vault,
        name: str,
        command: Command,
        clock: Callable[[], datetime],
        show: Callable[[datetime], str],
    ) -> None:
        """Count under a name of the vault; `show` writes a time for who reads a refusal."""
        self._vault, self._name, self._command = vault, name, command
        self._clock, self._show = clock, show

    def refuse(self) -> None:
        """Let it pass if a code may be sent.

        Raises:
            HeldBackError: None is sent now; says until when.
        """
        reason = self.reason()
        if reason:
            raise HeldBackError(reason)

    def reason(self) -> str:
        """Say why nothing is sent now; empty where something may be."""
        return self._reason(_from_text(self._vault.get(self._name)))

    def send(self, call: Callable[[], Refusal | None]) -> Refusal | None:
        """Send a code, once, if that may be, and count what became of it.

        After a first wrong code each attempt counts as wrong while it is under way, so that several
        processes together send no more than they may.

        Raises:
            HeldBackError: Nothing is sent now; says until when.
            IntegrationError: As `call` raised it; the code was not found wrong.
        """
        seen = self._begin()
        try:
            refusal = call()
        except BaseException:
            with suppress(LedgerError):  # the count stays too high rather than hide what happened
                self._give_back(seen)
            raise
        if refusal is None:
            self._clear(seen)
        elif refusal.otp_invalid:
            self._count(seen)
        else:
            self._give_back(seen)
            self._block(refusal)
        return refusal

    def forgive(self) -> None:
        """Forget wrong codes; a block by the vendor goes on."""
        if self._vault.get(self._name) is not None:
            self._change(lambda count: replace(count, wrong=0))

    def _begin(self) -> Count:
        """Return what was counted before; from the first wrong code on, count ahead."""
        if self._vault.get(self._name) is None:
            return Count()
        seen = Count()

        def ahead(count: Count) -> Count:
            nonlocal seen
            seen = count
            free = count.wrong and not self._reason(count)
            return replace(count, wrong=count.wrong + 1) if free else count

        self._change(ahead)
        reason = self._reason(seen)
        if reason:
            raise HeldBackError(reason)
        return seen

    def _count(self, seen: Count) -> None:
        if not seen.wrong:
            self._change(lambda count: replace(count, wrong=count.wrong + 1))

    def _give_back(self, seen: Count) -> None:
        if seen.wrong:
            self._change(lambda count: replace(count, wrong=max(0, count.wrong - 1)))

    def _clear(self, seen: Count) -> None:
        if seen != Count():
            self._vault.forget(self._name)

    def _block(self, refusal: Refusal) -> None:
        if refusal.otp_blocked:
            until = self._clock() + _BLOCKED
            self._change(lambda count: replace(count, until=until))

    def _reason(self, count: Count) -> str:
        if count.until is not None and count.blocked(self._clock()):
            until = self._show(count.until)
            return f"Salto looks at no code after wrong ones, so none is sent until {until}"
        if count.wrong >= _MOST_WRONG:
            way_back = _WAY_BACK[self._command]
            return f"{_MOST_WRONG} codes in a row were wrong, so none is sent until {way_back}"
        return ""

    def _change(self, change: Callable[[Count], Count]) -> None:
        self._vault.change(self._name, lambda held: _to_text(change(_from_text(held))))


class HoldBacks:
    """Those of one user in a site."""

    def __init__(
        self,
        vault: Vault,
        account: Account,
        site_id: str,
        clock: Callable[[], datetime],
        show: Callable[[datetime], str] = show_utc,
    ) -> None:
        self._vault, self._account, self._site_id = vault, account, site_id
        self._clock, self._show = clock, show

    def of(self, command: Command, iq_id: str) -> HoldBack:
        """Return the one of a command at an IQ."""
        name = self._account.vault_name(f"wrong-{command}", self._site_id, iq_id)
        return HoldBack(self._vault, name, command, self._clock, self._show)


def _to_text(count: Count) -> str | None:
    if count == Count():
        return None
    until = None if count.until is None else count.until.isoformat()
    return json.dumps({"wrong": count.wrong, "until": until})


def _from_text(text: str | None) -> Count:
    if text is None:
        return Count()
    held = json.loads(text)
    until = held["until"]
    return Count(
        wrong=held["wrong"], until=None if until is None else datetime.fromisoformat(until)
    )
