"""A whole plugin, as small as one can be: what the host's own tests install.

It speaks to `fake_vendor.FakeVendor`. Nothing imports it but its entry points, so that it also runs
in the processes that tests start and kill.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from ireserve_integrations.errors import ConfigError
from ireserve_integrations.hookspecs import hookimpl
from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.mapping import map_objects
from ireserve_integrations.kit.settings import BookingField, Minutes, Statuses, Tab, Text, load_tab
from ireserve_integrations.kit.standing import standing_status
from ireserve_integrations.kit.transport import field_of, quote_segment, read_json
from ireserve_integrations.kit.window import access_window, same_window
from ireserve_integrations.model import (
    Access,
    AccessPage,
    Change,
    ConfigProblem,
    Grant,
    Integration,
    PluginInfo,
    Receipt,
    Window,
)


class Authentication(Tab):
    """Where the vendor is."""

    address = Text(required=True)


class Details(Tab):
    """As Resivo's, and how the plugin misbehaves."""

    trigger_statuses = Statuses(required=True)
    revoke_statuses = Statuses(required=True)
    time_before_minutes = Minutes(load_default=15)
    reference_field = BookingField()
    manner = Text(load_default="honest")


class KeeplessPlugin:
    """Of a vendor that keeps nothing beforehand, and so has nothing to end."""

    @hookimpl
    def describe_plugin(self) -> PluginInfo:
        return PluginInfo(
            label="Fake",
            auth=Authentication,
            details=Details,
            targets_by="id",
            reference_field="reference_field",
        )

    @hookimpl
    def validate_config(self, integration: Integration) -> list[ConfigProblem]:
        _, problems = load_tab(Details, integration.details, "details")
        return list(problems)

    @hookimpl
    def on_status_change(
        self, integration: Integration, change: Change, context: Context
    ) -> Receipt:
        details, _ = load_tab(Details, integration.details, "details")
        misbehave = _MANNERS.get(details["manner"])
        if misbehave is not None:
            return misbehave(change)
        return _Decision(integration, details, change, context).take()


class BlindPlugin(KeeplessPlugin):
    """Of a vendor that cannot be searched."""

    @hookimpl
    def revoke_access(self, integration: Integration, grant: Grant, context: Context) -> bool:
        made_at = grant.place.get("made_at", _address(integration))
        address = f"{made_at}/access/{quote_segment(grant.reference)}"
        context.http.exchange("DELETE", address, accept=(404,))
        return integration.details.get("manner") != "says that it lives on"

    @hookimpl
    def read_access(self, integration: Integration, grant: Grant, context: Context) -> Access:
        found = _read(integration, grant.reference, context)
        return found or Access(reference=grant.reference, live=False)


class Plugin(BlindPlugin):
    """Of a vendor that can be searched, and lists all that it holds, page by page."""

    @hookimpl
    def find_access(
        self, integration: Integration, label: str, context: Context
    ) -> tuple[Access, ...]:
        query = {} if integration.details.get("manner") == "finds anything" else {"label": label}
        address = f"{_address(integration)}/access"
        response = context.http.exchange("GET", address, params=query)
        return read_json(response, lambda raw: tuple(_to_access(one) for one in raw))

    @hookimpl
    def sign_in(self, integration: Integration, context: Context) -> bool:
        context.http.exchange("POST", f"{_address(integration)}/token")
        return True

    @hookimpl
    def list_access(
        self, integration: Integration, page: str | None, context: Context
    ) -> AccessPage:
        address = f"{_address(integration)}/access"
        response = context.http.exchange("GET", address, params={"page": page or "1"})
        return read_json(response, _to_page)


class OtherPlugin(BlindPlugin):
    """Of another vendor: what the first one made is nothing to it."""

    @hookimpl
    def revoke_access(self, integration: Integration, grant: Grant, context: Context) -> bool:
        return True


