"""What a test, or a person at Salto KS, changes in the sandbox; part of `sandbox`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, TypeAlias

from ireserve_integrations.testing.sandbox import Sandbox, utc_now

from .sandbox_activation import (
    Activation,
    Activations,
    Command,
    Delivered,
    PinRule,
    new_pin,
    new_secret,
)
from .sandbox_lists import ListShape
from .sandbox_state import Holdings, Iq, Lock, Opening

ListCall: TypeAlias = Literal["sites", "locks", "iqs", "activated_iqs"]
Call: TypeAlias = Literal[ListCall, "secret", "pin", "set_pin", "open", "entries"]


class SaltoksSwitches(Sandbox):
    """Salto KS without its calls. An IQ or a lock is named by its label or its id."""

    username, password = "svc@example.org", "sandbox-password"
    second_username, second_password = "svc-2@example.org", "sandbox-password-2"
    site_uid, second_site_uid = "NL6254340082", "NL7318205546"

    def __init__(
        self, port: int = 0, clock: Callable[[], datetime] = utc_now, *, host: str = "127.0.0.1"
    ) -> None:
        """Prepare a sandbox, see `Sandbox`; its state is its own."""
        super().__init__(port, clock, host=host)
        self.users = {
            self.username: self.password,
            self.second_username: self.second_password,
        }
        """Who may log in, with which password; each may do everything on every site."""
        self.expires_in = 3600
        """How long a token lives, in seconds."""
        self.page_size = 20
        """How many entries of a list come at once, where a call does not say `$top`."""
        self.list_shapes: dict[ListCall, ListShape] = {"sites": "bare"}
        """How a list comes: `items` in an envelope with `next_page_link` (so without an entry
        here), a `bare` page, or the `whole` list, bare, whatever `$top` and `$skip` say."""
        self.next_page_base: str | None = None
        """What `next_page_link` begins with instead of this sandbox's own address."""
        self.numeric_error_codes = False
        """Whether `ErrorCode` is a number."""
        self.open_has_body = True
        """Whether an opening is answered with 200 and a body, or with 204."""
        self.subscription_invalid = False
        """Whether every call on a site is refused with 403, 2212."""
        self.forbidden_calls: set[Call] = set()
        """The calls that no user has the right to: 403, 2203."""
        self.unreachable: tuple[int, str | None] = (400, "3102")
        """Status and ErrorCode (None: without one) where a lock or an IQ cannot be reached
        (assumed: the contract knows neither)."""
        self.blocks_after = 3
        """From how many wrong codes in a row on no code is looked at; 8 were seen too."""
        self.new_secret_each_time = False
        """Whether every GET secret makes a new one, and only the newest counts."""
        self.next_pin: str | None = None
        """The PIN that is delivered next, once; None: a random one."""
        self.pin_rule: PinRule = "integer"
        """What the cloud makes of a `delta`: `(old + delta) mod 10000`, or `digits`, each digit
        `(old - delta) mod 10` (measured)."""
        self.iq_takes_changed_pin = True
        """Whether an IQ opens with a PIN that was changed; else with none any longer (measured),
        while the cloud goes on accepting the changed one."""
        self._held, self._activations = Holdings(), Activations(clock)

    def add_site(
        self,
        site_uid: str,
        customer_reference: str,
        doors: Mapping[str, str | None],
        *,
        time_zone: str = "Europe/Amsterdam",
    ) -> None:
        """Add a site; ValueError if its Site UID is taken.

        Args:
            site_uid: Such as `NL6254340082`.
            customer_reference: Its label.
            doors: By each lock's label that of the IQ it hangs on, or None.
            time_zone: By its IANA name.
        """
        with self._lock:
            self._held.add_site(site_uid, customer_reference, doors, time_zone)

    def lock_id(self, lock: str) -> str:
        """Return the id of the lock with this label; ValueError for an unknown one."""
        return self._held.lock(lock).id

    def iq_id(self, iq: str) -> str:
        """Return the id of the IQ with this label; ValueError for an unknown one."""
        return self._held.iq(iq).id

    def remove_lock(self, lock: str) -> None:
        """Take a lock away; ValueError for an unknown one."""
        with self._lock:
            self._held.remove_lock(lock)

    def move_lock(self, lock: str, iq: str | None) -> None:
        """Hang a lock on another IQ, or on none; ValueError for an unknown one."""
        with self._lock:
            self._held.lock(lock).iq = None if iq is None else self._held.iq(iq)

    def set_offline(self, name: str, *, offline: bool = True) -> None:
        """Cut a lock or an IQ off, or connect it again; ValueError for an unknown one."""
        with self._lock:
            self._lock_or_iq(name).online = not offline

    def set_otp_enabled(self, iq: str, *, enabled: bool) -> None:
        """Let openings through an IQ need a code, or none; ValueError for an unknown one."""
        with self._lock:
            self._held.iq(iq).otp_enabled = enabled

    def set_restore_required(self, iq: str, *, required: bool = True) -> None:
        """Let an IQ ask to be restored, or no longer; ValueError for an unknown one."""
        with self._lock:
            self._held.iq(iq).restore_required = required

    def activation(self, iq: str, user: str | None = None) -> Activation:
        """Return how a user (by default `username`) stands on an IQ, secret and PIN included."""
        with self._lock:
            return self._of(iq, user)

    def rotate_secret(self, iq: str, user: str | None = None) -> None:
        """Replace a user's secret unseen, as logging into the mobile app does."""
        with self._lock:
            self._activations.change(self._of(iq, user), secret=new_secret())

    def activate_elsewhere(self, iq: str, user: str | None = None) -> Activation:
        """Activate a user by another system; only that one was told the secret and the PIN."""
        with self._lock:
            pin = new_pin()
            self._activations.activate(self._of(iq, user), pin, pin)
            return self._of(iq, user)

    def reset_activation(self, iq: str, user: str | None = None) -> None:
        """Undo a user's activation, as an administrator does at Salto: it can begin anew."""
        with self._lock:
            self._activations.reset(self._of(iq, user))

    def block(self, iq: str, command: Command, user: str | None = None) -> None:
        """Look at no code of a user for 20 minutes from now."""
        with self._lock:
            held = self._of(iq, user)
            self._activations.attempts(held, command).block(self._clock())

    @property
    def delivered(self) -> tuple[Delivered, ...]:
        """The PINs that reached a person by SMS or e-mail, the newest first."""
        with self._lock:
            return tuple(reversed(self._activations.delivered))

    @property
    def openings(self) -> tuple[Opening, ...]:
        """What was opened, oldest first."""
        with self._lock:
            return tuple(self._held.openings)

    def state(self) -> dict[str, Any]:
        """Return everything, secrets and PINs included: here a person reads the SMS."""
        with self._lock:
            now = self._clock()
            sites = [
                site.as_json()
                | {"iqs": [each.as_json() for each in site.iqs.values()]}
                | {"locks": [each.as_json(now) for each in site.locks.values()]}
                for site in self._held.sites.values()
            ]
            activations = [_shown(each) for each in self._activations.all()]
        return {
            "sites": sites,
            "delivered": [_shown(each) for each in self.delivered],
            "activations": activations,
            "openings": [_shown(each) for each in self.openings],
        }

    def _of(self, iq: str, user: str | None) -> Activation:
        name = user or self.username
        if name not in self.users:
            raise ValueError(f"there is no user {name!r}, only {', '.join(self.users)}")
        return self._activations.of(name, self._held.iq(iq))

    def _lock_or_iq(self, name: str) -> Lock | Iq:
        try:
            return self._held.iq(name)
        except ValueError:
            return self._held.lock(name)


def _shown(value: Activation | Delivered | Opening) -> dict[str, Any]:
    return {
        name: each.isoformat() if isinstance(each, datetime) else each
        for name, each in asdict(value).items()
    }
