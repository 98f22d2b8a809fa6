"""What the portal's and the home app's words for a medium or a digital key mean.

Source: dormakaba's admin-portal and home-app manuals, as the contract `key-status.md` tabulates
them. Status and "applies to" are the manual's; whether a door opens and what must still happen are
our reading of its sentences. Remote access by link has neither a medium nor a key: none of this is
about it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class ReadBy(StrEnum):
    """Which of the manual's lists the words are read by."""

    MEDIUM = "medium"
    KEY = "key"
    DEPLOYMENT = "deployment"
    HOME_APP = "home app"


class Carrier(StrEnum):
    """What a status can apply to."""

    MEDIUM = "medium"
    """An access medium: a card or a fob."""
    KEY = "key"
    """A digital key on a phone."""


class How(StrEnum):
    """How a door learns of a change."""

    MANUAL = "manual"
    """It has no internet: someone walks there."""
    AUTOMATED = "automated"
    """It updates itself."""


class Opens(StrEnum):
    """Whether a door opens."""

    YES = "yes"
    NO = "no"
    NOT_YET = "not yet"
    UNTIL_COMPLETED = "until completed"
    UNKNOWN = "unknown"
    RESTRICTED = "yes, within its restrictions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thing that a status can mean: a row of one of the manual's lists."""

    status: str
    """The manual's words."""
    reading: ReadBy
    applies_to: tuple[Carrier, ...]
    """Never empty."""
    how: How | None = None
    """None where the way that a door learns of it makes no difference."""
    opens: Opens
    still: str = ""
    """What must still happen; empty where nothing is pending, `nothing`, with or without `: why`,
    where it completes without a person."""
    group: str = ""
    """The home app's heading, `Active` or `Inactive`; empty in the other lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """Words from the portal, and everything that they can mean."""

    words: str
    """As they came."""
    readings: tuple[Reading, ...] = ()
    """In the manual's order: medium and key, deployment, home app; empty for unlisted words."""


_MEDIUM = (Carrier.MEDIUM,)
_KEY = (Carrier.KEY,)
_BOTH = (Carrier.MEDIUM, Carrier.KEY)
_KEYHOLDER = "the keyholder opens the mobile access app or reloads the key list"
_DOOR = "someone updates the door"

# Status: one reading for each thing it applies to. "Revocation pending" asks something else of a
# medium than of a key, hence two rows.
_STATUS_ROWS: tuple[tuple[str, tuple[Carrier, ...], Opens, str], ...] = (
    ("Planned", _MEDIUM, Opens.NO, "the tenant moves in"),
    ("Active", _MEDIUM, Opens.YES, ""),
    ("Door update pending", _MEDIUM, Opens.NO, "the door is updated"),
    ("Deployment pending", _KEY, Opens.NO, "the cloud deploys it"),
    ("Deployed", _KEY, Opens.YES, ""),
    ("Revocation pending", _MEDIUM, Opens.UNTIL_COMPLETED, "the door is updated"),
    ("Revocation pending", _KEY, Opens.UNTIL_COMPLETED, _KEYHOLDER),
    ("Revoked", _BOTH, Opens.NO, ""),
)

# Deployment status, per door. The manual adds "(phone number blocked)" to a manual blocking.
_DEPLOYMENT_ROWS: tuple[tuple[str, How | None, tuple[Carrier, ...], Opens, str], ...] = (
    (
        "Deployment pending",
        How.MANUAL,
        _MEDIUM,
        Opens.NOT_YET,
        "someone walks to the door (no internet) and updates it",
    ),
    (
        "Deployment pending",
        How.AUTOMATED,
        _MEDIUM,
        Opens.NOT_YET,
        "nothing: the door updates itself",
    ),
    ("Deployed", None, _BOTH, Opens.YES, ""),
    ("Revocation pending", How.MANUAL, _MEDIUM, Opens.UNTIL_COMPLETED, _DOOR),
    ("Revocation pending", How.AUTOMATED, _MEDIUM, Opens.UNTIL_COMPLETED, "nothing"),
    ("Blocking pending", How.MANUAL, _KEY, Opens.UNTIL_COMPLETED, _DOOR),
    ("Blocking pending", How.AUTOMATED, _KEY, Opens.UNTIL_COMPLETED, "nothing"),
    ("Blocked", None, _KEY, Opens.NO, ""),
    ("Unblocking pending", How.MANUAL, _KEY, Opens.NOT_YET, _DOOR),
    ("Unblocking pending", How.AUTOMATED, _KEY, Opens.NOT_YET, "nothing"),
)

