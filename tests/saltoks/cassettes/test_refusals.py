"""What Salto KS refuses, and which error of ours says so: the contract's table of errors."""

from collections.abc import Callable
from typing import Protocol

import pytest

from ireserve_integrations.errors import (
    AuthError,
    ConfigError,
    PluginError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.testing.sandbox import Reply, Request, Route, json_reply
from ireserve_saltoks.client import By, Client
from ireserve_saltoks.refusals import error_of
from ireserve_saltoks.sandbox import SaltoksSandbox

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette

UNKNOWN = "9f9f9f9f-9f9f-5f9f-8f9f-9f9f9f9f9f9f"


class Vendor(Protocol):
    """What `conftest` offers."""

    def lock_id(self, label: str) -> str: ...
    def iq_id(self, label: str) -> str: ...
    def code(self) -> str: ...
    def first_code(self) -> str: ...
    def has(self, **attributes: object) -> None: ...
    def does(self, switch: str, *names: str, **how: object) -> None: ...
    def fails(self, kind: str, **parameters: object) -> None: ...


class RefusesScope(SaltoksSandbox):
    """Its OAuth client may not open locks."""

    def routes(self) -> tuple[Route, ...]:
        refuse = Route(method="POST", path="/connect/token", answer=self._refuse, public=True)
        return (refuse, *super().routes())

    def _refuse(self, _request: Request) -> Reply:
        return json_reply(400, {"error": "invalid_scope"})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param(
            {"users": {}},
            r"400, the username or password is refused.* \(invalid_grant\)",
            marks=cassette("token-400-invalid-grant", shows="the username or password is wrong"),
        ),
        pytest.param(
            {"client_secret": "another-secret"},
            r"400, the OAuth client is refused.* \(invalid_client\)",
            marks=cassette("token-400-invalid-client", shows="the OAuth client is wrong"),
        ),
    ],
)
def test_a_refused_token_says_who_is_refused(
    client: Client, vendor: Vendor, wrong: dict[str, object], says: str
) -> None:
    vendor.has(**wrong)

    with pytest.raises(AuthError, match=says):
        client.get_token()


@pytest.mark.parametrize("sandbox_kind", [RefusesScope])
@cassette("token-400-invalid-scope", shows="the OAuth client may not open locks")
def test_a_client_without_the_scope_is_an_auth_error(client: Client) -> None:
    with pytest.raises(AuthError, match=r"may not open locks.* \(invalid_scope\)"):
        client.get_token()


