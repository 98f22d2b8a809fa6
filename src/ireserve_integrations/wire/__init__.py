"""Events and bookings from outside, ours and i-Reserve's, and answers to outside."""

from .answer import outcome_json, show_time
from .event import read_booking, read_changes
from .json_text import parse_json

__all__ = ["outcome_json", "parse_json", "read_booking", "read_changes", "show_time"]
