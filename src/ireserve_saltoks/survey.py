"""The lines of the checklist that Salto KS itself answers, in the set-up guide's order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ireserve_integrations.errors import IntegrationError
from ireserve_integrations.model import Check, MappingRow

from .client import Client
from .credentials import Credential, Credentials
from .hold_back import HoldBacks
from .sites import Sites
from .wire import Iq, Lock, Site

T = TypeVar("T")

TOKEN, SITE, SITE_ID, LOCKS = "Token", "Site found", "Site ID resolved", "Locks listed"
FOUND, ONLINE, IQ_ONLINE = "Mapped locks found", "Mapped locks online", "IQ online"
ACTIVATED, RESTORED, PIN = "IQ is activated", "IQ not to be restored", "PIN confirmed"
LINES = (TOKEN, SITE, SITE_ID, LOCKS, FOUND, ONLINE, IQ_ONLINE, ACTIVATED, RESTORED, PIN)
_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What Salto said."""

    checks: tuple[Check, ...]
    """One for each of `LINES`."""
    iqs: tuple[Iq, ...] = ()
    """Those that the mapped locks hang on, or else the one that the settings name."""


def survey(
    client: Client,
    sites: Sites,
    mapping: Sequence[MappingRow],
    remember: Callable[[tuple[Lock, ...]], None],
    keep: Callable[[str], tuple[Credentials, HoldBacks]],
) -> Survey:
    """Ask for everything that an integration needs; reads only, and raises nothing.

    Args:
        client: Of the account.
        sites: Of the account.
        mapping: Its rows hold lock ids.
        remember: Is told the locks as they are now.
        keep: Returns what the vault keeps of a site, by its id.
    """
    _, failure = ask(TOKEN, client.get_token)
    if failure:
        return Survey(checks=(failure, *not_checked(LINES[1:], "there is no token")))
    token = passed(TOKEN, "the account and the OAuth client are accepted")
    before = sites.kept()
    site, failure = ask(SITE, sites.resolve)
    if site is None or failure:
        return Survey(checks=(token, *_failed_first(failure), *not_checked(LINES[2:], "no site")))
    asked = _Asked(client=client, site=site, mapping=mapping, remember=remember)
    credentials, counts = keep(site.id)
    found = passed(SITE, f"{site.customer_reference} ({site.site_uid})")
    return asked.survey((token, found, _check_site_id(site, before)), credentials, counts)


def not_checked(names: Iterable[str], reason: str) -> tuple[Check, ...]:
    """Return failed lines for steps that an earlier one keeps from being taken."""
    return tuple(failed(name, f"not checked: {reason}") for name in names)


def shorten(names: Iterable[str]) -> str:
    """Return names for a sentence, the first few."""
    listed = list(names)
    more = f" and {len(listed) - _MOST_SHOWN} more" if len(listed) > _MOST_SHOWN else ""
    return ", ".join(listed[:_MOST_SHOWN]) + more


def ask(name: str, question: Callable[[], T]) -> tuple[T | None, Check | None]:
    """Return the answer, or the failed line that its error makes."""
    try:
        return question(), None
    except IntegrationError as error:
        return None, failed(name, str(error))


def passed(name: str, message: str) -> Check:
    """Return a line that is ticked."""
    return Check(name=name, status="passed", message=message)


def failed(name: str, message: str) -> Check:
    """Return a line that is not."""
    return Check(name=name, status="failed", message=message)


def _failed_first(failure: Check | None) -> tuple[Check, ...]:
    return () if failure is None else (failure,)


