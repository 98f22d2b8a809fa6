"""Test connection: the set-up guide's checklist, in its order.

The lines for a person keep the words of i-Reserve's "Implementing the Resivo integration: test and
production checklist" (support.i-reserve.net, read 2026-11-21).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ireserve_integrations.kit.context import Context
from ireserve_integrations.kit.oauth import Tokens
from ireserve_integrations.kit.transport import is_loopback
from ireserve_integrations.model import (
    Check,
    ConfigProblem,
    History,
    Integration,
    Milestone,
    Stage,
)

from .client import Client
from .config import account_of, read, say
from .survey import LINES, Survey, not_checked, shorten, survey
from .wire import Site

_CLOCK_S = 60  # windows are in minutes
_MARGIN_S = 30  # of the token, which is used at once

_NOTIFICATIONS = (
    "Duplicate-notification alignment",
    "own booking e-mail and SMS vs. Resivo's: it writes to the visitor itself",
)
_ONLINE_DOORS = (
    "Online doors",
    "only doors with an internet connection open remotely; Resivo ignores the others silently",
)
_BY_HAND: Mapping[Stage, tuple[tuple[str, str], ...]] = {
    "test": (
        (
            "Door link",
            "see that the visitor receives it from Resivo, whose messages alone have it",
        ),
        _NOTIFICATIONS,
        _ONLINE_DOORS,
    ),
    "production": (
        (
            "Production credentials",
            "generated (own Client ID and Secret); Site Owner ID verified",
        ),
        ("Real doors", "mapped correctly to the production objects"),
        ("Booking flow", "trigger and revoke statuses aligned with the real booking flow"),
        _NOTIFICATIONS,
        _ONLINE_DOORS,
        (
            "Rollback",
            "known: set to inactive, the integration grants nothing more and still revokes",
        ),
    ),
}


def run_checks(integration: Integration, context: Context) -> list[Check]:
    """Return the checklist for `context.stage`; reads only, and raises nothing."""
    valid, found = read(integration)
    errors = [problem for problem in found if problem.severity == "error"]
    asked = _survey(integration, context, valid, errors)
    return [
        *_settings(errors),
        *asked.checks,
        *_details(valid, errors),
        _active(integration, context.stage),
        _language(valid, asked.sites),
        _clock(context.http.clock_skew_s),
        _client_id(integration, context),
        *_address(valid, context.stage),
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
    client = Client(account_of(valid), context.http, Tokens(margin_s=_MARGIN_S))
    return survey(client, integration.mapping)


def _settings(errors: list[ConfigProblem]) -> list[Check]:
    """Return a line with all that is wrong; none where nothing is."""
    if not errors:
        return []
    message = " ".join(say(problem) for problem in errors)
    return [Check(name="Settings", status="failed", message=message)]


def _details(
    valid: Mapping[str, Mapping[str, Any]], errors: list[ConfigProblem]
) -> Iterable[Check]:
    """Say how each setting is set."""
    auth, details = valid["auth"], valid["details"]
    yield _set(
        "Statuses",
        _of(errors, "details.trigger_statuses", "details.revoke_statuses"),
        lambda: (
            f"access at {shorten(details['trigger_statuses'])}, "
            f"revoked at {shorten(details['revoke_statuses'])}, none is both"
        ),
    )
    yield _set(
        "Time before",
        _of(errors, "details.time_before_minutes"),
        lambda: f"{details['time_before_minutes']} minutes before the start",
    )
    yield _set(
        "Default language",
        _of(errors, "details.default_language"),
        lambda: str(details["default_language"]),
    )
    yield _set(
        "Authorisation field",
        _of(errors, "details.authorisation_field"),
        lambda: f"the authorisation id goes into {details['authorisation_field']}",
    )
    yield _set(
        "Mobile app id",
        _of(errors, "auth.target_mobile_app_id"),
        lambda: auth.get("target_mobile_app_id") or "not set: only mobile credentials need it",
    )


def _set(name: str, wrong: list[ConfigProblem], message: Callable[[], str]) -> Check:
    if wrong:
        text = " ".join(say(problem) for problem in wrong)
        return Check(name=name, status="failed", message=text)
    return Check(name=name, status="passed", message=message())


def _of(errors: Iterable[ConfigProblem], *paths: str) -> list[ConfigProblem]:
    """Return the problems of these settings, or of what is inside them."""
    return [
        problem
        for problem in errors
        for path in paths
        if problem.path == path or problem.path.startswith((f"{path}.", f"{path}["))
    ]


def _active(integration: Integration, stage: Stage) -> Check:
    if integration.active:
        return Check(name="Active", status="passed", message="the integration is active")
    status: Any = "failed" if stage == "production" else "warning"
    return Check(name="Active", status=status, message="inactive: it grants nothing")


def _language(valid: Mapping[str, Mapping[str, Any]], sites: tuple[Site, ...]) -> Check:
    """Lay the sites' locales, which decide, beside the default language."""
    name, default = "Site language", valid["details"].get("default_language")
    if not sites:
        return not_checked((name,), "no site is known")[0]
    said = shorten(f"{site.display_name}: {site.default_locale or 'not said'}" for site in sites)
    if all(site.language == default for site in sites):
        return Check(name=name, status="passed", message=said)
    message = (
        f"the default language is {default or 'not set'}, and Resivo writes in the site's "
        f"language, its defaultLocale in the portal ({said})"
    )
    return Check(name=name, status="warning", message=message)