@cassette("locks-401-token-renewed", shows="1500: a token no longer counts; another one is fetched")
def test_a_refused_token_is_replaced_and_the_read_repeated(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.fails("expired_token")

    assert len(client.list_locks(site_id)) == 6


@cassette("locks-401-twice", shows="1500: the new token is refused too, and that is the end of it")
def test_a_token_refused_twice_is_an_auth_error(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.fails("expired_token", times=2)

    with pytest.raises(AuthError, match="401, the vendor refuses this account's token"):
        client.list_locks(site_id)


@cassette("open-401-token-renewed", shows="1500: refused, so the same code is safe to send again")
def test_an_opening_with_a_refused_token_is_repeated_once(
    client: Client,
    vendor: Vendor,
    studio: tuple[str, str],
    count_requests: Callable[[], int],
) -> None:
    vendor.fails("expired_token")

    assert client.open_lock(*studio, vendor.code()) is None
    assert count_requests() == 4


@cassette("open-400-otp-invalid", shows="3102: the secret was rotated by the Salto app")
def test_a_wrong_code_is_a_refusal_of_the_code(
    client: Client, vendor: Vendor, studio: tuple[str, str], count_requests: Callable[[], int]
) -> None:
    vendor.does("rotate_secret", "IQ annex")

    refusal = client.open_lock(*studio, vendor.code())

    assert refusal is not None
    assert refusal.otp_invalid
    assert str(refusal) == "400, 3102, otp_invalid"
    assert type(error_of(refusal, "Studio 2")) is RejectedError
    assert count_requests() == 2


@cassette("open-403-otp-blocked", shows="3102: after three wrong codes no code is looked at")
def test_a_code_after_three_wrong_ones_is_not_looked_at(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.does("rotate_secret", "IQ annex")

    refusals = [client.open_lock(*studio, vendor.code()) for _ in range(4)]

    assert list(map(str, refusals)) == ["400, 3102, otp_invalid"] * 3 + ["403, 3102, otp_blocked"]
    assert refusals[-1] is not None
    error = error_of(refusals[-1], "Studio 2")
    assert type(error) is UnavailableError
    assert error.retry_after_s == 25 * 60


@cassette("open-404-no-otp", shows="2202 `Otp is invalid`: no code was sent where one is needed")
def test_an_opening_without_a_code_is_a_fault_of_the_plugins(
    client: Client, studio: tuple[str, str]
) -> None:
    refusal = client.open_lock(*studio, None)

    assert refusal is not None
    assert (refusal.status, refusal.code, refusal.otp_invalid) == (404, "2202", False)
    assert type(error_of(refusal, "Studio 2")) is PluginError


@cassette("open-404-no-otp-numeric", shows="2202 as a number")
def test_an_error_code_may_be_a_number(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.has(numeric_error_codes=True)

    refusal = client.open_lock(*studio, None)

    assert refusal is not None
    assert (refusal.status, refusal.code) == (404, "2202")
    assert type(error_of(refusal, "Studio 2")) is PluginError


@cassette("open-400-otp-invalid-numeric", shows="3102 as a number")
def test_a_wrong_codes_error_code_may_be_a_number(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.has(numeric_error_codes=True)
    vendor.does("rotate_secret", "IQ annex")

    refusal = client.open_lock(*studio, vendor.code())

    assert str(refusal) == "400, 3102, otp_invalid"


@cassette("open-400-not-activated", shows="3102 `pin_not_changed`: not activated (assumed)")
def test_an_opening_before_the_activation_asks_for_it(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    refusal = client.open_lock(site_id, vendor.lock_id("Main entrance"), vendor.first_code())

    assert refusal is not None
    assert refusal.not_activated
    assert str(refusal) == "400, 3102, pin_not_changed"
    assert type(error_of(refusal, "Main entrance")) is RejectedError


@cassette("open-403-no-right", shows="2203: this user may not open")
def test_an_opening_without_the_right_is_a_rejection(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.has(forbidden_calls={"open"})

    refusal = client.open_lock(*studio, vendor.code())

    assert refusal is not None
    assert str(refusal) == "403, 2203"
    assert type(error_of(refusal, "Studio 2")) is RejectedError


@cassette("iqs-403-no-right", shows="2203: this user may not list the IQs")
def test_a_list_without_the_right_is_a_rejection(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.has(forbidden_calls={"iqs"})

    with pytest.raises(RejectedError, match=r"no right to this.* \(403, 2203\)"):
        client.list_iqs(site_id)


@cassette("open-404-unknown-lock", shows="2202: the lock is gone")
def test_a_lock_that_is_gone_is_a_matter_of_the_mapping(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    refusal = client.open_lock(site_id, UNKNOWN, vendor.code())

    assert refusal is not None
    assert str(refusal) == "404, 2202"
    assert type(error_of(refusal, "Studio 2")) is ConfigError


@cassette("locks-404-unknown-site", shows="2202: there is no such site")
def test_the_locks_of_an_unknown_site_are_a_matter_of_the_settings(client: Client) -> None:
    with pytest.raises(ConfigError, match=r"does not know it.* \(404, 2202\)"):
        client.list_locks(UNKNOWN)


@cassette("iq-secret-404-unknown-iq", shows="2202: there is no such IQ")
def test_the_secret_of_an_unknown_iq_is_a_matter_of_the_settings(
    client: Client, site_id: str
) -> None:
    with pytest.raises(ConfigError, match=r"does not know it.* \(404, 2202\)"):
        client.read_secret(site_id, UNKNOWN)


@cassette("locks-400-site-uid", shows="1100: the Site UID where the path needs the UUID")
def test_a_site_uid_in_a_path_is_a_fault_of_the_plugins(client: Client) -> None:
    with pytest.raises(PluginError, match=r"does not understand the request.* \(400, 1100\)"):
        client.list_locks(client.account.site_uid)


@cassette("set-pin-400-bad-field", shows="1101: a `delta` that is no four digits")
def test_a_bad_field_is_a_fault_of_the_plugins(
    client: Client, vendor: Vendor, site_id: str, active_iq_id: str
) -> None:
    refusal = client.set_pin(site_id, active_iq_id, vendor.code(), "five")

    assert refusal is not None
    assert str(refusal) == "400, 1101"
    assert type(error_of(refusal, "IQ annex")) is PluginError


@cassette("set-pin-400-otp-invalid", shows="3102: a wrong PIN, which counts as an attempt")
def test_a_wrong_pin_is_a_refusal_of_the_code(
    client: Client, vendor: Vendor, site_id: str, active_iq_id: str
) -> None:
    vendor.does("rotate_secret", "IQ annex")

    refusal = client.set_pin(site_id, active_iq_id, vendor.code(), "0000")

    assert str(refusal) == "400, 3102, otp_invalid"


@cassette("set-pin-403-otp-blocked", shows="3102: no code is looked at for a while")
def test_a_set_pin_during_a_block_waits(
    client: Client, vendor: Vendor, site_id: str, active_iq_id: str
) -> None:
    vendor.does("block", "IQ annex", command="set_pin")

    refusal = client.set_pin(site_id, active_iq_id, vendor.code(), "0000")

    assert str(refusal) == "403, 3102, otp_blocked"


@cassette("iq-secret-403-activated", shows="2203 `already activated`: the secret is told no more")
def test_the_secret_is_not_told_after_the_activation(
    client: Client, site_id: str, active_iq_id: str
) -> None:
    with pytest.raises(RejectedError, match=r"gives its secret no more.* \(403, 2203\)"):
        client.read_secret(site_id, active_iq_id)


@pytest.mark.parametrize(
    "by",
    [
        pytest.param(
            "sms",
            marks=cassette("get-pin-403-activated", shows="`command_forbidden`, no ErrorCode"),
        ),
        pytest.param(
            "email",
            marks=cassette(
                "get-pin-by-email-403-activated", shows="`command_forbidden`, no ErrorCode"
            ),
        ),
    ],
)
def test_no_pin_is_sent_after_the_activation(
    client: Client, site_id: str, active_iq_id: str, by: By
) -> None:
    with pytest.raises(RejectedError, match=r"sends no PIN.* \(403, command_forbidden\)"):
        client.send_pin(site_id, active_iq_id, by)


@cassette("locks-403-subscription", shows="2212: the site's subscription is not valid")
def test_an_invalid_subscription_is_a_rejection(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    vendor.has(subscription_invalid=True)

    with pytest.raises(RejectedError, match=r"subscription is not valid.* \(403, 2212\)"):
        client.list_locks(site_id)


@cassette("open-403-subscription", shows="2212: the site's subscription is not valid")
def test_an_opening_without_a_subscription_is_a_rejection(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.has(subscription_invalid=True)

    refusal = client.open_lock(*studio, vendor.code())

    assert refusal is not None
    assert str(refusal) == "403, 2212"
    assert type(error_of(refusal, "Studio 2")) is RejectedError


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param(
            "Studio 2",
            "400, 3102, lock_offline",
            marks=cassette("open-400-lock-offline", shows="3102: the lock is offline (assumed)"),
        ),
        pytest.param(
            "IQ annex",
            "400, 3102, iq_offline",
            marks=cassette("open-400-iq-offline", shows="3102: the IQ is offline (assumed)"),
        ),
    ],
)
def test_what_is_offline_is_a_temporary_refusal(
    client: Client, vendor: Vendor, studio: tuple[str, str], name: str, says: str
) -> None:
    vendor.does("set_offline", name)

    refusal = client.open_lock(*studio, vendor.code())

    assert refusal is not None
    assert str(refusal) == says
    assert type(error_of(refusal, "Studio 2")) is UnavailableError


@cassette("open-409-restore-required", shows="no ErrorCode: the IQ must be restored (assumed)")
def test_a_refusal_that_nobody_knows_is_temporary(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    vendor.has(unreachable=(409, None))
    vendor.does("set_restore_required", "IQ annex")

    refusal = client.open_lock(*studio, vendor.code())

    assert refusal is not None
    assert str(refusal) == "409, iq_restore_required"
    assert type(error_of(refusal, "Studio 2")) is UnavailableError


@cassette("locks-302-redirect", shows="an address that leads elsewhere, where no token may go")
def test_a_redirect_is_not_followed(client: Client, vendor: Vendor, site_id: str) -> None:
    vendor.fails("redirect")

    with pytest.raises(ProtocolError, match="302, and redirects are not followed"):
        client.list_locks(site_id)
