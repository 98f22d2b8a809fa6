"""Test connection: the lines that Resivo itself answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import (
    Check,
    Integration,
    MappingRow,
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


def test_a_refused_account_leaves_the_vendors_lines_unchecked(run: Run, one: Integration) -> None:
    checks = run(account(one, client_secret="wrong"))

    assert checks["Token"].message == (
        "POST /oauth2/token: 401, the client id or secret is refused (invalid_client)"
    )
    assert [check.status for check in list(checks.values())[:6]] == ["failed"] * 6
    assert checks["Mapped names found"].message == "not checked: there is no token"
    assert checks["Statuses"].status == "passed"
    assert checks["Site language"].message == "not checked: no site is known"


@pytest.mark.parametrize(
    ("change", "name", "status", "says"),
    [
        (
            lambda sandbox: setattr(sandbox, "site_scoped", True),
            "Sites listed",
            "warning",
            "limited to one site",
        ),
        (
            lambda sandbox: setattr(sandbox, "site_scoped", True),
            "Configured site",
            "passed",
            "Town hall (site-1)",
        ),
        (
            lambda sandbox: sandbox.fault("rate_limited", times=None, path="/site-owners/"),
            "Configured site",
            "passed",
            "Town hall",
        ),
        (
            lambda sandbox: sandbox.fault("wrong_shape", path="/site-owners/"),
            "Sites listed",
            "failed",
            "not as documented",
        ),
        (
            lambda sandbox: sandbox.fault("wrong_shape", path="/components"),
            "Components listed",
            "failed",
            "not as documented",
        ),
        (
            lambda sandbox: sandbox.fault("wrong_shape", path="/components", body=[]),
            "Components listed",
            "failed",
            "check the Site ID and the connection",
        ),
        (
            lambda sandbox: sandbox.fault("wrong_shape", path="/site-owners/", body=[]),
            "Sites listed",
            "failed",
            "check the Site Owner ID",
        ),
        (
            lambda sandbox: sandbox.duplicate_component("Studio 2"),
            "Display names unique",
            "warning",
            "'Studio 2'",
        ),
        (
            lambda sandbox: sandbox.duplicate_component("Studio 1"),
            "Display names unique",
            "failed",
            "'Studio 1'",
        ),
        (
            lambda sandbox: sandbox.duplicate_component("Studio 1"),
            "Mapped names found",
            "failed",
            "17/171: 2 doors are named 'Studio 1'",
        ),
        (
            lambda sandbox: sandbox.rename_component("Studio 1", "Studio One"),
            "Mapped names found",
            "failed",
            "17/171: no door is named 'Studio 1'",
        ),
        (
            lambda sandbox: sandbox.set_default_locale("de-CH"),
            "Site language",
            "warning",
            "default language is nl, and Resivo writes in the site's language",
        ),
        (
            lambda sandbox: sandbox.set_default_locale("de-CH"),
            "Site language",
            "warning",
            "(Town hall: de-CH)",
        ),
        (
            lambda sandbox: sandbox.set_default_locale("Nederlands"),
            "Site language",
            "warning",
            "Nederlands",
        ),
        (
            lambda sandbox: setattr(sandbox, "date_offset_s", 61.0),
            "Clock",
            "failed",
            "+61 s",
        ),
        (
            lambda sandbox: setattr(sandbox, "date_offset_s", -60.0),
            "Clock",
            "passed",
            "-60 s",
        ),
    ],
)
def test_what_the_vendor_shows_is_said(
    *,
    run: Run,
    one: Integration,
    sandbox: ResivoSandbox,
    change: Change,
    name: str,
    status: str,
    says: str,
) -> None:
    change(sandbox)

    check = run(one)[name]

    assert check.status == status
    assert says in check.message


@pytest.mark.parametrize(
    ("site_id", "scoped", "says"),
    [
        ("site-9", False, "none of the Site Owner's sites: Town hall (site-1), Sports centre"),
        ("site-9", True, "there is no site site-9: check the Site ID"),
    ],
)
def test_a_site_that_is_not_there_ends_the_search_for_doors(
    *, run: Run, one: Integration, sandbox: ResivoSandbox, site_id: str, scoped: bool, says: str
) -> None:
    sandbox.site_scoped = scoped

    checks = run(account(one, site_id=site_id))

    assert says in checks["Configured site"].message
    assert checks["Components listed"].message == "not checked: no site is known"
    assert checks["Mapped names found"].message == "not checked: no component is known"


def test_a_site_that_cannot_be_read_is_said(
    run: Run, one: Integration, sandbox: ResivoSandbox
) -> None:
    sandbox.site_scoped = True
    sandbox.fault("wrong_shape", path="/sites/site-1$")

    assert "not as documented" in run(one)["Configured site"].message


def test_without_a_site_id_all_sites_are_looked_through(run: Run, one: Integration) -> None:
    checks = run(account(one, site_id=None))

    assert checks["Configured site"].status == "warning"
    assert "one of 2 sites" in checks["Configured site"].message
    assert checks["Components listed"].message.startswith("6: Council chamber, Main entrance")
    assert checks["Mapped names found"].status == "passed"


def test_without_a_site_id_a_row_must_stay_in_one_site(run: Run, one: Integration) -> None:
    row = MappingRow(object="17", sub_object="171", targets=("Main entrance", "Turnstile"))

    check = run(account(replace(one, mapping=(row,)), site_id=None))["Mapped names found"]

    assert check.status == "failed"
    assert "17/171: its doors lie in several sites: set a Site ID" in check.message


def test_without_a_site_id_a_name_must_exist_once(
    run: Run, one: Integration, sandbox: ResivoSandbox
) -> None:
    sandbox.add_site("site-3", "Annex", ["Main entrance"])

    checks = run(account(one, site_id=None))

    assert "set a Site ID, one integration per site" in checks["Mapped names found"].message
    assert checks["Display names unique"].status == "passed"


def test_without_a_site_id_a_credential_of_one_site_is_not_enough(
    run: Run, one: Integration, sandbox: ResivoSandbox
) -> None:
    sandbox.site_scoped = True

    checks = run(account(one, site_id=None))

    assert checks["Sites listed"].status == "failed"
    assert "set its Site ID" in checks["Sites listed"].message
    assert checks["Configured site"].status == "failed"


def test_the_only_site_needs_no_site_id(run: Run, one: Integration, sandbox: ResivoSandbox) -> None:
    only = [{"id": "site-1", "displayName": "Town hall"}]
    sandbox.fault("wrong_shape", path="/site-owners/", body=only)

    checks = run(account(one, site_id=None))

    assert checks["Configured site"].status == "passed"
    assert checks["Site language"].status == "warning"
    assert "Town hall: not said" in checks["Site language"].message


def test_nothing_mapped_is_a_warning(run: Run, one: Integration) -> None:
    assert run(replace(one, mapping=()))["Mapped names found"].status == "warning"
