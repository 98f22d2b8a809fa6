"""What a worker sees to besides pairs: alerts, erasing, rounds of reconciliation."""

from .sweep import Upkeep

__all__ = ["Upkeep"]
