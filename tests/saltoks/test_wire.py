"""Salto KS's shapes, as they come and as they go."""

from collections.abc import Mapping
from typing import Any

import pytest

from ireserve_saltoks.wire import (
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

IQ_OF_LOCK: Mapping[str, Any] = {
    "id": "iq-1",
    "customer_reference": "IQ ground floor",
    "is_online": True,
    "otp_enabled": True,
}
LOCK: Mapping[str, Any] = {
    "id": "lock-1",
    "customer_reference": "Main entrance",
    "online": True,
    "locked_state": "locked",
    "iq": IQ_OF_LOCK,
}


def test_an_opening_carries_its_code_or_none() -> None:
    assert to_open_body("28a5a") == {"locked_state": "unlocked", "otp": "28a5a"}
    assert to_open_body(None) == {"locked_state": "unlocked"}


def test_a_site_is_known_by_its_uid() -> None:
    raw = {"id": "uuid", "site_uid": "NL6254340082", "customer_reference": "Town hall", "more": 1}

    assert parse_site(raw) == Site(
        id="uuid", site_uid="NL6254340082", customer_reference="Town hall"
    )


def test_a_lock_hangs_on_an_iq_that_says_is_online() -> None:
    iq = Iq(id="iq-1", customer_reference="IQ ground floor", online=True)

    assert parse_lock(LOCK) == Lock(
        id="lock-1", customer_reference="Main entrance", online=True, iq=iq
    )


@pytest.mark.parametrize("iq", [{"iq": None}, {}])
def test_a_lock_may_hang_on_no_iq(iq: Mapping[str, None]) -> None:
    raw = {name: value for name, value in LOCK.items() if name != "iq"} | dict(iq)

    assert parse_lock(raw).iq is None


@pytest.mark.parametrize("raw", [{"id": "x"}, {"id": "x", "customer_reference": " "}])
def test_what_has_no_label_is_called_by_its_id(raw: Mapping[str, Any]) -> None:
    assert parse_lock(raw).customer_reference == "x"


@pytest.mark.parametrize(
    ("said", "online", "otp_enabled", "restore_required"),
    [
        ({}, False, True, False),
        ({"online": True, "otp_enabled": False, "restore_required": True}, True, False, True),
        ({"online": False, "is_online": True, "otp_enabled": None}, False, True, False),
    ],
)
def test_an_iq_asks_for_a_code_unless_it_says_otherwise(
    said: Mapping[str, Any], online: bool, otp_enabled: bool, restore_required: bool
) -> None:
    iq = parse_iq({"id": "iq-1", **said})

    assert (iq.online, iq.otp_enabled, iq.restore_required) == (
        online,
        otp_enabled,
        restore_required,
    )


@pytest.mark.parametrize(
    ("said", "activated"), [({"activated": True}, True), ({"activated": False}, False), ({}, False)]
)
def test_an_iq_that_is_listed_may_not_be_activated(
    said: Mapping[str, Any], activated: bool
) -> None:
    assert parse_activated_iq({"iq_id": "iq-1"} | dict(said)) == ActivatedIq(
        id="iq-1", activated=activated
    )


def test_a_page_is_an_envelope_or_a_bare_array_that_does_not_say_where_it_ends() -> None:
    envelope = {"items": [LOCK], "next_page_link": "https://api.example/2", "count": None}
    lock = parse_lock(LOCK)

    assert parse_page(envelope, parse_lock) == ((lock,), "https://api.example/2", True)
    assert parse_page({"items": [], "next_page_link": ""}, parse_lock) == ((), None, True)
    assert parse_page([LOCK], parse_lock) == ((lock,), None, False)


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (parse_site, {"site_uid": "NL1"}),
        (parse_site, {"id": ""}),
        (parse_lock, {"id": 7}),
        (parse_lock, {"id": "x", "iq": {}}),
        (parse_activated_iq, {"id": "iq-1"}),
        (parse_secret, {"secret": ""}),
        (parse_secret, {}),
        (lambda raw: parse_page(raw, parse_lock), {"locks": []}),
        (lambda raw: parse_page(raw, parse_lock), {"items": [], "next_page_link": 7}),
        (parse_token, {"expires_in": 3600}),
    ],
)
def test_another_shape_is_noticed(parse: Any, raw: Any) -> None:
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        parse(raw)


@pytest.mark.parametrize(
    ("life", "seconds"),
    [(3600, 3600.0), ("900", 900.0), (None, 3600.0), (0, 3600.0), (10**12, 3600.0)],
)
def test_a_token_lives_an_hour_unless_it_says_otherwise(life: object, seconds: float) -> None:
    token = parse_token({"access_token": "t", "expires_in": life})

    assert (token.value, token.expires_in_s) == ("t", seconds)


@pytest.mark.parametrize("code", [3102, "3102"])
def test_an_error_code_is_compared_as_a_text(code: object) -> None:
    message = "Request execution failed with code: otp_invalid"
    refusal = parse_refusal(400, {"ErrorCode": code, "Message": message})

    assert (refusal.code, refusal.otp_invalid, refusal.otp_blocked) == ("3102", True, False)
    assert str(refusal) == "400, 3102, otp_invalid"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (None, "403"),
        ([], "403"),
        ({}, "403"),
        ({"ErrorCode": None, "Message": None}, "403"),
        ({"ErrorCode": "<script>", "Message": "Call svc@example.org"}, "403"),
        ({"ErrorCode": 2203, "Message": 7}, "403, 2203"),
        ({"Message": "failed with code: COMMAND_FORBIDDEN"}, "403, command_forbidden"),
    ],
)
def test_of_a_refusal_only_codes_are_shown(raw: Any, shown: str) -> None:
    assert str(parse_refusal(403, raw)) == shown


def test_the_words_of_a_refusal_say_what_it_is() -> None:
    assert Refusal(status=403, message="… otp_blocked").otp_blocked
    assert Refusal(status=400, message="… pin_not_changed").not_activated
    assert not Refusal(status=404, message="otp is invalid").otp_invalid
