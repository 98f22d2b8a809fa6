"""What is wrong with integrations beside each other, and with secrets in plain sight."""

import pytest

from ireserve_integrations.config import BookingCoreSettings, Entry, settings_problems
from ireserve_integrations.kit.settings import BookingField, Secret, Tab, Text
from ireserve_integrations.model import ConfigProblem, Integration, PluginInfo


class _Auth(Tab):
    user = Text()
    password = Secret()
    pin = Secret()


class _Details(Tab):
    id_field = BookingField()
    time_field = BookingField()
    language = Text()


_INFOS = {"v": PluginInfo(label="V", auth=_Auth, details=_Details)}


def _entry(name: str, vendor: str = "v", *references: str, **settings: object) -> Entry:
    auth: dict[str, object] = {
        key: settings.pop(key) for key in ("user", "password", "pin") if key in settings
    }
    active = bool(settings.pop("active", True))
    return Entry(
        integration=Integration(id=name, vendor=vendor, active=active, auth=auth, details=settings),
        references=frozenset(references),
    )


def _error(setting: str, message: str) -> ConfigProblem:
    return ConfigProblem(path=f"details.{setting}", message=message)


def test_settings_that_share_nothing_have_no_problem() -> None:
    entries = (_entry("a", id_field="custom1", time_field="custom2"), _entry("b"))

    assert settings_problems(entries, _INFOS) == {"a": (), "b": ()}


def test_a_field_of_two_integrations_is_an_error_at_each() -> None:
    found = settings_problems(
        (
            _entry("a", id_field="custom1"),
            _entry("b", active=False, time_field=" custom1 "),
            _entry("c", id_field="custom3", language="custom1"),
        ),
        _INFOS,
    )

    assert found == {
        "a": (
            _error(
                "id_field", "custom1 is also named by b details.time_field; give each its own field"
            ),
        ),
        "b": (
            _error(
                "time_field", "custom1 is also named by a details.id_field; give each its own field"
            ),
        ),
        "c": (),
    }


def test_a_field_of_two_settings_is_an_error_at_each() -> None:
    found = settings_problems((_entry("a", id_field="custom1", time_field="custom1"),), _INFOS)

    assert found["a"] == (
        _error("id_field", "custom1 is also named by details.time_field; give each its own field"),
        _error("time_field", "custom1 is also named by details.id_field; give each its own field"),
    )


@pytest.mark.parametrize(
    ("setting", "core"),
    [
        ("phone_field", BookingCoreSettings(phone_field="custom3")),
        ("language_field", BookingCoreSettings(language_field="custom3")),
    ],
)
def test_a_field_that_holds_the_customers_data_is_not_to_be_overwritten(
    setting: str, core: BookingCoreSettings
) -> None:
    found = settings_problems((_entry("a", id_field="custom3"),), _INFOS, core)

    message = f"custom3 is also named by [booking_core] {setting}; give each its own field"
    assert found["a"] == (_error("id_field", message),)


@pytest.mark.parametrize("value", ["", " ", 5, None])
def test_what_is_no_fields_name_is_shared_by_nobody(value: object) -> None:
    entries = (_entry("a", id_field=value), _entry("b", id_field=value))

    assert settings_problems(entries, _INFOS, BookingCoreSettings()) == {"a": (), "b": ()}


def test_a_secret_in_the_file_is_a_warning_that_does_not_quote_it() -> None:
    found = settings_problems((_entry("a", user="u", password="s3cret"),), _INFOS)

    (problem,) = found["a"]
    assert (problem.path, problem.severity) == ("auth.password", "warning")
    assert "s3cret" not in problem.message


def test_a_secret_by_reference_is_no_warning() -> None:
    entry = _entry("a", "v", "password", password="s3cret", pin=5)

    assert settings_problems((entry,), _INFOS) == {"a": ()}


def test_an_integration_of_an_unknown_vendor_is_passed_over() -> None:
    entries = (
        _entry("a", "gone", id_field="custom1", password="x"),
        _entry("b", id_field="custom1"),
    )

    assert settings_problems(entries, _INFOS) == {"a": (), "b": ()}
