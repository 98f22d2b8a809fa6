"""One integration's failure, of any kind, touches no other's result."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ireserve_integrations.model import Outcome

if TYPE_CHECKING:
    from tests.conftest import Installed, InstallPlugin, OpenHost

_PATIENCE_S = 20
_BRIEF = "[host]\ncall_deadline_s = 1\nlate_request_s = 0\n"
_HOOK = """
import threading
let_go, over, seen = threading.Event(), threading.Event(), []

class Plugin(Plain):
    @hookimpl
    def on_status_change(self, integration, change, context):
        {body}

    @hookimpl
    def revoke_access(self, grant):
        return True
"""
_HANG = "let_go.wait(20)"
_WRITE = "context.http.exchange('POST', 'http://vendor.invalid/grants')"
_MEET = "together.wait(20); return Receipt(outcome='skipped', warnings=(integration.id,))"
_UNSPEAKABLE = "raise type('E', (RejectedError,), {'__str__': lambda _: 1 / 0})()"
_GRANTED_TOO_LATE = """
        seen.append(change)
        let_go.wait(20)
        over.set()
        window = Window(start=change.booking.start, end=change.booking.end)
        return Receipt(outcome='granted', grant=Grant(reference='g-1', window=window))
"""
_PLATFORM = """
from marshmallow import validates_schema
class Platform(Tab):
    url = Text()
    @validates_schema
    def check(self, data, **_):
        if data:
            raise LookupError("pa55word")

class Plugin(Plain):
    @hookimpl
    def describe_plugin(self):
        return PluginInfo(label="Fake", auth=Auth, details=Details, platform=Platform)
