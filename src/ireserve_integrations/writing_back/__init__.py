"""Delivers what the booking core is to be told."""

from .rounds import WritingBack

__all__ = ["WritingBack"]
