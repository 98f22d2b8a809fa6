"""Addresses of APIs, and ids in their paths."""

import ipaddress
import re
from urllib.parse import quote, urlsplit

from ..errors import ConfigError, RejectedError

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_NAME = re.compile(r"([a-z0-9_-]{1,63}\.)*[a-z][a-z0-9_-]{0,62}")  # what ends in digits is no name


def quote_segment(segment: str) -> str:
    """Return an id as one path segment.

    Raises:
        RejectedError: It is empty, `.` or `..`, which quoting leaves and servers resolve, or holds
            a lone surrogate.
    """
    if segment in {"", ".", ".."}:
        raise RejectedError(f"{segment!r} is not an id that a vendor could have given")
    try:
        return quote(segment, safe="")
    except UnicodeEncodeError:
        raise RejectedError("an id holds a character that cannot be sent") from None


def safe_address(address: str, setting: str) -> str:
    """Return an API address without its trailing slash.

    Raises:
        ConfigError: It is neither https nor http on loopback, or carries more than a path; a name
            in another script must be written in its `xn--` form.
    """
    host = _host(address)
    if not host or not address.isprintable() or set("?# ") & set(address):
        raise ConfigError(f"{setting}: give an address such as https://host, no more")
    scheme = urlsplit(address).scheme
    if scheme != "https" and not (scheme == "http" and is_loopback(address)):
        raise ConfigError(f"{setting}: {scheme}://{host} is not https")
    return address.rstrip("/")


def is_loopback(address: str) -> bool:
    """Tell whether an address stays on this machine."""
    host = _host(address)
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _host(address: str) -> str:
    """Return the host in lower case; empty where there is none that every reader would agree on."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    usual = _AUTHORITY.fullmatch(parts.netloc) and (_is_ip(host) or _NAME.fullmatch(host))
    return host if usual else ""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
