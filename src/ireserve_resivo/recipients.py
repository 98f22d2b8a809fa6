"""Who Resivo tells of the access: it sends the e-mail and the SMS with the door link itself."""

import re

from ireserve_integrations.errors import RejectedError
from ireserve_integrations.kit.phone import to_e164
from ireserve_integrations.model import Customer

from .wire import Recipient

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")  # whether it exists is the mail server's to say
_LANGUAGE = re.compile(r"[a-z]{2}")
_LONGEST_NAME = 100  # no limit is documented; a name is decoration and must not cost the access

_NO_EMAIL = "The e-mail address cannot be read as one, so no e-mail can be sent."


def to_recipient(customer: Customer, default_language: str) -> tuple[Recipient, tuple[str, ...]]:
    """Return whom to tell, and a warning for each way that is not possible.

    Raises:
        RejectedError: There is no way at all; the message has the warnings.
    """
    email, no_email = _read_email(customer.email)
    phone = to_e164(customer.phone)
    warnings = tuple(filter(None, (no_email, phone.reason)))
    if not (email or phone.e164):
        reasons = " ".join(warnings) or "The booking has neither an e-mail address nor a number."
        raise RejectedError(f"nobody could be told of the access. {reasons}")
    recipient = Recipient(
        email=email,
        phone_number=phone.e164 or "",
        first_name=_name(customer.first_name),
        last_name=_name(customer.last_name),
        language=_language(customer.language) or default_language,
    )
    return recipient, warnings


def _read_email(raw: str) -> tuple[str, str]:
    """Return the address, or why there is none; neither, when none was given."""
    text = raw.strip()
    if not text or (_EMAIL.fullmatch(text) and text.isprintable()):
        return text, ""
    return "", _NO_EMAIL


def _name(raw: str) -> str:
    return " ".join(raw.split())[:_LONGEST_NAME].strip()


def _language(raw: str) -> str:
    """Return the first two letters, lower case (`nl-NL` → `nl`); empty where there are none."""
    letters = raw.strip().lower()[:2]
    return letters if _LANGUAGE.fullmatch(letters) else ""
