"""Test connection: the checklist, line by line, against the sandbox."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import (
    Check,
    History,
    Integration,
    Milestone,
    Stage,
)
from ireserve_resivo.plugin import ResivoPlugin
from ireserve_resivo.sandbox import ResivoSandbox

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
GRANTED = Milestone(at=datetime(2026, 11, 1, 9, tzinfo=UTC), booking="15492")
REVOKED = Milestone(at=datetime(2026, 11, 2, 9, tzinfo=UTC), booking="15493")

Run = Callable[..., dict[str, Check]]
Change = Callable[[ResivoSandbox], object]


@pytest.fixture
def run(lend: Callable[..., Context]) -> Run:
    def run_checks(one: Integration, stage: Stage = "test", **more: Any) -> dict[str, Check]:
        checks = ResivoPlugin().check_connection(one, lend(writes=0, stage=stage, **more))
        assert len({check.name for check in checks}) == len(checks)
        return {check.name: check for check in checks}

    return run_checks


def settings(one: Integration, **changed: Any) -> Integration:
    return replace(one, details={**one.details, **changed})


def account(one: Integration, **changed: Any) -> Integration:
    auth = {**one.auth, **changed}
    return replace(one, auth={name: value for name, value in auth.items() if value is not None})


def test_a_good_set_up_passes_in_the_guides_order(run: Run, one: Integration) -> None:
    checks = run(one, history=History(first_grant=GRANTED, first_revocation=REVOKED))

    assert [(check.name, check.status) for check in checks.values()] == [
        ("Token", "passed"),
        ("Sites listed", "passed"),
        ("Configured site", "passed"),
        ("Components listed", "passed"),
        ("Display names unique", "passed"),
        ("Mapped names found", "passed"),
        ("Statuses", "passed"),
        ("Time before", "passed"),
        ("Default language", "passed"),
        ("Authorisation field", "passed"),
        ("Mobile app id", "passed"),
        ("Active", "passed"),
        ("Site language", "passed"),
        ("Clock", "passed"),
        ("Client id", "passed"),
        ("End-to-end tested", "passed"),
        ("Door link", "manual"),
        ("Duplicate-notification alignment", "manual"),
        ("Online doors", "manual"),
    ]
    assert checks["Configured site"].message == "Town hall (site-1)"
    assert "access at 30, revoked at 70, 80" in checks["Statuses"].message
    assert checks["Time before"].message == "15 minutes before the start"
    assert checks["Default language"].message == "nl"
    assert "custom12" in checks["Authorisation field"].message


def test_production_asks_for_more(run: Run, one: Integration) -> None:
    checks = run(one, "production")

    assert list(checks)[15:] == [
        "Address",
        "End-to-end tested",
        "First live booking",
        "Production credentials",
        "Real doors",
        "Booking flow",
        "Duplicate-notification alignment",
        "Online doors",
        "Rollback",
    ]
    assert checks["Address"].status == "failed"
    assert "sandbox" in checks["Address"].message


def test_a_check_only_reads(run: Run, one: Integration, sandbox: ResivoSandbox) -> None:
    run(one)

    assert {request.method for request in sandbox.requests[1:]} == {"GET"}
    assert sandbox.requests[0].path == "/oauth2/token"


def test_each_check_fetches_a_token_anew(
    run: Run, one: Integration, sandbox: ResivoSandbox
) -> None:
    run(one)
    sandbox.client_secret = "rotated"

    assert run(one)["Token"].status == "failed"


@pytest.mark.parametrize(
    ("count", "says"), [(10, "8, 9, revoked at"), (11, "8, 9 and 1 more, revoked at")]
)
def test_a_long_list_is_cut(run: Run, one: Integration, count: int, says: str) -> None:
    statuses = [str(number) for number in range(count)]

    assert says in run(settings(one, trigger_statuses=statuses))["Statuses"].message


@pytest.mark.parametrize(
    ("typed", "says"), [("12345", "12345"), (None, "not set: only mobile credentials need it")]
)
def test_the_mobile_app_id_is_shown(
    run: Run, one: Integration, typed: str | None, says: str
) -> None:
    assert run(account(one, target_mobile_app_id=typed))["Mobile app id"].message == says


@pytest.mark.parametrize(
    ("changed", "name", "says"),
    [
        ({"revoke_statuses": ["30"]}, "Statuses", "names trigger statuses too: 30"),
        ({"trigger_statuses": [5]}, "Statuses", "details.trigger_statuses[0]"),
        ({"time_before_minutes": -1}, "Time before", "10,080"),
        ({"default_language": "x"}, "Default language", "two letters"),
        ({"authorisation_field": ""}, "Authorisation field", "is empty"),
        ({"colour": "red"}, "Settings", "details.colour is not a setting"),
    ],
)
def test_a_faulty_setting_fails_its_line_and_the_vendor_is_asked_all_the_same(
    run: Run, one: Integration, changed: dict[str, Any], name: str, says: str
) -> None:
    checks = run(settings(one, **changed))

    assert (checks[name].status, checks["Settings"].status) == ("failed", "failed")
    assert says in checks[name].message
    assert checks["Mapped names found"].status == "passed"


def test_a_faulty_account_asks_the_vendor_nothing(
    run: Run, one: Integration, sandbox: ResivoSandbox
) -> None:
    checks = run(account(one, client_id="\n", target_mobile_app_id="x"))

    assert "auth.client_id is empty." in checks["Settings"].message
    assert checks["Token"].message == "not checked: the settings of the account are at fault"
    assert checks["Mobile app id"].status == "failed"
    assert checks["Clock"].status == "warning"
    assert sandbox.requests == ()


def test_a_faulty_platform_setting_is_said(run: Run, one: Integration) -> None:
    checks = run(replace(one, platform={"api_url": "http://api.resivo.io"}), "production")

    assert "is not https" in checks["Settings"].message
    assert "Address" not in checks


def test_the_real_address_passes_for_production(run: Run, one: Integration) -> None:
    checks = run(
        replace(one, platform={"api_url": "https://api.resivo.invalid"}, auth={}), "production"
    )

    assert checks["Address"].status == "passed"
    assert "api.resivo.invalid" in checks["Address"].message


@pytest.mark.parametrize(("stage", "status"), [("test", "warning"), ("production", "failed")])
def test_inactive_weighs_more_in_production(
    run: Run, one: Integration, stage: Stage, status: str
) -> None:
    assert run(replace(one, active=False), stage)["Active"].status == status


@pytest.mark.parametrize(
    ("sibling", "status"),
    [
        ({"stage": "production"}, "failed"),
        ({"stage": "test"}, "passed"),
        ({"stage": "production", "auth": {"client_id": "other"}}, "passed"),
        ({"stage": "production", "auth": {}}, "passed"),
        ({"stage": "production", "auth": {"client_id": " sandbox-client "}}, "failed"),
    ],
)
def test_a_credential_belongs_to_one_stage(
    run: Run, one: Integration, sibling: dict[str, Any], status: str
) -> None:
    other = replace(one, **{"id": "resivo-live", **sibling})

    check = run(one, siblings=(other,))["Client id"]

    assert check.status == status
    assert ("resivo-live" in check.message) is (status == "failed")


@pytest.mark.parametrize(
    ("history", "status", "says"),
    [
        (History(), "manual", "not granted yet, not revoked yet"),
        (
            History(first_grant=GRANTED),
            "manual",
            "granted on 2026-11-01 for booking 15492, not revoked yet",
        ),
        (
            History(first_grant=GRANTED, first_revocation=REVOKED),
            "passed",
            "granted on 2026-11-01 for booking 15492, revoked on 2026-11-02 for booking 15493",
        ),
    ],
)
@pytest.mark.parametrize("name", ["End-to-end tested", "First live booking"])
def test_the_ledger_ticks_the_last_lines(
    *, run: Run, one: Integration, history: History, status: str, says: str, name: str
) -> None:
    check = run(one, "production", history=history)[name]

    assert check.status == status
    assert says in check.message


def test_no_line_shows_a_secret(run: Run, one: Integration) -> None:
    checks = run(account(one, client_secret="very-secret"))

    assert "very-secret" not in repr(checks)
    assert "sandbox-client" not in repr(checks)
