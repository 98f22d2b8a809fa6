"""What an administrator may type for Salto KS, and what is said of the rest."""

from collections.abc import Mapping
from typing import Any

import pytest

from ireserve_integrations.errors import ConfigError
from ireserve_integrations.kit.settings import (
    booking_fields,
    load_tab,
    secret_names,
    statuses_of,
)
from ireserve_integrations.model import Integration, MappingRow
from ireserve_saltoks.config import (
    STAGES,
    Authentication,
    Details,
    Platform,
    parse,
    problems,
)

AUTH: Mapping[str, Any] = {
    "environment": "acceptance",
    "site_uid": "NL6254340082",
    "username": "svc@example.org",
    "password": "very-secret",
    "iq_id": "iq-1",
}
DETAILS: Mapping[str, Any] = {
    "open_from_statuses": ["30", "40"],
    "time_before_minutes": 15,
    "open_action_field": "custom20",
    "opened_at_field": "custom21",
    "check_in_status": "98",
}
PLATFORM: Mapping[str, Any] = {
    "acceptance": {"client_id": "platform-client", "client_secret": "platform-secret"}
}
OWN = {"client_id": "own", "client_secret": "own-secret"}
ROW = MappingRow(object="17", targets=("lock-1",))


def integration(
    auth: Mapping[str, Any] = AUTH,
    details: Mapping[str, Any] = DETAILS,
    platform: Mapping[str, Any] = PLATFORM,
    mapping: tuple[MappingRow, ...] = (ROW,),
) -> Integration:
    return Integration(
        id="salto-main",
        vendor="saltoks",
        auth=auth,
        details=details,
        platform=platform,
        mapping=mapping,
    )


def without(tab: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in tab.items() if key not in names}


def said_of(one: Integration, severity: str) -> dict[str, str]:
    return {each.path: each.message for each in problems(one) if each.severity == severity}


def test_everything_that_was_typed_is_in_the_config() -> None:
    config = parse(integration())

    account = config.account
    assert (account.environment, account.site_uid, account.iq_id) == (
        "acceptance",
        "NL6254340082",
        "iq-1",
    )
    assert (account.username, account.password) == ("svc@example.org", "very-secret")
    assert (account.client_id, account.client_secret) == ("platform-client", "platform-secret")
    assert config.open_from_statuses == ("30", "40")
    assert config.open_statuses == {"30", "40", "98"}
    assert config.time_before_minutes == 15
    assert (config.open_action_field, config.opened_at_field) == ("custom20", "custom21")
    assert (config.mapping, config.active) == ((ROW,), True)
    assert problems(integration()) == []


@pytest.mark.parametrize(
    ("environment", "api", "identity"),
    [
        (
            "acceptance",
            "https://clp-accept-user.my-clay.com",
            "https://identity-acc.eu.my-clay.com",
        ),
        ("production", "https://connect.my-clay.com", "https://identity.eu.my-clay.com"),
    ],
)
def test_the_environment_chooses_both_servers(environment: str, api: str, identity: str) -> None:
    account = parse(integration(auth={**AUTH, **OWN, "environment": environment})).account

    assert (account.api_url, account.identity_url) == (api, identity)


def test_an_override_of_one_environment_leaves_the_other_alone() -> None:
    servers = {"api_url": "http://127.0.0.1:1/", "identity_url": "https://id.example"}
    production = {**AUTH, **OWN, "environment": "production"}

    here = parse(integration(platform={"acceptance": servers | OWN})).account
    there = parse(integration(auth=production, platform={"acceptance": servers})).account

    assert (here.api_url, here.identity_url) == ("http://127.0.0.1:1", "https://id.example")
    assert there.identity_url == "https://identity.eu.my-clay.com"


def test_the_integrations_own_client_wins_over_the_platforms() -> None:
    account = parse(integration(auth={**AUTH, **OWN})).account

    assert (account.client_id, account.client_secret) == ("own", "own-secret")


@pytest.mark.parametrize("given", ["client_id", "client_secret"])
def test_half_a_client_is_refused(given: str) -> None:
    other = {"client_id": "client_secret", "client_secret": "client_id"}[given]

    said = said_of(integration(auth={**AUTH, given: "x"}), "error")

    assert said == {
        f"auth.{other}": "is missing: give your own client id and secret both, or neither"
    }


def test_a_client_at_fault_is_told_once() -> None:
    said = said_of(integration(auth={**AUTH, **OWN, "client_id": 7}), "error")

    assert said == {"auth.client_id": "must be a text in quotes"}


@pytest.mark.parametrize(
    ("servers", "missing"),
    [
        ({}, ["auth.client_id", "auth.client_secret"]),
        ({"client_id": "x"}, ["auth.client_secret"]),
        ({"client_secret": "x"}, ["auth.client_id"]),
    ],
)
def test_without_the_platforms_client_the_integration_needs_its_own(
    servers: Mapping[str, str], missing: list[str]
) -> None:
    said = said_of(integration(platform={"acceptance": servers}), "error")

    assert list(said) == missing
    assert "the platform has none for acceptance" in said[missing[0]]
    assert missing[0].replace("auth", "platform.saltoks.acceptance") in said[missing[0]]


@pytest.mark.parametrize("typed", ["da35545f-d610-5f5f-947f-a23dc108effd", "", None, 7])
def test_a_site_id_is_found_and_never_typed(typed: object) -> None:
    said = said_of(integration(auth={**AUTH, "site_id": typed}), "error")

    assert said == {
        "auth.site_id": 'is not typed: it is found by "Resolve site ID" and kept by the ledger'
    }