class _Decision:
    """The design's table, for one change."""

    def __init__(
        self, integration: Integration, details: dict[str, Any], change: Change, context: Context
    ) -> None:
        self.integration, self.details = integration, details
        self.change, self.context = change, context
        decisive = {*details["trigger_statuses"], *details["revoke_statuses"]}
        self.standing = standing_status(change, decisive)
        self.found = self._look_up()

    def take(self) -> Receipt:
        mapped = map_objects(self.change.booking.objects, self.integration.mapping)
        stands = self.standing in self.details["trigger_statuses"]
        if self.details["manner"] == "skips and found":
            return self._say("skipped", found=self.found)
        if not stands or self.change.ended or not mapped.targets:
            return self._say("revoke", found=self.found)
        if self.change.fits:
            return self._say("unchanged", found=self.found)
        if not self.integration.active and self.details["manner"] == "honest":
            return self._say("skipped")
        return self._give(mapped.targets)

    def _give(self, doors: tuple[str, ...]) -> Receipt:
        now = self.context.clock()
        window = access_window(self.change.booking, int(self.details["time_before_minutes"]), now)
        if self.found and not self.change.grant and same_window(self.found[0].window, window, now):
            return self._say("unchanged", grant=self.found[0])
        if self.change.reapply and _gives(self.change.grant, doors, window, now):
            return self._say("unchanged")
        if "unknown door" in doors:
            raise ConfigError("no door is called “unknown door”")
        self.context.http.exchange("GET", f"{_address(self.integration)}/doors")
        grant = self._ask(doors, window)
        if self.details["manner"] == "writes and says skipped":
            return self._say("skipped")
        outcome = "replaced" if self.change.grant or self.found else "granted"
        return self._say(outcome, grant=grant, found=self.found)

    def _ask(self, doors: tuple[str, ...], window: Window) -> Grant:
        wanted = {
            "label": self.change.label,
            "doors": list(doors),
            "start": window.start.isoformat(),
            "end": window.end.isoformat(),
        }
        address = f"{_address(self.integration)}/access"
        response = self.context.http.exchange("POST", address, json=wanted)
        reference = read_json(response, lambda raw: field_of(raw, "id", str), write=True)
        place = {"made_at": _address(self.integration)}
        return Grant(reference=reference, window=window, targets=doors, place=place)

    def _say(self, outcome: Any, **more: Any) -> Receipt:
        return Receipt(outcome=outcome, standing=self.standing, **more)

    def _look_up(self) -> tuple[Grant, ...]:
        """Return the live access that the booking field names and the ledger does not know."""
        held = self.change.booking.fields.get(self.details.get("reference_field", ""), "")
        if not held or held in self.change.known_references or self.standing is None:
            return ()
        found = _read(self.integration, held, self.context)
        if found is None or not found.live or found.window is None:
            return ()
        return (Grant(reference=held, window=found.window, place=found.place),)


def _gives(grant: Grant | None, doors: tuple[str, ...], window: Window, now: datetime) -> bool:
    return grant is not None and grant.targets == doors and same_window(grant.window, window, now)


def _claim(change: Change) -> Receipt:
    window = Window(start=change.booking.start, end=change.booking.end)
    return Receipt(outcome="granted", grant=Grant(reference="claimed", window=window))


def _claim_without_a_reference(change: Change) -> Receipt:
    window = Window(start=change.booking.start, end=change.booking.end)
    return Receipt(outcome="granted", grant=Grant(reference="", window=window))


def _claim_for_ever(change: Change) -> Receipt:
    never = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))  # not to be had in UTC
    window = Window(start=change.booking.start, end=never)
    return Receipt(outcome="granted", grant=Grant(reference="claimed", window=window))


_MANNERS: dict[str, Callable[[Change], Receipt]] = {
    "claims granted": _claim,
    "claims granted without a reference": _claim_without_a_reference,
    "claims granted without a grant": lambda _: Receipt(outcome="granted"),
    "claims granted for ever": _claim_for_ever,
    "asks to revoke": lambda _: Receipt(outcome="revoke"),
    "claims unchanged": lambda _: Receipt(outcome="unchanged"),
    "lets another status stand": lambda _: Receipt(outcome="skipped", standing="99"),
    "forgets what stands": lambda _: Receipt(outcome="skipped"),
    "answers rubbish": lambda _: Receipt(outcome="skipped", warnings=7),  # type: ignore[arg-type]
}


def _address(integration: Integration) -> str:
    return str(integration.auth["address"])


def _read(integration: Integration, reference: str, context: Context) -> Access | None:
    address = f"{_address(integration)}/access/{quote_segment(reference)}"
    response = context.http.exchange("GET", address, accept=(404,))
    return read_json(response, _to_access) if response.is_success else None


def _to_page(raw: Any) -> AccessPage:
    return AccessPage(
        accesses=tuple(_to_access(one) for one in raw["accesses"]), next_page=raw["next"]
    )


def _to_access(raw: Any) -> Access:
    return Access(
        reference=raw["id"],
        live=raw["live"],
        label=raw["label"],
        window=Window(
            start=datetime.fromisoformat(raw["start"]), end=datetime.fromisoformat(raw["end"])
        ),
        targets=tuple(raw["doors"]),
    )
