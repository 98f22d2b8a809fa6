"""The frozen values that cross a boundary: booking core, host, plugin.

Every datetime here is aware. Personal data and secrets are `repr=False`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # marshmallow is not loaded by importing us
    from marshmallow import Schema

NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return NOTHING


Clock = Callable[[], datetime]
OutcomeName = Literal[
    "granted",
    "replaced",
    "revoked",
    "opened",
    "unchanged",
    "skipped",
    "pending",
    "refused",
    "failed",
]
ReceiptName = Literal["granted", "replaced", "unchanged", "skipped", "revoke"]
Stage = Literal["test", "production"]


# --- what the booking core says ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who is told. Every part may be empty, none is ever None."""

    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    """As typed; `kit.phone` makes E.164 of it."""
    language: str = field(default="", repr=False)
    """As typed, such as `nl` or `nl-NL`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedObject:
    """What was booked: an object, or one sub-object of it."""

    object: str
    sub_object: str | None = None

    def __str__(self) -> str:
        """Return `17` or `17/171`, as messages show it."""
        return self.object if self.sub_object is None else f"{self.object}/{self.sub_object}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking as the core last said it. Ids, statuses and field names are opaque strings."""

    id: str
    start: datetime
    end: datetime
    """After `start`, exclusive."""
    status: str | None = None
    """As stored by the core, which may be behind `StatusChange.new_status`."""
    objects: tuple[BookedObject, ...] = ()
    customer: Customer = field(default=Customer(), repr=False)
    fields: Mapping[str, str] = field(default_factory=_nothing, repr=False)
    """Booking fields by name; the ledger keeps only those that settings name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A booking that has reached a status; what the core hands over."""

    booking: Booking
    new_status: str
    old_status: str | None = None
    event_id: str | None = None
    """The same id is the same event; without one, only equality with the latest is a duplicate."""
    sequence: int | None = None
    """Rises per booking; without one, arrival is the order."""


# --- what is configured -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """An object, or one sub-object of it, and the vendor's targets (names or ids) for it."""

    object: str
    targets: tuple[str, ...]
    sub_object: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One configured vendor account, as it was typed; `config.parse` of a plugin reads it."""

    id: str
    vendor: str
    active: bool = True
    stage: Stage = "production"
    auth: Mapping[str, Any] = field(default_factory=_nothing, repr=False)
    """Tab Authentication, secret references resolved."""
    details: Mapping[str, Any] = field(default_factory=_nothing)
    mapping: tuple[MappingRow, ...] = ()
    platform: Mapping[str, Any] = field(default_factory=_nothing, repr=False)
    """The vendor's platform settings: file, environment, and the plugin's defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """One thing wrong with an integration's settings."""

    path: str
    """Where, as a person finds it: `details.time_before_minutes`, `mapping[0].targets`."""
    message: str
    severity: Literal["error", "warning"] = "error"


# --- what a plugin tells of itself ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of an integration."""

    name: str
    label: str
    help: str = ""
    parameters: tuple[str, ...] = ()
    """Names that `ActionRequest.parameters` may carry."""
    needs: Literal["settings", "booking"] = "settings"
    writes: int = 1
    """How many vendor writes that may have been carried out one press may make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """What a vendor's tabs look like."""

    label: str
    """The vendor's name as people know it."""
    auth: "type[Schema]"
    """Tab Authentication; each field's help text in `metadata["help"]`."""
    details: "type[Schema]"
    """Tab Details."""
    platform: "type[Schema] | None" = None
    """`[platform.<vendor>]`, with `load_default` for every key that may be left out."""
    target: str = "door"
    """What a mapping target is called, in the singular."""
    targets_by: Literal["name", "id"] = "name"
    """What mapping rows store."""
    reference_field: str | None = None
    """The Details setting that names the booking field for a grant's reference, if any."""
    stage_setting: str | None = None
    """The Authentication setting whose value says the stage where none is typed, if any."""
    stages: "Mapping[str, Stage]" = field(default_factory=_nothing)
    """The stage of each value of `stage_setting`."""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingTarget:
    """Something that a mapping row may name."""

    id: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of a set-up checklist."""

    name: str
    status: Literal["passed", "failed", "warning", "manual"]
    """`manual` is for a person to see to."""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """A button that was pressed."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=_nothing, repr=False)
    booking: Booking | None = None
    """As the caller says it, its status the one that was reached."""
    known: Booking | None = None
    """The same booking as the ledger knows it, newest change and status; None if it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """What a button did."""

    ok: bool
    """False for what is refused, and will be until something changes; `message` says why."""
    message: str
    settings: Mapping[str, str] = field(default_factory=_nothing)
    """What was found and stored, for people to see; never a secret."""
    fields: Mapping[str, str] = field(default_factory=_nothing)
    """For the booking core, of an opening: passed on at the booking's first one only."""
    status: str | None = None
    """The status that the booking core is to move to; likewise."""
    warnings: tuple[str, ...] = ()
    all_clear: bool = False
    """Whether this proves that what a failed opening brought up (`IntegrationError.alert`) is gone;
    an opening that succeeds does anyway."""


