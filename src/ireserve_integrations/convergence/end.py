"""End: what is not wanted any more is revoked, where it was made."""

from ..errors import IntegrationError, PluginError
from ..ledger import State, StoredGrant
from .owed import owed
from .work import Work


def end(work: Work) -> None:
    """Revoke everything that is to end; what cannot be ended stays owed, and `work` says why."""
    for stored in tuple(work.to_end):
        try:
            _revoke(work, stored)
        except IntegrationError as error:
            work.error = work.error or error
        else:
            _ended(work, stored)
    if work.to_end:
        work.lease.commit(owed=owed(work), release=True)


def _revoke(work: Work, stored: StoredGrant) -> None:
    if not work.offers("revoke_access"):
        return
    if not work.call("revoke_access", work.lend(writes=1), grant=stored.grant):
        raise PluginError("revoke_access answered False: the access may still live")


def _ended(work: Work, stored: StoredGrant) -> None:
    work.to_end.remove(stored)
    work.lease.commit(
        moved={stored.id: State.REVOKED},
        owed=None if work.to_end else owed(work),
        release=not work.to_end,
    )
    if stored.grant and stored.grant.field:
        work.fields[stored.grant.field] = ""
    if work.outcome == "skipped" and work.current is None:
        work.outcome = "revoked"
