"""A host's other verbs: what there is, the mapping's targets, checklists, actions."""

from typing import TYPE_CHECKING, Any

import pytest

from ireserve_integrations.errors import (
    ConfigError,
    LedgerError,
    PluginError,
    RejectedError,
)
from ireserve_integrations.model import Check, MappingTarget

if TYPE_CHECKING:
    from tests.conftest import InstallPlugin, OpenHost

_VENDOR = """
class Plugin(Plain):
    @hookimpl
    def describe_plugin(self):
        press = Action(name="press", label="Press", parameters=("hard",))
        of_booking = Action(name="ring", label="Ring", needs="booking")
        return PluginInfo(label="Fake", auth=Auth, details=Details, actions=(press, of_booking))

    @hookimpl
    def check_connection(self, integration, context):
        if integration.stage == "test":
            raise AuthError("the vendor refuses the account")
        siblings = " ".join(one.id for one in context.siblings)
        return [Check(name=context.stage, status="passed", message=siblings)]

    @hookimpl
    def list_mapping_targets(self, integration):
        return [MappingTarget(id="d-1", name="Main entrance")]

    @hookimpl
    def perform_action(self, request, context):
        if request.parameters.get("hard") == "very":
            raise RejectedError("that breaks the button")
        context.vault.put("pressed", request.name)
        booking = request.booking and request.booking.id
        return ActionResult(ok=True, message=f"{request.name} {booking} {dict(request.parameters)}")
"""
_STAGED = """
class Auth(Tab):
    environment = Text()

class Plugin(Plain):
    @hookimpl
    def describe_plugin(self):
        stages = {"acceptance": "test", "production": "production"}
        tabs = {"auth": Auth, "details": Details}
        return PluginInfo(label="Fake", stage_setting="environment", stages=stages, **tabs)

    @hookimpl
    def check_connection(self, context):
        return [Check(name=context.stage, status="passed")]
"""
_ONE = '[[integrations]]\nid = "one"\nvendor = "fake"\n'
_TWO = '[[integrations]]\nid = "two"\nvendor = "fake"\n'
_TEST = '[[integrations]]\nid = "trial"\nvendor = "fake"\nstage = "test"\n'
_OTHER = '[[integrations]]\nid = "other"\nvendor = "resivo"\n'
_FAULTY = (
    f'{_ONE}details = {{ fild = "custom12" }}\nauth = {{ password = {{ env = "NOT_SET" }} }}\n'
)
_EVENT = {
    "new_status": "30",
    "booking": {
        "id": "15492",
        "start": "2199-11-21T10:00:00+01:00",
        "end": "2199-11-21T12:00:00+01:00",
        "objects": [],
    },
}


@pytest.fixture(autouse=True)
def _vendor(install_plugin: "InstallPlugin") -> None:
    install_plugin("fake", _VENDOR)


# --- what there is --------------------------------------------------------------------------------


def test_plugins_and_integrations_are_listed(open_host: "OpenHost") -> None:
    host = open_host(f"[plugins]\nblocked = ['resivo']\n{_TWO}{_ONE}")

    assert [(one.name, one.status) for one in host.plugins] == [
        ("fake", "loaded"),
        ("resivo", "blocked"),
        ("saltoks", "loaded"),
    ]
    assert host.integrations == ("two", "one")
    assert host.abandoned_calls == 0


def test_settings_without_a_problem_have_none(open_host: "OpenHost") -> None:
    assert open_host(_ONE + _TWO).validate() == []


def test_every_problem_is_listed_with_its_integration(open_host: "OpenHost") -> None:
    unknown = '[[integrations]]\nid = "typo"\nvendor = "fkae"\n'
    host = open_host(f"{_TWO}details = {{ field = 'a' }}\n{_FAULTY}{unknown}")

    told = [f"{name}: {one.path} {one.message}" for name, one in host.validate()]

    assert told == [
        "one: auth.password the environment variable NOT_SET is not set",
        "typo: vendor no plugin 'fkae' is installed; did you mean fake?",
    ]


def test_an_integration_without_a_vendor_is_told_once(open_host: "OpenHost") -> None:
    host = open_host('[[integrations]]\nid = "one"\n')

    assert [f"{one.path} {one.message}" for _, one in host.validate()] == ["vendor is missing"]


# --- the mapping's targets ------------------------------------------------------------------------


def test_targets_are_what_the_plugin_answers(open_host: "OpenHost") -> None:
    targets = open_host(_ONE).list_mapping_targets("one")

    assert targets == [MappingTarget(id="d-1", name="Main entrance")]