# --- grants -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start` until `end`, exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Access that a vendor gives for a booking, and all that is needed to end it."""

    reference: str
    """The vendor's id; empty only for a vendor that keeps nothing (it has no `revoke_access`)."""
    window: Window
    place: Mapping[str, str] = field(default_factory=_nothing)
    """Where it was made, in the plugin's words (`{"site_id": …}`); given back when it is to end."""
    targets: tuple[str, ...] = ()
    """Ids of the doors, sorted; empty where they are not known (adopted)."""
    field: str | None = None
    """The booking field that holds `reference`; the host sets it (`PluginInfo.reference_field`)."""
    label: str = ""
    """Under which it was made; empty for one adopted from a booking field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What `on_status_change` decides on: the newest booking and all that is known of it."""

    booking: Booking
    label: str
    """Under which a new grant must be made. It is on disk already."""
    statuses: tuple[str, ...] = ()
    """Every unapplied status, oldest first; empty when a settled booking is looked at again."""
    standing: str | None = None
    """The status that stood before `statuses`: the newest that decided something."""
    grant: Grant | None = None
    """The current grant, its window not over."""
    fits: bool = False
    """Whether the booking says the same as when `grant` was made."""
    ended: bool = False
    """Whether the booking's end has passed."""
    known_references: frozenset[str] = field(default=frozenset(), repr=False)
    """Those of the booking field values that the ledger knows as references, of any booking."""
    reapply: bool = False
    """Whether `grant` is to be brought to today's settings: `fits` is False then, and the answer is
    `unchanged` where they give the same doors and the same hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What `on_status_change` did."""

    outcome: ReceiptName
    """`revoke` asks the host to end what lives; it makes `revoked` or `skipped` of it."""
    standing: str | None = None
    """The status that stands now: of `Change.statuses`, or `Change.standing`."""
    grant: Grant | None = None
    """The new one (granted, replaced), or one adopted as it is (unchanged)."""
    found: tuple[Grant, ...] = ()
    """Live access of this booking that the ledger did not know; it ends with the current one."""
    fields: Mapping[str, str] = field(default_factory=_nothing)
    """For the booking core, beside `Grant.field`, which the host sees to."""
    status: str | None = None
    """The status that the booking core is to move to, if any."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a vendor says of access today."""

    reference: str
    live: bool
    label: str = ""
    """As the vendor has it, whole."""
    window: Window | None = None
    """None where the answer does not say."""
    place: Mapping[str, str] = field(default_factory=_nothing)
    targets: tuple[str, ...] = ()
    status: str = ""
    """In the vendor's words."""
    notes: tuple[str, ...] = ()
    """What the status means and what a person must still do, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """A part of all access that a vendor holds for an integration."""

    accesses: tuple[Access, ...]
    """Whoever made it; the host picks what bears its installation's label."""
    next_page: str | None = None
    """Where the list goes on, in the plugin's words; None at its end."""


# --- what the booking core gets ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeError:
    """Why an outcome is not what was wanted."""

    kind: str
    """The name of a class in `errors`."""
    message: str
    """What happened, and what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a change at one integration; the fields of the `--json` answer."""

    integration: str
    vendor: str
    booking: str
    outcome: OutcomeName
    reference: str | None = None
    """The vendor's id of what lives now."""
    fields: Mapping[str, str] = field(default_factory=_nothing)
    """What the booking core is to write; an emptied field is `""`."""
    status: str | None = None
    """The status that the booking core is to move to."""
    warnings: tuple[str, ...] = ()
    error: OutcomeError | None = None
    lock: str | None = None
    """Id of the lock, of an opening."""

    @property
    def ok(self) -> bool:
        """Whether nobody has to do, or wait for, anything."""
        return self.outcome not in {"pending", "refused", "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStatus:
    """An installed plugin as `plugins` shows it."""

    name: str
    version: str | None
    """Of the distribution that brings it."""
    status: Literal["loaded", "broken", "blocked"]
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """When something first happened, and to which booking."""

    at: datetime
    booking: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the ledger has seen of an integration; ticks the last lines of a checklist."""

    first_grant: Milestone | None = None
    first_revocation: Milestone | None = None
    first_opening: Milestone | None = None
