"""What the fields of a tab take, what they make of it, and how a fault is told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, fields, validates_schema

from ireserve_integrations.kit.settings import (
    BookingField,
    Digits,
    LanguageCode,
    Minutes,
    Secret,
    Statuses,
    Tab,
    Text,
    booking_fields,
    load_tab,
    near_miss,
    secret_names,
)


class _Details(Tab):
    text = Text()
    digits = Digits()
    language = LanguageCode()
    statuses = Statuses(required=True)
    others = Statuses(load_default=())
    minutes = Minutes()
    access_field = BookingField()
    time_field = BookingField()

    @validates_schema
    def _refuse_overlap(self, data: dict[str, Any], **_: Any) -> None:
        if set(data.get("statuses", ())) & set(data.get("others", ())):
            raise ValidationError("overlaps statuses", "others")


class _Auth(Tab):
    client_id = Text(required=True)
    client_secret = Secret(required=True)
    pin = Secret()


def _load(**raw: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Read a tab that names a status; return what is valid, and the problems."""
    valid, problems = load_tab(_Details, {"statuses": ["30"], **raw}, "details")
    return valid, [(problem.path, problem.message) for problem in problems]


def _load_field(name: str, value: Any) -> Any:
    valid, problems = load_tab(_Details, {"statuses": ["30"], name: value}, "details")
    assert not problems
    return valid[name]


def _complain(name: str, value: Any) -> list[tuple[str, str]]:
    valid, problems = load_tab(_Details, {"statuses": ["30"], name: value}, "details")
    assert name not in valid
    return [(problem.path, problem.message) for problem in problems]


@pytest.mark.parametrize(
    ("name", "typed", "read"),
    [
        ("text", " Main entrance\t", "Main entrance"),
        ("text", "Zoë's <b>&\"", "Zoë's <b>&\""),
        ("digits", " 0123 ", "0123"),
        ("language", "NL", "nl"),
        ("language", " en ", "en"),
        ("statuses", ["30"], ("30",)),
        ("statuses", ["80", " 30 ", "PAID"], ("80", "30", "PAID")),
        ("others", [], ()),
        ("minutes", 0, 0),
        ("minutes", 15, 15),
        ("minutes", 10_080, 10_080),
        ("access_field", " custom12", "custom12"),
    ],
)
def test_a_setting_is_read(name: str, typed: Any, read: Any) -> None:
    assert _load_field(name, typed) == read


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("text", "", "is empty"),
        ("text", " \n", "is empty"),
        ("text", 15, "must be a text in quotes"),
        ("text", True, "must be a text in quotes"),
        ("text", ["a"], "must be a text in quotes"),
        ("text", None, "is missing"),
        ("text", "a\nb", "holds a line break or an invisible character"),
        ("text", "a\x00b", "holds a line break or an invisible character"),
        ("text", "a\u200bb", "holds a line break or an invisible character"),
        ("text", "a\udcffb", "holds a line break or an invisible character"),
        ("digits", "12a", "must be digits only"),
        ("digits", "-1", "must be digits only"),
        ("digits", "1.5", "must be digits only"),
        ("digits", "١٢", "must be digits only"),
        ("digits", "²", "must be digits only"),
        ("digits", 12, "must be a text in quotes"),
        ("digits", " ", "is empty"),
        ("language", "n", "must be two letters, such as nl"),
        ("language", "nl-NL", "must be two letters, such as nl"),
        ("language", "n1", "must be two letters, such as nl"),
        ("language", "éé", "must be two letters, such as nl"),
        ("language", 31, "must be a text in quotes"),
        ("statuses", [], "names no status"),
        ("statuses", None, "is missing"),
        ("statuses", "30", 'must be a list of statuses, such as ["30"]'),
        ("statuses", {"30": 1}, 'must be a list of statuses, such as ["30"]'),
        ("statuses", 30, 'must be a list of statuses, such as ["30"]'),
        ("statuses", ["30", "70", " 30"], "names a status twice: 30"),
        ("minutes", -1, "must be from 0 to 10,080 minutes"),
        ("minutes", 10_081, "must be from 0 to 10,080 minutes"),
        ("minutes", 10**30, "must be from 0 to 10,080 minutes"),
        ("minutes", "15", "must be a whole number of minutes"),
        ("minutes", 15.0, "must be a whole number of minutes"),
        ("minutes", 15.5, "must be a whole number of minutes"),
        ("minutes", float("nan"), "must be a whole number of minutes"),
        ("minutes", True, "must be a whole number of minutes"),
        ("minutes", [15], "must be a whole number of minutes"),
        ("minutes", None, "is missing"),
        ("access_field", "", "is empty"),
        ("access_field", 12, "must be a text in quotes"),
    ],
)
def test_a_fault_is_told_with_its_setting(name: str, typed: Any, message: str) -> None:
    assert _complain(name, typed) == [(f"details.{name}", message)]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (30, "must be a text in quotes"),
        (None, "is missing"),
        ("", "is empty"),
        (["70"], "must be a text in quotes"),
        ("7\n0", "holds a line break or an invisible character"),
    ],
)
def test_a_fault_in_a_list_is_told_with_its_place(typed: Any, message: str) -> None:
    assert _complain("statuses", ["30", typed]) == [("details.statuses[1]", message)]


