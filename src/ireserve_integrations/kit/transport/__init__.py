"""One HTTP exchange with a vendor: a response, or one of our errors.

A read is retried in place; a write is sent once, and what is not surely undone is an
`OutcomeUnknownError`. httpx's timeouts are per operation, so a body is streamed against the call's
deadline and a size limit.
"""

from ..address import is_loopback, quote_segment, safe_address
from .answers import field_of, json_of, read_json
from .connections import open_client
from .exchange import Bearer, Http

__all__ = [
    "Bearer",
    "Http",
    "field_of",
    "is_loopback",
    "json_of",
    "open_client",
    "quote_segment",
    "read_json",
    "safe_address",
]