@pytest.mark.parametrize(
    ("tab", "name", "value", "message"),
    [
        ("auth", "environment", "Acceptance", "must be acceptance or production"),
        ("auth", "environment", "test", "must be acceptance or production"),
        (
            "auth",
            "site_uid",
            "DA35545F-d610-5f5f-947f-a23dc108effd",
            (
                "must be the readable site code, such as NL6254340082; the Site ID is found by "
                '"Resolve site ID"'
            ),
        ),
        ("auth", "password", " ", "is empty"),
        ("auth", "usernam", "x", "is not a setting; did you mean username?"),
        ("details", "open_from_statuses", [], "names no status"),
        ("details", "time_before_minutes", 10_081, "must be from 0 to 10,080 minutes"),
        ("details", "check_in_status", 98, "must be a text in quotes"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_path(
    tab: str, name: str, value: object, message: str
) -> None:
    typed: dict[str, Any] = {"auth": AUTH, "details": DETAILS}
    typed[tab] = {**typed[tab], name: value}

    assert said_of(integration(**typed), "error") == {f"{tab}.{name}": message}


def test_every_problem_is_told_at_once() -> None:
    said = said_of(integration(auth={}, details={}), "error")

    assert said == {
        "auth.environment": "is missing",
        "auth.password": "is missing",
        "auth.site_uid": "is missing",
        "auth.username": "is missing",
        "details.open_from_statuses": "is missing",
        "details.time_before_minutes": "is missing",
    }
    with pytest.raises(ConfigError, match=r"auth\.environment is missing\..*details\.time_before"):
        parse(integration(auth={}, details={}))


def test_an_address_that_is_not_https_is_refused() -> None:
    platform = {"acceptance": {**OWN, "identity_url": "http://identity.example"}}

    assert list(said_of(integration(platform=platform), "error")) == [
        "platform.acceptance.identity_url"
    ]


def test_what_will_not_be_recorded_is_warned_of() -> None:
    optional = ("open_action_field", "opened_at_field", "check_in_status")
    said = said_of(integration(details=without(DETAILS, *optional)), "warning")

    assert said == {
        "details.open_action_field": (
            "is not set: the visitor's open action is written into no field"
        ),
        "details.opened_at_field": "is not set: the time of the first opening is not recorded",
        "details.check_in_status": ("is not set: an opening moves no booking to a check-in status"),
    }
    config = parse(integration(details=without(DETAILS, *optional)))
    assert (config.opened_at_field, config.check_in_status) == (None, None)
    assert config.open_statuses == {"30", "40"}


@pytest.mark.parametrize(
    ("details", "warned"),
    [
        ({"open_from_statuses": ["30"]}, True),
        ({"open_from_statuses": ["30", "40"]}, False),
        ({"open_from_statuses": ["30"], "check_in_status": "40"}, False),
    ],
)
def test_a_changed_booking_that_cannot_be_opened_is_warned_of(
    details: Mapping[str, Any], warned: bool
) -> None:
    said = said_of(integration(details={**DETAILS, **details}), "warning")

    assert ("details.open_from_statuses" in said) is warned


def test_an_empty_mapping_is_warned_of() -> None:
    assert list(said_of(integration(mapping=()), "warning")) == ["mapping"]


def test_nothing_secret_is_shown() -> None:
    shown = repr(parse(integration(auth={**AUTH, **OWN})))

    assert "very-secret" not in shown
    assert "own-secret" not in shown
    assert "svc@" not in shown
    assert secret_names(Authentication) == {"password", "client_secret"}


def test_the_tabs_name_their_booking_fields_and_have_help() -> None:
    assert booking_fields(Details, DETAILS) == {
        "open_action_field": "custom20",
        "opened_at_field": "custom21",
    }
    for tab in (Authentication, Details):
        assert all({"label", "help"} <= set(one.metadata) for one in tab().fields.values())


def test_every_status_that_settings_name_is_known_as_one() -> None:
    assert statuses_of(Details, DETAILS) == {
        "open_from_statuses": ("30", "40"),
        "check_in_status": ("98",),
    }


def test_platform_tables_can_be_read_twice() -> None:
    once, _ = load_tab(Platform, {}, "platform")

    twice, wrong = load_tab(Platform, once, "platform")

    assert (twice, wrong) == (once, ())
    assert set(once) == set(STAGES) == {"acceptance", "production"}


@pytest.mark.parametrize(
    "other",
    [{"environment": "production"}, {"username": "another@example.org"}],
)
def test_what_is_kept_belongs_to_a_user_in_an_environment(other: Mapping[str, str]) -> None:
    one = parse(integration(auth={**AUTH, **OWN})).account
    two = parse(integration(auth={**AUTH, **OWN, **other})).account

    assert one.vault_name("credential", "site", "iq") != two.vault_name("credential", "site", "iq")


def test_names_in_the_vault_show_no_user_and_tell_things_apart() -> None:
    account = parse(integration()).account
    shouted = parse(integration(auth={**AUTH, "username": "SVC@example.org"})).account

    names = {
        account.vault_name("credential", "site", "iq"),
        account.vault_name("credential", "iq", "site"),
        account.vault_name("credential", "site iq"),
        account.vault_name("site", "site", "iq"),
    }
    assert len(names) == 4
    assert not [name for name in names if "svc" in name]
    assert shouted.vault_name("credential", "site", "iq") in names
