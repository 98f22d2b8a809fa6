"""Plugins as they are found and loaded: whatever one is like, the others are there."""

import shutil
from typing import TYPE_CHECKING

import pytest

from ireserve_integrations.errors import ConfigError, PluginError
from ireserve_integrations.model import PluginStatus
from ireserve_integrations.plugins import Plugins

if TYPE_CHECKING:
    from tests.conftest import InstallPlugin

_PLAIN = "class Plugin(Plain): pass"
_AS_A_MODULE = """
_plain = Plain()
describe_plugin = _plain.describe_plugin
validate_config = _plain.validate_config
on_status_change = _plain.on_status_change
"""
_UNHASHABLE = """
import dataclasses
@dataclasses.dataclass
class Plugin(Plain):
    number: int = 7
"""
_HANGING = """
import threading
let_go = threading.Event()
class Plugin(Plain):
    def __init__(self):
        let_go.wait(20)
"""


def _status(plugins: Plugins, name: str = "fake") -> PluginStatus:
    return {status.name: status for status in plugins.statuses}[name]


def _described(body: str) -> str:
    return f"class Plugin(Plain):\n @hookimpl\n def describe_plugin(self):\n  {body}"


@pytest.mark.parametrize(
    ("source", "target"), [(_PLAIN, ":Plugin"), (_AS_A_MODULE, ""), (_UNHASHABLE, ":Plugin")]
)
def test_a_plugin_may_be_a_class_or_a_module(
    install_plugin: "InstallPlugin", source: str, target: str
) -> None:
    install_plugin("fake", source, target=target)

    plugins = Plugins()

    expected = PluginStatus(name="fake", version="1.0", status="loaded", error=None)
    assert _status(plugins) == expected
    assert plugins.require("fake").label == "Fake"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import no_such_library", "ModuleNotFoundError of no_such_library (plugin_0_of_a_test.py"),
        ("from os import no_such_name", "ImportError of os (plugin_0_of_a_test.py, line"),
        ("class Plugin(", "SyntaxError (plugin_0_of_a_test.py, line"),
        ("raise SystemExit(3)", "SystemExit (plugin_0_of_a_test.py, line"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt (plugin_0_of_a_test.py, line"),
        ("class Plugin:\n def __init__(self): 1 / 0", "ZeroDivisionError (plugin_0_of_a_test.py"),
        ("class Plugin:\n def __init__(self, needed): pass", "raised TypeError (plugins.py, line"),
        ("class Other(Plain): pass", "plugin_0_of_a_test has no Plugin"),
        ("Plugin = None", "it has no describe_plugin and no validate_config and no on_status"),
        (f"{_PLAIN}\nPlugin.on_status_change = None", "it has no on_status_change marked"),
        (f"{_PLAIN}\nPlugin.validate_config = None", "it has no validate_config marked"),
        (
            "class Plugin(Plain):\n def on_status_change(self): return None",
            "it has no on_status_change marked with hookimpl",
        ),
        (
            "class Plugin(Plain):\n @hookimpl(wrapper=True)\n def on_status_change(self): yield",
            "it has no on_status_change marked with hookimpl",
        ),
        (
            "class Plugin(Plain):\n @hookimpl\n def on_status_change(self, chnage): pass",
            "Argument(s) {'chnage'} are declared in the hookimpl",
        ),
        (
            "class Plugin(Plain):\n @hookimpl\n def revoke_acces(self, grant): pass",
            "there is no hook revoke_acces; did you mean revoke_access?",
        ),
        (_described("return None"), "answered describe_plugin with NoneType instead of PluginInfo"),
        (_described("raise LookupError"), "LookupError (plugin_0_of_a_test.py, line"),
        (_described("raise ConfigError('no licence')"), "no licence"),
        (
            _described("return PluginInfo(label='A', auth=None, details=Details)"),
            "answered describe_plugin with a wrong value: PluginInfo.auth",
        ),
        (_described("return PluginInfo(label='A', auth=Auth, details=int)"), "raised"),
        (
            _described(
                "return PluginInfo(label='A', auth=Auth, details=Details, "
                "actions=(Action(name='a', label=7),))"
            ),
            "answered describe_plugin with a wrong value: PluginInfo.actions[0].label",
        ),
    ],
)
def test_a_broken_plugin_stays_visible_with_its_error(
    install_plugin: "InstallPlugin", source: str, error: str
) -> None:
    install_plugin("fake", source)

    plugins = Plugins()

    status = _status(plugins)
    assert (status.version, status.status) == ("1.0", "broken")
    assert status.error is not None
    assert error in status.error
    assert "\n" not in status.error
    with pytest.raises(PluginError, match="plugin fake is broken: "):
        plugins.require("fake")


def test_what_an_exception_says_at_import_is_not_shown(install_plugin: "InstallPlugin") -> None:
    install_plugin("fake", "raise RuntimeError('pa55word')")

    assert "pa55word" not in str(_status(Plugins()))


def test_an_optional_hook_that_does_not_exist_yet_is_fine(install_plugin: "InstallPlugin") -> None:
    hook = "class Plugin(Plain):\n @hookimpl(optionalhook=True)\n def of_the_future(self): pass"
    install_plugin("fake", hook)

    assert _status(Plugins()).status == "loaded"


def test_a_plugin_that_hangs_while_it_is_loaded_is_broken(install_plugin: "InstallPlugin") -> None:
    hanging, _ = install_plugin("fake", _HANGING), install_plugin("other")

    plugins = Plugins(load_deadline_s=0.2)

    assert _status(plugins).error == (f"loading {hanging.name}:Plugin did not end within 0.2 s")
    assert _status(plugins, "other").status == "loaded"
    assert plugins.abandoned_calls == 1
    hanging.module.let_go.set()


@pytest.mark.parametrize("broken", ["raise SystemExit", _UNHASHABLE, "Plugin = 7"])
def test_a_broken_plugin_hides_no_other(install_plugin: "InstallPlugin", broken: str) -> None:
    install_plugin("a")
    install_plugin("b", broken)
    install_plugin("c")

    plugins = Plugins()

    assert [one.name for one in plugins.statuses] == ["a", "b", "c", "resivo", "saltoks"]
    assert plugins.call("a", "validate_config", deadline_s=5, integration=None) == []
    assert plugins.call("c", "validate_config", deadline_s=5, integration=None) == []


def test_of_two_plugins_with_one_name_neither_is_used(install_plugin: "InstallPlugin") -> None:
    install_plugin("fake", distribution="first-vendor")
    install_plugin("fake", distribution="second-vendor")

    plugins = Plugins()

    assert _status(plugins) == PluginStatus(
        name="fake",
        version=None,
        status="broken",
        error="several distributions bring a plugin named fake: first-vendor, second-vendor; "
        "uninstall all but one",
    )
    assert "fake" not in plugins.infos


def test_one_distribution_that_is_found_twice_is_one_plugin(
    install_plugin: "InstallPlugin", monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = install_plugin("fake")
    copy = shutil.copytree(installed.folder, installed.folder.with_name("copy"))
    monkeypatch.syspath_prepend(copy)

    assert _status(Plugins()).status == "loaded"


def test_a_blocked_plugin_is_not_even_imported(install_plugin: "InstallPlugin") -> None:
    install_plugin("fake", "raise SystemExit")

    plugins = Plugins(blocked=["fake"])

    expected = PluginStatus(name="fake", version="1.0", status="blocked", error=None)
    assert _status(plugins) == expected
    with pytest.raises(PluginError, match="plugin fake is blocked by"):
        plugins.require("fake")


def test_a_distribution_without_metadata_has_no_version(install_plugin: "InstallPlugin") -> None:
    (metadata,) = install_plugin("fake").folder.glob("*/METADATA")
    metadata.unlink()

    status = _status(Plugins())

    assert (status.version, status.status) == (None, "loaded")


def test_an_unknown_vendor_is_a_config_error_with_the_near_miss() -> None:
    with pytest.raises(
        ConfigError, match=r"no plugin 'resvio' is installed; did you mean resivo\?"
    ):
        Plugins().require("resvio")


def test_every_host_makes_its_own_plugins(install_plugin: "InstallPlugin") -> None:
    installed = install_plugin(
        "fake", "made = []\n" + _described("made.append(self); return super().describe_plugin()")
    )

    Plugins()
    Plugins()

    first, second = installed.module.made
    assert first is not second


@pytest.mark.parametrize(
    ("hook", "offered"), [("on_status_change", True), ("revoke_access", False)]
)
def test_a_plugin_offers_what_it_implements(
    install_plugin: "InstallPlugin", hook: str, *, offered: bool
) -> None:
    install_plugin("fake")

    assert Plugins().offers("fake", hook) is offered


def test_nobody_offers_anything_for_a_plugin_that_is_not_there() -> None:
    assert not Plugins().offers("nobody", "on_status_change")
