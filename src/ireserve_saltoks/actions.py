"""The buttons of the Authentication tab, and what a person may give with them."""

from collections.abc import Mapping
from typing import get_args

from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import Action, ActionResult

from .access import NotAllowedError
from .client import By, Client
from .credentials import Credentials
from .hold_back import HoldBacks
from .iq import IqSetup
from .pins import read_new_pin, read_pin
from .sites import Sites
from .wire import Iq

ACTIONS = (
    Action(
        name="resolve_site_id",
        label="Resolve site ID",
        help="Finds the internal Site ID (UUID) of the Site UID and keeps it.",
        writes=0,
    ),
    Action(
        name="get_pin",
        label="GET PIN",
        help="Fetches the IQ's secret and has its PIN sent to the Salto account, by=sms (default) "
        "or by=email.",
        parameters=("iq", "by"),
    ),
    Action(
        name="set_pin",
        label="Set PIN",
        help="Activates the IQ with current_pin, the PIN that was delivered. new_pin changes it; "
        "new_pin=propose adds 5 to its first digit, on which all known rules agree.",
        parameters=("iq", "current_pin", "new_pin"),
        writes=3,
    ),
    Action(
        name="confirm_pin",
        label="Confirm PIN",
        help="Checks secret and PIN at Salto, once; accepted, wrong codes are forgotten.",
        parameters=("iq",),
    ),
    Action(
        name="open",
        label="Open",
        help="Opens the locks of a booking, or the one that is named, if the booking allows it.",
        parameters=("lock",),
        needs="booking",
    ),
)


def resolve_site_id(client: Client, context: Context) -> ActionResult:
    """Find the Site ID anew, and keep it.

    Raises:
        ConfigError: The account has no such site.
    """
    site = Sites(client, context.vault).resolve()
    message = f"{site.customer_reference}: the Site ID of {site.site_uid} is {site.id}"
    return ActionResult(ok=True, message=message, settings={"site_id": site.id})


def get_pin(client: Client, context: Context, given: Mapping[str, str]) -> ActionResult:
    """Have the PIN of an IQ delivered.

    Raises:
        NotAllowedError: Something given is not among the choices, or see `IqSetup.get_pin`.
    """
    by = _by(given.get("by", "sms"))
    return _setup(client, context, given).get_pin(by)


def set_pin(client: Client, context: Context, given: Mapping[str, str]) -> ActionResult:
    """Activate an IQ, or change its PIN.

    Raises:
        NotAllowedError: A PIN is none, or see `IqSetup.set_pin`.
    """
    typed = given.get("current_pin")
    if typed is None:
        raise NotAllowedError("current_pin is missing: it is the PIN that GET PIN had delivered")
    current = read_pin("current_pin", typed)
    new = read_new_pin(given.get("new_pin"), current)
    return _setup(client, context, given).set_pin(current, new)


def confirm_pin(client: Client, context: Context, given: Mapping[str, str]) -> ActionResult:
    """Check what is kept of an IQ.

    Raises:
        NotAllowedError: See `IqSetup.confirm_pin`.
    """
    return _setup(client, context, given).confirm_pin()


def find_iq(wanted: str | None, iqs: tuple[Iq, ...]) -> Iq:
    """Return the IQ that is meant; without an id, the only one.

    Raises:
        NotAllowedError: There is none such, or it must be said which.
    """
    there = ", ".join(f"{iq.customer_reference} ({iq.id})" for iq in iqs) or "none"
    if wanted is None:
        if len(iqs) == 1:
            return iqs[0]
        raise NotAllowedError(f"iq is missing, and no IQ id is set; the site has {there}")
    found = [iq for iq in iqs if iq.id.casefold() == wanted.strip().casefold()]
    if not found:
        raise NotAllowedError(f"the site has no IQ {wanted.strip()!r}; it has {there}")
    return found[0]


def _setup(client: Client, context: Context, given: Mapping[str, str]) -> IqSetup:
    account, vault = client.account, context.vault
    site_id = Sites(client, vault).site_id()
    iq = find_iq(given.get("iq", account.iq_id), client.list_iqs(site_id))
    return IqSetup(
        client=client,
        site_id=site_id,
        iq=iq,
        credentials=Credentials(vault, account, site_id),
        counts=HoldBacks(vault, account, site_id, context.clock),
        clock=context.clock,
    )


def _by(typed: str) -> By:
    for way in get_args(By):
        if typed.strip().lower() == way:
            chosen: By = way
            return chosen
    raise NotAllowedError("by must be sms or email")
