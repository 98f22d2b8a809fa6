"""Test connection: the set-up guide's checklist, in its order.

The lines for a person keep the words of i-Reserve's "Salto KS: implementation checklist"
(support.i-reserve.net, read 2026-11-21).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import is_loopback
from ireserve_integrations.model import Check, ConfigProblem, History, Integration, Stage

from .account import Account
from .client import Client
from .config import STAGES, Platform, account_of, read, say
from .credentials import Credentials
from .hold_back import HoldBacks
from .locks import Listings, Locks
from .sites import Sites
from .survey import LINES, Survey, failed, not_checked, passed, shorten, survey
from .wire import Iq

_CLOCK_S = 60  # a one-time password is valid for about three minutes
_MARGIN_S = 60  # of the token, which is used at once
_OPTIONAL = {
    "Open-action field": ("open_action_field", "the visitor's open action is written into none"),
    "Opened-at field": ("opened_at_field", "the time of the first opening is not recorded"),
    "Check-in status": ("check_in_status", "an opening moves no booking to a check-in status"),
}
_OUTSIDE = (
    "PIN and account",
    "neither is changed outside i-Reserve, nor used in the Salto app, without activating again",
)
_BY_HAND: Mapping[Stage, tuple[tuple[str, str], ...]] = {
    "test": (
        ("Records", "open time and check-in status verified after an opening"),
        _OUTSIDE,
    ),
    "production": (
        ("Real locks", "mapped correctly to the production products"),
        ("Booking flow", "statuses (opening allowed + check-in) aligned with the real one"),
        _OUTSIDE,
        ("Rollback", "known: setting the integration inactive stops every opening at once"),
    ),
}


def run_checks(integration: Integration, context: Context) -> list[Check]:
    """Return the checklist for `context.stage`; reads only, and raises nothing of the vendor's."""
    valid, found = read(integration)
    errors = [problem for problem in found if problem.severity == "error"]
    asked = _survey(integration, context, valid, errors)
    return [
        *_settings(errors),
        *asked.checks,
        *_details(valid["details"], errors),
        _environment(valid["auth"].get("environment"), context.stage),
        _clock(context.http.clock_skew_s),
        _active(integration, context.stage),
        *_production(integration, context, valid, asked.iqs),
        *_history(context.stage, context.history),
        *(
            Check(name=name, status="manual", message=message)
            for name, message in _BY_HAND[context.stage]
        ),
    ]


def _survey(
    integration: Integration,
    context: Context,
    valid: Mapping[str, Mapping[str, Any]],
    errors: Iterable[ConfigProblem],
) -> Survey:
    if _of(errors, "auth", "platform"):
        return Survey(checks=not_checked(LINES, "the settings of the account are at fault"))
    account = account_of(valid)
    client = Client(account, context.http, Tokens(margin_s=_MARGIN_S))
    return survey(
        client,
        Sites(client, context.vault),
        integration.mapping,
        Locks(client, context.vault, Listings()).remember,
        lambda site_id: _kept(context, account, site_id),
    )


def _kept(context: Context, account: Account, site_id: str) -> tuple[Credentials, HoldBacks]:
    vault = context.vault
    counts = HoldBacks(vault, account, site_id, context.clock)
    return Credentials(vault, account, site_id), counts


def _settings(errors: list[ConfigProblem]) -> list[Check]:
    """Return a line with all that is wrong; none where nothing is."""
    if not errors:
        return []
    return [failed("Settings", " ".join(say(problem) for problem in errors))]


def _details(details: Mapping[str, Any], errors: list[ConfigProblem]) -> Iterable[Check]:
    """Say how each setting is set."""
    yield _set(
        "Statuses",
        _of(errors, "details.open_from_statuses"),
        lambda: f"opening is allowed at {shorten(details['open_from_statuses'])}",
    )
    yield _set(
        "Time before",
        _of(errors, "details.time_before_minutes"),
        lambda: f"{details['time_before_minutes']} minutes before the start",
    )
    for name, (setting, otherwise) in _OPTIONAL.items():
        wrong = _of(errors, f"details.{setting}")
        if wrong or details.get(setting) is not None:
            yield _set(name, wrong, lambda setting=setting: str(details[setting]))  # type: ignore[misc]  # bound now
        else:
            yield Check(name=name, status="warning", message=f"not set: {otherwise}")


