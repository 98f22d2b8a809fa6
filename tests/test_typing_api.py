"""What the type checker tells those who use us: mypy reads this file, and it runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_type

from ireserve_integrations import (
    Booking,
    IntegrationError,
    IntegrationHost,
    Outcome,
    OutcomeError,
    StatusChange,
    UnavailableError,
    hookimpl,
)
from ireserve_integrations.model import Check, ConfigProblem, MappingTarget, PluginStatus, Receipt
from ireserve_resivo.plugin import ResivoPlugin

if TYPE_CHECKING:
    from tests.conftest import OpenHost


def test_a_booking_core_knows_what_it_gets(open_host: "OpenHost") -> None:
    host = open_host()
    event: Mapping[str, Any] = {
        "new_status": "30",
        "booking": {
            "id": "15492",
            "start": "2199-11-21T10:00:00+01:00",
            "end": "2199-11-21T12:00:00+01:00",
            "objects": [],
        },
    }
    changes: list[StatusChange | Mapping[str, Any]] = [event]

    assert_type(host.dispatch(event), list[Outcome])
    assert_type(host.dispatch(changes), list[Outcome])
    assert_type(host.plugins, tuple[PluginStatus, ...])
    assert_type(host.validate(), list[tuple[str, ConfigProblem]])
    assert_type(host.integrations, tuple[str, ...])
    assert_type(host.known_booking("15492"), Booking)
    with host as entered:
        assert_type(entered, IntegrationHost)


def test_an_outcome_has_its_types() -> None:
    outcome = Outcome(integration="one", vendor="fake", booking="15492", outcome="granted")

    assert_type(outcome.fields, Mapping[str, str])
    assert_type(outcome.warnings, tuple[str, ...])
    assert_type(outcome.reference, str | None)
    assert_type(outcome.error, OutcomeError | None)
    assert_type(outcome.ok, bool)


def test_an_error_has_its_types() -> None:
    error = UnavailableError("later", retry_after_s=2.5)
    assert_type(error.retry_after_s, float | None)
    assert_type(error.advice, str)
    assert_type(IntegrationError("something").kind, str)


def test_a_hook_keeps_its_type_under_the_marker() -> None:
    class Plugin:
        @hookimpl
        def on_status_change(self, change: object) -> Receipt:
            raise NotImplementedError

    def ask(host: IntegrationHost, plugin: Plugin) -> None:
        assert_type(plugin.on_status_change("change"), Receipt)
        assert_type(host.check("one", stage="test"), list[Check])
        assert_type(host.list_mapping_targets("one"), list[MappingTarget])

    assert (callable(ask), ResivoPlugin.describe_plugin.__name__) == (True, "describe_plugin")
