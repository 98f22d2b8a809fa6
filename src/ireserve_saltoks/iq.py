"""Activating an IQ, in the set-up guide's words: GET PIN, Set PIN, and Confirm PIN."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ireserve_integrations.errors import OutcomeUnknownError, RejectedError
from ireserve_integrations.model import ActionResult

from .access import NotAllowedError
from .client import By, Client
from .credentials import Credential, Credentials
from .hold_back import HoldBacks
from .otp import OtpKey
from .pins import KEEP, DeltaRule, integer_delta, is_proven
from .refusals import error_of
from .wire import Iq, Refusal

_DELIVERED: dict[By, str] = {
    "sms": "by SMS to the telephone number of this integration's Salto account",
    "email": "by e-mail to the address of this integration's Salto account",
}
_ANEW = (
    "The IQ must be activated again: another activated administrator resets this account's PIN at "
    "Salto, then GET PIN and Set PIN"
)
_NO_SECRET = "no secret of this IQ is kept: press GET PIN first"  # noqa: S105  # a sentence
_UNPROVEN = (
    "the sources disagree on how Salto makes this PIN of the current one: should a lock refuse it, "
    "activate the IQ again; new_pin=propose takes a PIN that all agree on"
)
_SAME_AGAIN = "press Set PIN again with the same PIN, which changes nothing twice"
_NOT_CONFIRMED = "the changed PIN counts as confirmed once a lock has opened with it"


@dataclass(frozen=True, slots=True, kw_only=True)
class IqSetup:
    """One IQ and this user on it, for one button."""

    client: Client
    site_id: str
    iq: Iq
    credentials: Credentials
    counts: HoldBacks
    clock: Callable[[], datetime]
    delta: DeltaRule = integer_delta

    def get_pin(self, by: By) -> ActionResult:
        """Have the PIN delivered, once; the secret is fetched and kept before that.

        Raises:
            NotAllowedError: The user is activated already, or the IQ has to be restored.
            OutcomeUnknownError: It may have been delivered.
        """
        self._refuse_broken()
        if self._activated():
            raise NotAllowedError(f"{self._label}: {self._say_activated()}")
        self.credentials.try_writing(self.iq.id)
        secret = self.client.read_secret(self.site_id, self.iq.id)
        self.credentials.change(self.iq.id, lambda held: held.with_secret(secret))
        self.counts.of("set_pin", self.iq.id).forgive()  # the PIN that was wrong counts no more
        try:
            self.client.send_pin(self.site_id, self.iq.id, by)
        except OutcomeUnknownError as error:
            raise OutcomeUnknownError(
                f"{self._label}: the PIN may have been sent {_DELIVERED[by]}; look there before "
                f"you press GET PIN again ({error})"
            ) from error
        return self._done(
            f"the PIN is on its way {_DELIVERED[by]}. Enter it with Set PIN (current_pin)",
            accepted=False,
        )

    def set_pin(self, current: str, new: str) -> ActionResult:
        """Activate the user with the delivered PIN, or change it into a new one.

        Raises:
            NotAllowedError: No secret is kept, codes are held back, or the IQ has to be restored.
            RejectedError: The code is refused, or neither PIN holds after a change.
        """
        self._refuse_broken()
        key = self.credentials.read(self.iq.id).key_for(current)
        if key is None:
            raise NotAllowedError(f"{self._label}: {_NO_SECRET}")
        if new == current:
            self._refuse(key, self._put(key, KEEP))
            self._accept(key)
            return self._done("IQ is activated", *self._doubts())
        return self._change(key, replace(key, pin=new))

    def confirm_pin(self) -> ActionResult:
        """Check secret and PIN at the vendor, once; accepted, wrong codes are forgotten.

        Raises:
            NotAllowedError: No PIN is kept, codes are held back, or the IQ has to be restored.
            RejectedError: The code is refused.
        """
        self._refuse_broken()
        held = self.credentials.read(self.iq.id)
        key = held.candidates[0] if held.candidates else held.checked
        if key is None:
            raise NotAllowedError(f"{self._label}: no PIN is kept: GET PIN, then Set PIN")
        refusal = self._put(key, KEEP)
        if refusal is not None and refusal.otp_invalid and held.candidates:
            raise self._drop(key)
        self._refuse(key, refusal)
        self._accept(key)
        return self._done("Salto accepts secret and PIN", *self._doubts())

    def _change(self, key: OtpKey, new: OtpKey) -> ActionResult:
        """Change the PIN; what may hold is on disk before, and checked after."""
        before = self.credentials.read(self.iq.id)
        delta = self.delta(key.pin, new.pin)
        self._hold(lambda held: replace(held, candidates=(new, key)))
        try:
            refusal = self._put(key, delta)
        except OutcomeUnknownError:
            raise
        except BaseException:
            self._hold(lambda held: replace(held, candidates=before.candidates))
            raise
        if refusal is not None:
            self._hold(lambda held: replace(held, candidates=before.candidates))
            self._refuse(key, refusal)
        warnings = () if is_proven(delta) else (_UNPROVEN,)
        return self._check(new, key, warnings)

    def _check(self, new: OtpKey, old: OtpKey, warnings: tuple[str, ...]) -> ActionResult:
        """Find out which PIN holds: the new one, or else the old one."""
        refusal = self._put(new, KEEP)
        if refusal is None:
            self._accept(new, changed=True)
            return self._done("IQ is activated with the new PIN", _NOT_CONFIRMED, *warnings)
        if not refusal.otp_invalid:
            raise error_of(refusal, self._label)
        self._hold(lambda held: held.without(new))
        refusal = self._put(old, KEEP)
        if refusal is None:
            self._accept(old, changed=True)
            kept = "Salto did not take the new PIN; the current one still holds"
            return self._done("IQ is activated with the current PIN", kept)
        if not refusal.otp_invalid:
            raise error_of(refusal, self._label)
        raise self._drop(old)

    def _drop(self, key: OtpKey) -> RejectedError:
        """Forget a candidate that was refused, and say what is left to do."""
        held = self._hold(lambda held: held.without(key))
        if held.candidates:
            return RejectedError(
                f"{self._label}: the new PIN does not hold; Confirm PIN again checks the former one"
            )
        return RejectedError(f"{self._label}: neither the new nor the former PIN holds. {_ANEW}")

    def _put(self, key: OtpKey, delta: str) -> Refusal | None:
        def send() -> Refusal | None:
            otp = key.sign(self.clock())
            return self.client.set_pin(self.site_id, self.iq.id, otp, delta)

        try:
            return self.counts.of("set_pin", self.iq.id).send(send)
        except NotAllowedError as error:
            raise NotAllowedError(f"{self._label}: {error}") from None
        except OutcomeUnknownError as error:
            kept = self.credentials.read(self.iq.id)
            again = "Confirm PIN finds out" if kept.checked or kept.candidates else _SAME_AGAIN
            message = f"{self._label}: Salto may have set the PIN; {again} ({error})"
            raise OutcomeUnknownError(message) from error

    def _refuse(self, key: OtpKey, refusal: Refusal | None) -> None:
        if refusal is None:
            return
        if refusal.otp_invalid:
            self._hold(lambda held: replace(held, refused=(*held.refused, key)))
        raise error_of(refusal, self._label)

    def _accept(self, key: OtpKey, *, changed: bool | None = None) -> None:
        """Keep what the vendor has accepted; wrong codes of openings are forgotten with it."""

        def accepted(held: Credential) -> Credential:
            doubtful = key in held.candidates or (held.changed and held.checked == key)
            return held.accepted(key, changed=doubtful if changed is None else changed)

        self._hold(accepted)
        self.counts.of("open", self.iq.id).forgive()

    def _activated(self) -> bool:
        listed = self.client.list_activated_iqs(self.site_id)
        return any(one.activated for one in listed if one.id == self.iq.id)

    def _say_activated(self) -> str:
        if self.credentials.read(self.iq.id).secrets:
            return (
                "IQ is activated already, and Salto sends no PIN any more. Change the PIN with "
                "Set PIN; where its codes are refused, another activated administrator resets "
                "this account's PIN at Salto, then GET PIN"
            )
        return (
            "this account is activated on the IQ already, but elsewhere: its secret is not known "
            "here. Another activated administrator resets this account's PIN at Salto, then GET PIN"
        )

    def _refuse_broken(self) -> None:
        if self.iq.restore_required:
            raise NotAllowedError(
                f"{self._label}: the IQ has to be restored (restore_required); do so at Salto"
            )

    def _doubts(self) -> tuple[str, ...]:
        return (_NOT_CONFIRMED,) if self.credentials.read(self.iq.id).changed else ()

    def _hold(self, change: Callable[[Credential], Credential]) -> Credential:
        return self.credentials.change(self.iq.id, change)

    def _done(self, message: str, *warnings: str, accepted: bool = True) -> ActionResult:
        """Return what was done; `accepted` says that Salto has accepted a code for it."""
        return ActionResult(
            ok=True,
            message=f"{self._label}: {message}",
            settings={"iq_id": self.iq.id},
            warnings=warnings,
            all_clear=accepted,
        )

    @property
    def _label(self) -> str:
        return self.iq.customer_reference