def _clock(skew_s: float | None) -> Check:
    if skew_s is None:
        return Check(name="Clock", status="warning", message="Resivo's answers carried no date")
    message = f"Resivo's clock is {skew_s:+.0f} s from ours"
    if abs(skew_s) <= _CLOCK_S:
        return Check(name="Clock", status="passed", message=message)
    return Check(
        name="Clock", status="failed", message=f"{message}: doors open early or late by as much"
    )


def _client_id(integration: Integration, context: Context) -> Check:
    """Look for the same credential on the other stage."""
    own = _typed_client_id(integration)
    shared = sorted(
        sibling.id
        for sibling in context.siblings
        if own and sibling.stage != context.stage and _typed_client_id(sibling) == own
    )
    if shared:
        message = f"shared with {shorten(shared)} of the other stage: generate one for each"
        return Check(name="Client id", status="failed", message=message)
    message = "not shared with an integration of the other stage"
    return Check(name="Client id", status="passed", message=message)


def _typed_client_id(integration: Integration) -> str:
    return str(integration.auth.get("client_id", "")).strip()


def _address(valid: Mapping[str, Mapping[str, Any]], stage: Stage) -> list[Check]:
    """Tell a sandbox from the real thing, where it matters."""
    address = valid["platform"].get("api_url")
    if stage != "production" or address is None:
        return []
    if is_loopback(address):
        message = f"{address} is a sandbox on this machine"
        return [Check(name="Address", status="failed", message=message)]
    message = f"https, {urlsplit(address).hostname}"
    return [Check(name="Address", status="passed", message=message)]


def _history(stage: Stage, history: History) -> Iterable[Check]:
    """Tick what the ledger has seen."""
    yield _tick("End-to-end tested", "confirm and cancel a test booking", history)
    if stage == "production":
        yield _tick("First live booking", "verify access created + revoked", history)


def _tick(name: str, still: str, history: History) -> Check:
    granted = _say_milestone("granted", history.first_grant)
    revoked = _say_milestone("revoked", history.first_revocation)
    if history.first_grant and history.first_revocation:
        return Check(name=name, status="passed", message=f"{granted}, {revoked}")
    return Check(name=name, status="manual", message=f"{still} ({granted}, {revoked})")


def _say_milestone(what: str, milestone: Milestone | None) -> str:
    if milestone is None:
        return f"not {what} yet"
    return f"{what} on {milestone.at:%Y-%m-%d} for booking {milestone.booking}"