def _set(name: str, wrong: list[ConfigProblem], message: Callable[[], str]) -> Check:
    if wrong:
        return failed(name, " ".join(say(problem) for problem in wrong))
    return passed(name, message())


def _of(errors: Iterable[ConfigProblem], *paths: str) -> list[ConfigProblem]:
    """Return the problems of these settings, or of what is inside them."""
    return [
        problem
        for problem in errors
        for path in paths
        if problem.path == path or problem.path.startswith((f"{path}.", f"{path}["))
    ]


def _environment(environment: str | None, stage: Stage) -> Check:
    """Lay the environment beside the stage that is checked."""
    name = "Environment"
    if environment is None:
        return not_checked((name,), "none is set")[0]
    if STAGES[environment] == stage:
        return passed(name, f"{environment}, which fits the {stage} stage")
    return failed(name, f"{environment} does not fit the {stage} stage")


def _clock(skew_s: float | None) -> Check:
    if skew_s is None:
        return Check(name="Clock", status="warning", message="Salto's answers carried no date")
    message = f"Salto's clock is {skew_s:+.0f} s from ours"
    if abs(skew_s) <= _CLOCK_S:
        return passed("Clock", message)
    return failed("Clock", f"{message}: every one-time password may be wrong; set this clock")


def _active(integration: Integration, stage: Stage) -> Check:
    if integration.active:
        return passed("Active", "the integration is active")
    status: Any = "failed" if stage == "production" else "warning"
    return Check(name="Active", status=status, message="inactive: it opens nothing")


def _production(
    integration: Integration,
    context: Context,
    valid: Mapping[str, Mapping[str, Any]],
    iqs: tuple[Iq, ...],
) -> Iterable[Check]:
    """Tell the real thing from acceptance and from a sandbox, where it matters."""
    if context.stage != "production":
        return
    servers = valid["platform"].get("production")
    if servers is not None:
        yield _address("API", servers["api_url"], "api_url")
        yield _address("Identity server", servers["identity_url"], "identity_url")
    others = [one for one in context.siblings if _typed(one, "environment") == "acceptance"]
    own_iqs = {iq.id.casefold() for iq in iqs} | {_typed(integration, "iq_id")}
    yield _own("Production account", {_typed(integration, "username")}, others, "username")
    yield _own("Production site", {_typed(integration, "site_uid")}, others, "site_uid")
    yield _own("Production IQ", own_iqs, others, "iq_id")


def _address(name: str, address: str, setting: str) -> Check:
    """Tell a production server from others."""
    tables: Mapping[str, Mapping[str, str]] = Platform().load({})
    host = urlsplit(address).hostname
    if is_loopback(address):
        return failed(name, f"{address} is a sandbox on this machine")
    if host == urlsplit(tables["acceptance"][setting]).hostname:
        return failed(name, f"{host} belongs to acceptance")
    if host != urlsplit(tables["production"][setting]).hostname:
        message = f"https, {host}, which is not the production host that is known"
        return Check(name=name, status="warning", message=message)
    return passed(name, f"https, {host}")


def _own(name: str, own: set[str], others: list[Integration], setting: str) -> Check:
    """Look for the same on acceptance."""
    shared = sorted(one.id for one in others if _typed(one, setting) in own - {""})
    if shared:
        return failed(name, f"shared with {shorten(shared)} of acceptance: use one of its own")
    return passed(name, "not shared with acceptance")


def _typed(integration: Integration, setting: str) -> str:
    typed = integration.auth.get(setting)
    return typed.strip().casefold() if isinstance(typed, str) else ""


def _history(stage: Stage, history: History) -> Iterable[Check]:
    """Tick what the ledger has seen."""
    yield _tick("End-to-end tested", "booking, status, open action: the lock opens", history)
    if stage == "production":
        yield _tick("First live opening", "lock opens, open time and check-in updated", history)


def _tick(name: str, still: str, history: History) -> Check:
    first = history.first_opening
    if first is None:
        return Check(name=name, status="manual", message=f"{still} (not opened yet)")
    return passed(name, f"opened on {first.at:%Y-%m-%d} for booking {first.booking}")
