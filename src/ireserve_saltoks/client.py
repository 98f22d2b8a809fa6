"""Salto KS's Connect API, one method per call, in its words.

Source: our contract notes on Salto KS (2026-11-20), with a mark at each call.
"""

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

import httpx

from ireserve_integrations.errors import AuthError
from ireserve_integrations.kit.oauth import Token, Tokens, parse_error
from ireserve_integrations.kit.transport import Http, json_of, quote_segment, read_json

from .account import Account
from .pages import Entry, Page, list_all
from .refusals import error_of
from .wire import (
    ActivatedIq,
    Iq,
    Lock,
    Refusal,
    Site,
    parse_activated_iq,
    parse_iq,
    parse_lock,
    parse_page,
    parse_refusal,
    parse_secret,
    parse_site,
    parse_token,
    to_open_body,
)

E = TypeVar("E", bound=Entry)
By: TypeAlias = Literal["sms", "email"]

_VERSION = "v1.2"  # v1.1 answers the same
_SCOPE = "user_api.full_access"
_JUDGED_HERE = tuple(status for status in range(400, 500) if status not in {401, 429})
_REFUSED_TOKEN = (400, 401, 403)
_WHO_ACTS = {
    "invalid_grant": "the username or password is refused: correct it on the Authentication tab",
    "invalid_client": "the OAuth client is refused: correct the client id and secret, the "
    "platform's or the integration's own, for this environment",
    "invalid_scope": "the OAuth client may not open locks: ask Salto for user_api.full_access",
}


