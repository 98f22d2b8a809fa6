"""What is taken out of recordings, and what is left in."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ireserve_integrations.testing.scrubbing import Scrubber

FORM = "application/x-www-form-urlencoded"


def test_what_is_known_goes_wherever_it_stands_as_a_word() -> None:
    scrubber = Scrubber({"Ada": "SCRUBBED-first-name", "Ada Vos": "SCRUBBED-name"})

    said = scrubber.text("Ada Vos, Ada? Adapter, Canada, (Ada)")

    assert said == ("SCRUBBED-name, SCRUBBED-first-name? Adapter, Canada, (SCRUBBED-first-name)")


def test_an_empty_value_is_not_known() -> None:
    assert Scrubber({"": "SCRUBBED-nothing"}).text("a b") == "a b"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to ada.vos+x@example.org.", "write to SCRUBBED-email."),
        ("<ada@example.org>", "<SCRUBBED-email>"),
        ("email=ada%40example.org&page=2", "email=SCRUBBED-email&page=2"),
        ("call +31612345678!", "call SCRUBBED-phone!"),
        ("sms=%2B31612345678", "sms=SCRUBBED-phone"),
        ("Bearer abcdefgh12345678", "Bearer SCRUBBED-token"),
        ("see eyJhbGciOiJI.eyJzdWIi.c2ln now", "see SCRUBBED-token now"),
        ("2030-01-15T08:45:00+0100 and 1+1", "2030-01-15T08:45:00+0100 and 1+1"),
        ("the Bearer of this, at 10@noon", "the Bearer of this, at 10@noon"),
    ],
)
def test_what_looks_personal_or_like_a_token_goes_from_any_text(text: str, left: str) -> None:
    assert Scrubber().text(text) == left


def test_a_sensitive_member_goes_at_any_depth_and_in_any_spelling() -> None:
    value = {
        "access_token": "abc",
        "data": [{"phoneNumber": "0612345678", "PIN": 4711, "first-name": "Ada", "id": "7"}],
        "phone": {"number": "06", "verified": True},
    }

    assert Scrubber().json(value) == {
        "access_token": "SCRUBBED-access_token",
        "data": [
            {
                "phoneNumber": "SCRUBBED-phoneNumber",
                "PIN": "SCRUBBED-PIN",
                "first-name": "SCRUBBED-first-name",
                "id": "7",
            }
        ],
        "phone": {"number": "SCRUBBED-phone", "verified": True},
    }


def test_a_sensitive_member_that_is_empty_is_seen_to_be_empty() -> None:
    value = {"email": "", "phone": None, "password": False}

    assert Scrubber().json(value) == value


def test_a_known_value_of_a_sensitive_member_is_told_from_another() -> None:
    scrubber = Scrubber({"a@example.org": "SCRUBBED-visitor-email"})

    assert scrubber.json([{"email": "a@example.org"}, {"email": "nonsense"}]) == [
        {"email": "SCRUBBED-visitor-email"},
        {"email": "SCRUBBED-email"},
    ]


def test_a_vendor_names_its_own_sensitive_members() -> None:
    assert Scrubber(sensitive={"customerReference"}).json({"customer_reference": "a b"}) == {
        "customer_reference": "SCRUBBED-customer_reference"
    }


def test_new_ids_are_numbered_in_their_order_and_stay_the_same() -> None:
    scrubber = Scrubber(ids={"auth-": "auth-[0-9a-f]{12}"})

    first = scrubber.text("/auth-00ab00ab00ab/auth-11cd11cd11cd")
    second = scrubber.text('"auth-11cd11cd11cd"')

    assert (first, second) == ("/auth-1/auth-2", '"auth-2"')


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("http://127.0.0.1:4711/v8/sites", "https://api.example/v8/sites"),
        ("http://127.0.0.1:47110/v8", "http://127.0.0.1:47110/v8"),
        ("http://127.0.0.1:4711/a%2fb/c?d&e=", "https://api.example/a%2fb/c?d&e="),
        ("http://127.0.0.1:4711/?username=ada&page=2", "https://api.example/?username=SCRUBBED-username&page=2"),
        ("http://127.0.0.1:4711/by/a%40example.org", "https://api.example/by/SCRUBBED-email"),
    ],
)  # fmt: skip
def test_an_address_gets_the_vendors_host_and_keeps_its_quoting(address: str, left: str) -> None:
    scrubber = Scrubber({"http://127.0.0.1:4711": "https://api.example"})

    assert scrubber.address(address) == left


@pytest.mark.parametrize(
    ("body", "media_type", "left"),
    [
        (
            b"grant_type=x&client_secret=s%26t&empty=&password=",
            FORM,
            b"grant_type=x&client_secret=SCRUBBED-client_secret&empty=&password=",
        ),
        (b'{"pin":"s","a":1.50}', "application/json", b'{"pin": "SCRUBBED-pin", "a": 1.5}'),
        ('{"a":"é","e":"Zo\\u00eb"}'.encode(), "text/plain", '{"a": "é", "e": "Zoë"}'.encode()),
        (b'{"secret": "s", "secret": "t"}', "", b'{"secret": "SCRUBBED-secret"}'),
        (b'{"id": 1, "secret" : "a\\"b', "", b'{"id": 1, "secret" : "SCRUBBED-secret'),
        (b"<p>a@example.org</p>", "text/html", b"<p>SCRUBBED-email</p>"),
        (b"", "application/json", b""),
    ],
)  # fmt: skip
def test_a_body_is_scrubbed_as_what_it_is(body: bytes, media_type: str, left: bytes) -> None:
    assert Scrubber().body(body, media_type) == left


def test_a_known_value_is_found_behind_escapes() -> None:
    body = json.dumps({"message": "Zoë is not a mobile number"}).encode()

    left = Scrubber({"Zoë": "SCRUBBED-first-name"}).body(body, "application/json")

    assert left == b'{"message": "SCRUBBED-first-name is not a mobile number"}'


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no text"):
        Scrubber().body(b"\xff\xfe\x00", "application/octet-stream")


def test_a_request_keeps_two_headers_and_of_its_credentials_the_scheme() -> None:
    headers = {"Authorization": "Bearer t0ken", "Cookie": "a=b", "X-Api-Key": "k", "Host": "h"}
    request = SimpleNamespace(
        method="POST",
        uri="https://api.example/?token=t",
        headers=headers | {"Content-Type": FORM},
        body=b"pin=1",
    )

    Scrubber().request(request)

    assert vars(request) == {
        "method": "POST",
        "uri": "https://api.example/?token=SCRUBBED-token",
        "headers": {"authorization": "Bearer SCRUBBED-token", "content-type": FORM},
        "body": b"pin=SCRUBBED-pin",
    }


def test_credentials_without_a_scheme_go_whole() -> None:
    assert Scrubber().header("Authorization", "k3y") == "SCRUBBED-token"


def test_known_basic_credentials_are_told_from_others_and_bearer_tokens_are_not() -> None:
    scrubber = Scrubber({"aTpz": "SCRUBBED-our-client", "aTp0": "our-client"})
    once = scrubber.header("Authorization", "Basic aTpz")

    assert once == Scrubber().header("Authorization", once) == "Basic SCRUBBED-our-client"
    assert scrubber.header("Authorization", "Basic aTp0") == "Basic SCRUBBED-token"
    assert scrubber.header("Authorization", "Basic aTpzeA==") == "Basic SCRUBBED-token"
    assert scrubber.header("Authorization", "Bearer aTpz") == "Bearer SCRUBBED-token"
    assert scrubber.header("Authorization", "Bearer SCRUBBED-x") == "Bearer SCRUBBED-token"


def test_an_answer_keeps_the_headers_that_a_client_reads() -> None:
    answer = {
        "status": {"code": 401, "message": "Unauthorized"},
        "headers": {
            "Set-Cookie": ["session=1"],
            "Date": ["Tue, 15 Jan 2030 08:00:00 GMT"],
            "Retry-After": ["7"],
            "Link": ['<http://127.0.0.1:4711/v8?page=2>; rel="next"'],
        },
        "body": {"string": b'{"message": "a@example.org"}'},
    }

    left = Scrubber({"http://127.0.0.1:4711": "https://api.example"}).answer(answer)

    assert left == {
        "status": {"code": 401, "message": "Unauthorized"},
        "headers": {
            "link": ['<https://api.example/v8?page=2>; rel="next"'],
            "retry-after": ["7"],
        },
        "body": {"string": b'{"message": "SCRUBBED-email"}'},
    }


@pytest.mark.parametrize(
    "value",
    [
        {"email": "a@example.org", "token": "t", "phone": 6, "note": "call +31612345678"},
        {"message": "Bearer abcdefgh12345678 of auth-00ab00ab00ab, Ada"},
    ],
)
def test_scrubbing_twice_changes_nothing(value: Any) -> None:
    scrubber = Scrubber({"Ada": "SCRUBBED-first-name"}, ids={"auth-": "auth-[0-9a-f]{12}"})

    once = scrubber.json(value)

    assert once != value
    assert scrubber.json(once) == once


def test_a_megabyte_without_a_blank_is_scrubbed_at_once() -> None:
    assert len(Scrubber().text("x" * 1_000_000)) == 1_000_000
