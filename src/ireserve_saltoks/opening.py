"""Opening a lock: one request with a fresh code, once everything allows it."""

from dataclasses import dataclass

from ireserve_integrations.errors import (
    ConfigError,
    LedgerError,
    OutcomeUnknownError,
    RejectedError,
)
from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import ActionResult

from .access import NotAllowedError, Press
from .client import Client
from .credentials import Credential, Credentials
from .hold_back import HeldBackError, HoldBack, HoldBacks
from .locks import Locks
from .otp import OtpKey
from .refusals import alert_of, error_of
from .wire import Iq, Lock, Refusal

_NOT_ACTIVATED = "is not activated for this account: GET PIN, then Set PIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An opening under way."""

    press: Press
    client: Client
    locks: Locks
    context: Context

    def open(self) -> ActionResult:
        """Open the lock.

        Raises:
            NotAllowedError: The booking, or what is known of the lock, does not allow it.
            RejectedError: Salto refuses; see `refusals`.
            OutcomeUnknownError: The door may have opened.
        """
        self._refuse()
        try:
            warnings = self._open(*self.locks.find(self.press.lock_id))
        except (RejectedError, HeldBackError):  # judged, or kept from being sent: no failure
            raise
        except BaseException:
            self.locks.forget()
            raise
        fields, kept = self.press.record(self.context.clock())
        return ActionResult(
            ok=True,
            message=f"{self.locks.label(self.press.lock_id)}: opened",
            fields=fields,
            status=self.press.config.check_in_status,
            warnings=(*kept, *warnings),
        )

    def _refuse(self) -> None:
        """Refuse what can be refused without asking the vendor."""
        lock_id = self.press.lock_id
        try:
            self.press.refuse()
            remembered = self.locks.remembered_iq(lock_id)
            if remembered is not None:
                site_id, iq_id = remembered
                self._count(site_id, iq_id).refuse()
        except NotAllowedError as error:
            raise NotAllowedError(f"{self.locks.label(lock_id)}: {error}") from None

    def _open(self, site_id: str, lock: Lock | None) -> tuple[str, ...]:
        """Open it, and return what went wrong afterwards."""
        if lock is None:
            label = self.locks.label(self.press.lock_id)
            raise NotAllowedError(f"{label}: the site has no such lock; correct the mapping")
        label, iq = lock.customer_reference, lock.iq
        if iq is None:
            raise NotAllowedError(f"{label}: it hangs on no IQ, so it cannot be opened remotely")
        if not iq.otp_enabled:
            self._judge(lock, self._send(site_id, lock, None))
            return ()
        return self._open_signed(site_id, lock, iq)

    def _open_signed(self, site_id: str, lock: Lock, iq: Iq) -> tuple[str, ...]:
        label, context = lock.customer_reference, self.context
        credentials = Credentials(context.vault, self.client.account, site_id)
        held = credentials.read(iq.id)
        key = _key(label, iq, held)
        try:
            refusal = self._count(site_id, iq.id).send(lambda: self._send(site_id, lock, key))
        except HeldBackError as error:
            raise HeldBackError(f"{label}: {error}") from None
        except LedgerError:
            if context.http.write_may_have_landed:
                return ("the count of wrong codes could not be written down",)
            raise
        self._judge(lock, refusal)
        return _confirm(credentials, iq, key) if held.changed else ()

    def _count(self, site_id: str, iq_id: str) -> HoldBack:
        context, booking = self.context, self.press.booking
        counts = HoldBacks(
            context.vault,
            self.client.account,
            site_id,
            context.clock,
            lambda moment: context.shown(moment, booking),
        )
        return counts.of("open", iq_id)

    def _send(self, site_id: str, lock: Lock, key: OtpKey | None) -> Refusal | None:
        otp = None if key is None else key.sign(self.context.clock())
        try:
            return self.client.open_lock(site_id, lock.id, otp)
        except OutcomeUnknownError as error:
            label = lock.customer_reference
            raise OutcomeUnknownError(f"{label}: the door may have opened ({error})") from error

    def _judge(self, lock: Lock, refusal: Refusal | None) -> None:
        if refusal is None:
            return
        self.locks.forget()  # the lock may hang on another IQ by now
        label = lock.customer_reference
        if refusal.not_activated:
            raise NotAllowedError(f"{label}: its IQ {_NOT_ACTIVATED} ({refusal})")
        error = error_of(refusal, label)
        error.alert = alert_of(refusal)
        if isinstance(error, ConfigError):
            error.about = (lock.id,)
        raise error


def _key(label: str, iq: Iq, held: Credential) -> OtpKey:
    """Return what the vendor has accepted.

    Raises:
        NotAllowedError: There is nothing, or it is not sure any more.
    """
    if held.candidates:
        raise NotAllowedError(
            f"{label}: a change of the PIN of {iq.customer_reference} was cut off; Confirm PIN "
            "finds out which PIN holds"
        )
    if held.checked is None:
        raise NotAllowedError(f"{label}: {iq.customer_reference} {_NOT_ACTIVATED}")
    return held.checked


def _confirm(credentials: Credentials, iq: Iq, key: OtpKey) -> tuple[str, ...]:
    """Note that a lock has opened with a changed PIN."""
    try:
        credentials.change(iq.id, lambda held: held.confirmed() if held.checked == key else held)
    except LedgerError:
        return ("that the changed PIN opens a lock could not be written down",)
    return ()
