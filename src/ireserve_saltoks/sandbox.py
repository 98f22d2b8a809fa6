"""A stand-in for Salto KS, to try and test the plugin against without an account.

One server plays both the identity server and the Connect API. It follows our notes of the contract
(November 2026), was not compared with the live API, and is stricter than it need be. It imports
nothing of the plugin that it tests.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from http import HTTPStatus
from typing import Any

from ireserve_integrations.testing.sandbox import (
    RefusedError,
    Reply,
    Request,
    Route,
    json_reply,
    utc_now,
)

from .sandbox_activation import Activation, By, changed_pin, new_pin, new_secret
from .sandbox_identity import GrantRefusedError, read_grant
from .sandbox_lists import PAGING, listed, read_top
from .sandbox_rules import (
    LOCKING,
    PIN_CHANGE,
    SaltoRefusedError,
    error_body,
    execution_failed,
    read_body,
    refuse_other_than_id,
    required_otp,
    usual,
)
from .sandbox_state import Iq, Lock, Site
from .sandbox_switches import Call, ListCall, SaltoksSwitches

_KEEPS_PIN = "0000"
_NEWEST_FIRST = "utc_date_time desc"


class SaltoksSandbox(SaltoksSwitches):
    """Salto KS with two sites and two users, of whom nobody is activated on an IQ yet.

    In the first site the Main entrance, Studio 1 and the Council chamber (which is offline) hang on
    `IQ ground floor`, Studio 2 on `IQ annex`, the Bicycle shed on `IQ shed`, which asks for no
    code, and the Archive on none.
    """

    name = "saltoks"
    client_id, client_secret = "sandbox-client", "sandbox-secret"

    def __init__(
        self, port: int = 0, clock: Callable[[], datetime] = utc_now, *, host: str = "127.0.0.1"
    ) -> None:
        """Prepare a sandbox, see `Sandbox`; its state is its own."""
        super().__init__(port, clock, host=host)
        ground, annex = "IQ ground floor", "IQ annex"
        self.add_site(
            self.site_uid,
            "Town hall",
            {
                "Main entrance": ground,
                "Studio 1": ground,
                "Studio 2": annex,
                "Council chamber": ground,
                "Bicycle shed": "IQ shed",
                "Archive": None,
            },
        )
        self.add_site(
            self.second_site_uid,
            "Sports centre",
            {"Turnstile": "IQ sports", "Sports hall": "IQ sports"},
        )
        self.set_offline("Council chamber")
        self.set_otp_enabled("IQ shed", enabled=False)

    def environment(self) -> dict[str, str]:
        """Return the platform settings, by environment, that lead here."""
        return {
            "IRESERVE_SALTOKS_ACCEPTANCE_API_URL": self.url,
            "IRESERVE_SALTOKS_ACCEPTANCE_IDENTITY_URL": self.url,
            "IRESERVE_SALTOKS_ACCEPTANCE_CLIENT_ID": self.client_id,
            "IRESERVE_SALTOKS_ACCEPTANCE_CLIENT_SECRET": self.client_secret,
        }

    def integration(self) -> dict[str, Any]:
        """Return a row of `[[integrations]]` that works here once its IQ is activated."""
        return {
            "id": "salto-main",
            "vendor": "saltoks",
            "active": True,
            "auth": {
                "environment": "acceptance",
                "site_uid": self.site_uid,
                "username": self.username,
                "password": self.password,
                "iq_id": self.iq_id("IQ ground floor"),
            },
            "details": {
                "open_from_statuses": ["30"],
                "time_before_minutes": 15,
                "open_action_field": "custom20",
                "opened_at_field": "custom21",
                "check_in_status": "98",
            },
            "mapping": [
                {"object": "17", "targets": [self.lock_id("Main entrance")]},
                {"object": "17", "sub_object": "171", "targets": [self.lock_id("Studio 1")]},
            ],
        }

    def problem(self, status: int, message: str | list[str]) -> Reply:
        """Return an error under the ErrorCode that is usual for its status."""
        return self.refused(usual(status, message))

    def refused(self, refusal: RefusedError) -> Reply:
        """Return an OAuth error, or an error under the refusal's own ErrorCode, if it has one."""
        if isinstance(refusal, GrantRefusedError):
            body: object = {"error": refusal.error, "error_description": refusal.message}
        elif isinstance(refusal, SaltoRefusedError):
            body = error_body(refusal, numeric=self.numeric_error_codes)
        else:
            return self.problem(refusal.status, refusal.message)
        return json_reply(refusal.status, body)

    def routes(self) -> tuple[Route, ...]:
        """Return the identity server's one call, and the API's, the same under two versions."""
        token = Route(method="POST", path="/connect/token", answer=self._token, public=True)
        newer = self._api("/v1.2", entries=_not_in_this_version)
        return (token, *newer, *self._api("/v1.1", entries=self._entries))

    def _api(self, version: str, entries: Callable[..., Reply]) -> tuple[Route, ...]:
        site = version + "/sites/{site}"
        pin, mine = site + "/iqs/{iq}/pin", version + "/me/{site}/activated_iqs"
        calls: tuple[tuple[Call, str, str, Callable[..., Reply], Collection[str]], ...] = (
            ("open", "PATCH", site + "/locks/{lock}/locking", self._open, ()),
            ("locks", "GET", site + "/locks", self._locks, PAGING),
            ("iqs", "GET", site + "/iqs", self._iqs, PAGING),
            ("secret", "GET", site + "/iqs/{iq}/secret", self._secret, ()),
            ("pin", "GET", pin, self._send_pin, ("send_email",)),
            ("set_pin", "PUT", pin, self._set_pin, ()),
            ("activated_iqs", "GET", mine, self._activated_iqs, PAGING),
            ("entries", "GET", site + "/entries", entries, ("$top", "$orderby")),
        )
        sites = Route(method="GET", path=version + "/sites", answer=self._sites, query=PAGING)
        on_site = (
            Route(method=method, path=path, answer=self._on_site(call, answer), query=query)
            for call, method, path, answer, query in calls
        )
        return sites, *on_site

    def _on_site(self, call: Call, answer: Callable[..., Reply]) -> Callable[..., Reply]:
        """Return the call with what every call on a site refuses, and the site it is on."""

        def guarded(request: Request, site: str, **ids: str) -> Reply:
            for each in (site, *ids.values()):
                refuse_other_than_id(each)
            found = self._held.known_site(site)
            if self.subscription_invalid:
                raise SaltoRefusedError(403, "2212", "The subscription is invalid")
            self._refuse_without_right(call)
            return answer(request, found, **ids)

        return guarded

    def _refuse_without_right(self, call: Call) -> None:
        if call in self.forbidden_calls:
            raise SaltoRefusedError(403, "2203", "User does not have permission for this operation")

    def _token(self, request: Request) -> Reply:
        user = read_grant(request, (self.client_id, self.client_secret), self.users)
        token = self._tokens.issue(self.expires_in, user)
        said = {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        return json_reply(200, said)

    def _sites(self, request: Request) -> Reply:
        self._refuse_without_right("sites")
        return self._list(request, "sites", [each.as_json() for each in self._held.sites.values()])

    def _locks(self, request: Request, site: Site) -> Reply:
        now = self._clock()
        return self._list(request, "locks", [each.as_json(now) for each in site.locks.values()])

    def _iqs(self, request: Request, site: Site) -> Reply:
        return self._list(request, "iqs", [each.as_json() for each in site.iqs.values()])

    def _activated_iqs(self, request: Request, site: Site) -> Reply:
        user = self._user(request)
        mine = [
            each.as_json()
            for each in self._activations.all()
            if each.listed and each.user == user and each.iq_id in site.iqs
        ]
        return self._list(request, "activated_iqs", mine)

    def _list(self, request: Request, call: ListCall, entries: list[dict[str, Any]]) -> Reply:
        shape, base = self.list_shapes.get(call, "items"), self.next_page_base or self.url
        page = listed(request, entries, shape, page_size=self.page_size, base=base)
        return json_reply(200, page)

    def _entries(self, request: Request, site: Site) -> Reply:
        if request.query.get("$orderby", _NEWEST_FIRST) != _NEWEST_FIRST:
            raise SaltoRefusedError(400, "1102", f"$orderby must be {_NEWEST_FIRST}")
        entries, top = self._held.entries(site), read_top(request, self.page_size)
        more = "more" if len(entries) > top else None  # how it would be sent back is not known
        return json_reply(200, {"items": entries[:top], "continuation_token": more})

    def _secret(self, request: Request, site: Site, iq: str) -> Reply:
        held = self._mine(request, site.known_iq(iq))
        if held.activated_at is not None:
            raise SaltoRefusedError(403, "2203", "This user is already activated on this Iq")
        secret = new_secret() if self.new_secret_each_time else held.secret
        self._activations.change(held, secret=secret, listed=True)
        return json_reply(200, {"secret": secret})

    def _send_pin(self, request: Request, site: Site, iq: str) -> Reply:
        by: By = "email" if "send_email" in request.query else "sms"
        if request.query.get("send_email", "true") != "true":
            raise SaltoRefusedError(400, "1101", "send_email must be true")
        known = site.known_iq(iq)
        held = self._mine(request, known)
        if held.activated_at is not None:
            raise execution_failed(403, "command_forbidden", code=None)
        pin, self.next_pin = self.next_pin or new_pin(), None
        self._activations.deliver(held, known, pin, by)
        return Reply(status=204)

    def _set_pin(self, request: Request, site: Site, iq: str) -> Reply:
        known, body = site.known_iq(iq), read_body(request, PIN_CHANGE)
        self._refuse_hindered(known)
        held, code = self._mine(request, known), required_otp(body)
        pin = self._activations.prove(held, "set_pin", code, self.blocks_after)
        if body["delta"] != _KEEPS_PIN:
            changed = changed_pin(pin, body["delta"], self.pin_rule)
            self._activations.activate(
                held, changed, changed if self.iq_takes_changed_pin else None
            )
        elif held.activated_at is None:
            self._activations.activate(held, pin, pin)
        return Reply(status=204)

    def _open(self, request: Request, site: Site, lock: str) -> Reply:
        known, body = site.known_lock(lock), read_body(request, LOCKING)
        self._refuse_hindered(known)
        if known.iq is not None and known.iq.otp_enabled:
            held, code = self._mine(request, known.iq), required_otp(body)
            if held.activated_at is None:
                raise execution_failed(400, "pin_not_changed")
            self._activations.prove(held, "open", code, self.blocks_after)
        self._held.open(site, known, self._user(request), self._clock())
        if self.open_has_body:
            return json_reply(200, {"id": known.id, "locked_state": "unlocked"})
        return Reply(status=204)

    def _user(self, request: Request) -> str:
        return self._tokens.owner(request) or ""

    def _mine(self, request: Request, iq: Iq) -> Activation:
        return self._activations.of(self._user(request), iq)

    def _refuse_hindered(self, thing: Lock | Iq) -> None:
        if thing.hindrance is not None:
            status, code = self.unreachable
            raise execution_failed(status, thing.hindrance, code)


def _not_in_this_version(_request: Request, _site: Site) -> Reply:
    raise usual(HTTPStatus.METHOD_NOT_ALLOWED, "This version does not have the method")
