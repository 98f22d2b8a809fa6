"""What an administrator typed for a Salto KS integration, read or with everything wrong with it.

The tabs and their words follow i-Reserve's set-up guide (support.i-reserve.net, "Setting up the
Salto KS integration", read 2026-11-21).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from marshmallow import ValidationError, fields, validate

from ireserve_integrations.errors import ConfigError
from ireserve_integrations.kit.settings import (
    BookingField,
    Minutes,
    Secret,
    Status,
    Statuses,
    Tab,
    Text,
    load_tab,
)
from ireserve_integrations.kit.transport import safe_address
from ireserve_integrations.model import ConfigProblem, Integration, MappingRow, Stage

from .account import Account
from .gaps import CLIENT, changed_status, client_problems, not_recorded, unmapped

_FOUND = 'is not typed: it is found by "Resolve site ID" and kept by the ledger'
STAGES: Mapping[str, Stage] = {"acceptance": "test", "production": "production"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class SiteUid(Text):
    """A site's readable code, which is not the UUID that the API calls its id."""

    default_error_messages = {  # noqa: RUF012  # marshmallow's own way
        "uuid": "must be the readable site code, such as NL6254340082; the Site ID is found by "
        '"Resolve site ID"'
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if _UUID.fullmatch(text):
            raise self.make_error("uuid")
        return text


def _refuse_typed(_: Any) -> NoReturn:
    raise ValidationError(_FOUND)


class Address(Text):
    """Where a server is: https, or http on this machine."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return safe_address(text, "the address of the server")
        except ConfigError as error:
            raise ValidationError(str(error)) from None


class Authentication(Tab):
    """Tab Authentication."""

    environment = Text(
        required=True,
        validate=validate.OneOf(tuple(STAGES), error="must be acceptance or production"),
        metadata={
            "label": "Environment",
            "help": "acceptance (testing) or production (live); each has its own servers, account, "
            "site and IQ.",
        },
    )
    site_uid = SiteUid(
        required=True,
        metadata={
            "label": "Site UID",
            "help": "The readable site code from Salto, such as NL6254340082.",
        },
    )
    site_id = fields.Raw(
        validate=_refuse_typed,
        error_messages={"null": _FOUND},
        metadata={
            "label": "Site ID",
            "help": 'The internal site id (UUID), found from the Site UID by "Resolve site ID". '
            "Read-only.",
        },
    )
    username = Text(
        required=True,
        metadata={
            "label": "Username",
            "help": "The username of the Salto KS account: a service account with administrative "
            "rights on the site, which nobody uses in the Salto app.",
        },
    )
    password = Secret(
        required=True,
        metadata={"label": "Password", "help": "The password of the Salto KS account."},
    )
    iq_id = Text(
        load_default=None,
        metadata={
            "label": "IQ id",
            "help": "The id (UUID) of the IQ that GET PIN, Set PIN and Confirm PIN are meant for "
            "where they name none. A site with one IQ needs none.",
        },
    )
    client_id = Text(
        load_default=None,
        metadata={
            "label": "Client ID",
            "help": "An OAuth client of your own, with its secret; without one, the platform's.",
        },
    )
    client_secret = Secret(
        load_default=None,
        metadata={"label": "Client secret", "help": "The secret of your own OAuth client."},
    )


class Details(Tab):
    """Tab Details."""

    open_from_statuses = Statuses(
        required=True,
        metadata={
            "label": "Lock may open from status",
            "help": "The booking statuses at which opening is allowed; the check-in status counts "
            "too.",
        },
    )
    time_before_minutes = Minutes(
        required=True,
        metadata={
            "label": "Time before",
            "help": "How many minutes before the booking's start opening is allowed; 0 to 10,080.",
        },
    )
    open_action_field = BookingField(
        load_default=None,
        metadata={
            "label": "Open-action field",
            "help": "The booking field through which the visitor gets the open action.",
        },
    )
    opened_at_field = BookingField(
        load_default=None,
        metadata={
            "label": "Opened-at field",
            "help": "The booking field for the time of the first opening.",
        },
    )
    check_in_status = Status(
        load_default=None,
        metadata={
            "label": "Check-in status",
            "help": "The status that the first opening moves the booking to.",
        },
    )


class _Client(Tab):
    """The OAuth client of one environment, one per i-Reserve installation."""

    client_id = Text(load_default=None, metadata={"help": "The platform's OAuth client."})
    client_secret = Secret(load_default=None, metadata={"help": "Its secret."})


class Acceptance(_Client):
    """The table `[platform.saltoks.acceptance]` (its addresses: measured)."""

    api_url = Address(
        load_default="https://clp-accept-user.my-clay.com", metadata={"help": "The Connect API."}
    )
    identity_url = Address(
        load_default="https://identity-acc.eu.my-clay.com",
        metadata={"help": "The identity server, which alone is sent passwords."},
    )


class Production(_Client):
    """The table `[platform.saltoks.production]` (its addresses: seen in code)."""

    api_url = Address(
        load_default="https://connect.my-clay.com", metadata={"help": "The Connect API."}
    )
    identity_url = Address(
        load_default="https://identity.eu.my-clay.com",
        metadata={"help": "The identity server, which alone is sent passwords."},
    )


class Platform(Tab):
    """The tables of `[platform.saltoks]`."""

    acceptance = fields.Nested(Acceptance, load_default=lambda: Acceptance().load({}))
    production = fields.Nested(Production, load_default=lambda: Production().load({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """An integration's settings, all of them valid."""

    integration: str
    """Its id."""
    active: bool
    account: Account
    open_from_statuses: tuple[str, ...]
    time_before_minutes: int
    open_action_field: str | None = None
    opened_at_field: str | None = None
    check_in_status: str | None = None
    mapping: tuple[MappingRow, ...]

    @property
    def open_statuses(self) -> frozenset[str]:
        """The statuses at which opening is allowed, the check-in status too."""
        check_in = () if self.check_in_status is None else (self.check_in_status,)
        return frozenset((*self.open_from_statuses, *check_in))


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
        *client_problems(auth, platform),
        *wrong_details,
        *not_recorded(details),
        *changed_status(details),
        *wrong_platform,
        *unmapped(integration),
    )


def account_of(valid: Mapping[str, Mapping[str, Any]]) -> Account:
    """Return the account, from what `read` returned without a problem in `auth` and `platform`."""
    auth = valid["auth"]
    servers = valid["platform"][auth["environment"]]
    client = servers if auth["client_id"] is None else auth  # never the id of one, secret of other
    return Account(
        **{**auth, **{name: client[name] for name in CLIENT}},
        api_url=servers["api_url"],
        identity_url=servers["identity_url"],
    )


def say(problem: ConfigProblem) -> str:
    """Return a problem as a sentence with its path."""
    sentence = f"{problem.path} {problem.message}"
    return sentence if sentence.endswith("?") else f"{sentence}."
