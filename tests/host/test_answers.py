"""What hooks must answer, down to the last field."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import Schema

from ireserve_integrations.answers import checked_answer
from ireserve_integrations.errors import PluginError
from ireserve_integrations.model import (
    Access,
    Action,
    ActionResult,
    Check,
    ConfigProblem,
    Grant,
    MappingTarget,
    PluginInfo,
    Receipt,
    Window,
)

_MOMENT = datetime(2026, 11, 21, 10, tzinfo=UTC)
_WINDOW = Window(start=_MOMENT, end=_MOMENT.replace(hour=12))
_NAIVE = replace(_WINDOW, end=datetime(2026, 11, 21, 12))  # noqa: DTZ001  # what plugins do
_GRANT = Grant(reference="g-1", window=_WINDOW, place={"site_id": "s"}, targets=("d",), field="f")
_ACCESS = Access(reference="g-1", live=True, window=_WINDOW)
_INFO = PluginInfo(label="Fake", auth=Schema, details=Schema)
_RECEIPT = Receipt(outcome="granted", grant=_GRANT, found=(_GRANT,), fields={"f": "g-1"})
_HALF = "\ud800"  # of a character


def _with(kind: Any, **values: Any) -> Any:
    """Return a dataclass with values that its annotations forbid."""
    return replace(kind, **values)


@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        ("describe_plugin", replace(_INFO, platform=Schema)),
        ("describe_plugin", replace(_INFO, actions=(Action(name="open", label="Open"),))),
        ("validate_config", [ConfigProblem(path="auth", message="is missing")]),
        ("validate_config", []),
        ("check_connection", [Check(name="Token", status="passed")]),
        ("list_mapping_targets", [MappingTarget(id="d", name="Door")]),
        ("on_status_change", _RECEIPT),
        ("on_status_change", Receipt(outcome="revoke")),
        ("revoke_access", True),
        ("find_access", (_ACCESS, replace(_ACCESS, window=None))),
        ("read_access", _ACCESS),
        ("perform_action", ActionResult(ok=True, message="done", settings={"site_id": "s"})),
    ],
)
def test_what_is_documented_is_handed_over(hook: str, answer: Any) -> None:
    assert checked_answer("fake", hook, answer) == answer


@pytest.mark.parametrize(
    ("hook", "answer", "expected"),
    [("validate_config", (), []), ("find_access", [_ACCESS], (_ACCESS,))],
)
def test_a_list_for_a_tuple_will_do(hook: str, answer: Any, expected: Any) -> None:
    assert checked_answer("fake", hook, answer) == expected


@pytest.mark.parametrize(
    ("hook", "answer", "error"),
    [
        ("on_status_change", None, "NoneType instead of Receipt"),
        ("on_status_change", Receipt, "type instead of Receipt"),
        ("on_status_change", {"outcome": "granted"}, "dict instead of Receipt"),
        ("revoke_access", 1, "int instead of bool"),
        ("revoke_access", None, "NoneType instead of bool"),
        ("validate_config", None, "NoneType instead of a list"),
        ("validate_config", "none", "str instead of a list"),
        ("find_access", _ACCESS, "Access instead of a tuple"),
        ("find_access", iter(()), "tuple_iterator instead of a tuple"),
    ],
)
def test_an_answer_of_another_type_is_named_by_its_type(hook: str, answer: Any, error: str) -> None:
    with pytest.raises(PluginError) as caught:
        checked_answer("fake", hook, answer)

    assert str(caught.value) == f"plugin fake answered {hook} with {error}"


@pytest.mark.parametrize(
    ("hook", "answer", "place"),
    [
        ("describe_plugin", _with(_INFO, auth=None), "PluginInfo.auth"),
        ("describe_plugin", _with(_INFO, platform="Platform"), "PluginInfo.platform"),
        ("describe_plugin", _with(_INFO, targets_by="label"), "PluginInfo.targets_by"),
        ("describe_plugin", _with(_INFO, actions=("open",)), "PluginInfo.actions[0]"),
        ("validate_config", [None], "list[0]"),
        ("validate_config", [_with(ConfigProblem(path="", message=""), path=7)], "list[0].path"),
        (
            "check_connection",
            [_with(Check(name="", status="passed"), status="ok")],
            "list[0].status",
        ),
        ("list_mapping_targets", [_with(MappingTarget(id="", name=""), id=7)], "list[0].id"),
        ("on_status_change", _with(_RECEIPT, outcome="Granted"), "Receipt.outcome"),
        ("on_status_change", _with(_RECEIPT, outcome=["granted"]), "Receipt.outcome"),
        ("on_status_change", _with(_RECEIPT, warnings="one"), "Receipt.warnings"),
        ("on_status_change", _with(_RECEIPT, warnings=("a", None)), "Receipt.warnings[1]"),
        ("on_status_change", _with(_RECEIPT, fields={"f": 1}), "Receipt.fields[…]"),
        ("on_status_change", _with(_RECEIPT, fields={1: "f"}), "Receipt.fields[…]"),
        ("on_status_change", _with(_RECEIPT, fields=None), "Receipt.fields"),
        ("on_status_change", _with(_RECEIPT, status=_HALF), "Receipt.status"),
        ("on_status_change", _with(_RECEIPT, grant="g-1"), "Receipt.grant"),
        (
            "on_status_change",
            _with(_RECEIPT, grant=replace(_GRANT, window=_NAIVE)),
            "Receipt.grant.window.end",
        ),
        (
            "on_status_change",
            _with(_RECEIPT, found=(_GRANT, _with(_GRANT, place=["s"]))),
            "Receipt.found[1].place",
        ),
        ("find_access", (_ACCESS, _with(_ACCESS, live="yes")), "tuple[1].live"),
        ("read_access", _with(_ACCESS, window=_NAIVE), "Access.window.end"),
        ("perform_action", _with(ActionResult(ok=True, message=""), ok=None), "ActionResult.ok"),
    ],
)
def test_a_wrong_part_of_an_answer_is_named_by_its_place(
    hook: str, answer: Any, place: str
) -> None:
    with pytest.raises(PluginError) as caught:
        checked_answer("fake", hook, answer)

    assert str(caught.value) == f"plugin fake answered {hook} with a wrong value: {place}"
