"""Compares the ledger with what vendors say, and mends what is the ledger's own to mend.

    list page by page ─► judge what bears our label ─► read what the list did not show ─► alerts

A round goes on one vendor call at a time, from where it, or another process, stopped. What is ended
or given again is written into the ledger first, so that whoever works pairs off goes on with it.
"""

from .finding import Finding, unconfigured_alerts
from .mending import Orders
from .rounds import Reconciliation

__all__ = ["Finding", "Orders", "Reconciliation", "unconfigured_alerts"]
