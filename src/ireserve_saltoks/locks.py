"""Which locks a site has, on which IQ each hangs, and what people call it.

A list is used for ten minutes, unless something fails: an opening then needs one request.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from cachetools import TTLCache

from ireserve_integrations.errors import LedgerError
from ireserve_integrations.kit.context import Vault
from ireserve_integrations.kit.flight import Flights
from ireserve_integrations.model import MappingTarget

from .client import Client
from .sites import Sites
from .wire import Lock

_KEPT_S = 600
_LISTS = 1024  # far more than any host has sites; only a bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A site's locks as they were listed."""

    site_id: str
    locks: Mapping[str, Lock]
    """By id."""


class Listings(Flights[Listed]):
    """What was listed within the last ten minutes; shared by threads, each asked for once."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        super().__init__(TTLCache(_LISTS, ttl=_KEPT_S, timer=timer), what="list of locks")


class Locks:
    """A site's locks, for one hook call."""

    def __init__(self, client: Client, vault: Vault, listings: Listings) -> None:
        self._client, self._vault, self._listings = client, vault, listings
        self._sites = Sites(client, vault)
        self._key = client.account
        self._name = client.account.vault_name("locks", client.account.site_uid.casefold())

    def find(self, lock_id: str) -> tuple[str, Lock | None]:
        """Return the Site ID and the lock; None where the site has none such.

        One that is not in a list of a while ago is looked for in a new one.
        """
        before = self._listings.kept(self._key)
        listed = self._get()
        if lock_id not in listed.locks and listed is before:
            self.forget()
            listed = self._get()
        return listed.site_id, listed.locks.get(lock_id)

    def list_all(self) -> tuple[Lock, ...]:
        """Return the locks as they are now."""
        self.forget()
        return tuple(self._get().locks.values())

    def forget(self) -> None:
        """Ask anew next time: what was listed may be true no longer."""
        self._listings.drop(self._key)

    def label(self, lock_id: str) -> str:
        """Return what people call a lock, without asking the vendor; its id where nobody knows."""
        listed = self._listings.kept(self._key)
        if listed is not None and lock_id in listed.locks:
            return listed.locks[lock_id].customer_reference
        label, _ = self._remembered().get(lock_id, (f"lock {lock_id}", None))
        return label

    def remembered_iq(self, lock_id: str) -> tuple[str, str] | None:
        """Return the Site ID and the IQ for whose code a lock asked, when it was last listed.

        None where that is not known, or where `find` asks nobody anyway.
        """
        if self._listings.kept(self._key) is not None:
            return None
        site_id, (_, iq_id) = self._sites.kept(), self._remembered().get(lock_id, ("", None))
        return None if site_id is None or iq_id is None else (site_id, iq_id)

    def remember(self, locks: Iterable[Lock]) -> None:
        """Keep what refusals need, which ask nobody; locks that are gone stay known."""
        held = self._remembered()
        known = {**held, **{lock.id: _memory(lock) for lock in locks}}
        if known != held:
            with suppress(LedgerError):
                self._vault.put(self._name, json.dumps(known))

    def _get(self) -> Listed:
        return self._listings.get(self._key, self._ask, left_s=lambda: self._client.left_s)

    def _ask(self) -> Listed:
        site_id = self._sites.site_id()
        locks = {lock.id: lock for lock in self._client.list_locks(site_id)}
        self.remember(locks.values())
        return Listed(site_id=site_id, locks=locks)

    def _remembered(self) -> Mapping[str, tuple[str, str | None]]:
        with suppress(LedgerError):  # without a ledger, ids have to do
            raw = json.loads(self._vault.get(self._name) or "{}")
            return {lock_id: (label, iq_id) for lock_id, (label, iq_id) in raw.items()}
        return {}


def _memory(lock: Lock) -> tuple[str, str | None]:
    iq = lock.iq
    return lock.customer_reference, None if iq is None or not iq.otp_enabled else iq.id


def to_target(lock: Lock) -> MappingTarget:
    """Return a lock as something that a mapping row may name."""
    iq = lock.iq
    hangs = "no IQ: it cannot be opened remotely" if iq is None else iq.customer_reference
    detail = f"{'online' if lock.online else 'offline'}, {hangs}"
    return MappingTarget(id=lock.id, name=lock.customer_reference, detail=detail)