class Client:
    """One account's calls, for one hook call.

    Beside what each method says, all raise `AuthError` (401), `UnavailableError`, `ProtocolError`
    and what `refusals` makes of another 4xx; a write raises `OutcomeUnknownError`.
    """

    def __init__(self, account: Account, http: Http, tokens: Tokens) -> None:
        self.account = account
        self._http = http
        self._base = f"{account.api_url}/{_VERSION}"
        self._bearer = tokens.account(
            account.environment,
            account.api_url,
            account.identity_url,
            account.client_id,
            account.client_secret,
            account.username,
            account.password,
            fetch=self._fetch_token,
        )

    @property
    def left_s(self) -> float:
        """Seconds until the deadline of the hook call."""
        return self._http.left_s

    def get_token(self) -> str:
        """Return a token (`POST {identity}/connect/token`; documented, measured).

        Raises:
            AuthError: The user or the OAuth client is refused.
        """
        return self._bearer.token(self._http)

    def renew_token(self) -> None:
        """Fetch a new token, in one request, whatever token there is.

        Raises:
            AuthError: The user or the OAuth client is refused.
        """
        self._bearer.renew(self._http, partial(self._fetch_token, repeat=False))

    def list_sites(self) -> tuple[Site, ...]:
        """Return the account's sites (`GET /sites`; measured)."""
        return list_all(f"{self._base}/sites", self._pages(parse_site))

    def list_locks(self, site_id: str) -> tuple[Lock, ...]:
        """Return a site's locks, each with its IQ (`GET /sites/{site}/locks`; measured)."""
        return list_all(f"{self._site(site_id)}/locks", self._pages(parse_lock))

    def list_iqs(self, site_id: str) -> tuple[Iq, ...]:
        """Return a site's IQs (`GET /sites/{site}/iqs`; measured)."""
        return list_all(f"{self._site(site_id)}/iqs", self._pages(parse_iq))

    def list_activated_iqs(self, site_id: str) -> tuple[ActivatedIq, ...]:
        """Return where this user is activated (`GET /me/{site}/activated_iqs`; measured)."""
        url = f"{self._base}/me/{quote_segment(site_id)}/activated_iqs"
        return list_all(url, self._pages(parse_activated_iq))

    def read_secret(self, site_id: str, iq_id: str) -> str:
        """Return the IQ's secret for this user (`GET …/iqs/{iq}/secret`; measured).

        Raises:
            RejectedError: This user is activated on the IQ already.
        """
        return read_json(self._get(f"{self._iq(site_id, iq_id)}/secret"), parse_secret)

    def send_pin(self, site_id: str, iq_id: str, by: By) -> None:
        """Have the PIN sent to the user (`GET …/iqs/{iq}/pin`, `?send_email=true`; measured).

        It makes somebody's telephone ring: sent once, as a write.

        Raises:
            RejectedError: This user is activated on the IQ already.
        """
        query = "?send_email=true" if by == "email" else ""
        url = f"{self._iq(site_id, iq_id)}/pin{query}"
        response = self._exchange("GET", url, write=True)
        if not response.is_success:
            raise error_of(_refusal_of(response), _where(response))

    def set_pin(self, site_id: str, iq_id: str, otp: str, delta: str) -> Refusal | None:
        """Activate the user, or change the PIN by `delta` (`PUT …/iqs/{iq}/pin`; measured).

        Returns:
            None where it is done, else why the code, or all of it, was refused.
        """
        body = {"otp": otp, "delta": delta}
        response = self._exchange("PUT", f"{self._iq(site_id, iq_id)}/pin", json=body)
        return None if response.is_success else _refusal_of(response)

    def open_lock(self, site_id: str, lock_id: str, otp: str | None) -> Refusal | None:
        """Open a lock, which locks itself again (`PATCH …/locks/{lock}/locking`; documented).

        Returns:
            None where it is open, whatever the body says; else why not.
        """
        url = f"{self._site(site_id)}/locks/{quote_segment(lock_id)}/locking"
        response = self._exchange("PATCH", url, json=to_open_body(otp))
        return None if response.is_success else _refusal_of(response)

    def _site(self, site_id: str) -> str:
        return f"{self._base}/sites/{quote_segment(site_id)}"

    def _iq(self, site_id: str, iq_id: str) -> str:
        return f"{self._site(site_id)}/iqs/{quote_segment(iq_id)}"

    def _get(self, url: str) -> httpx.Response:
        response = self._exchange("GET", url)
        if not response.is_success:
            raise error_of(_refusal_of(response), _where(response))
        return response

    def _pages(self, parse: Callable[[Any], E]) -> Callable[[str], Page[E]]:
        return lambda url: read_json(self._get(url), lambda raw: parse_page(raw, parse))

    def _exchange(
        self, method: str, url: str, *, write: bool | None = None, json: Any = None
    ) -> httpx.Response:
        """Return the answer, a refusal too: those are never asked again by themselves."""
        body = {} if json is None else {"json": json}
        return self._http.exchange(
            method, url, bearer=self._bearer, write=write, accept=_JUDGED_HERE, **body
        )

    def _fetch_token(self, http: Http, *, repeat: bool = True) -> Token:
        """Fetch a token; a lost one costs nothing, so this is no write."""
        client = f"{self.account.client_id}:{self.account.client_secret}"
        response = http.exchange(
            "POST",
            f"{self.account.identity_url}/connect/token",
            write=False,
            repeat=repeat,
            accept=_REFUSED_TOKEN,
            headers={"Authorization": f"Basic {b64encode(client.encode()).decode()}"},
            data={
                "grant_type": "password",
                "username": self.account.username,
                "password": self.account.password,
                "scope": _SCOPE,
            },
        )
        if response.is_success:
            return read_json(response, parse_token)
        code = parse_error(json_of(response))
        who_acts = _WHO_ACTS.get(code, "Salto refuses a token: check the account and the client")
        said = code or "no reason given"
        raise AuthError(f"{_where(response)}: {response.status_code}, {who_acts} ({said})")


def _refusal_of(response: httpx.Response) -> Refusal:
    return parse_refusal(response.status_code, json_of(response))


def _where(response: httpx.Response) -> str:
    request = response.request
    return f"{request.method} {urlsplit(str(request.url)).path}"
