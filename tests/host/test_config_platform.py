"""Platform settings: environment, file and the plugin's defaults."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields

from ireserve_integrations.config import (
    check_platform_tables,
    platform_settings,
    read_configuration,
)
from ireserve_integrations.errors import ConfigError
from ireserve_integrations.kit.settings import Digits, Secret, Tab, Text
from ireserve_integrations.model import PluginInfo

Read = Callable[..., Mapping[str, Any]]


class _Flat(Tab):
    api_url = Text(load_default="https://api.example.org")
    api_version = Digits(load_default="8")


class _Environment(Tab):
    api_url = Text(load_default="https://salto.example.org")
    client_id = Text(load_default="")
    client_secret = Secret(load_default="")


class _Nested(Tab):
    acceptance = fields.Nested(_Environment)
    production = fields.Nested(_Environment, load_default=None)


class _Strict(Tab):
    key = Secret(required=True)


_FLAT = PluginInfo(label="Flat", auth=Tab, details=Tab, platform=_Flat)
_NESTED = PluginInfo(label="Nested", auth=Tab, details=Tab, platform=_Nested)
_STRICT = PluginInfo(label="Strict", auth=Tab, details=Tab, platform=_Strict)
_NONE = PluginInfo(label="None", auth=Tab, details=Tab)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "integrations.toml"


@pytest.fixture
def read(path: Path) -> Read:
    def read_platform(
        info: PluginInfo, text: str, vendor: str = "resivo", **environ: str
    ) -> Mapping[str, Any]:
        path.write_text(text, encoding="utf-8")
        return platform_settings(info, vendor, read_configuration(path, environ), environ)

    return read_platform


def test_without_a_table_the_plugins_defaults_hold(read: Read) -> None:
    assert read(_FLAT, "") == {"api_url": "https://api.example.org", "api_version": "8"}


def test_the_file_wins_over_the_default_and_the_environment_over_the_file(read: Read) -> None:
    settings = read(
        _FLAT,
        '[platform.resivo]\napi_url = "https://file"\napi_version = "7"',
        IRESERVE_RESIVO_API_VERSION="9",
    )

    assert settings == {"api_url": "https://file", "api_version": "9"}


def test_a_nested_table_is_read_and_its_leaves_come_from_the_environment_too(read: Read) -> None:
    settings = read(
        _NESTED,
        '[platform.saltoks.acceptance]\nclient_id = "cid"\nclient_secret = { env = "SECRET" }',
        vendor="saltoks",
        SECRET="s3cret",
        IRESERVE_SALTOKS_ACCEPTANCE_API_URL="https://env",
        IRESERVE_SALTOKS_PRODUCTION_CLIENT_ID="prod",
    )

    assert settings["acceptance"] == {
        "api_url": "https://env",
        "client_id": "cid",
        "client_secret": "s3cret",
    }
    assert settings["production"]["client_id"] == "prod"


def test_a_nested_table_that_is_nowhere_given_has_its_defaults(read: Read) -> None:
    settings = read(_NESTED, "", vendor="saltoks")

    assert settings["acceptance"]["api_url"] == "https://salto.example.org"
    assert settings["production"] is None


class _Renamed(Tab):
    address = Text(data_key="url")


def test_a_leaf_is_named_as_the_file_names_it(read: Read) -> None:
    info = PluginInfo(label="Renamed", auth=Tab, details=Tab, platform=_Renamed)

    assert read(info, "", IRESERVE_RESIVO_URL="https://env") == {"address": "https://env"}


def test_an_empty_nested_table_has_its_inner_defaults(read: Read) -> None:
    settings = read(_NESTED, "[platform.saltoks.production]", vendor="saltoks")

    assert settings["production"]["api_url"] == "https://salto.example.org"


def test_a_vendors_name_becomes_part_of_a_variables_name(read: Read) -> None:
    settings = read(_FLAT, "", vendor="my-vendor", IRESERVE_MY_VENDOR_API_VERSION="5")

    assert settings["api_version"] == "5"


def test_a_secret_of_the_platform_may_stand_in_a_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")

    assert read(_STRICT, '[platform.resivo]\nkey = { file = "key" }') == {"key": "s3cret"}


def test_a_plugin_without_platform_settings_has_none(read: Read) -> None:
    assert read(_NONE, "") == {}


def test_the_environment_of_the_process_is_the_default(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRESERVE_RESIVO_API_VERSION", "9")
    path.touch()

    assert platform_settings(_FLAT, "resivo", read_configuration(path))["api_version"] == "9"


@pytest.mark.parametrize(
    ("info", "text", "environ", "message"),
    [
        (_FLAT, "api_ulr = 'x'", {}, ".api_ulr: is not a setting; did you mean api_url?"),
        (_NONE, "api_url = 'x'", {}, ".api_url: is not a setting"),
        (_FLAT, "api_version = 8", {}, ".api_version: must be a text in quotes"),
        (_FLAT, "api_version = 'v'", {}, ".api_version: must be digits only"),
        (
            _FLAT,
            "api_version = '8'",
            {"IRESERVE_RESIVO_API_VERSION": "v"},
            ".api_version (from IRESERVE_RESIVO_API_VERSION): must be digits only",
        ),
        (
            _FLAT,
            "",
            {"IRESERVE_RESIVO_API_URL": ""},
            ".api_url (from IRESERVE_RESIVO_API_URL): is empty",
        ),
        (_STRICT, "", {}, ".key: is missing"),
        (_STRICT, "key = {env='KEY'}", {}, ".key: the environment variable KEY is not set"),
        (
            _STRICT,
            "key = {file='gone'}",
            {},
            ".key: the file gone cannot be read: No such file or ",
        ),
        (_NESTED, "acceptance = 'x'", {}, ".acceptance: must be a table"),
        (
            _NESTED,
            "[platform.resivo.acceptance]\nclient = 'x'",
            {},
            ".acceptance.client: is not a setting; did you mean client_id?",
        ),
        (
            _NESTED,
            "[platform.resivo.acceptance]\nclient_id = 5",
            {},
            ".acceptance.client_id: must be a text in quotes",
        ),
        (
            _NESTED,
            "",
            {"IRESERVE_RESIVO_PRODUCTION_CLIENT_ID": " "},
            ".production.client_id (from IRESERVE_RESIVO_PRODUCTION_CLIENT_ID): is empty",
        ),
    ],
)
def test_a_wrong_platform_setting_is_named_with_file_table_and_key(
    read: Read, info: PluginInfo, text: str, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(info, f"[platform.resivo]\n{text}", **environ)

    assert f"integrations.toml: platform.resivo{message}" in str(caught.value)


def test_all_platform_faults_of_a_table_are_told_together(read: Read) -> None:
    with pytest.raises(ConfigError) as caught:
        read(_FLAT, "[platform.resivo]\na = 1\nb = 2\napi_url = {}\napi_version = 8")

    assert [part.split(":")[0] for part in str(caught.value).split(": ", 1)[1].split("; ")] == [
        *("platform.resivo.a", "there is api_url, api_version"),
        *("platform.resivo.b", "there is api_url, api_version"),
        *("platform.resivo.api_url", "platform.resivo.api_version"),
    ]


@pytest.mark.parametrize(
    ("installed", "near"),
    [
        (("saltoks", "resivo"), "; did you mean resivo?"),
        (("other",), "; there is other"),
        ((), ""),
    ],
)
def test_a_table_for_no_installed_plugin_is_refused(
    path: Path, installed: tuple[str, ...], near: str
) -> None:
    path.write_text("[platform.resivoo]")

    with pytest.raises(ConfigError) as caught:
        check_platform_tables(read_configuration(path, {}), installed)

    assert str(caught.value) == (
        f"{path}: platform.resivoo: is for no plugin that is installed{near}"
    )


def test_a_reference_that_leads_nowhere_is_told_once(read: Read) -> None:
    with pytest.raises(ConfigError) as caught:
        read(_STRICT, "[platform.resivo]\nkey = { env = 'KEY' }")

    assert str(caught.value).count("platform.resivo.key") == 1


def test_tables_of_installed_plugins_are_fine(path: Path) -> None:
    path.write_text("[platform.resivo]\napi_url = 'x'")

    check_platform_tables(read_configuration(path, {}), {"resivo", "saltoks"})
