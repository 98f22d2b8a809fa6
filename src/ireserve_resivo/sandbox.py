"""A stand-in for Resivo's API, to try and test the plugin against without an account.

It follows our notes of Resivo's contract (v8, November 2026), was not compared with the live API,
and is stricter than it need be. It imports nothing of the plugin that it tests.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal, NoReturn
from urllib.parse import urlencode

from ireserve_integrations.testing.sandbox import (
    RefusedError,
    Reply,
    Request,
    Route,
    Sandbox,
    json_reply,
    utc_now,
)

from .sandbox_rules import refusals, window
from .sandbox_state import Authorisation, Holdings, Site

_TOKEN_LIFE_S = 300  # what a client has to assume where the answer does not say
_GRANT_FIELDS = ["client_id", "client_secret", "grant_type"]
_SITE = "/v8/sites/{site}"
_AUTHORISATIONS = _SITE + "/authorizations"


class ResivoSandbox(Sandbox):
    """Resivo with one Site Owner, `so-1`, and its sites `site-1` and `site-2`."""

    name = "resivo"
    site_owner_id, client_id, client_secret = "so-1", "sandbox-client", "sandbox-secret"

    def __init__(
        self, port: int = 0, clock: Callable[[], datetime] = utc_now, *, host: str = "127.0.0.1"
    ) -> None:
        """Prepare a sandbox, see `Sandbox`; its state is its own."""
        super().__init__(port, clock, host=host)
        self.page_size: int | None = None
        """How many entries of a list come at once; None: all."""
        self.envelope: Literal["items", "data"] | None = None
        """The key that a list stands under, with `nextPage` beside it; None: a bare array, the next
        page in the header `Link`."""
        self.site_scoped = False
        """Whether the credential is of scope Site: 403 for the owner's sites."""
        self.expires_in: int | None = 3600
        """How long a token lives, in seconds; None: 300, and the answer does not say."""
        self.unknown_component_status = 404
        """How a create answers that names a component which the site does not have; or 400."""
        self._held = Holdings(clock)
        self._held.add_site(
            "site-1",
            "Town hall",
            ["Main entrance", "Studio 1", "Studio 2", "Council chamber"],
            "nl-NL",
        )
        self._held.add_site("site-2", "Sports centre", ["Turnstile", "Sports hall"], "nl-NL")

    def environment(self) -> dict[str, str]:
        """Return the platform settings, by environment, that lead here."""
        return {"IRESERVE_RESIVO_API_URL": self.url}

    def integration(self) -> dict[str, Any]:
        """Return a row of `[[integrations]]` that works here as it is."""
        return {
            "id": "resivo-main",
            "vendor": "resivo",
            "active": True,
            "stage": "test",
            "auth": {
                "site_owner_id": self.site_owner_id,
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "site_id": "site-1",
            },
            "details": {
                "trigger_statuses": ["30"],
                "revoke_statuses": ["70", "80"],
                "time_before_minutes": 15,
                "authorisation_field": "custom12",
                "default_language": "nl",
            },
            "mapping": [
                {"object": "17", "targets": ["Main entrance"]},
                {"object": "17", "sub_object": "171", "targets": ["Main entrance", "Studio 1"]},
            ],
        }

    def state(self) -> dict[str, Any]:
        """Return sites with their components, and authorisations with recipients."""
        with self._lock:
            sites = [
                site.as_json() | {"components": [each.as_json() for each in site.components]}
                for site in self._held.sites.values()
            ]
        made = [
            each.as_json()
            | {"site": each.site, "live": each.live}
            | {"componentIds": each.component_ids, "recipients": each.recipients}
            for each in self.authorisations
        ]
        return {"sites": sites, "authorisations": made}

    @property
    def authorisations(self) -> tuple[Authorisation, ...]:
        """All that was made, oldest first, as it stands now."""
        with self._lock:
            return tuple(self._held.authorisations(self._held.sites))

    @property
    def live_authorisations(self) -> tuple[Authorisation, ...]:
        """Those that are neither revoked nor expired, oldest first."""
        return tuple(each for each in self.authorisations if each.live)

    def add_site(
        self, site: str, display_name: str, components: Iterable[str], *, locale: str = "nl-NL"
    ) -> None:
        """Add a site with components of these names; ValueError if its id is taken."""
        with self._lock:
            self._held.add_site(site, display_name, components, locale)

    def set_default_locale(self, locale: str, *, site: str = "site-1") -> None:
        """Set a site's `defaultLocale`, in any form; ValueError for an unknown site."""
        with self._lock:
            self._held.site(site).default_locale = locale

    def rename_component(self, old: str, new: str, *, site: str = "site-1") -> None:
        """Give a component another name and leave its id; ValueError for an unknown name."""
        with self._lock:
            self._held.rename_component(old, new, site)

    def remove_component(self, name: str, *, site: str = "site-1") -> None:
        """Take a component away; ValueError for an unknown name."""
        with self._lock:
            self._held.remove_component(name, site)

    def replace_component_id(self, name: str, *, site: str = "site-1") -> None:
        """Give a component a new id, as a site migration does; ValueError for an unknown name."""
        with self._lock:
            self._held.replace_component_id(name, site)

    def duplicate_component(self, name: str, *, site: str = "site-1") -> None:
        """Add a second component of the same name; ValueError for an unknown one."""
        with self._lock:
            self._held.duplicate_component(name, site)

    def revoke_behind_back(self, authorisation_id: str) -> None:
        """End an authorisation as a person does in the portal; ValueError for an unknown id."""
        with self._lock:
            self._held.revoke(authorisation_id)

    def problem(self, status: int, message: str | list[str]) -> Reply:
        """Return an error in the shape that NestJS gives it (assumed)."""
        error = HTTPStatus(status).phrase
        return json_reply(status, {"statusCode": status, "message": message, "error": error})

    def routes(self) -> tuple[Route, ...]:
        """Return the contract's calls; another version prefix than v8 is unknown here."""
        one = _AUTHORISATIONS + "/{authorisation}"
        create, lists = _AUTHORISATIONS + "/remote-access", ("page",)
        owned = "/v8/site-owners/{owner}/sites"
        return (
            Route(method="POST", path="/oauth2/token", answer=self._token, public=True),
            Route(method="GET", path=owned, answer=self._sites, query=lists),
            Route(method="GET", path=_SITE, answer=self._site),
            Route(
                method="GET",
                path=_SITE + "/components",
                answer=self._components,
                query=("scope", *lists),
            ),
            Route(method="POST", path=create, answer=self._create),
            Route(method="GET", path=one, answer=self._read),
            Route(
                method="GET",
                path=_AUTHORISATIONS,
                answer=self._authorisations,
                query=lists,
                searching=True,
            ),
            Route(method="DELETE", path=one + "/revoke", answer=self._revoke),
        )

    def _token(self, request: Request) -> Reply:
        form = request.form
        if form is None or sorted(form) != _GRANT_FIELDS:
            return _oauth_error(400, "invalid_request", "send a form: " + ", ".join(_GRANT_FIELDS))
        if form["grant_type"] != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "use client_credentials")
        if (form["client_id"], form["client_secret"]) != (self.client_id, self.client_secret):
            return _oauth_error(401, "invalid_client", "Client authentication failed")
        says = {} if self.expires_in is None else {"expires_in": self.expires_in}
        token = self._tokens.issue(_TOKEN_LIFE_S if self.expires_in is None else self.expires_in)
        return json_reply(200, {"access_token": token, "token_type": "Bearer"} | says)

    def _sites(self, request: Request, owner: str) -> Reply:
        if owner != self.site_owner_id:
            raise RefusedError(404, "Site owner not found")
        if self.site_scoped:
            raise RefusedError(403, "This credential is limited to one site")
        return self._list(request, [site.as_json() for site in self._held.sites.values()])

    def _site(self, _request: Request, site: str) -> Reply:
        return json_reply(200, self._known(site).as_json())

    def _components(self, request: Request, site: str) -> Reply:
        components = self._known(site).components
        if request.query.get("scope") != "all":
            raise RefusedError(400, ["scope must be one of the following values: all"])
        return self._list(request, [each.as_json() for each in components])

    def _authorisations(self, request: Request, site: str) -> Reply:
        self._known(site)
        return self._list(request, [each.as_json() for each in self._held.authorisations([site])])

    def _read(self, _request: Request, site: str, authorisation: str) -> Reply:
        return json_reply(200, self._found(site, authorisation).as_json())

    def _create(self, request: Request, site: str) -> Reply:
        self._known(site)
        if reasons := refusals(request.json, self._clock()):
            raise RefusedError(400, reasons)
        if unknown := self._held.unknown_components(site, request.json["componentIds"]):
            self._refuse_components(unknown)
        made = self._held.authorise(site, request.json, window(request.json["restrictions"]))
        return json_reply(201, made.as_json())

    def _revoke(self, request: Request, site: str, authorisation: str) -> Reply:
        if request.json != {}:
            raise RefusedError(400, ["body must be the JSON object {}"])
        if self._found(site, authorisation).status == "revoked":
            raise RefusedError(409, "This authorization is revoked already")
        self._held.revoke(authorisation)
        return Reply(status=204)

    def _refuse_components(self, unknown: list[str]) -> NoReturn:
        if self.unknown_component_status == HTTPStatus.BAD_REQUEST:
            raise RefusedError(400, [f"component {each} does not exist" for each in unknown])
        raise RefusedError(404, f"Component {', '.join(unknown)} not found")

    def _known(self, site: str) -> Site:
        try:
            return self._held.site(site)
        except ValueError:
            raise RefusedError(404, "Site not found") from None

    def _found(self, site: str, authorisation_id: str) -> Authorisation:
        self._known(site)
        with suppress(ValueError):
            found = self._held.authorisation(authorisation_id)
            if found.site == site:
                return found
        raise RefusedError(404, "Authorization not found")

    def _list(self, request: Request, entries: Sequence[Mapping[str, Any]]) -> Reply:
        page = request.query.get("page", "1")
        if not re.fullmatch("[1-9][0-9]{0,5}", page):
            raise RefusedError(400, ["page must be a number from 1"])
        size = self.page_size or max(len(entries), 1)
        shown = entries[(int(page) - 1) * size : int(page) * size]
        query = urlencode({**request.query, "page": int(page) + 1})
        following = f"{self.url}{request.path}?{query}" if int(page) * size < len(entries) else None
        if self.envelope is None:
            link = {"Link": f'<{following}>; rel="next"'} if following else None
            return json_reply(200, shown, link)
        return json_reply(
            200, {self.envelope: shown} | ({"nextPage": following} if following else {})
        )


def _oauth_error(status: int, error: str, description: str) -> Reply:
    return json_reply(status, {"error": error, "error_description": description})
