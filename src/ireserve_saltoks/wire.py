"""Salto KS's shapes, from JSON and to it; nothing else knows their form.

Marks on the fields and functions say how sure they are, see the contract notes on Salto KS
(2026-11-20).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ireserve_integrations.kit.oauth import Token
from ireserve_integrations.kit.transport import field_of

T = TypeVar("T")

_TOKEN_LIFE_S = 3600  # where the answer does not say
_LONGEST_TOKEN_LIFE_S = 366 * 86_400  # beyond it, the answer is not to be believed
_CODE = re.compile(r"[0-9]{1,8}")
_WORD = re.compile(r"\b[a-z]{2,20}(?:_[a-z]{2,20}){1,5}\b")
_MOST_READ = 2_000  # characters of a refusal that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of the account (measured)."""

    id: str
    """The UUID that paths need."""
    site_uid: str
    """What people know, such as NL6254340082; empty where the answer does not say."""
    customer_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Iq:
    """A gateway between the cloud and its locks (measured)."""

    id: str
    customer_reference: str
    online: bool
    otp_enabled: bool = True
    """False: its locks open without a one-time password (seen in code)."""
    restore_required: bool = False
    """Not said by the IQ that a lock names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A door (measured)."""

    id: str
    customer_reference: str
    online: bool
    iq: Iq | None = None
    """None: it cannot be opened remotely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivatedIq:
    """What the vendor's list says of this user on an IQ (measured)."""

    id: str
    """The IQ's."""
    activated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a 4xx says: never more than its codes, so fit for a message of ours."""

    status: int
    code: str = ""
    """The ErrorCode, as text whatever it came as; empty where there is none."""
    message: str = ""
    """In lower case; to look for words in, not to be shown."""

    @property
    def word(self) -> str:
        """The vendor's word for it, such as `otp_invalid`; empty where it has none."""
        found = _WORD.search(self.message)
        return "" if found is None else found[0]

    @property
    def otp_invalid(self) -> bool:
        """Whether a code was looked at and was wrong."""
        return "otp_invalid" in self.message

    @property
    def otp_blocked(self) -> bool:
        """Whether no code is looked at for a while."""
        return "otp_blocked" in self.message

    @property
    def not_activated(self) -> bool:
        """Whether this user has not been activated on the IQ."""
        return "pin_not_changed" in self.message

    def __str__(self) -> str:
        """Return `400, 3102, otp_invalid`, as messages show it."""
        return ", ".join(part for part in (str(self.status), self.code, self.word) if part)


def to_open_body(otp: str | None) -> dict[str, str]:
    """Return the body that opens a lock (documented); without a code where the IQ asks for none."""
    return {"locked_state": "unlocked"} | ({} if otp is None else {"otp": otp})


def parse_token(raw: Any) -> Token:
    """Read the answer of the token endpoint (measured)."""
    life_s = raw.get("expires_in")
    if isinstance(life_s, str) and life_s.isdecimal():
        life_s = int(life_s)
    known = isinstance(life_s, int | float) and 0 < life_s < _LONGEST_TOKEN_LIFE_S
    return Token(
        value=_text(raw, "access_token"), expires_in_s=float(life_s) if known else _TOKEN_LIFE_S
    )


def parse_page(raw: Any, parse: Callable[[Any], T]) -> tuple[tuple[T, ...], str | None, bool]:
    """Read a bare array, or an envelope with `items` and `next_page_link` (both were seen).

    Returns:
        The entries, the address of the next page as it came, if there is one, and whether the
        answer says where the list ends: a bare array does not.
    """
    if isinstance(raw, list):
        return tuple(parse(entry) for entry in raw), None, False
    following = raw.get("next_page_link")
    if not isinstance(following, str | None):
        raise TypeError("next_page_link")
    entries = field_of(raw, "items", list)
    return tuple(parse(entry) for entry in entries), following or None, True


def parse_site(raw: Any) -> Site:
    """Read a site."""
    return Site(
        id=_text(raw, "id"),
        site_uid=_text_or(raw, "site_uid", ""),
        customer_reference=_label(raw, "id"),
    )


def parse_lock(raw: Any) -> Lock:
    """Read a lock with the IQ that it hangs on."""
    return Lock(
        id=_text(raw, "id"),
        customer_reference=_label(raw, "id"),
        online=raw.get("online") is True,
        iq=None if raw.get("iq") is None else parse_iq(raw["iq"]),
    )


def parse_iq(raw: Any) -> Iq:
    """Read an IQ: of the site's list, or as a lock names it (`is_online` instead of `online`)."""
    return Iq(
        id=_text(raw, "id"),
        customer_reference=_label(raw, "id"),
        online=raw.get("online", raw.get("is_online")) is True,
        otp_enabled=raw.get("otp_enabled") is not False,
        restore_required=raw.get("restore_required") is True,
    )


def parse_activated_iq(raw: Any) -> ActivatedIq:
    """Read an entry of the user's activated IQs; one that is listed may not be activated yet."""
    return ActivatedIq(id=_text(raw, "iq_id"), activated=raw.get("activated") is True)


def parse_secret(raw: Any) -> str:
    """Read an IQ's secret."""
    return _text(raw, "secret")


def parse_refusal(status: int, raw: Any) -> Refusal:
    """Read an error body of any shape; `ErrorCode` was seen as a text and as a number."""
    if not isinstance(raw, Mapping):
        return Refusal(status=status)
    code = str(raw.get("ErrorCode", ""))
    message = raw.get("Message")
    return Refusal(
        status=status,
        code=code if _CODE.fullmatch(code) else "",
        message=message[:_MOST_READ].lower() if isinstance(message, str) else "",
    )


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = field_of(raw, name, str)
    if not value:
        raise ValueError(name)
    return value


def _text_or(raw: Mapping[str, Any], name: str, default: str) -> str:
    value = raw.get(name)
    return value.strip() if isinstance(value, str) else default


def _label(raw: Mapping[str, Any], otherwise: str) -> str:
    """Return the label; the id of what has none."""
    return _text_or(raw, "customer_reference", "") or _text(raw, otherwise)
