"""What an administrator may type for Resivo, and what is said of the rest."""

from collections.abc import Mapping
from typing import Any

import pytest

from ireserve_integrations.errors import ConfigError
from ireserve_integrations.model import Integration, MappingRow
from ireserve_resivo.config import Authentication, Details, Platform, parse, problems

AUTH: Mapping[str, Any] = {
    "site_owner_id": "so-1",
    "client_id": "cid-77",
    "client_secret": "very-secret",
    "site_id": "site-1",
    "target_mobile_app_id": "12345",
}
DETAILS: Mapping[str, Any] = {
    "trigger_statuses": ["30", "31"],
    "revoke_statuses": ["70"],
    "time_before_minutes": 15,
    "authorisation_field": "custom12",
    "default_language": "NL",
}
ROW = MappingRow(object="17", targets=("Main entrance",))


def integration(
    auth: Mapping[str, Any] = AUTH,
    details: Mapping[str, Any] = DETAILS,
    platform: Mapping[str, Any] | None = None,
    mapping: tuple[MappingRow, ...] = (ROW,),
) -> Integration:
    return Integration(
        id="resivo-main",
        vendor="resivo",
        auth=auth,
        details=details,
        platform=platform or {},
        mapping=mapping,
    )


def without(tab: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in tab.items() if key != name}


def said_of(one: Integration) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in problems(one)]


def test_everything_that_was_typed_is_in_the_config() -> None:
    config = parse(integration())

    assert config.account.site_owner_id == "so-1"
    assert (config.account.client_id, config.account.client_secret) == ("cid-77", "very-secret")
    assert config.account.site_id == "site-1"
    assert config.target_mobile_app_id == "12345"
    assert config.trigger_statuses == ("30", "31")
    assert config.decisive == {"30", "31", "70"}
    assert config.time_before_minutes == 15
    assert config.authorisation_field == "custom12"
    assert config.default_language == "nl"
    assert config.mapping == (ROW,)
    assert config.active


def test_the_platform_has_defaults() -> None:
    account = parse(integration()).account

    assert (account.api_url, account.api_version) == ("https://api.resivo.io", "v8")


def test_site_id_and_mobile_app_id_may_be_left_out() -> None:
    config = parse(integration(auth=without(without(AUTH, "site_id"), "target_mobile_app_id")))

    assert (config.account.site_id, config.target_mobile_app_id) == (None, None)


@pytest.mark.parametrize(
    "typed",
    [
        "https://portal.resivo.io/sites/abc-1/overview",
        "https://portal.resivo.io/organisations/o-1/sites/abc-1/overview?tab=doors#top",
        "https://portal.resivo.io/sites/abc-1",
        "portal.resivo.io/sites/abc-1/overview",
        "/sites/abc-1/",
        "  abc-1  ",
        "https://portal.resivo.io/sites/abc%2D1/overview",
    ],
)
def test_the_portals_address_of_a_site_is_reduced_to_its_id(typed: str) -> None:
    assert parse(integration(auth={**AUTH, "site_id": typed})).account.site_id == "abc-1"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("https://portal.resivo.io/overview", "in the portal"),
        ("a/b", "in the portal"),
        ("https://portal.resivo.io/sites//overview", "in the portal"),
        ("..", "is not an id"),
        ("https://portal.resivo.io/sites/../overview", "is not an id"),
        ("https://portal.resivo.io/sites/%2e%2e/overview", "is not an id"),
        ("", "is empty"),
        (17, "must be a text in quotes"),
    ],
)
def test_a_site_id_that_leads_elsewhere_is_refused(typed: object, says: str) -> None:
    [(path, message)] = said_of(integration(auth={**AUTH, "site_id": typed}))

    assert path == "auth.site_id"
    assert says in message


@pytest.mark.parametrize("name", ["site_owner_id", "client_id", "client_secret"])
def test_a_missing_part_of_the_account_is_named(name: str) -> None:
    assert said_of(integration(auth=without(AUTH, name))) == [(f"auth.{name}", "is missing")]


