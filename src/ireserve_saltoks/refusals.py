"""What Salto's refusals mean, and who must do what: the contract's table of errors."""

from dataclasses import dataclass

from ireserve_integrations.errors import (
    ConfigError,
    IntegrationError,
    PluginError,
    RejectedError,
    UnavailableError,
)

from .wire import Refusal

BLOCKED_S = 25 * 60  # a block lasts about 20 minutes (measured)


@dataclass(frozen=True, slots=True)
class _Row:
    """The first row whose code and words a refusal has applies."""

    code: str
    """Empty: any."""
    words: str
    """Looked for in the message; empty: any."""
    kind: type[IntegrationError]
    sentence: str


_ROWS = (
    _Row(
        "",
        "otp_invalid",
        RejectedError,
        "Salto refuses the one-time password. Either this machine's clock is wrong, which Test "
        "connection shows, or the IQ must be activated again: its PIN was changed, or this "
        "account was used in the Salto app, which replaces the secret unseen",
    ),
    _Row(
        "",
        "otp_blocked",
        UnavailableError,
        "Salto looks at no one-time password after repeated wrong ones. Nothing is sent for 25 "
        "minutes; nobody needs to do anything but wait",
    ),
    _Row(
        "",
        "pin_not_changed",
        RejectedError,
        "this account is not activated on the IQ. Activate it: GET PIN, then Set PIN",
    ),
    _Row(
        "2202",
        "otp is invalid",
        PluginError,
        "Salto wants a one-time password and was sent none. Try once more; if it stays, report "
        "it to the developer of the plugin",
    ),
    _Row(
        "2203",
        "already activated",
        RejectedError,
        "this account is activated on the IQ already, and Salto gives its secret no more. Another "
        "activated administrator must reset this account's PIN at Salto; then GET PIN",
    ),
    _Row(
        "",
        "command_forbidden",
        RejectedError,
        "Salto sends no PIN to an account that is activated on the IQ already. Another activated "
        "administrator must reset this account's PIN at Salto; then GET PIN",
    ),
    _Row(
        "2203",
        "",
        RejectedError,
        "this account has no right to this. Give it administrative rights on the site at Salto",
    ),
    _Row(
        "2212",
        "",
        RejectedError,
        "the site's Salto KS subscription is not valid. Renew it at Salto",
    ),
    _Row(
        "2202",
        "",
        ConfigError,
        "Salto does not know it (any longer). Correct the mapping, the IQ id or the Site UID",
    ),
    _Row("1100", "", PluginError, "Salto does not understand the request. Report it"),
    _Row("1101", "", PluginError, "Salto does not understand the request. Report it"),
)
_ALERTS = {"otp_invalid": "wrong code", "otp_blocked": "codes blocked"}
_OTHERWISE = (
    "Salto could not do it now: the lock or its IQ may be offline, or the IQ may have to be "
    "restored. If it stays so, see to them at Salto"
)


def error_of(refusal: Refusal, what: str) -> IntegrationError:
    """Return a refusal as one of our errors.

    Args:
        refusal: As the vendor gave it.
        what: Leads the message: a lock's or IQ's label, or the request.
    """
    for row in _ROWS:
        if row.code in {"", refusal.code} and row.words in refusal.message:
            message = f"{what}: {row.sentence} ({refusal})"
            if row.kind is UnavailableError:
                return UnavailableError(message, retry_after_s=BLOCKED_S)
            return row.kind(message)
    return UnavailableError(f"{what}: {_OTHERWISE} ({refusal})")


def alert_of(refusal: Refusal) -> str | None:
    """Return the cause of the alert that a refused opening opens; None where it opens none."""
    return next((alert for words, alert in _ALERTS.items() if words in refusal.message), None)