# Home app. "Always, or time and day information" is one row of the manual: two words for one thing.
_TIME_AND_DAY = "Time and day information"
_HOME_APP_ROWS: tuple[tuple[str, str, tuple[Carrier, ...], Opens, str], ...] = (
    ("Active", "Always", _BOTH, Opens.RESTRICTED, ""),
    ("Active", _TIME_AND_DAY, _BOTH, Opens.RESTRICTED, ""),
    (
        "Active",
        "Updating common doors",
        _MEDIUM,
        Opens.UNKNOWN,
        "nothing: common doors update themselves",
    ),
    (
        "Active",
        "Please update the door",
        _MEDIUM,
        Opens.UNKNOWN,
        "someone updates the rental property's door",
    ),
    ("Active", "Deactivation in progress", _KEY, Opens.UNTIL_COMPLETED, _KEYHOLDER),
    ("Inactive", "Expired", _KEY, Opens.NO, ""),
    ("Inactive", "Blocked", _KEY, Opens.NO, ""),
)

LISTED: tuple[Reading, ...] = (
    *(
        Reading(
            status=status, reading=ReadBy(carrier), applies_to=(carrier,), opens=opens, still=still
        )
        for status, carriers, opens, still in _STATUS_ROWS
        for carrier in carriers
    ),
    *(
        Reading(
            status=status,
            reading=ReadBy.DEPLOYMENT,
            applies_to=carriers,
            how=how,
            opens=opens,
            still=still,
        )
        for status, how, carriers, opens, still in _DEPLOYMENT_ROWS
    ),
    *(
        Reading(
            status=status,
            reading=ReadBy.HOME_APP,
            applies_to=carriers,
            opens=opens,
            still=still,
            group=group,
        )
        for group, status, carriers, opens, still in _HOME_APP_ROWS
    ),
)
"""Every row of the manual's three lists, in its order."""

_ALSO_WRITTEN = {
    "blocking pending (phone number blocked)": ("blocking pending",),
    "always, or time and day information": ("always", _TIME_AND_DAY.casefold()),
}

_CLOCK_OR_DATE = re.compile(
    r"\b(?:[0-2]?\d[:.][0-5]\d(?:\s?[ap]m)?|[01]?\d\s?[ap]m"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})\b"
)
_DAY = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?"
    r"|days?|daily|weekdays?|weekends?"
)
_JOINING = re.compile(r"from|to|till|until|through|and|between|on|every|each|at|the|\d+")
_BETWEEN_WORDS = re.compile(r"[\s,;:.()&+|/\-\u2010-\u2015]+")


def read_key_status(words: str) -> KeyStatus:
    """Return every reading of a status as the portal or the home app words it.

    Letter case and white space make no difference. Times, dates and days alone ("Mon - Fri 08:00 -
    17:00") are the home app's restriction. Words that the manual does not list keep themselves and
    have no reading.
    """
    plain = " ".join(words.split()).casefold()
    statuses = _ALSO_WRITTEN.get(plain, (plain,))
    if _is_time_and_day(plain):
        statuses = (_TIME_AND_DAY.casefold(),)
    return KeyStatus(
        words=words,
        readings=tuple(row for row in LISTED if row.status.casefold() in statuses),
    )


def _is_time_and_day(plain: str) -> bool:
    """Tell whether the words hold days, dates or clock times, and nothing that could mean more."""
    rest = _CLOCK_OR_DATE.sub(" ", plain)
    words = [word for word in _BETWEEN_WORDS.split(rest) if word]
    days = [word for word in words if _DAY.fullmatch(word)]
    joining = [word for word in words if _JOINING.fullmatch(word)]
    return (rest != plain or bool(days)) and len(days) + len(joining) == len(words)
