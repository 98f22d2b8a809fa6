"""Owed: what a failure leaves to be done, when, and whom it concerns."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    OutcomeUnknownError,
    UnavailableError,
)
from ..ledger import Alert, Cause, Owed
from .tell import UnsearchableError, sentence
from .work import Work

_MAPPING_PAUSE = timedelta(hours=1)  # a name may be put right at the vendor, where we hear nothing


def owed(work: Work) -> Owed:
    """Return what is still owed: what the error makes of it, and ending what is to end."""
    error = work.error
    if error is None:
        return Owed(due_at=work.now if work.to_end else None)
    due_at = _due_at(work, error)
    not_before = work.unsettled.search_at if work.unsettled is not None else None
    if due_at is None and work.to_end:  # tried until it is over, whatever a person does
        due_at = _later(work)
    elif due_at is not None and not_before is not None:
        due_at = max(due_at, not_before)
    about = error.about if isinstance(error, ConfigError) else ()
    return Owed(
        due_at=due_at,
        not_before=not_before,
        failed_as=error.kind,
        about=about,
        alerts=(*_failure_alerts(work, error), *_ending_alerts(work)),
    )


def _due_at(work: Work, error: IntegrationError) -> datetime | None:
    """Return when this is to be tried again; None where a person must act."""
    due_at = None
    match error:
        case UnsearchableError():
            pass
        case AuthError():  # nobody takes it before the account is accepted again
            due_at = work.means.clock()
        case UnavailableError(retry_after_s=float() as asked_s):
            pause_s = min(asked_s, work.means.retry_longest_s)
            due_at = max(_later(work), work.now + timedelta(seconds=pause_s))
        case UnavailableError() | OutcomeUnknownError():
            due_at = _later(work)
        case ConfigError():
            due_at = work.means.clock() + _MAPPING_PAUSE
    return due_at


def _later(work: Work) -> datetime:
    """Return when to try again: later each time, and not all at once."""
    pause_s = work.means.pause_s(work.lease.state.failures)
    return work.means.clock() + timedelta(seconds=pause_s)


def _failure_alerts(work: Work, error: IntegrationError) -> tuple[Alert, ...]:
    key, message = work.key, sentence(error)
    pair = Alert(
        cause=Cause.FAILED, message=message, integration=key.integration, booking=key.booking
    )
    match error:
        case UnsearchableError():
            choices = (
                f"{message} Then say `retry {key.integration} {key.booking} --found REFERENCE` "
                "for what is there, or `--ask-again` where nothing is."
            )
            return (replace(pair, cause=Cause.LOST_REPLY, message=choices),)
        case UnavailableError() | OutcomeUnknownError() | AuthError():
            return ()
        case ConfigError(about=(_, *_)):
            named = replace(pair, cause=Cause.MAPPING, booking="")
            return tuple(replace(named, about=name) for name in error.about)
        case _:
            return (pair,)


def _ending_alerts(work: Work) -> tuple[Alert, ...]:
    """Return the alert of access that should have ended by now, and may not have."""
    if not work.to_end:
        return ()
    key = work.key
    ends = max(stored.ends_at for stored in work.to_end)
    until = work.means.calls.shown(ends, work.booking)
    said = sentence(work.error) if work.error is not None else ""
    message = (
        f"access that is to end may still open doors, until {until} at the latest: {said} "
        "It is tried again by itself; end it in the vendor's portal if that must not wait."
    )
    return (
        Alert(
            cause=Cause.NOT_ENDED,
            message=message,
            integration=key.integration,
            booking=key.booking,
        ),
    )