"""


def _row(name: str, vendor: str, more: str = "") -> str:
    return f'[[integrations]]\nid = "{name}"\nvendor = "{vendor}"\n{more}\n'


def _event(booking: str = "15492", status: str = "30") -> dict[str, Any]:
    return {
        "new_status": status,
        "booking": {
            "id": booking,
            "start": "2199-11-21T10:00:00+01:00",
            "end": "2199-11-21T12:00:00+01:00",
            "objects": [{"object": "17"}],
        },
    }


def _is_untouched(outcome: Outcome, name: str = "good") -> bool:
    """Tell whether this is what `Plain` answers."""
    said = (outcome.integration, outcome.outcome, outcome.warnings, outcome.error)
    return said == (name, "skipped", ("from good",), None)


@pytest.fixture
def bad(install_plugin: "InstallPlugin") -> Iterator["Bad"]:
    bad = Bad(install_plugin)
    yield bad
    bad.let_go()


class Bad:
    """A vendor whose hook a test writes, beside one that works."""

    def __init__(self, install: "InstallPlugin") -> None:
        self._install = install
        self._installed: list[Installed] = []

    def __call__(self, body: str) -> Any:
        self._install("good")
        self._installed.append(self._install("bad", _HOOK.replace("{body}", body)))
        return self._installed[-1].module

    def let_go(self) -> None:
        for one in self._installed:
            one.module.let_go.set()


@pytest.mark.parametrize(
    ("body", "outcome", "kind"),
    [
        ("raise RuntimeError('pa55word')", "failed", "PluginError"),
        ("raise SystemExit('pa55word')", "failed", "PluginError"),
        ("raise KeyboardInterrupt('pa55word')", "failed", "PluginError"),
        ("return None", "failed", "PluginError"),
        ("yield Receipt(outcome='skipped')", "failed", "PluginError"),
        ("return Receipt(outcome='granted')", "failed", "PluginError"),
        ("return Receipt(outcome='skipped', fields=object())", "failed", "PluginError"),
        (_UNSPEAKABLE, "failed", "PluginError"),
        ("raise RejectedError('no')", "failed", "RejectedError"),
        ("raise AuthError('no')", "failed", "AuthError"),
        ("raise UnavailableError('no')", "pending", "UnavailableError"),
        ("raise OutcomeUnknownError('no')", "pending", "OutcomeUnknownError"),
        ("raise ProtocolError('no')", "failed", "ProtocolError"),
        (f"{_WRITE}; raise RuntimeError('pa55word')", "failed", "PluginError"),
    ],
)
def test_whatever_a_hook_does_is_reported_and_the_other_integration_works(
    bad: Bad, open_host: "OpenHost", body: str, outcome: str, kind: str
) -> None:
    bad(body)
    transport = httpx.MockTransport(lambda _: httpx.Response(201))
    host = open_host(_row("a", "bad") + _row("good", "good"), transport=transport)

    failed, untouched = host.dispatch(_event(), deadline_s=_PATIENCE_S)

    assert failed.error is not None
    assert (failed.outcome, failed.error.kind) == (outcome, kind)
    assert "pa55word" not in repr(failed)
    assert _is_untouched(untouched)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(_HANG, "UnavailableError"), (f"{_WRITE}; {_HANG}", "OutcomeUnknownError")],
)
def test_a_hook_that_hangs_is_left_behind_and_the_other_integration_works(
    bad: Bad, open_host: "OpenHost", body: str, kind: str
) -> None:
    bad(body)
    transport = httpx.MockTransport(lambda _: httpx.Response(201))
    host = open_host(_BRIEF + _row("a", "bad") + _row("good", "good"), transport=transport)

    failed, untouched = host.dispatch(_event(), deadline_s=_PATIENCE_S)

    assert failed.error is not None
    assert (failed.outcome, failed.error.kind) == ("pending", kind)
    assert _is_untouched(untouched)


def test_an_error_says_what_to_do_next(bad: Bad, open_host: "OpenHost") -> None:
    bad("raise RejectedError('The door is bricked up.')")

    (outcome,) = open_host(_row("a", "bad")).dispatch(_event())

    assert outcome.error is not None
    assert outcome.error.message == (
        "The door is bricked up. "
        "Correct the booking or the vendor's side, then send the change again."
    )


@pytest.mark.parametrize("source", ["raise SystemExit", "import no_such_library", "Plugin = 7"])
def test_a_broken_plugin_fails_its_own_integrations(
    install_plugin: "InstallPlugin", open_host: "OpenHost", source: str
) -> None:
    install_plugin("good")
    install_plugin("bad", source)
    host = open_host(_row("a", "bad") + _row("good", "good") + _row("b", "bad"))

    first, untouched, last = host.dispatch(_event())

    assert [one.status for one in host.plugins] == ["broken", "loaded", "loaded", "loaded"]
    assert [one.error and one.error.kind for one in (first, last)] == ["PluginError"] * 2
    assert _is_untouched(untouched)


@pytest.mark.parametrize(
    "body", ["raise RuntimeError('pa55word')", "return None", "return ['is missing']"]
)
def test_a_plugin_that_cannot_validate_fails_its_own_integrations(
    install_plugin: "InstallPlugin", open_host: "OpenHost", body: str
) -> None:
    install_plugin("good")
    hook = f"class Plugin(Plain):\n @hookimpl\n def validate_config(self, integration):\n  {body}"
    install_plugin("bad", hook)
    host = open_host(_row("a", "bad") + _row("good", "good"))

    failed, untouched = host.dispatch(_event())

    assert failed.error is not None
    assert failed.error.kind == "PluginError"
    assert "validate_config" in failed.error.message
    assert [(name, problem.path) for name, problem in host.validate()] == [("a", "vendor")]
    assert "pa55word" not in repr((failed, host.validate()))
    assert _is_untouched(untouched)


def test_a_schema_that_raises_fails_its_vendors_integrations(
    install_plugin: "InstallPlugin", open_host: "OpenHost"
) -> None:
    install_plugin("good")
    install_plugin("bad", _PLATFORM)
    host = open_host("[platform.bad]\nurl = 'x'\n" + _row("a", "bad") + _row("good", "good"))

    failed, untouched = host.dispatch(_event())

    assert failed.error is not None
    assert "plugin bad cannot read platform.bad: LookupError (" in failed.error.message
    assert "pa55word" not in failed.error.message
    assert _is_untouched(untouched)


def test_a_fault_in_one_integrations_settings_fails_it_alone(
    install_plugin: "InstallPlugin", open_host: "OpenHost"
) -> None:
    install_plugin("good")
    secret = 'auth = { password = { env = "NOT_SET" } }'
    host = open_host(_row("a", "good", secret) + _row("good", "good") + _row("b", "goood"))

    without, untouched, unknown = host.dispatch(_event())

    assert [one.error and one.error.kind for one in (without, unknown)] == ["ConfigError"] * 2
    assert "NOT_SET is not set" in repr(without.error)
    assert "did you mean good?" in repr(unknown.error)
    assert _is_untouched(untouched)


def test_integrations_of_one_vendor_work_side_by_side_in_time(
    bad: Bad, open_host: "OpenHost"
) -> None:
    bad(_MEET).together = threading.Barrier(3)
    host = open_host(_row("a", "bad") + _row("b", "bad") + _row("c", "bad"))

    outcomes = host.dispatch(_event(), deadline_s=_PATIENCE_S)

    assert [(one.integration, one.warnings) for one in outcomes] == [
        ("a", ("a",)),
        ("b", ("b",)),
        ("c", ("c",)),
    ]


def test_vendors_work_side_by_side_in_time(
    install_plugin: "InstallPlugin", open_host: "OpenHost"
) -> None:
    together = threading.Barrier(2)
    for vendor in ("a", "b"):
        install_plugin(vendor, _HOOK.replace("{body}", _MEET)).module.together = together
    host = open_host(_row("a", "a") + _row("b", "b"))

    outcomes = host.dispatch(_event(), deadline_s=_PATIENCE_S)

    assert [one.outcome for one in outcomes] == ["skipped", "skipped"]


def test_a_vendor_that_hangs_takes_no_turn_from_another(bad: Bad, open_host: "OpenHost") -> None:
    bad(_HANG)
    two_threads = "[host]\nthreads = 2\ncall_deadline_s = 2\n"
    host = open_host(two_threads + _row("a", "bad") + _row("good", "good"))

    outcomes = host.dispatch([_event(str(n)) for n in range(10)], deadline_s=1.5)

    assert [one.outcome for one in outcomes[::2]] == ["pending"] * 10
    assert [_is_untouched(one) for one in outcomes[1::2]] == [True] * 10


def test_an_abandoned_call_that_ends_later_changes_nothing(bad: Bad, open_host: "OpenHost") -> None:
    module = bad(_GRANTED_TOO_LATE)
    host = open_host(_BRIEF + _row("a", "bad"))
    (first,) = host.dispatch(_event(), deadline_s=_PATIENCE_S)
    assert (first.outcome, host.abandoned_calls) == ("pending", 1)

    module.let_go.set()
    assert module.over.wait(_PATIENCE_S)
    (second,) = host.dispatch(_event(), deadline_s=_PATIENCE_S)

    assert [(change.grant, change.statuses) for change in module.seen] == [(None, ("30",))] * 2
    assert (second.outcome, second.reference) == ("granted", "g-1")


def test_a_missing_platform_secret_fails_its_vendor_alone(
    install_plugin: "InstallPlugin", open_host: "OpenHost"
) -> None:
    install_plugin("fake")
    host = open_host(
        """
        [platform.saltoks.acceptance]
        client_id = "platform"
        client_secret = { env = "NOT_THERE" }

        [[integrations]]
        id = "salto"
        vendor = "saltoks"

        [[integrations]]
        id = "other"
        vendor = "fake"
        """
    )

    salto, other = host.dispatch(_event())

    assert (salto.outcome, salto.error and salto.error.kind) == ("failed", "ConfigError")
    assert salto.error is not None
    assert "NOT_THERE is not set" in salto.error.message
    assert other.outcome == "skipped"
