"""Resivo's sandbox: what a create refuses, each with a sentence that names it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from ireserve_resivo.sandbox import ResivoSandbox

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PATH = "/v8/sites/site-1/authorizations/remote-access"
EMAIL = {"email": "a@example.org"}


@pytest.fixture
def sandbox() -> Iterator[ResivoSandbox]:
    with ResivoSandbox(clock=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: ResivoSandbox) -> Iterator[httpx.Client]:
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        token = client.post("/oauth2/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def body(**changed: Any) -> dict[str, Any]:
    return {
        "displayName": "i-Reserve 15492 · 3f9c-81ab77d0",
        "componentIds": ["c-1"],
        "restrictions": {"validFrom": "2026-11-21T08:45:00Z", "validTo": "2026-11-21T11:00:00Z"},
        "recipients": [EMAIL],
    } | changed


def window(start: Any, end: Any = "2026-11-21T11:00:00Z") -> dict[str, Any]:
    return {"restrictions": {"validFrom": start, "validTo": end}}


def recipient(**given: Any) -> dict[str, Any]:
    return {"recipients": [given]}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"pin": "1234"}, "property pin should not exist"),
        ({"displayName": None}, "displayName should not be null"),
        ({"displayName": ""}, "displayName should not be empty"),
        ({"displayName": 15492}, "displayName must be a string"),
        (
            {"displayName": "x" * 101},
            "displayName must be shorter than or equal to 100 characters",
        ),
        ({"componentIds": []}, "componentIds should not be empty"),
        ({"componentIds": "c-1"}, "componentIds must be an array"),
        ({"componentIds": [None]}, "componentIds.0 should not be null"),
        ({"componentIds": ["c-1", ""]}, "componentIds.1 should not be empty"),
        ({"componentIds": ["c-1", "c-1"]}, "componentIds must not name a component twice"),
        ({"recipients": []}, "recipients should not be empty"),
        ({"recipients": ["a@example.org"]}, "recipients.0 must be an object"),
        (recipient(firstName="Ada"), "recipients.0 needs an email or a phoneNumber"),
        (recipient(email="ada"), "recipients.0.email must be an email"),
        (recipient(**EMAIL, lastName=""), "recipients.0.lastName should not be empty"),
        (recipient(**EMAIL, smsNr="+31"), "property recipients.0.smsNr should not exist"),
        (recipient(phoneNumber="0031612345678"), "recipients.0.phoneNumber must be + and 8"),
        (recipient(phoneNumber="+31 6 12345678"), "recipients.0.phoneNumber must be + and 8"),
        (recipient(phoneNumber="+3161234"), "recipients.0.phoneNumber must be + and 8"),
        (recipient(**EMAIL, language="nl-NL"), "recipients.0.language must be two lower-case"),
        (recipient(**EMAIL, language="NL"), "recipients.0.language must be two lower-case"),
        (window("2026-11-21T09:45:00+01:00"), "restrictions.validFrom must be in UTC"),
        (window("2026-11-21T08:45:00+00:00"), "restrictions.validFrom must be in UTC"),
        (window("2026-11-21T08:45:00"), "restrictions.validFrom must be in UTC"),
        (window("2026-11-21T08:45:00.000Z"), "restrictions.validFrom must be in UTC"),
        (window("2026-11-31T08:45:00Z"), "restrictions must hold moments that exist"),
        (window("2026-11-21T11:00:00Z"), "restrictions.validTo must be after validFrom"),
        (window("2026-11-21T07:58:59Z"), "restrictions.validFrom must not be in the past"),
        (
            window("2026-11-21T07:59:30Z", "2026-11-21T08:00:00Z"),
            "restrictions.validTo must not be in the past",
        ),
        ({"restrictions": {"validFrom": "2026-11-21T08:45:00Z"}}, "restrictions.validTo is requ"),
    ],
)
def test_a_create_that_is_not_as_documented_is_refused_with_the_reason(
    sandbox: ResivoSandbox, client: httpx.Client, changed: dict[str, Any], says: str
) -> None:
    answer = client.post(PATH, json=body(**changed))
    (reason,) = answer.json()["message"]
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert reason.startswith(says)
    assert sandbox.authorisations == ()


def test_every_reason_is_given_at_once(client: httpx.Client) -> None:
    wrong = {"displayName": "", "restrictions": {}, "recipients": [], "notes": "x"}
    assert client.post(PATH, json=wrong).json()["message"] == [
        "property notes should not exist",
        "componentIds is required",
        "displayName should not be empty",
        "restrictions.validFrom is required",
        "restrictions.validTo is required",
        "recipients should not be empty",
    ]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "the body must be JSON"),
        ({"content": "{}"}, "the body must be JSON"),
        ({"data": {"displayName": "x"}}, "the body must be JSON"),
        ({"json": []}, "body must be an object"),
    ],
)
def test_a_create_that_is_no_json_object_is_refused(
    client: httpx.Client, sent: dict[str, Any], says: str
) -> None:
    answer = client.post(PATH, **sent)
    assert answer.status_code == 400
    assert answer.json()["message"][0].startswith(says)


def test_json_that_does_not_parse_is_refused(client: httpx.Client) -> None:
    answer = client.post(PATH, content=b'{"a', headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        recipient(phoneNumber="+31612345678"),
        recipient(**EMAIL, phoneNumber="+31612345678", firstName="A", lastName="V", language="nl"),
        window("2026-11-21T07:59:00Z"),
        {"displayName": "x" * 100},
        {"componentIds": ["c-4", "c-1"]},
    ],
)
def test_a_create_as_documented_is_taken(
    sandbox: ResivoSandbox, client: httpx.Client, changed: dict[str, Any]
) -> None:
    answer = client.post(PATH, json=body(**changed))
    assert answer.status_code == 201
    assert [each.id for each in sandbox.live_authorisations] == [answer.json()["id"]]


@pytest.mark.parametrize("component", ["c-99", "c-5"])
def test_a_component_that_the_site_does_not_have_is_named(
    sandbox: ResivoSandbox, client: httpx.Client, component: str
) -> None:
    answer = client.post(PATH, json=body(componentIds=["c-1", component]))
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Component {component} not found"
    assert sandbox.authorisations == ()


def test_an_unknown_component_can_be_a_400_with_a_list_too(
    sandbox: ResivoSandbox, client: httpx.Client
) -> None:
    sandbox.unknown_component_status = 400
    answer = client.post(PATH, json=body(componentIds=["c-99"]))
    assert answer.status_code == 400
    assert answer.json()["message"] == ["component c-99 does not exist"]


def test_a_create_at_an_unknown_site_is_not_found(client: httpx.Client) -> None:
    answer = client.post(PATH.replace("site-1", "site-9"), json=body())
    assert (answer.status_code, answer.json()["message"]) == (404, "Site not found")