def _check_site_id(site: Site, before: str | None) -> Check:
    if before in {None, site.id}:
        return passed(SITE_ID, site.id)
    return passed(SITE_ID, f"{site.id}; it was {before} before")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A site that was found, and what is asked of it."""

    client: Client
    site: Site
    mapping: Sequence[MappingRow]
    remember: Callable[[tuple[Lock, ...]], None]

    def survey(
        self, first: tuple[Check, ...], credentials: Credentials, counts: HoldBacks
    ) -> Survey:
        locks, failure = ask(LOCKS, partial(self.client.list_locks, self.site.id))
        if locks is None or failure:
            rest = not_checked(LINES[4:], "no lock is known")
            return Survey(checks=(*first, *_failed_first(failure), *rest))
        self.remember(locks)
        mapped = self._mapped(locks)
        listed, failed_list = ask(IQ_ONLINE, partial(self.client.list_iqs, self.site.id))
        used = self._used(mapped, listed or ())
        iqs = self._check_iqs(used, credentials, counts, failed_list)
        checks = (*first, _say_locks(locks), self._check_found(locks), _check_online(mapped), *iqs)
        return Survey(checks=checks, iqs=used)

    def _mapped(self, locks: tuple[Lock, ...]) -> list[Lock]:
        ids = {target for row in self.mapping for target in row.targets}
        return [lock for lock in locks if lock.id in ids]

    def _used(self, mapped: list[Lock], listed: tuple[Iq, ...]) -> tuple[Iq, ...]:
        ids = {lock.iq.id for lock in mapped if lock.iq is not None}
        own = self.client.account.iq_id
        if not ids and own is not None:
            ids = {own}
        return tuple(iq for iq in listed if iq.id in ids)

    def _check_found(self, locks: tuple[Lock, ...]) -> Check:
        if not self.mapping:
            return Check(name=FOUND, status="warning", message="nothing is mapped yet")
        by_id = {lock.id: lock for lock in locks}
        faults = [
            fault
            for row in self.mapping
            for target in row.targets
            if (fault := _fault(target, by_id))
        ]
        if faults:
            return failed(FOUND, shorten(dict.fromkeys(faults)))
        there = {by_id[t].customer_reference for row in self.mapping for t in row.targets}
        return passed(FOUND, shorten(sorted(there)))

    def _check_iqs(
        self,
        used: tuple[Iq, ...],
        credentials: Credentials,
        counts: HoldBacks,
        failure: Check | None,
    ) -> tuple[Check, ...]:
        names = (IQ_ONLINE, ACTIVATED, RESTORED, PIN)
        if failure:
            return (failure, *not_checked(names[1:], "no IQ is known"))
        if not used:
            return not_checked(names, "no lock with an IQ is mapped, and no IQ id is set")
        offline = [iq.customer_reference for iq in used if not iq.online]
        broken = [iq.customer_reference for iq in used if iq.restore_required]
        return (
            _all_well(IQ_ONLINE, used, offline, "offline: see to its power and its connection"),
            self._check_activated(used, credentials),
            _all_well(RESTORED, used, broken, "has to be restored (restore_required), at Salto"),
            _check_pins(used, credentials, counts),
        )

    def _check_activated(self, used: tuple[Iq, ...], credentials: Credentials) -> Check:
        question = partial(self.client.list_activated_iqs, self.site.id)
        listed, failure = ask(ACTIVATED, question)
        if listed is None or failure:
            return failure or failed(ACTIVATED, "not known")
        active = {one.id for one in listed if one.activated}
        faults = [
            f"{iq.customer_reference}: {fault}"
            for iq in used
            if iq.otp_enabled
            and (fault := _activation_fault(credentials.read(iq.id), active=iq.id in active))
        ]
        if faults:
            return failed(ACTIVATED, "; ".join(faults))
        free = [iq.customer_reference for iq in used if not iq.otp_enabled]
        more = f"; {shorten(free)} asks for no one-time password" if free else ""
        return passed(ACTIVATED, f"{shorten(iq.customer_reference for iq in used)}{more}")


def _say_locks(locks: tuple[Lock, ...]) -> Check:
    if not locks:
        return failed(LOCKS, "the site has none: register its locks at Salto")
    labels = sorted(lock.customer_reference for lock in locks)
    return passed(LOCKS, f"{len(locks)}: {shorten(labels)}")


def _fault(lock_id: str, by_id: Mapping[str, Lock]) -> str:
    lock = by_id.get(lock_id)
    if lock is None:
        return f"the site has no lock {lock_id}"
    if lock.iq is None:
        return f"{lock.customer_reference} hangs on no IQ, so it cannot be opened remotely"
    return ""


def _check_online(mapped: list[Lock]) -> Check:
    offline = sorted(lock.customer_reference for lock in mapped if not lock.online)
    if offline:
        return failed(ONLINE, f"offline: {shorten(offline)}")
    if not mapped:
        return not_checked((ONLINE,), "no mapped lock is there")[0]
    return passed(ONLINE, shorten(sorted(lock.customer_reference for lock in mapped)))


def _all_well(name: str, used: tuple[Iq, ...], wrong: list[str], what: str) -> Check:
    if wrong:
        return failed(name, f"{shorten(wrong)}: {what}")
    return passed(name, shorten(iq.customer_reference for iq in used))


def _activation_fault(held: Credential, *, active: bool) -> str:
    """Say what keeps an IQ from being used; empty for nothing."""
    if not active:
        return "not activated for this account: GET PIN, then Set PIN"
    if not held.secrets:
        return (
            "activated for this account, but elsewhere: its secret is not known here. Another "
            "activated administrator resets this account's PIN at Salto, then GET PIN"
        )
    return ""


def _check_pins(used: tuple[Iq, ...], credentials: Credentials, counts: HoldBacks) -> Check:
    """Say of each IQ whether its PIN is known to open locks; spends no attempt."""
    signed = [iq for iq in used if iq.otp_enabled]
    faults = []
    doubts = []
    for iq in signed:
        held = credentials.read(iq.id)
        reasons = (counts.of(command, iq.id).reason() for command in ("open", "set_pin"))
        fault = next((reason for reason in reasons if reason), _pin_fault(held))
        faults += [f"{iq.customer_reference}: {fault}"] if fault else []
        doubts += [iq.customer_reference] if held.changed else []
    if faults:
        return failed(PIN, "; ".join(faults))
    if doubts:
        message = (
            f"{shorten(doubts)}: the PIN was changed; confirmed once a lock has opened with it"
        )
        return Check(name=PIN, status="warning", message=message)
    names = shorten(iq.customer_reference for iq in signed)
    return passed(PIN, names or "no IQ asks for a one-time password")


def _pin_fault(held: Credential) -> str:
    if held.candidates:
        return "a change of the PIN was cut off: Confirm PIN finds out which PIN holds"
    return "" if held.checked else "no PIN is kept: GET PIN, then Set PIN"
