"""What the identity server of Salto's sandbox refuses; part of `sandbox`, and as strict."""

import binascii
from base64 import b64decode
from collections.abc import Mapping

from ireserve_integrations.testing.sandbox import Reply, Request, json_reply

_FIELDS = ["grant_type", "password", "scope", "username"]
_SCOPE = "user_api.full_access"


def refused_grant(
    request: Request, client: tuple[str, str], users: Mapping[str, str]
) -> Reply | None:
    """Return the error that a token request gets; None: it is in order.

    Args:
        request: As it arrived.
        client: Id and secret of the one OAuth client.
        users: Each one's password.
    """
    form = request.form
    if form is None or sorted(form) != _FIELDS:
        return _error("invalid_request", "send a form: " + ", ".join(_FIELDS))
    if _basic(request) != client:
        return _error("invalid_client", "unknown client, or not its secret, as HTTP Basic")
    if form["grant_type"] != "password":
        return _error("unsupported_grant_type", "use password")
    if form["scope"] != _SCOPE:
        return _error("invalid_scope", f"use {_SCOPE}")
    if users.get(form["username"]) != form["password"]:
        return _error("invalid_grant", "invalid_username_or_password")
    return None


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if scheme == "Basic" else None


def _error(error: str, description: str) -> Reply:
    return json_reply(400, {"error": error, "error_description": description})