def test_a_required_setting_that_is_not_there_is_missing() -> None:
    _, problems = load_tab(_Auth, {}, "auth")

    assert [(problem.path, problem.message) for problem in problems] == [
        ("auth.client_id", "is missing"),
        ("auth.client_secret", "is missing"),
    ]


def test_every_fault_is_told_at_once_in_the_order_of_paths_and_the_rest_is_valid() -> None:
    valid, problems = _load(text="", digits="x", minutes=-1, language="nl", access_field="custom12")

    assert valid == {
        "statuses": ("30",),
        "others": (),
        "language": "nl",
        "access_field": "custom12",
    }
    assert problems == [
        ("details.digits", "must be digits only"),
        ("details.minutes", "must be from 0 to 10,080 minutes"),
        ("details.text", "is empty"),
    ]


def test_a_fault_between_settings_is_told_with_its_setting() -> None:
    _, problems = _load(others=["30"])

    assert problems == [("details.others", "overlaps statuses")]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("minute", "is not a setting; did you mean minutes?"),
        ("Language", "is not a setting; did you mean language?"),
        (
            "zzz",
            (
                "is not a setting; there is text, digits, language, statuses, others, minutes, "
                "access_field, time_field"
            ),
        ),
    ],
)
def test_an_unknown_key_is_told_with_the_near_miss(key: str, message: str) -> None:
    _, problems = _load(**{key: "x"})

    assert problems == [(f"details.{key}", message)]


def test_a_fault_is_an_error() -> None:
    _, problems = load_tab(_Details, {}, "details")

    assert [problem.severity for problem in problems] == ["error"]


def test_a_tab_is_read_without_touching_what_was_typed() -> None:
    raw = {"statuses": [" 30 "], "language": "NL"}

    load_tab(_Details, raw, "details")

    assert raw == {"statuses": [" 30 "], "language": "NL"}


@pytest.mark.parametrize("secret", ["hunter2\n2", 72, ["hunter2"], "", None])
def test_a_secret_is_not_repeated_in_its_fault(secret: Any) -> None:
    _, problems = load_tab(_Auth, {"client_id": "cid", "client_secret": secret}, "auth")

    assert [problem.path for problem in problems] == ["auth.client_secret"]
    assert "hunter2" not in repr(problems)


def test_the_secrets_of_a_tab_are_known_by_name() -> None:
    assert secret_names(_Auth) == {"client_secret", "pin"}
    assert secret_names(_Details) == frozenset()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"access_field": " custom12 ", "text": "custom13"}, {"access_field": "custom12"}),
        (
            {"access_field": "custom12", "time_field": "custom12"},
            {"access_field": "custom12", "time_field": "custom12"},
        ),
        ({"access_field": " ", "time_field": ""}, {}),
        ({"access_field": 12, "time_field": None}, {}),
        ({}, {}),
    ],
)
def test_the_booking_fields_of_a_tab_are_known_by_setting(
    raw: dict[str, Any], named: dict[str, str]
) -> None:
    assert booking_fields(_Details, raw) == named


def test_where_nothing_is_known_nothing_is_suggested() -> None:
    assert near_miss("word", ()) == ""


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(_Details().fields)) | st.text(max_size=8), _JUNK))
def test_whatever_is_typed_a_tab_is_read_or_its_faults_are_told(raw: dict[str, Any]) -> None:
    valid, problems = load_tab(_Details, raw, "details")

    assert set(valid) <= set(_Details().fields)
    assert all(problem.path.startswith("details") and problem.message for problem in problems)
    assert bool(problems) or isinstance(valid["statuses"], tuple)


def test_a_field_of_a_vendors_own_is_told_in_the_same_way() -> None:
    class Own(Tab):
        many = fields.List(fields.Integer(strict=True))
        inner = fields.Nested(_Auth)

    _, problems = load_tab(Own, {"many": [1, "x"], "inner": {"client_id": "c"}}, "platform")

    assert [problem.path for problem in problems] == [
        "platform.inner.client_secret",
        "platform.many[1]",
    ]
