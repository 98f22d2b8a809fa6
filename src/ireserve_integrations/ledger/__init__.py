"""What must survive: events, grants, what is owed, and the vault (SQLAlchemy, Alembic)."""

from .grants import Said, State, StoredGrant
from .keys import KEY_VARIABLE, Keys, new_key
from .lease import Lease, LeaseLostError, Owed
from .ledger import Ledger
from .openings import Claim, Earlier
from .pairs import PairKey, PairState
from .record import Recorded

__all__ = [
    "KEY_VARIABLE",
    "Claim",
    "Earlier",
    "Keys",
    "Lease",
    "LeaseLostError",
    "Ledger",
    "Owed",
    "PairKey",
    "PairState",
    "Recorded",
    "Said",
    "State",
    "StoredGrant",
    "new_key",
]
