"""What an administrator typed for a Resivo integration, read or with everything wrong with it.

The tabs and their words follow i-Reserve's set-up guide (support.i-reserve.net, "Setting up the
Resivo integration", read 2026-11-21).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from marshmallow import ValidationError, fields, validate

from ireserve_integrations.errors import ConfigError
from ireserve_integrations.kit.settings import (
    BookingField,
    Digits,
    LanguageCode,
    Minutes,
    Secret,
    Statuses,
    Tab,
    Text,
    load_tab,
)
from ireserve_integrations.kit.transport import safe_address
from ireserve_integrations.model import ConfigProblem, Integration, MappingRow

_IN_ADDRESS = re.compile(r"(?:^|/)sites/([^/?#]+)")


class Id(Text):
    """An id of Resivo's; `.` and `..` would lead to another resource."""

    default_error_messages = {"dots": "is not an id"}  # noqa: RUF012  # marshmallow's own way

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text in {".", ".."}:
            raise self.make_error("dots")
        return text


class SiteId(Id):
    """A site's id, or the portal's address of the site, which holds it."""

    default_error_messages = {  # noqa: RUF012
        "address": "must be the site's id, or its address in the portal: …/sites/<id>/overview"
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "/" not in text:
            return text
        found = _IN_ADDRESS.search(text)
        if found is None:
            raise self.make_error("address")
        return super()._deserialize(unquote(found[1]), attr, data, **kwargs)


class ApiAddress(Text):
    """Where the API is: https, or http on this machine."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return safe_address(text, "the address of the API")
        except ConfigError as error:
            raise ValidationError(str(error)) from None


class Authentication(Tab):
    """Tab Authentication."""

    site_owner_id = Id(
        required=True,
        metadata={
            "label": "Site Owner ID",
            "help": "The Customer ID from the Resivo portal (organisation level), under "
            "API > General > Getting started.",
        },
    )
    client_id = Text(
        required=True,
        metadata={
            "label": "Client ID",
            "help": "The OAuth Client ID of the generated credential. Generate one with scope "
            "Customer: it covers all of the organisation's sites.",
        },
    )
    client_secret = Secret(
        required=True,
        metadata={
            "label": "Client secret",
            "help": "The Secret of the generated credential; the portal shows it once.",
        },
    )
    site_id = SiteId(
        load_default=None,
        metadata={
            "label": "Site ID",
            "help": "The specific site within the Site Owner whose components (doors) are mapped; "
            "its address in the portal, …/sites/<id>/overview, will do. Without one, a door's name "
            "must exist in exactly one of the sites.",
        },
    )
    target_mobile_app_id = Digits(
        load_default=None,
        metadata={
            "label": "Target mobile app id",
            "help": "Numeric Legic door app id, only for mobile credentials through the resivo "
            "app. It is kept here and never sent: access by link does not carry it.",
        },
    )


class Details(Tab):
    """Tab Details."""

    trigger_statuses = Statuses(
        required=True,
        metadata={
            "label": "Trigger statuses (create)",
            "help": "At which booking statuses access is created.",
        },
    )
    revoke_statuses = Statuses(
        required=True,
        metadata={
            "label": "Revoke statuses",
            "help": "At which booking statuses access is revoked, such as cancelled and rejected.",
        },
    )
    time_before_minutes = Minutes(
        required=True,
        metadata={
            "label": "Time before",
            "help": "How many minutes before the booking's start the doors open; 0 to 10,080.",
        },
    )
    authorisation_field = BookingField(
        required=True,
        metadata={
            "label": "Booking field for the authorisation id",
            "help": "The booking field that holds Resivo's authorisation id while access lives. No "
            "other setting or integration may use it.",
        },
    )
    default_language = LanguageCode(
        required=True,
        metadata={
            "label": "Default language",
            "help": "Two letters; for visitors whose language is not known. Resivo writes its "
            "messages in the site's own language.",
        },
    )


class Platform(Tab):
    """The table `[platform.resivo]`."""

    api_url = ApiAddress(
        load_default="https://api.resivo.io",
        metadata={"help": "Where Resivo's API is."},
    )
    api_version = fields.String(
        load_default="v8",  # of 2025-12-15; there is a new one every three to six months
        validate=validate.Regexp(r"v[0-9]+\Z", error="must be v and a number, such as v8"),
        error_messages={"invalid": "must be a text in quotes", "null": "is missing"},
        metadata={"help": "The version in the path of every call but the token's."},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How the vendor is reached, and as whom."""

    api_url: str
    """Without a trailing slash."""
    api_version: str
    site_owner_id: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    site_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """An integration's settings, all of them valid."""

    integration: str
    """Its id."""
    active: bool
    account: Account
    target_mobile_app_id: str | None = None
    trigger_statuses: tuple[str, ...]
    revoke_statuses: tuple[str, ...]
    time_before_minutes: int
    authorisation_field: str
    default_language: str
    mapping: tuple[MappingRow, ...]

    @property
    def decisive(self) -> frozenset[str]:
        """The statuses that say whether access is wanted."""
        return frozenset(self.trigger_statuses + self.revoke_statuses)


def parse(integration: Integration) -> Config:
    """Return the settings.

    Raises:
        ConfigError: They cannot be used; the message has every problem with its path.
    """
    valid, found = read(integration)
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise ConfigError(" ".join(say(problem) for problem in errors))
    return Config(
        integration=integration.id,
        active=integration.active,
        account=account_of(valid),
        target_mobile_app_id=valid["auth"]["target_mobile_app_id"],
        mapping=integration.mapping,
        **valid["details"],
    )


def problems(integration: Integration) -> list[ConfigProblem]:
    """Return everything that is wrong, or worth a warning; empty for nothing."""
    return list(read(integration)[1])


def read(
    integration: Integration,
) -> tuple[Mapping[str, Mapping[str, Any]], tuple[ConfigProblem, ...]]:
    """Return what is valid, by tab (`auth`, `details`, `platform`) and field, and every problem."""
    auth, wrong_auth = load_tab(Authentication, integration.auth, "auth")
    details, wrong_details = load_tab(Details, integration.details, "details")
    platform, wrong_platform = load_tab(Platform, integration.platform, "platform")
    valid = {"auth": auth, "details": details, "platform": platform}
    return valid, (
        *wrong_auth,
        *wrong_details,
        *_overlap(details),
        *wrong_platform,
        *_unmapped(integration),
    )


def account_of(valid: Mapping[str, Mapping[str, Any]]) -> Account:
    """Return the account, from what `read` returned without a problem in `auth` and `platform`."""
    auth = {name: value for name, value in valid["auth"].items() if name != "target_mobile_app_id"}
    return Account(**auth, **valid["platform"])


def say(problem: ConfigProblem) -> str:
    """Return a problem as a sentence with its path."""
    sentence = f"{problem.path} {problem.message}"
    return sentence if sentence.endswith("?") else f"{sentence}."


def _overlap(details: Mapping[str, Any]) -> tuple[ConfigProblem, ...]:
    triggers = details.get("trigger_statuses", ())
    both = [status for status in details.get("revoke_statuses", ()) if status in triggers]
    if not both:
        return ()
    message = f"names trigger statuses too: {', '.join(both)}"
    return (ConfigProblem(path="details.revoke_statuses", message=message),)


def _unmapped(integration: Integration) -> tuple[ConfigProblem, ...]:
    if integration.mapping:
        return ()
    message = "is empty: nothing that is booked opens a door yet"
    return (ConfigProblem(path="mapping", message=message, severity="warning"),)
