"""Each of Salto KS's calls, as it goes well."""

from collections.abc import Callable
from typing import Protocol

import pytest

from ireserve_saltoks.client import By, Client
from ireserve_saltoks.otp import OtpKey
from ireserve_saltoks.wire import ActivatedIq, Iq

pytestmark = pytest.mark.vcr
cassette = pytest.mark.default_cassette


class Vendor(Protocol):
    """What `conftest` offers."""

    fresh: OtpKey

    def lock_id(self, label: str) -> str: ...
    def iq_id(self, label: str) -> str: ...
    def code(self) -> str: ...
    def first_code(self) -> str: ...
    def next_code(self) -> str: ...
    def has(self, **attributes: object) -> None: ...
    def waits(self, **span: float) -> None: ...


@cassette("token", shows="grant `password` in a form, the OAuth client as HTTP Basic")
def test_a_token_is_fetched_once(client: Client, count_requests: Callable[[], int]) -> None:
    assert client.get_token() == client.get_token() != ""
    assert count_requests() == 1


@cassette("token-renewed", shows="a token lives an hour, and is renewed a minute before its end")
def test_a_token_is_renewed_a_minute_before_it_expires(
    client: Client, vendor: Vendor, count_requests: Callable[[], int]
) -> None:
    client.get_token()
    vendor.waits(seconds=3539)
    client.get_token()
    asked_by_then = count_requests()
    vendor.waits(seconds=2)
    client.get_token()

    assert (asked_by_then, count_requests()) == (1, 2)


@cassette("token-asked-for-again", shows="signing in: a new token, though the former one lives")
def test_signing_in_asks_for_a_new_token(client: Client, count_requests: Callable[[], int]) -> None:
    client.get_token()

    client.renew_token()
    client.get_token()

    assert count_requests() == 2


@cassette("sites", shows="a bare array, which does not say where it ends")
def test_the_accounts_sites_are_listed(client: Client, site_id: str) -> None:
    sites = client.list_sites()

    assert [(site.site_uid, site.customer_reference) for site in sites] == [
        ("NL6254340082", "Town hall"),
        ("NL7318205546", "Sports centre"),
    ]
    assert sites[0].id == site_id


@cassette("locks", shows="each with its IQ, or with none")
def test_a_sites_locks_are_listed_with_their_iqs(
    client: Client, studio: tuple[str, str], active_iq_id: str
) -> None:
    locks = {lock.customer_reference: lock for lock in client.list_locks(studio[0])}

    assert list(locks) == [
        "Main entrance",
        "Studio 1",
        "Studio 2",
        "Council chamber",
        "Bicycle shed",
        "Archive",
    ]
    assert (locks["Studio 2"].id, locks["Studio 2"].online) == (studio[1], True)
    assert locks["Studio 2"].iq == Iq(id=active_iq_id, customer_reference="IQ annex", online=True)
    assert not locks["Council chamber"].online
    assert locks["Archive"].iq is None


@cassette("iqs", shows="three gateways, one of which asks for no code")
def test_a_sites_iqs_are_listed(client: Client, site_id: str, iq_id: str) -> None:
    iqs = client.list_iqs(site_id)

    assert [(iq.customer_reference, iq.online, iq.otp_enabled) for iq in iqs] == [
        ("IQ ground floor", True, True),
        ("IQ annex", True, True),
        ("IQ shed", True, False),
    ]
    assert iqs[0].id == iq_id


@cassette("activated-iqs", shows="the one IQ that this user is activated on")
def test_the_iqs_that_a_user_is_activated_on_are_listed(
    client: Client, site_id: str, active_iq_id: str
) -> None:
    assert client.list_activated_iqs(site_id) == (ActivatedIq(id=active_iq_id, activated=True),)


@cassette("activated-iqs-asked-for", shows="listed, but not activated: its secret was asked for")
def test_an_iq_that_is_listed_may_not_be_activated_yet(
    client: Client, site_id: str, iq_id: str
) -> None:
    client.read_secret(site_id, iq_id)

    assert ActivatedIq(id=iq_id, activated=False) in client.list_activated_iqs(site_id)


@cassette("iq-secret", shows="the secret, as long as this user is not activated")
def test_the_secret_is_told_before_the_activation(
    client: Client, vendor: Vendor, site_id: str, iq_id: str
) -> None:
    assert client.read_secret(site_id, iq_id) == vendor.fresh.secret


@pytest.mark.parametrize(
    "by",
    [
        pytest.param("sms", marks=cassette("get-pin-by-sms", shows="no query: the PIN by SMS")),
        pytest.param(
            "email",
            marks=cassette("get-pin-by-email", shows="`?send_email=true`: the PIN by e-mail"),
        ),
    ],
)
def test_a_pin_is_sent_once(
    client: Client, site_id: str, iq_id: str, by: By, count_requests: Callable[[], int]
) -> None:
    client.send_pin(site_id, iq_id, by)

    assert count_requests() == 2


@cassette("set-pin", shows="secret, PIN by SMS, then `delta` 0000 keeps that PIN")
def test_a_user_is_activated(client: Client, vendor: Vendor, site_id: str, iq_id: str) -> None:
    secret = client.read_secret(site_id, iq_id)
    client.send_pin(site_id, iq_id, "sms")
    refusal = client.set_pin(site_id, iq_id, vendor.first_code(), "0000")

    assert (secret, refusal) == (vendor.fresh.secret, None)
    assert ActivatedIq(id=iq_id, activated=True) in client.list_activated_iqs(site_id)


@cassette("set-pin-checked", shows="`delta` 0000 once activated: a check without a side effect")
def test_secret_and_pin_are_checked(
    client: Client, vendor: Vendor, site_id: str, active_iq_id: str
) -> None:
    assert client.set_pin(site_id, active_iq_id, vendor.code(), "0000") is None


@cassette("set-pin-changed", shows="`delta` 5000, then the new PIN is checked")
def test_a_pin_is_changed(client: Client, vendor: Vendor, site_id: str, active_iq_id: str) -> None:
    changed = client.set_pin(site_id, active_iq_id, vendor.code(), "5000")
    checked = client.set_pin(site_id, active_iq_id, vendor.next_code(), "0000")

    assert (changed, checked) == (None, None)


@pytest.mark.parametrize(
    "has_body",
    [
        pytest.param(True, marks=cassette("open", shows="one code, answered by 200 and a body")),
        pytest.param(False, marks=cassette("open-204", shows="one code, answered without a body")),
    ],
)
def test_an_opening_is_one_request(
    client: Client,
    vendor: Vendor,
    studio: tuple[str, str],
    has_body: bool,
    count_requests: Callable[[], int],
) -> None:
    vendor.has(open_has_body=has_body)

    assert client.open_lock(*studio, vendor.code()) is None
    assert count_requests() == 2


@cassette("open-same-code-again", shows="a code may be used again within about three minutes")
def test_a_code_opens_again_within_three_minutes(
    client: Client, vendor: Vendor, studio: tuple[str, str]
) -> None:
    code = vendor.code()

    first = client.open_lock(*studio, code)
    vendor.waits(seconds=170)
    second = client.open_lock(*studio, code)

    assert (first, second) == (None, None)


@cassette("open-without-otp", shows="an IQ with `otp_enabled: false` asks for no code")
def test_a_lock_whose_iq_asks_for_no_code_opens_without(
    client: Client, vendor: Vendor, site_id: str
) -> None:
    assert client.open_lock(site_id, vendor.lock_id("Bicycle shed"), None) is None
