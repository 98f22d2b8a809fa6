"""Which status decides: the newest one that means something to an integration."""

from collections.abc import Container

from ..model import Change


def standing_status(change: Change, decisive: Container[str]) -> str | None:
    """Return the newest decisive status, else the one that stood before (None if none did)."""
    return next((s for s in reversed(change.statuses) if s in decisive), change.standing)
