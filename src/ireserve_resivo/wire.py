"""Resivo's shapes and times, to and from JSON; nothing else knows their form.

Marks on the fields and functions say how sure they are, see the contract notes on Resivo
(2026-11-20).
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from ireserve_integrations.kit.oauth import Token
from ireserve_integrations.kit.transport import field_of

T = TypeVar("T")

_TOKEN_LIFE_S = 300  # where the answer does not say
_LONGEST_TOKEN_LIFE_S = 366 * 86_400  # beyond it, the answer is not to be believed
_LOCALE = re.compile(r"([A-Za-z]{2})(?:[-_.@].*)?")
_MOST_READ = 2_000  # characters of a refusal that are looked at
_MOST_SAID = 200
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_DATE = r"\d{4}-\d\d-\d\d(?!\d)"
_PHONE = re.compile(rf"(?<![\w-])(?!{_DATE})\+?\(?\d[\d ().\-/]{{6,30}}\d(?!\w)")
_HIDDEN = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of the Site Owner (documented)."""

    id: str
    display_name: str
    default_locale: str = ""
    """As it came; its format is not documented. Empty where the answer does not say."""

    @property
    def language(self) -> str | None:
        """The two letters that the locale begins with, lower case; None where it has none."""
        found = _LOCALE.fullmatch(self.default_locale.strip())
        return None if found is None else found[1].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A door (seen in code); the display name is unique per site and stays (documented)."""

    id: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Remote access as it is today (seen in code)."""

    id: str
    display_name: str
    status: str
    live: bool
    credential_statuses: tuple[str, ...] = ()
    valid_from: datetime | None = None
    """Aware; None where access holds from its creation."""
    valid_to: datetime | None = None
    """Aware; None where access holds until it is deleted (documented for the portal)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is mailed or sent an SMS; an empty part is not sent."""

    email: str = field(default="", repr=False)
    phone_number: str = field(default="", repr=False)
    """E.164."""
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    language: str = field(default="", repr=False)
    """Two lower-case letters."""

    @property
    def personal(self) -> tuple[str, ...]:
        """What no message may repeat."""
        return (self.email, self.phone_number, self.first_name, self.last_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAccess:
    """What a create asks for."""

    display_name: str
    component_ids: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime
    recipient: Recipient


def to_wire(moment: datetime) -> str:
    """Return the moment in UTC, to the second, with a trailing Z (offsets are refused).

    Raises:
        ValueError: It is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("a naive time cannot be sent")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def from_wire(text: str) -> datetime:
    """Return a moment in UTC; fractions, any offset and small letters are taken.

    Raises:
        ValueError: It is none, or has no offset.
    """
    moment = datetime.fromisoformat(text.strip().upper())
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time outside the calendar") from None


def to_create_body(wanted: RemoteAccess) -> dict[str, Any]:
    """Return the body of a create; absent values are left out (`recipients` is assumed)."""
    recipient = {
        "email": wanted.recipient.email,
        "phoneNumber": wanted.recipient.phone_number,
        "firstName": wanted.recipient.first_name,
        "lastName": wanted.recipient.last_name,
        "language": wanted.recipient.language,
    }
    return {
        "displayName": wanted.display_name,
        "componentIds": list(wanted.component_ids),
        "restrictions": {
            "validFrom": to_wire(wanted.valid_from),
            "validTo": to_wire(wanted.valid_to),
        },
        "recipients": [{name: value for name, value in recipient.items() if value}],
    }


def parse_token(raw: Any) -> Token:
    """Read the answer of the token endpoint (seen in code)."""
    life_s = raw.get("expires_in")
    if isinstance(life_s, str) and life_s.isdecimal():
        life_s = int(life_s)
    known = isinstance(life_s, int | float) and 0 < life_s < _LONGEST_TOKEN_LIFE_S
    return Token(
        value=_text(raw, "access_token"), expires_in_s=float(life_s) if known else _TOKEN_LIFE_S
    )


def parse_page(raw: Any, parse: Callable[[Any], T]) -> tuple[tuple[T, ...], str | None]:
    """Read a bare array, or an envelope with `items` or `data` and `nextPage` (assumed).

    Returns:
        The entries, and the address of the next page as it came, if the body names one.
    """
    if isinstance(raw, list):
        return tuple(parse(entry) for entry in raw), None
    entries = field_of(raw, "items" if "items" in raw else "data", list)
    following = raw.get("nextPage")
    if not isinstance(following, str | None):
        raise TypeError("nextPage")
    return tuple(parse(entry) for entry in entries), following or None


def parse_site(raw: Any) -> Site:
    """Read a site; its locale is read leniently."""
    locale = raw.get("defaultLocale")
    return Site(
        id=_text(raw, "id"),
        display_name=field_of(raw, "displayName", str),
        default_locale=locale if isinstance(locale, str) else "",
    )


def parse_component(raw: Any) -> Component:
    """Read a component."""
    return Component(id=_text(raw, "id"), display_name=field_of(raw, "displayName", str))


def parse_id(raw: Any) -> str:
    """Read the answer of a create: the authorisation's id is all of it that is relied on."""
    return _text(raw, "id")


def parse_authorization(raw: Any) -> Authorization:
    """Read an authorisation.

    It is live while its status is active and some credential is active and not expired. What the
    answer does not say counts as live: too little must not pass for "gone".
    """
    status = _text(raw, "status")
    credentials = [_credential(entry) for entry in raw.get("credentials") or ()]
    restrictions: Mapping[str, Any] = raw.get("restrictions") or {}
    return Authorization(
        id=_text(raw, "id"),
        display_name="" if raw.get("displayName") is None else field_of(raw, "displayName", str),
        status=status,
        live=_active(status) and (not credentials or any(live for _, live in credentials)),
        credential_statuses=tuple(status for status, _ in credentials if status),
        valid_from=_moment(restrictions, "validFrom"),
        valid_to=_moment(restrictions, "validTo"),
    )


def parse_refusal(raw: Any, personal: Collection[str] = ()) -> str:
    """Return the vendor's `message`, a string or a list (assumed), fit for a message of ours.

    Args:
        raw: The body's JSON, of any shape.
        personal: What was sent and must not be repeated.
    """
    message = raw.get("message") if isinstance(raw, Mapping) else None
    parts = message if isinstance(message, list) else [message]
    text = "; ".join(part for part in parts if isinstance(part, str))
    return _scrub(text[:_MOST_READ], personal)[:_MOST_SAID]


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = field_of(raw, name, str)
    if not value:
        raise ValueError(name)
    return value


def _credential(raw: Any) -> tuple[str, bool]:
    """Return a credential's status, and whether it opens doors."""
    status = raw.get("status") or ""
    return status, (not status or _active(status)) and raw.get("isExpired") is not True


def _active(status: str) -> bool:
    return status.strip().lower() == "active"


def _moment(restrictions: Mapping[str, Any], name: str) -> datetime | None:
    value = restrictions.get(name)
    return None if value is None else from_wire(value)


def _scrub(text: str, personal: Collection[str]) -> str:
    """Return the text on one line, without what was sent of a person or looks as if it was."""
    for value in sorted(filter(None, personal), key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(value)}(?!\w)"
        text = re.sub(pattern, _HIDDEN, text, flags=re.IGNORECASE)
    text = _PHONE.sub(_HIDDEN, _EMAIL.sub(_HIDDEN, text))
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
