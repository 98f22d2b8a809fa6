"""What lives at Resivo: a grant ended, looked for by its label, or read."""

from ireserve_integrations.errors import RejectedError
from ireserve_integrations.model import Access, Grant, Window

from .client import Client
from .doors import Doors, place_of
from .key_status import Reading, read_key_status
from .wire import Authorization


def revoke_grant(client: Client, grant: Grant) -> bool:
    """End a grant where it was made; True when it no longer lives.

    It is read first, since what a second revoke answers is not documented.

    Raises:
        RejectedError: Resivo refuses, or its site cannot be reached from here.
    """
    site_id = _site_of(client, grant)
    before = _read(client, site_id, grant.reference)
    if before is None or not before.live:
        return True
    try:
        client.revoke_authorization(site_id, grant.reference)
    except RejectedError:
        after = client.read_authorization(site_id, grant.reference)
        if after is not None and after.live:
            raise
    return True


def find_access(client: Client, doors: Doors, label: str) -> tuple[Access, ...]:
    """Return what is named exactly so in the configured site, or in all the owner's, as listed.

    Raises:
        RejectedError: Resivo has no list of authorisations after all.
    """
    return tuple(
        to_access(found, site)
        for site in list_site_ids(client, doors)
        for found in client.list_authorizations(site)
        if found.display_name == label
    )


def list_site_ids(client: Client, doors: Doors) -> tuple[str, ...]:
    """Return the configured site, or all the owner's, as listed."""
    site_id = client.account.site_id
    return tuple(site.id for site in doors.list_sites()) if site_id is None else (site_id,)


def read_grant(client: Client, grant: Grant) -> Access:
    """Return what a grant is today.

    Raises:
        RejectedError: Its site cannot be reached from here.
    """
    site_id = _site_of(client, grant)
    found = _read(client, site_id, grant.reference)
    if found is None:
        return Access(reference=grant.reference, live=False, place=place_of(site_id))
    return to_access(found, site_id)


def to_access(found: Authorization, site_id: str) -> Access:
    """Return an authorisation in our words."""
    window = None
    if found.valid_from is not None and found.valid_to is not None:
        window = Window(start=found.valid_from, end=found.valid_to)
    return Access(
        reference=found.id,
        live=found.live,
        label=found.display_name,
        window=window,
        place=place_of(site_id),
        status=found.status,
        notes=_notes(found),
    )


def _site_of(client: Client, grant: Grant) -> str:
    """Return where the grant was made, else where the settings say."""
    site_id = grant.place.get("site_id") or client.account.site_id
    if site_id is None:
        raise RejectedError(f"{grant.reference}: in which site it was made is not known")
    return site_id


def _read(client: Client, site_id: str, reference: str) -> Authorization | None:
    """Return the authorisation, None for "gone": its site answers, and does not have it.

    Raises:
        RejectedError: The site does not answer this account, which is not the same as gone.
    """
    found = client.read_authorization(site_id, reference)
    if found is None and client.read_site(site_id) is None:
        raise RejectedError(
            f"site {site_id} is not there for this account, so whether {reference} lives is not "
            "known: look in the portal"
        )
    return found


def _notes(found: Authorization) -> tuple[str, ...]:
    """Say what statuses mean that the portal's manual lists; plain "active" needs no words."""
    statuses = dict.fromkeys((found.status, *found.credential_statuses))
    return tuple(
        _to_sentence(reading)
        for status in statuses
        if status.strip().lower() != "active"
        for reading in read_key_status(status).readings
    )


def _to_sentence(reading: Reading) -> str:
    still = f"; still to happen: {reading.still}" if reading.still else ""
    how = f", {reading.how}" if reading.how else ""
    return f"{reading.status} ({reading.reading}{how}): opens a door: {reading.opens}{still}."
