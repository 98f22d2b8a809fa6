"""What Salto's sandbox keeps, sites with IQs and locks; part of `sandbox`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from .sandbox_rules import SaltoRefusedError

_NAMESPACE = uuid5(NAMESPACE_URL, "https://sandbox.invalid/saltoks")
_RELOCKS_AFTER = timedelta(seconds=5)  # "after a few seconds"


def stable_id(*words: str) -> str:
    """Return an id that is the same in every run."""
    return str(uuid5(_NAMESPACE, "/".join(words)))


@dataclass(slots=True, kw_only=True)
class Iq:
    """A gateway between the cloud and its locks."""

    id: str
    customer_reference: str
    online: bool = True
    otp_enabled: bool = True
    restore_required: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as the API lists it."""
        return {
            "id": self.id,
            "customer_reference": self.customer_reference,
            "state": "active",
            "restore_required": self.restore_required,
            "online": self.online,
            "otp_enabled": self.otp_enabled,
        }

    @property
    def hindrance(self) -> str | None:
        """Why it carries nothing out now, in a word of our own; None: it does."""
        if self.restore_required:
            return "iq_restore_required"
        return None if self.online else "iq_offline"

    def as_json_of_lock(self) -> dict[str, Any]:
        """Return it as it stands within its locks."""
        return {
            "id": self.id,
            "customer_reference": self.customer_reference,
            "is_online": self.online,
            "otp_enabled": self.otp_enabled,
        }


@dataclass(slots=True, kw_only=True)
class Lock:
    """A door."""

    id: str
    customer_reference: str
    iq: Iq | None
    online: bool = True
    opened_at: datetime | None = None

    @property
    def hindrance(self) -> str | None:
        """Why it does not open now, in a word of our own; None: it does."""
        if self.iq is None:
            return "lock_without_iq"
        return self.iq.hindrance or (None if self.online else "lock_offline")

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Return it as the API lists it; it locks itself a few seconds after an opening."""
        closed = self.opened_at is None or now >= self.opened_at + _RELOCKS_AFTER
        return {
            "id": self.id,
            "customer_reference": self.customer_reference,
            "online": self.online,
            "locked_state": "locked" if closed else "unlocked",
            "lock_type": "escutcheon",
            "battery_level": "fresh",
            "iq": None if self.iq is None else self.iq.as_json_of_lock(),
        }


@dataclass(slots=True, kw_only=True)
class Site:
    """A site that every user of the sandbox belongs to."""

    id: str
    site_uid: str
    customer_reference: str
    time_zone: str
    iqs: dict[str, Iq] = field(default_factory=dict)
    """By id, in the order in which they are listed, as are the locks."""
    locks: dict[str, Lock] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as the API lists it."""
        return {
            "id": self.id,
            "site_uid": self.site_uid,
            "customer_reference": self.customer_reference,
            "time_zone": self.time_zone,
        }

    def known_iq(self, iq_id: str) -> Iq:
        """Return an IQ by its id; SaltoRefusedError (404, 2202) if the site has none such."""
        if iq_id not in self.iqs:
            raise SaltoRefusedError(404, "2202", "Iq not found")
        return self.iqs[iq_id]

    def known_lock(self, lock_id: str) -> Lock:
        """Return a lock by its id; SaltoRefusedError (404, 2202) if the site has none such."""
        if lock_id not in self.locks:
            raise SaltoRefusedError(404, "2202", "Lock not found")
        return self.locks[lock_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A lock opened, and who asked for it."""

    site_id: str
    lock_id: str
    lock: str
    """Its label."""
    user: str
    at: datetime

    def as_entry(self, number: int) -> dict[str, Any]:
        """Return it as an audit entry; the words for a remote opening are assumed."""
        return {
            "id": stable_id("entry", str(number)),
            "event_category": "lock_opened",
            "utc_date_time": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "lock_id": self.lock_id,
            "lock_customer_reference": self.lock,
            "user_id": stable_id("user", self.user),
            "access_by": "remote",
        }


_Thing = TypeVar("_Thing", Iq, Lock)


class Holdings:
    """Every site with what belongs to it; whoever uses it holds the sandbox's lock."""

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self.openings: list[Opening] = []

    def add_site(
        self, site_uid: str, label: str, doors: Mapping[str, str | None], time_zone: str
    ) -> Site:
        """Add a site; `doors` has the label of each lock's IQ, or None, by the lock's label.

        Raises:
            ValueError: There is one with this Site UID.
        """
        site = Site(
            id=stable_id(site_uid),
            site_uid=site_uid,
            customer_reference=label,
            time_zone=time_zone,
        )
        if site.id in self.sites:
            raise ValueError(f"there is a site {site_uid!r} already")
        self.sites[site.id] = site
        for iq in dict.fromkeys(each for each in doors.values() if each is not None):
            iq_id = stable_id(site_uid, "iq", iq)
            site.iqs[iq_id] = Iq(id=iq_id, customer_reference=iq)
        for lock, its in doors.items():
            lock_id = stable_id(site_uid, "lock", lock)
            iq_of = None if its is None else site.iqs[stable_id(site_uid, "iq", its)]
            site.locks[lock_id] = Lock(id=lock_id, customer_reference=lock, iq=iq_of)
        return site

    def known_site(self, site_id: str) -> Site:
        """Return a site by its id; SaltoRefusedError (404, 2202) if there is none such."""
        if site_id not in self.sites:
            raise SaltoRefusedError(404, "2202", "Site not found")
        return self.sites[site_id]

    def iq(self, name: str) -> Iq:
        """Return an IQ by its label or id; ValueError unless exactly one is meant."""
        return _only(name, "IQ", (iq for site in self.sites.values() for iq in site.iqs.values()))

    def lock(self, name: str) -> Lock:
        """Return a lock by its label or id; ValueError unless exactly one is meant."""
        locks = (lock for site in self.sites.values() for lock in site.locks.values())
        return _only(name, "lock", locks)

    def remove_lock(self, name: str) -> None:
        """Take a lock away; ValueError unless exactly one is meant."""
        gone = self.lock(name).id
        for site in self.sites.values():
            site.locks.pop(gone, None)

    def open(self, site: Site, lock: Lock, user: str, at: datetime) -> None:
        """Open a lock, and write it down."""
        lock.opened_at = at
        made = Opening(
            site_id=site.id, lock_id=lock.id, lock=lock.customer_reference, user=user, at=at
        )
        self.openings.append(made)

    def entries(self, site: Site) -> list[dict[str, Any]]:
        """Return a site's audit, the newest entry first."""
        made = [
            each.as_entry(number)
            for number, each in enumerate(self.openings)
            if each.site_id == site.id
        ]
        return made[::-1]


def _only(name: str, kind: str, things: Iterable[_Thing]) -> _Thing:
    there = list(things)
    found = [each for each in there if name in {each.id, each.customer_reference}]
    if not found:
        labels = ", ".join(each.customer_reference for each in there)
        raise ValueError(f"there is no {kind} {name!r}, only {labels}")
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        raise ValueError(f"{name!r} is the label of more than one {kind}; say which: {ids}")
    return found[0]
