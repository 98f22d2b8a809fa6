"""Test connection: what each line of the checklist says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import (
    ActionRequest,
    Check,
    History,
    Integration,
    MappingRow,
    Milestone,
    Stage,
)
from ireserve_saltoks.plugin import SaltoksPlugin
from ireserve_saltoks.sandbox import SaltoksSandbox

IQ, DOOR = "IQ ground floor", "Main entrance"
OPENED = History(first_opening=Milestone(at=datetime(2026, 11, 1, 9, tzinfo=UTC), booking="15492"))
VENDOR_LINES = [
    "Token",
    "Site found",
    "Site ID resolved",
    "Locks listed",
    "Mapped locks found",
    "Mapped locks online",
    "IQ online",
    "IQ is activated",
    "IQ not to be restored",
    "PIN confirmed",
]

Run = Callable[..., dict[str, Check]]
Change = Callable[[SaltoksSandbox], object]


class Clock(Protocol):
    def step(self, **by: float) -> None: ...


@pytest.fixture
def run(lend: Callable[..., Context]) -> Run:
    def run_checks(one: Integration, stage: Stage = "test", **more: Any) -> dict[str, Check]:
        checks = SaltoksPlugin().check_connection(one, lend(writes=0, stage=stage, **more))
        assert len({check.name for check in checks}) == len(checks)
        return {check.name: check for check in checks}

    return run_checks


@pytest.fixture
def activated(one: Integration, lend: Callable[..., Context], salto: SaltoksSandbox) -> str:
    """Activate the IQ on the ground floor; return its PIN."""
    plugin = SaltoksPlugin()
    plugin.perform_action(one, ActionRequest(name="get_pin"), lend())
    pin = salto.delivered[0].pin
    given = {"current_pin": pin}
    assert plugin.perform_action(one, ActionRequest(name="set_pin", parameters=given), lend()).ok
    return pin


def account(one: Integration, **changed: Any) -> Integration:
    return replace(one, auth={**one.auth, **changed})


def settings(one: Integration, **changed: Any) -> Integration:
    return replace(one, details={**one.details, **changed})


def mapped(one: Integration, *targets: str) -> Integration:
    return replace(one, mapping=(MappingRow(object="17", targets=targets),))


def statuses(checks: Mapping[str, Check]) -> dict[str, str]:
    return {check.name: check.status for check in checks.values() if check.status != "passed"}


@pytest.mark.usefixtures("activated")
def test_a_good_set_up_passes_in_the_guides_order(
    run: Run, one: Integration, salto: SaltoksSandbox
) -> None:
    salto.forget_requests()
    checks = run(one, history=OPENED)

    assert list(checks) == [
        *VENDOR_LINES,
        "Statuses",
        "Time before",
        "Open-action field",
        "Opened-at field",
        "Check-in status",
        "Environment",
        "Clock",
        "Active",
        "End-to-end tested",
        "Records",
        "PIN and account",
    ]
    assert statuses(checks) == {"Records": "manual", "PIN and account": "manual"}
    assert checks["Site found"].message == "Town hall (NL6254340082)"
    assert checks["PIN confirmed"].message == IQ
    assert {request.method for request in salto.requests[1:]} == {"GET"}


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize(
    ("change", "name", "status", "says"),
    [
        (
            lambda salto: salto.set_offline(DOOR),
            "Mapped locks online",
            "failed",
            f"offline: {DOOR}",
        ),
        (lambda salto: salto.set_offline(IQ), "IQ online", "failed", f"{IQ}: offline"),
        (
            lambda salto: salto.set_restore_required(IQ),
            "IQ not to be restored",
            "failed",
            "has to be restored (restore_required), at Salto",
        ),
        (
            lambda salto: salto.reset_activation(IQ),
            "IQ is activated",
            "failed",
            "not activated for this account: GET PIN, then Set PIN",
        ),
        (
            lambda salto: salto.set_otp_enabled(IQ, enabled=False),
            "PIN confirmed",
            "passed",
            "no IQ asks for a one-time password",
        ),
        (
            lambda salto: salto.move_lock(DOOR, None),
            "Mapped locks found",
            "failed",
            "Main entrance hangs on no IQ",
        ),
        (
            lambda salto: salto.fault("wrong_shape", path="/iqs$"),
            "IQ online",
            "failed",
            "not as documented",
        ),
        (
            lambda salto: salto.fault("wrong_shape", path="/activated_iqs$"),
            "IQ is activated",
            "failed",
            "not as documented",
        ),
        (
            lambda salto: salto.fault("wrong_shape", path="/locks$"),
            "Locks listed",
            "failed",
            "not as documented",
        ),
        (
            lambda salto: salto.fault("wrong_shape", path="/locks$", body=[]),
            "Locks listed",
            "failed",
            "the site has none",
        ),
        (
            lambda salto: salto.forbidden_calls.add("locks"),
            "Locks listed",
            "failed",
            "has no right to this",
        ),
        (lambda salto: setattr(salto, "date_offset_s", 61), "Clock", "failed", "+61 s"),
        (lambda salto: setattr(salto, "date_offset_s", -60), "Clock", "passed", "-60 s"),
    ],
)
def test_what_the_vendor_says_decides_its_line(  # noqa: PLR0917
    run: Run,
    one: Integration,
    salto: SaltoksSandbox,
    change: Change,
    name: str,
    status: str,
    says: str,
) -> None:
    change(salto)

    check = run(one)[name]

    assert check.status == status
    assert says in check.message


def test_an_activation_elsewhere_is_told(run: Run, one: Integration, salto: SaltoksSandbox) -> None:
    salto.activate_elsewhere(IQ)

    checks = run(one)

    assert "elsewhere" in checks["IQ is activated"].message
    assert checks["PIN confirmed"].message == (
        "IQ ground floor: no PIN is kept: GET PIN, then Set PIN"
    )


def test_a_changed_pin_is_a_warning_until_a_lock_has_opened(
    run: Run,
    one: Integration,
    lend: Callable[..., Context],
    activated: str,
) -> None:
    given = {"current_pin": activated, "new_pin": "propose"}
    request = ActionRequest(name="set_pin", parameters=given)
    SaltoksPlugin().perform_action(one, request, lend(writes=3))

    check = run(one)["PIN confirmed"]

    assert check.status == "warning"
    assert "once a lock has opened" in check.message


def test_held_back_codes_are_told(
    run: Run, one: Integration, lend: Callable[..., Context], salto: SaltoksSandbox, activated: str
) -> None:
    salto.block(IQ, "set_pin")
    with pytest.raises(Exception, match="25 minutes"):
        SaltoksPlugin().perform_action(one, ActionRequest(name="confirm_pin"), lend())

    check = run(one)["PIN confirmed"]

    assert (activated in check.message, check.status) == (False, "failed")
    assert "none is sent until 2026-11-21 09:25:00 UTC" in check.message


@pytest.mark.parametrize(
    ("changed", "name", "says"),
    [
        ({"password": "wrong"}, "Token", "username or password is refused"),
        ({"client_id": "x", "client_secret": "y"}, "Token", "OAuth client is refused"),
        ({"site_uid": "NL1"}, "Site found", "no site NL1; it has NL6254340082"),
    ],
)
def test_what_depends_on_a_failed_line_is_not_checked(
    run: Run, one: Integration, changed: Mapping[str, str], name: str, says: str
) -> None:
    checks = run(account(one, **changed))

    assert says in checks[name].message
    after = VENDOR_LINES[VENDOR_LINES.index(name) :]
    assert {checks[line].status for line in after} == {"failed"}
    assert checks["PIN confirmed"].message.startswith("not checked: ")
    assert checks["Statuses"].status == "passed"


def test_settings_at_fault_are_told_first(
    run: Run, one: Integration, salto: SaltoksSandbox
) -> None:
    checks = run(account(one, environment="test"))

    assert next(iter(checks)) == "Settings"
    assert "auth.environment must be acceptance or production." in checks["Settings"].message
    assert checks["Environment"].message == "not checked: none is set"
    assert salto.requests == ()


@pytest.mark.parametrize(
    ("targets", "name", "status", "says"),
    [
        ((), "Mapped locks found", "warning", "nothing is mapped yet"),
        (("lock-9",), "Mapped locks found", "failed", "the site has no lock lock-9"),
        (("lock-9",), "Mapped locks online", "failed", "no mapped lock is there"),
        (("lock-9",), "IQ online", "passed", IQ),
    ],
)
def test_what_is_mapped_decides_which_locks_are_looked_at(  # noqa: PLR0917
    run: Run, one: Integration, targets: tuple[str, ...], name: str, status: str, says: str
) -> None:
    row = MappingRow(object="17", targets=targets)
    mapping = {True: (row,), False: ()}[bool(targets)]

    check = run(replace(one, mapping=mapping))[name]

    assert (check.status, says in check.message) == (status, True)


def test_an_iq_that_asks_for_no_code_needs_no_activation(
    run: Run, one: Integration, salto: SaltoksSandbox
) -> None:
    check = run(mapped(one, salto.lock_id("Bicycle shed")))["IQ is activated"]

    assert (check.status, check.message) == (
        "passed",
        "IQ shed; IQ shed asks for no one-time password",
    )


def test_without_a_mapped_lock_or_iq_id_no_iq_is_checked(run: Run, one: Integration) -> None:
    anonymous = replace(one, mapping=(), auth={**one.auth, "iq_id": None})

    assert run(anonymous)["IQ online"].message == (
        "not checked: no lock with an IQ is mapped, and no IQ id is set"
    )


def test_optional_fields_that_are_not_set_are_a_warning_each(run: Run, one: Integration) -> None:
    bare = settings(one, open_action_field=None, opened_at_field=None, check_in_status=None)

    checks = run(bare)

    assert [
        checks[name].status for name in ("Open-action field", "Opened-at field", "Check-in status")
    ] == ["warning"] * 3


def test_a_setting_at_fault_is_told_on_its_line(run: Run, one: Integration) -> None:
    checks = run(settings(one, open_from_statuses=[], opened_at_field=7))

    assert checks["Statuses"].message == "details.open_from_statuses names no status."
    assert checks["Opened-at field"].status == "failed"


@pytest.mark.parametrize(
    ("active", "stage", "status"),
    [
        (True, "test", "passed"),
        (False, "test", "warning"),
        (True, "production", "passed"),
        (False, "production", "failed"),
    ],
)
def test_an_inactive_integration_is_no_production(
    run: Run, one: Integration, active: bool, stage: Stage, status: str
) -> None:
    assert run(replace(one, active=active), stage)["Active"].status == status


@pytest.mark.parametrize(
    ("environment", "stage", "status"),
    [
        ("acceptance", "test", "passed"),
        ("acceptance", "production", "failed"),
        ("production", "production", "passed"),
        ("production", "test", "failed"),
    ],
)
def test_the_environment_fits_the_stage(
    run: Run, one: Integration, environment: str, stage: Stage, status: str
) -> None:
    other = {"production": one.platform["acceptance"], **one.platform}
    one = replace(account(one, environment=environment), platform=other)

    assert run(one, stage)["Environment"].status == status


@pytest.fixture
def live(one: Integration) -> Integration:
    """The same in production; its servers are the sandbox's."""
    return replace(
        account(one, environment="production"),
        id="salto-live",
        platform={"production": one.platform["acceptance"]},
    )


