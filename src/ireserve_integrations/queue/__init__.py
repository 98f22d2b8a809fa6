"""Who is woken when. The ledger knows what is due; losing a wake-up loses nothing."""

from ..ledger import Ledger
from .embedded import EmbeddedQueue
from .port import Carrier, Crew, Queue
from .procrastinate import ProcrastinateQueue

__all__ = ["Carrier", "Crew", "EmbeddedQueue", "ProcrastinateQueue", "Queue", "open_queue"]


def open_queue(ledger: Ledger) -> Queue:
    """Return the queue of a ledger: Procrastinate's in PostgreSQL, else one of this machine."""
    if ledger.database.dialect == "postgresql":
        return ProcrastinateQueue(ledger)
    return EmbeddedQueue(ledger)
