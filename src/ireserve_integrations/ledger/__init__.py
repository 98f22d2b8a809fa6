"""What must survive: events, grants, what is owed, and the vault (SQLAlchemy, Alembic)."""

from .alerts import Alert, Cause
from .audit import Note
from .grants import State, StoredGrant
from .keys import KEY_VARIABLE, Keys, new_key
from .lease import Lease, LeaseLostError, Owed
from .ledger import Ledger
from .openings import Claim, Earlier
from .pairs import PairKey, PairState
from .record import Recorded
from .wanting import Wanted
from .write_backs import WriteBack

__all__ = [
    "KEY_VARIABLE",
    "Alert",
    "Cause",
    "Claim",
    "Earlier",
    "Keys",
    "Lease",
    "LeaseLostError",
    "Ledger",
    "Note",
    "Owed",
    "PairKey",
    "PairState",
    "Recorded",
    "State",
    "StoredGrant",
    "Wanted",
    "WriteBack",
    "new_key",
]