@pytest.mark.parametrize("name", list(DETAILS))
def test_a_missing_detail_is_named(name: str) -> None:
    one = integration(details=without(DETAILS, name))

    assert said_of(one) == [(f"details.{name}", "is missing")]


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("trigger_statuses", [], "names no status"),
        ("trigger_statuses", "30", "must be a list of statuses"),
        ("revoke_statuses", ["70", "70"], "names a status twice"),
        ("time_before_minutes", -1, "from 0 to 10,080"),
        ("time_before_minutes", 10_081, "from 0 to 10,080"),
        ("time_before_minutes", "15", "whole number"),
        ("time_before_minutes", 1.5, "whole number"),
        ("authorisation_field", " ", "is empty"),
        ("default_language", "nld", "two letters"),
        ("default_language", "n1", "two letters"),
    ],
)
def test_an_unusable_detail_is_named(name: str, typed: object, says: str) -> None:
    [(path, message)] = said_of(integration(details={**DETAILS, name: typed}))

    assert path == f"details.{name}"
    assert says in message


@pytest.mark.parametrize("minutes", [0, 10_080])
def test_time_before_reaches_from_nothing_to_a_week(minutes: int) -> None:
    config = parse(integration(details={**DETAILS, "time_before_minutes": minutes}))

    assert config.time_before_minutes == minutes


@pytest.mark.parametrize("typed", ["12a", "１２", "-1", 12345])
def test_a_mobile_app_id_is_digits_only(typed: object) -> None:
    [(path, _)] = said_of(integration(auth={**AUTH, "target_mobile_app_id": typed}))

    assert path == "auth.target_mobile_app_id"


def test_statuses_that_would_do_both_are_named() -> None:
    one = integration(details={**DETAILS, "revoke_statuses": ["31", "70", "30"]})

    assert said_of(one) == [("details.revoke_statuses", "names trigger statuses too: 31, 30")]


def test_an_unknown_key_is_refused_with_the_near_miss() -> None:
    one = integration(auth={**AUTH, "site_ids": "x"})

    assert said_of(one) == [("auth.site_ids", "is not a setting; did you mean site_id?")]


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("api_url", "http://api.resivo.io", "is not https"),
        ("api_url", "ftp://127.0.0.1", "is not https"),
        ("api_url", "https://api.resivo.io/?x=1", "no more"),
        ("api_url", "https://api.resivo.io:a", "an address"),
        ("api_version", "8", "v and a number"),
        ("api_version", "v8/..", "v and a number"),
        ("api_version", "v8\n", "v and a number"),
        ("api_version", 8, "must be a text"),
        ("api_uri", "x", "did you mean api_url?"),
    ],
)
def test_an_unusable_platform_setting_is_named(name: str, typed: object, says: str) -> None:
    [(path, message)] = said_of(integration(platform={name: typed}))

    assert path == f"platform.{name}"
    assert says in message


def test_a_sandbox_on_this_machine_may_speak_http() -> None:
    account = parse(integration(platform={"api_url": "http://127.0.0.1:8080/"})).account

    assert account.api_url == "http://127.0.0.1:8080"


def test_every_problem_is_said_at_once_and_in_one_error() -> None:
    one = integration(
        auth={"client_id": "cid-77", "client_secret": "very-secret", "site_id": "a/b"},
        details={**DETAILS, "revoke_statuses": ["30"], "time_before_minutes": 99_999},
        platform={"api_version": "latest"},
    )

    assert [path for path, _ in said_of(one)] == [
        "auth.site_id",
        "auth.site_owner_id",
        "details.time_before_minutes",
        "details.revoke_statuses",
        "platform.api_version",
    ]
    with pytest.raises(ConfigError) as caught:
        parse(one)
    assert "auth.site_owner_id is missing. details." in str(caught.value)
    assert str(caught.value).endswith("platform.api_version must be v and a number, such as v8.")


def test_an_empty_mapping_is_a_warning_and_no_error() -> None:
    one = integration(mapping=())

    assert [(problem.path, problem.severity) for problem in problems(one)] == [
        ("mapping", "warning")
    ]
    assert parse(one).mapping == ()


def test_neither_the_config_nor_an_error_shows_the_secret() -> None:
    config = parse(integration())
    one = integration(auth={**AUTH, "client_secret": "very-secret\n!", "client_id": 5})

    assert "very-secret" not in repr(config)
    assert "cid-77" not in repr(config)
    assert "very-secret" not in repr(problems(one))


@pytest.mark.parametrize("schema", [Authentication, Details, Platform])
def test_every_setting_has_a_help_text(schema: Any) -> None:
    assert all(field.metadata["help"] for field in schema().fields.values())
