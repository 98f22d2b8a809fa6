"""Resivo's API, one method per call, in its words.

Source: our contract notes on Resivo (2026-11-20), with a mark at each call; dormakaba publishes no
reference without an account. The version is a path prefix of every call but the token's.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from ireserve_integrations.errors import AuthError, RejectedError
from ireserve_integrations.kit.oauth import Token, Tokens, parse_error
from ireserve_integrations.kit.paging import Page, next_page, own_address, read_entries
from ireserve_integrations.kit.transport import Http, json_of, quote_segment, read_json

from .config import Account
from .wire import (
    Authorization,
    Component,
    RemoteAccess,
    Site,
    parse_authorization,
    parse_component,
    parse_id,
    parse_page,
    parse_refusal,
    parse_site,
    parse_token,
    to_create_body,
)

T = TypeVar("T")

_FORBIDDEN, _NOT_FOUND = 403, 404
_UNSEARCHABLE = (404, 405, 501)  # the list call is only assumed


class Client:
    """One account's calls, for one hook call.

    Beside what each method says, all raise `AuthError` (401), `UnavailableError`, `RejectedError`
    (another 4xx) and `ProtocolError`; what creates or revokes raises `OutcomeUnknownError`.
    """

    def __init__(self, account: Account, http: Http, tokens: Tokens) -> None:
        self.account = account
        self._http = http
        self._base = f"{account.api_url}/{account.api_version}"
        self._bearer = tokens.account(
            account.api_url, account.client_id, account.client_secret, fetch=self._fetch_token
        )

    @property
    def left_s(self) -> float:
        """Seconds until the deadline of the hook call."""
        return self._http.left_s

    def get_token(self) -> str:
        """Return a token (`POST /oauth2/token`, client credentials; seen in code).

        Raises:
            AuthError: The client id or secret is refused.
        """
        return self._bearer.token(self._http)

    def renew_token(self) -> None:
        """Fetch a new token, in one request, whatever token there is.

        Raises:
            AuthError: The client id or secret is refused.
        """
        self._bearer.renew(self._http, partial(self._fetch_token, repeat=False))

    def list_sites(self) -> tuple[Site, ...] | None:
        """Return the owner's sites (`GET /site-owners/{id}/sites`; path assumed).

        None for a credential of scope Site, which is refused the list (assumed).
        """
        url = f"{self._base}/site-owners/{quote_segment(self.account.site_owner_id)}/sites"
        read = partial(self._page, parse=parse_site, accept=(_FORBIDDEN,))
        try:
            return tuple(read_entries(url, read))
        except _NotListedError:
            return None

    def read_site(self, site_id: str) -> Site | None:
        """Return a site, None if there is none (`GET /sites/{id}`; seen in code)."""
        return self._read(self._site(site_id), parse_site)

    def list_components(self, site_id: str) -> tuple[Component, ...]:
        """Return a site's doors (`GET /sites/{id}/components?scope=all`; seen in code)."""
        url = f"{self._site(site_id)}/components?scope=all"
        return tuple(read_entries(url, partial(self._page, parse=parse_component)))

    def create_remote_access(self, site_id: str, wanted: RemoteAccess) -> str:
        """Give access and have the recipient told; return the authorisation's id.

        `POST /sites/{id}/authorizations/remote-access` (assumed from its sibling pin-access). No
        idempotency key is known: sent once.
        """
        response = self._http.exchange(
            "POST",
            f"{self._site(site_id)}/authorizations/remote-access",
            bearer=self._bearer,
            json=to_create_body(wanted),
            refused=partial(_refuse, personal=wanted.recipient.personal),
        )
        return read_json(response, parse_id, write=True)

    def read_authorization(self, site_id: str, authorization_id: str) -> Authorization | None:
        """Return an authorisation, None if there is none (`GET …/{id}`; seen in code)."""
        return self._read(self._authorization(site_id, authorization_id), parse_authorization)

    def list_authorizations(self, site_id: str) -> tuple[Authorization, ...]:
        """Return a site's authorisations, ended ones too (`GET …/authorizations`; assumed).

        Raises:
            RejectedError: The vendor has no such list (404, 405, 501).
        """
        return tuple(read_entries(self._authorizations(site_id), self._read_authorizations))

    def read_authorizations(self, site_id: str, page: str | None) -> Page[Authorization]:
        """Return a part of `list_authorizations`, and the address of the next one.

        Args:
            site_id: Whose.
            page: The address that an earlier call returned; None for the first part.

        Raises:
            RejectedError: The vendor has no such list, or does not know the address (any longer).
            ProtocolError: The next page is not at the API.
        """
        first = self._authorizations(site_id)
        here = own_address(first, page or first)
        if here is None:
            raise RejectedError(f"GET {urlsplit(first).path}: the page is not at the API")
        more, following = self._read_authorizations(here)
        return more, next_page(here, following)

    def revoke_authorization(self, site_id: str, authorization_id: str) -> None:
        """End an authorisation now; one that is not there is fine.

        `DELETE …/{id}/revoke` with the body `{}` (seen in code).
        """
        self._http.exchange(
            "DELETE",
            f"{self._authorization(site_id, authorization_id)}/revoke",
            bearer=self._bearer,
            json={},
            accept=(_NOT_FOUND,),
            refused=_refuse,
        )

    def _site(self, site_id: str) -> str:
        return f"{self._base}/sites/{quote_segment(site_id)}"

    def _authorizations(self, site_id: str) -> str:
        return f"{self._site(site_id)}/authorizations"

    def _authorization(self, site_id: str, authorization_id: str) -> str:
        return f"{self._authorizations(site_id)}/{quote_segment(authorization_id)}"

    def _fetch_token(self, http: Http, *, repeat: bool = True) -> Token:
        """Fetch a token; a lost one costs nothing, so this is no write."""
        response = http.exchange(
            "POST",
            f"{self.account.api_url}/oauth2/token",
            write=False,
            repeat=repeat,
            accept=(400, 401, _FORBIDDEN),
            refused=_refuse,
            data={
                "grant_type": "client_credentials",
                "client_id": self.account.client_id,
                "client_secret": self.account.client_secret,
            },
        )
        if response.is_success:
            return read_json(response, parse_token)
        code = parse_error(json_of(response)) or "no reason given"
        raise AuthError(
            f"POST /oauth2/token: {response.status_code}, "
            f"the client id or secret is refused ({code})"
        )

    def _get(self, url: str, accept: Collection[int]) -> httpx.Response:
        return self._http.exchange("GET", url, bearer=self._bearer, accept=accept, refused=_refuse)

    def _read(self, url: str, parse: Callable[[Any], T]) -> T | None:
        response = self._get(url, (_NOT_FOUND,))
        return None if response.status_code == _NOT_FOUND else read_json(response, parse)

    def _read_authorizations(self, url: str) -> Page[Authorization]:
        try:
            return self._page(url, parse_authorization, _UNSEARCHABLE)
        except _NotListedError:
            path = urlsplit(url).path
            raise RejectedError(f"GET {path}: the vendor does not list authorisations") from None

    def _page(self, url: str, parse: Callable[[Any], T], accept: Collection[int] = ()) -> Page[T]:
        """Return a page, and where the next one is as the vendor says it (paging is assumed).

        Raises:
            _NotListedError: The vendor answers with an `accept`ed status.
        """
        response = self._get(url, accept)
        if not response.is_success:
            raise _NotListedError
        entries, following = read_json(response, lambda raw: parse_page(raw, parse))
        return entries, following or response.links.get("next", {}).get("url")


class _NotListedError(Exception):
    """There is no such list for this account."""


def _refuse(
    response: httpx.Response, where: str, *, personal: Collection[str] = ()
) -> RejectedError:
    """Return what a 4xx says, in a sentence without personal data."""
    status = response.status_code
    reason = "no right to this, " if status == _FORBIDDEN else ""
    said = parse_refusal(json_of(response), personal)
    return RejectedError(f"{where}: {reason}{status}{': ' if said else ''}{said}")
