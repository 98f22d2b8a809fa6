"""Resivo's shapes: times, what is live, and what of a refusal may be repeated."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ireserve_resivo.wire import (
    Recipient,
    RemoteAccess,
    Site,
    from_wire,
    parse_authorization,
    parse_page,
    parse_refusal,
    parse_site,
    parse_token,
    to_create_body,
    to_wire,
)

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [
        NINE,
        NINE.replace(microsecond=999_999),
        NINE.astimezone(timezone(timedelta(hours=5, minutes=30))),
        NINE.astimezone(timezone(-timedelta(hours=11))),
    ],
)
def test_times_are_sent_in_utc_to_the_second_with_a_z(moment: datetime) -> None:
    assert to_wire(moment) == "2026-11-21T09:00:00Z"


def test_a_naive_time_is_never_sent() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_wire(NINE.replace(tzinfo=None))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T09:00:00Z",
        "2026-11-21t09:00:00z",
        "2026-11-21T09:00:00.000Z",
        "2026-11-21T10:00:00+01:00",
        "2026-11-21T10:00:00+0100",
        " 2026-11-20T23:00:00.000000000-10:00 ",
    ],
)
def test_times_are_read_in_any_form_that_has_an_offset(text: str) -> None:
    assert from_wire(text) == NINE


@pytest.mark.parametrize(
    "text", ["2026-11-21T09:00:00", "2026-11-21", "soon", "", "0001-01-01T00:00:00+10:00"]
)
def test_a_time_without_an_offset_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_wire(text)


def test_the_body_of_a_create_leaves_out_what_is_not_there() -> None:
    wanted = RemoteAccess(
        display_name="i-Reserve 15492 · 3f9c-81ab77d0",
        component_ids=("c-1", "c-2"),
        valid_from=NINE,
        valid_to=NINE + timedelta(hours=2),
        recipient=Recipient(email="a@example.org", language="nl"),
    )

    assert to_create_body(wanted) == {
        "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
        "componentIds": ["c-1", "c-2"],
        "restrictions": {"validFrom": "2026-11-21T09:00:00Z", "validTo": "2026-11-21T11:00:00Z"},
        "recipients": [{"email": "a@example.org", "language": "nl"}],
    }


def authorization(**changed: Any) -> dict[str, Any]:
    return {
        "id": "auth-9",
        "displayName": "x",
        "status": "active",
        "credentials": [{"status": "active", "isExpired": False}],
        "restrictions": {"validFrom": "2026-11-21T09:00:00Z", "validTo": "2026-11-21T11:00:00Z"},
    } | changed


@pytest.mark.parametrize(
    ("changed", "live"),
    [
        ({}, True),
        ({"status": " Active "}, True),
        ({"status": "revoked"}, False),
        ({"status": "pending"}, False),
        ({"credentials": [{"status": "active", "isExpired": True}]}, False),
        ({"credentials": [{"status": "revoked", "isExpired": False}]}, False),
        ({"credentials": [{"status": "revoked"}, {"status": "active"}]}, True),
        ({"status": "revoked", "credentials": [{"status": "active"}]}, False),
        ({"credentials": []}, True),
        ({"credentials": None}, True),
        ({"credentials": [{}]}, True),
    ],
)
def test_what_is_live_is_active_with_an_active_credential(
    changed: dict[str, Any], live: bool
) -> None:
    assert parse_authorization(authorization(**changed)).live is live


def test_restrictions_that_say_nothing_are_no_window() -> None:
    read = parse_authorization(authorization(restrictions={"validFrom": None}))

    assert (read.valid_from, read.valid_to) == (None, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": ""},
        {"id": 9},
        {"status": None},
        {"status": ""},
        {"displayName": 5},
        {"credentials": ["active"]},
        {"restrictions": {"validTo": "tomorrow"}},
    ],
)
def test_an_authorisation_of_another_shape_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        parse_authorization(authorization(**changed))


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("nl-NL", "nl"),
        ("NL", "nl"),
        ("de_CH", "de"),
        (" en-GB ", "en"),
        ("nl.UTF-8", "nl"),
        ("nld", None),
        ("German", None),
        ("", None),
    ],
)
def test_a_locale_is_read_leniently(locale: str, language: str | None) -> None:
    assert Site(id="s", display_name="S", default_locale=locale).language == language


@pytest.mark.parametrize("locale", [None, {"language": "nl"}, 5])
def test_a_locale_that_is_no_text_is_none(locale: object) -> None:
    raw = {"id": "s", "displayName": "S", "defaultLocale": locale}

    assert parse_site(raw).default_locale == ""


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (0.5, 0.5),
        (None, 300),
        (0, 300),
        (-1, 300),
        (1e12, 300),
        ("x", 300),
    ],
)
def test_a_token_lives_as_long_as_the_answer_says_else_five_minutes(
    said: object, seconds: float
) -> None:
    assert parse_token({"access_token": "t", "expires_in": said}).expires_in_s == seconds


@pytest.mark.parametrize("raw", [{}, {"access_token": ""}, {"access_token": None}, []])
def test_an_answer_without_a_token_is_refused(raw: Any) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        parse_token(raw)


@pytest.mark.parametrize(
    ("raw", "page"),
    [
        ([1, 2], (("1", "2"), None)),
        ({"items": [1]}, (("1",), None)),
        ({"data": [1], "nextPage": None}, (("1",), None)),
        ({"data": [], "nextPage": ""}, ((), None)),
        ({"items": [1], "nextPage": "/next"}, (("1",), "/next")),
    ],
)
def test_lists_come_bare_or_in_an_envelope(raw: Any, page: object) -> None:
    assert parse_page(raw, str) == page


@pytest.mark.parametrize("raw", [{}, {"items": {}}, {"data": [], "nextPage": 2}, "x", None])
def test_a_list_of_another_shape_is_refused(raw: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        parse_page(raw, str)


PERSONAL = ("ada@example.org", "+31612345678", "Ada", "Vos", "de Vos")


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("Component c-1 not found", "Component c-1 not found"),
        (["a must be set", "b must be set"], "a must be set; b must be set"),
        (["a", 5, None], "a"),
        ("recipients.0.email ADA@example.org is wrong", "recipients.0.email … is wrong"),
        ("someone.else@example.com", "…"),
        ("call +31612345678 or 0031 6 1234-5678.", "call … or …."),
        ("Dear Ada Vos, no", "Dear … …, no"),
        ("Dear Ada de Vos, no", "Dear … …, no"),
        ("Adaptation is no name", "Adaptation is no name"),
        ("start 2026-11-21 is past", "start 2026-11-21 is past"),
        ("7c1e5f4a-1111-2222-3333-444455556666", "7c1e5f4a-1111-2222-3333-444455556666"),
        ("two\nlines\x00 and\tmore", "two lines and more"),
        ("x" * 500, "x" * 200),
        ({"deep": "x"}, ""),
        (None, ""),
    ],
)
def test_a_refusal_is_repeated_in_one_short_line_without_the_person(
    message: object, says: str
) -> None:
    assert parse_refusal({"message": message}, PERSONAL) == says


@pytest.mark.parametrize("raw", [None, [], "no", 5, {"error": "x"}])
def test_a_refusal_of_another_shape_says_nothing(raw: object) -> None:
    assert parse_refusal(raw) == ""
