"""What the identity server of Salto's sandbox refuses; part of `sandbox`, and as strict."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from http import HTTPStatus

from ireserve_integrations.testing.sandbox import RefusedError, Request

_FIELDS = ["grant_type", "password", "scope", "username"]
_SCOPE = "user_api.full_access"


class GrantRefusedError(RefusedError):
    """A token is refused, with an OAuth error."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, description)
        self.error = error


def read_grant(request: Request, client: tuple[str, str], users: Mapping[str, str]) -> str:
    """Return the name of the user who asks for a token.

    Args:
        request: As it arrived.
        client: Id and secret of the one OAuth client.
        users: Each one's password.

    Raises:
        GrantRefusedError: Something of it is not in order.
    """
    form = request.form
    if form is None or sorted(form) != _FIELDS:
        raise GrantRefusedError("invalid_request", "send a form: " + ", ".join(_FIELDS))
    if _basic(request) != client:
        raise GrantRefusedError("invalid_client", "no such client and secret, as HTTP Basic")
    if form["grant_type"] != "password":
        raise GrantRefusedError("unsupported_grant_type", "use password")
    if form["scope"] != _SCOPE:
        raise GrantRefusedError("invalid_scope", f"use {_SCOPE}")
    if users.get(form["username"]) != form["password"]:
        raise GrantRefusedError("invalid_grant", "invalid_username_or_password")
    return form["username"]


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if scheme == "Basic" else None