def test_a_fault_in_the_settings_is_raised(open_host: "OpenHost") -> None:
    with pytest.raises(ConfigError, match=r"integration one: auth\.password: the environment"):
        open_host(_FAULTY).list_mapping_targets("one")


def test_what_a_vendor_has_no_use_for_is_a_plugin_error(
    install_plugin: "InstallPlugin", open_host: "OpenHost"
) -> None:
    install_plugin("plain")

    with pytest.raises(PluginError, match="plugin plain has no list_mapping_targets"):
        open_host('[[integrations]]\nid = "one"\nvendor = "plain"').list_mapping_targets("one")


@pytest.mark.parametrize(
    "use",
    [
        lambda host: host.list_mapping_targets("oen"),
        lambda host: host.check("oen"),
        lambda host: host.perform_action("oen", "press"),
    ],
)
def test_an_unknown_integration_is_a_value_error_with_the_near_miss(
    open_host: "OpenHost", use: Any
) -> None:
    with pytest.raises(ValueError, match=r"there is no integration 'oen'; did you mean one\?"):
        use(open_host(_ONE + _TWO))


# --- the checklist --------------------------------------------------------------------------------


def test_the_checklist_is_that_of_the_integrations_stage(open_host: "OpenHost") -> None:
    host = open_host(_ONE + _OTHER + _TWO)

    assert host.check("one") == [Check(name="production", status="passed", message="two")]
    assert host.check("one", stage="test") == [Check(name="test", status="passed", message="two")]


@pytest.mark.parametrize(
    ("settings", "stage"),
    [
        ('auth = { environment = "acceptance" }', "test"),
        ('auth = { environment = "production" }', "production"),
        ('auth = { environment = "acceptance" }\nstage = "production"', "production"),
        ("", "production"),
    ],
)
def test_the_stage_may_be_said_by_a_setting_of_the_vendor(
    install_plugin: "InstallPlugin", open_host: "OpenHost", settings: str, stage: str
) -> None:
    install_plugin("staged", _STAGED)
    host = open_host(f'[[integrations]]\nid = "one"\nvendor = "staged"\n{settings}')

    assert [one.name for one in host.check("one")] == [stage]


def test_a_checklist_that_cannot_be_run_has_one_failed_line(open_host: "OpenHost") -> None:
    assert open_host(_TEST).check("trial") == [
        Check(name="Connection", status="failed", message="the vendor refuses the account")
    ]


def test_a_checklist_of_faulty_settings_lists_them(open_host: "OpenHost") -> None:
    message = "the environment variable NOT_SET is not set"

    assert open_host(_FAULTY).check("one") == [
        Check(name="Settings: auth.password", status="failed", message=message)
    ]


# --- actions --------------------------------------------------------------------------------------


def test_an_action_is_performed_with_its_parameters(open_host: "OpenHost") -> None:
    result = open_host(_ONE).perform_action("one", "press", parameters={"hard": "a bit"})

    assert (result.ok, result.message) == (True, "press None {'hard': 'a bit'}")


def test_an_action_may_be_for_a_booking(open_host: "OpenHost") -> None:
    result = open_host(_ONE).perform_action("one", "ring", booking=_EVENT)

    assert result.message == "ring 15492 {}"


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("pres", {}, "integration one has no action 'pres'; did you mean press?"),
        (
            "press",
            {"parameters": {"hart": "1"}},
            "integration one: action press has no parameter 'hart'; did you mean hard?",
        ),
        (
            "ring",
            {"parameters": {"a": "1"}, "booking": _EVENT},
            "integration one: action ring has no parameter 'a'; it takes none",
        ),
        ("ring", {}, "integration one: action ring needs a booking"),
        ("ring", {"booking": {}}, "id: is missing; start: is missing; end: is missing"),
    ],
)
def test_an_action_that_does_not_exist_so_is_a_value_error(
    open_host: "OpenHost", name: str, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        open_host(_ONE).perform_action("one", name, **options)

    assert str(caught.value).startswith(told)


def test_an_action_that_is_refused_is_raised(open_host: "OpenHost") -> None:
    with pytest.raises(RejectedError, match="that breaks the button"):
        open_host(_ONE).perform_action("one", "press", parameters={"hard": "very"})


def test_without_a_ledger_an_action_finds_no_vault(open_host: "OpenHost") -> None:
    with pytest.raises(LedgerError, match="pressed is in the ledger, which was not opened"):
        open_host(_ONE, ledger=False).perform_action("one", "press")