def test_the_production_checklist_has_its_own_lines(run: Run, live: Integration) -> None:
    checks = run(live, "production")

    assert list(checks)[18:] == [
        "API",
        "Identity server",
        "Production account",
        "Production site",
        "Production IQ",
        "End-to-end tested",
        "First live opening",
        "Real locks",
        "Booking flow",
        "PIN and account",
        "Rollback",
    ]
    assert "is a sandbox on this machine" in checks["API"].message
    assert checks["Identity server"].status == "failed"


@pytest.mark.parametrize(
    ("servers", "api", "identity"),
    [
        ({}, "passed", "passed"),
        ({"api_url": "https://clp-accept-user.my-clay.com"}, "failed", "passed"),
        ({"identity_url": "https://identity-acc.eu.my-clay.com"}, "passed", "failed"),
        ({"api_url": "https://elsewhere.example"}, "warning", "passed"),
    ],
)
def test_production_servers_are_told_from_others(
    run: Run, live: Integration, servers: Mapping[str, str], api: str, identity: str
) -> None:
    # the password is missing: nobody is asked, above all not the real servers
    live = replace(account(live, password=""), platform={"production": servers})

    checks = run(live, "production")

    assert (checks["API"].status, checks["Identity server"].status) == (api, identity)


@pytest.mark.parametrize(
    ("changed", "shared"),
    [
        (
            {"username": "other@example.org", "site_uid": "NL1", "iq_id": "iq-2"},
            [],
        ),
        (
            {"username": "SVC@example.org", "site_uid": "NL1", "iq_id": "iq-2"},
            ["Production account"],
        ),
        ({"username": "x", "site_uid": "nl6254340082", "iq_id": ""}, ["Production site"]),
        ({"username": "x", "site_uid": "NL1"}, ["Production IQ"]),
    ],
)
def test_production_shares_nothing_with_acceptance(
    run: Run,
    one: Integration,
    live: Integration,
    changed: Mapping[str, str],
    shared: list[str],
) -> None:
    sibling = account(one, **changed)

    checks = run(live, "production", siblings=(sibling,))

    own = ("Production account", "Production site", "Production IQ")
    assert [name for name in own if checks[name].status == "failed"] == shared
    assert all("salto-main" in checks[name].message for name in shared)


def test_another_production_integration_may_share_the_account(run: Run, live: Integration) -> None:
    checks = run(live, "production", siblings=(replace(live, id="salto-live-2"),))

    assert checks["Production account"].status == "passed"


@pytest.mark.parametrize(
    ("history", "status", "says"),
    [(OPENED, "passed", "opened on 2026-11-01 for booking 15492"), (History(), "manual", "not")],
)
def test_the_ledger_ticks_what_it_has_seen(
    run: Run, live: Integration, history: History, status: str, says: str
) -> None:
    checks = run(live, "production", history=history)

    ticks = [checks[name] for name in ("End-to-end tested", "First live opening")]
    assert [check.status for check in ticks] == [status] * 2
    assert all(says in check.message for check in ticks)


@pytest.mark.usefixtures("activated")
def test_the_site_id_that_is_found_is_kept(
    run: Run, one: Integration, lend: Callable[..., Context], salto: SaltoksSandbox
) -> None:
    found = run(one)["Site ID resolved"].message
    salto.forget_requests()

    SaltoksPlugin().list_mapping_targets(one, lend())

    assert [request.path for request in salto.requests][1:] == [f"/v1.2/sites/{found}/locks"]
