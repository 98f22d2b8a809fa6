"""The contract with plugins: what the host calls, when, and what it expects back.

A plugin is a class (made once per host) or a module behind the entry-point group
`ireserve.integrations`, its methods marked with `hookimpl`. An implementation may name fewer
arguments than its spec; a hook that a vendor has no use for is left out, `describe_plugin`,
`validate_config` and `on_status_change` excepted. Each call runs on a thread of its own, several at
once, and is abandoned at its deadline. Every hook answers a value: None is a `PluginError`. What a
hook cannot do it raises as one of `errors`; anything else that it raises is a `PluginError`.

A call makes at most one vendor write that may have been carried out, through `context.http`.
"""

from typing import TYPE_CHECKING

import pluggy

from .model import (
    Access,
    AccessPage,
    ActionRequest,
    ActionResult,
    Change,
    Check,
    ConfigProblem,
    Grant,
    Integration,
    MappingTarget,
    PluginInfo,
    Receipt,
)

if TYPE_CHECKING:
    from .kit.context import Context

PROJECT = "ireserve_integrations"

hookimpl = pluggy.HookimplMarker(PROJECT)
_hookspec = pluggy.HookspecMarker(PROJECT)


@_hookspec(firstresult=True)
def describe_plugin() -> PluginInfo:
    """Say what the vendor's tabs look like. Called once, at load; no vendor call."""


@_hookspec(firstresult=True)
def validate_config(integration: Integration) -> list[ConfigProblem]:
    """Return every problem of the settings, not the first; empty when there is none.

    Called on every save and start, offline. The host itself has checked the mapping's shape, and
    that no two settings share a booking field.
    """


@_hookspec(firstresult=True)
def check_connection(integration: Integration, context: "Context") -> list[Check]:
    """Run the set-up guide's checklist for `context.stage`, in the guide's order.

    Called when somebody presses "Test connection". Reads only; a failed step is a `Check`, not an
    exception, and steps that depend on it are left out or failed.
    """


@_hookspec(firstresult=True)
def list_mapping_targets(integration: Integration, context: "Context") -> list[MappingTarget]:
    """Return everything that a mapping row may name, sorted by name; empty for nothing."""


@_hookspec(firstresult=True)
def on_status_change(integration: Integration, change: Change, context: "Context") -> Receipt:
    """Give the access that the newest booking asks for, or say that none is wanted.

    Called when a pair (integration, booking) has unapplied changes, again after a failure, and when
    the booking core sends a change once more; never twice at the same time for one pair. It only
    ever makes a grant, under `change.label`; ending one is the host's (`Receipt` `revoke`, or the
    old grant after `replaced`). Called for an inactive integration too, whose `context.http`
    refuses every write: the host then keeps or ends what lives.

    Raises:
        RejectedError: The vendor, or a rule, refuses; nobody retries.
        ConfigError: The settings, or a mapped name, are at fault.
        UnavailableError: Nothing was done; the host tries again later.
        OutcomeUnknownError: It may have been done; the host searches the label first.
    """


@_hookspec(firstresult=True)
def revoke_access(integration: Integration, grant: Grant, context: "Context") -> bool:
    """End the grant at the vendor, where `grant.place` says; True when it no longer lives.

    Called whenever a grant is to end, again after a failure, also for an inactive integration. What
    is gone already is fine: True. A vendor that keeps nothing beforehand leaves the hook out; the
    host then writes no label either.

    Raises:
        RejectedError: It cannot be reached from here (another owner); never to be read as "gone".
    """


@_hookspec(firstresult=True)
def find_access(integration: Integration, label: str, context: "Context") -> tuple[Access, ...]:
    """Return what lives under that whole label, oldest first; empty for nothing.

    Called after a lost reply or a crash, before anything is asked again. Left out where the vendor
    cannot be searched; `RejectedError` says the same of one that turned out not to be searchable.
    """


@_hookspec(firstresult=True)
def read_access(integration: Integration, grant: Grant, context: "Context") -> Access:
    """Return what the grant is today; `live=False` for one that is gone."""


@_hookspec(firstresult=True)
def list_access(integration: Integration, page: str | None, context: "Context") -> AccessPage:
    """Return a part of all access that the vendor holds, in one call of the vendor's list.

    Called in reconciliation, page by page with pauses between them, at first with None, then with
    the last answer's `next_page`, perhaps by another process a day later. A page that the vendor no
    longer knows is the first one. Left out where the vendor has no list; grants are then read one
    by one.
    """


@_hookspec(firstresult=True)
def sign_in(integration: Integration, context: "Context") -> bool:
    """Ask the vendor for a new token, and for nothing else; True when it gives one.

    Called every ten minutes while the integration is parked because of an `AuthError`, with one
    write allowed. Left out, the integration waits for other settings, or for `resume`.

    Raises:
        AuthError: The account is still refused.
    """


@_hookspec(firstresult=True)
def perform_action(
    integration: Integration, request: ActionRequest, context: "Context"
) -> ActionResult:
    """Do what a button of `PluginInfo.actions` says. The request's names are checked already."""
