"""Resivo's API, one method per call, in its words.

Source: our contract notes on Resivo (2026-11-20), with a mark at each call; dormakaba publishes no
reference without an account. The version is a path prefix of every call but the token's.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from ireserve_integrations.errors import AuthError, ProtocolError, RejectedError
from ireserve_integrations.kit.oauth import Token, Tokens
from ireserve_integrations.kit.transport import Http, quote_segment, read_json

from .config import Account
from .wire import (
    Authorization,
    Component,
    RemoteAccess,
    Site,
    parse_authorization,
    parse_component,
    parse_id,
    parse_oauth_error,
    parse_page,
    parse_refusal,
    parse_site,
    parse_token,
    to_create_body,
)

T = TypeVar("T")

_MOST_PAGES = 200  # of one list; a vendor that goes on longer is walking in circles
_FORBIDDEN, _NOT_FOUND = 403, 404
_UNSEARCHABLE = (404, 405, 501)  # the list call is only assumed
_PORTS = {"http": 80, "https": 443}


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

    def list_sites(self) -> tuple[Site, ...] | None:
        """Return the owner's sites (`GET /site-owners/{id}/sites`; path assumed).

        None for a credential of scope Site, which is refused the list (assumed).
        """
        url = f"{self._base}/site-owners/{quote_segment(self.account.site_owner_id)}/sites"
        return self._list(url, parse_site, accept=(_FORBIDDEN,))

    def read_site(self, site_id: str) -> Site | None:
        """Return a site, None if there is none (`GET /sites/{id}`; seen in code)."""
        return self._read(self._site(site_id), parse_site)

    def list_components(self, site_id: str) -> tuple[Component, ...]:
        """Return a site's doors (`GET /sites/{id}/components?scope=all`; seen in code)."""
        return self._list(f"{self._site(site_id)}/components?scope=all", parse_component) or ()

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
        url = f"{self._site(site_id)}/authorizations"
        listed = self._list(url, parse_authorization, accept=_UNSEARCHABLE)
        if listed is None:
            path = urlsplit(url).path
            raise RejectedError(f"GET {path}: the vendor does not list authorisations")
        return listed

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

    def _authorization(self, site_id: str, authorization_id: str) -> str:
        return f"{self._site(site_id)}/authorizations/{quote_segment(authorization_id)}"

    def _fetch_token(self, http: Http) -> Token:
        """Fetch a token; a lost one costs nothing, so this is no write."""
        response = http.exchange(
            "POST",
            f"{self.account.api_url}/oauth2/token",
            write=False,
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
        code = parse_oauth_error(_json_of(response)) or "no reason given"
        raise AuthError(
            f"POST /oauth2/token: {response.status_code}, "
            f"the client id or secret is refused ({code})"
        )

    def _get(self, url: str, accept: Collection[int]) -> httpx.Response:
        return self._http.exchange("GET", url, bearer=self._bearer, accept=accept, refused=_refuse)

    def _read(self, url: str, parse: Callable[[Any], T]) -> T | None:
        response = self._get(url, (_NOT_FOUND,))
        return None if response.status_code == _NOT_FOUND else read_json(response, parse)

    def _list(
        self, url: str, parse: Callable[[Any], T], accept: Collection[int] = ()
    ) -> tuple[T, ...] | None:
        """Return all pages' entries; None if the vendor answers with an `accept`ed status."""
        entries: list[T] = []
        seen: set[str] = set()
        page: str | None = url
        while page is not None:
            if page in seen or len(seen) == _MOST_PAGES:
                raise ProtocolError(f"GET {urlsplit(url).path}: the list's pages do not end")
            seen.add(page)
            response = self._get(page, accept)
            if not response.is_success:
                return None
            more, following = read_json(response, lambda raw: parse_page(raw, parse))
            entries += more
            page = self._next_page(response, following)
        return tuple(entries)

    def _next_page(self, response: httpx.Response, following: str | None) -> str | None:
        """Return the next page's address, which must be the API's own (paging is assumed).

        Raises:
            ProtocolError: It leads elsewhere, where our token must not go.
        """
        following = following or response.links.get("next", {}).get("url")
        if not following:
            return None
        here = str(response.request.url)
        try:
            address = urljoin(here, following)
            same = _origin(urlsplit(address)) == _origin(urlsplit(here))
        except ValueError:
            same = False
        if not same:
            raise ProtocolError(f"GET {urlsplit(here).path}: the next page is not at the API")
        return address


def _origin(address: SplitResult) -> tuple[str, str | None, int | None, str | None]:
    port = address.port or _PORTS.get(address.scheme)
    return address.scheme, address.hostname, port, address.username


def _json_of(response: httpx.Response) -> Any:
    """Return a refusal's JSON; None where the body is empty, HTML or worse."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _refuse(
    response: httpx.Response, where: str, *, personal: Collection[str] = ()
) -> RejectedError:
    """Return what a 4xx says, in a sentence without personal data."""
    status = response.status_code
    reason = "no right to this, " if status == _FORBIDDEN else ""
    said = parse_refusal(_json_of(response), personal)
    return RejectedError(f"{where}: {reason}{status}{': ' if said else ''}{said}")
