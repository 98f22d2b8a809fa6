"""The catalogue: what was typed, what events showed, and what settings name beyond it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ireserve_integrations.booking_core import catalogue_problems, complete_catalogue
from ireserve_integrations.config import Catalogue, CatalogueObject
from ireserve_integrations.kit.settings import (
    BookingField,
    Status,
    Statuses,
    Tab,
    Text,
    statuses_of,
)
from ireserve_integrations.model import ConfigProblem, Integration, MappingRow, PluginInfo


class _Details(Tab):
    trigger_statuses = Statuses()
    check_in_status = Status()
    id_field = BookingField()
    language = Text()


_INFOS = {"v": PluginInfo(label="V", auth=Tab, details=_Details)}
_TYPED = Catalogue(
    statuses={"30": "PAID", "70": "CANCELLED"},
    fields={"custom12": "Access id"},
    objects=(
        CatalogueObject(id="17", name="Building", sub_objects=(CatalogueObject(id="171"),)),
        CatalogueObject(id="18"),
    ),
)


@dataclass(frozen=True)
class _Seen:
    statuses: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    objects: frozenset[tuple[str, str | None]] = frozenset()


def _warnings(
    catalogue: Catalogue,
    mapping: tuple[MappingRow, ...] = (),
    infos: Mapping[str, PluginInfo] = _INFOS,
    **details: object,
) -> list[tuple[str, str]]:
    one = Integration(id="a", vendor="v", details=details, mapping=mapping)
    problems = catalogue_problems([one], infos, catalogue)["a"]
    assert {problem.severity for problem in problems} <= {"warning"}
    return [(problem.path, problem.message) for problem in problems]


def _row(object_id: str, sub_object: str | None = None) -> MappingRow:
    return MappingRow(object=object_id, sub_object=sub_object, targets=("door",))


# --- completing -----------------------------------------------------------------------------------


def test_what_was_seen_comes_after_what_was_typed_sorted_and_unnamed() -> None:
    seen = _Seen(
        statuses=frozenset({"98", "30", "40"}),
        fields=frozenset({"custom9", "custom12"}),
        objects=frozenset({("17", "172"), ("17", "171"), ("17", None), ("9", "91"), ("20", None)}),
    )

    completed = complete_catalogue(_TYPED, seen)

    assert list(completed.statuses.items()) == [
        ("30", "PAID"),
        ("70", "CANCELLED"),
        ("40", ""),
        ("98", ""),
    ]
    assert completed.fields == {"custom12": "Access id", "custom9": ""}
    assert completed.objects == (
        CatalogueObject(
            id="17",
            name="Building",
            sub_objects=(CatalogueObject(id="171"), CatalogueObject(id="172")),
        ),
        CatalogueObject(id="18"),
        CatalogueObject(id="20"),
        CatalogueObject(id="9", sub_objects=(CatalogueObject(id="91"),)),
    )


def test_nothing_seen_leaves_what_was_typed() -> None:
    assert complete_catalogue(_TYPED, _Seen()) == _TYPED


# --- warning --------------------------------------------------------------------------------------


def test_what_the_catalogue_knows_is_no_problem() -> None:
    mapping = (_row("17"), _row("17", "171"), _row("18"))
    details: dict[str, Any] = {
        "trigger_statuses": ["30", "70"],
        "check_in_status": "30",
        "id_field": "custom12",
    }

    assert _warnings(_TYPED, mapping, **details) == []


def test_every_unknown_word_is_a_warning_where_it_stands() -> None:
    mapping = (_row("17", "172"), _row("18", "171"), _row("19", "171"))

    found = _warnings(
        _TYPED,
        mapping,
        trigger_statuses=["30", "31", " 71 "],
        check_in_status="98",
        id_field="custom13",
        language="xx",
    )

    core = "the booking core is not known to have"
    assert found == [
        ("details.trigger_statuses", f"{core} status 31; there is 30, 70"),
        ("details.trigger_statuses", f"{core} status 71; there is 30, 70"),
        ("details.check_in_status", f"{core} status 98; there is 30, 70"),
        ("details.id_field", f"{core} booking field custom13; did you mean custom12?"),
        ("mapping[0].sub_object", f"{core} object 17 with sub-object 172; did you mean 171?"),
        ("mapping[1].sub_object", f"{core} object 18 with sub-object 171"),
        ("mapping[2].object", f"{core} object 19; there is 17, 18"),
    ]


def test_a_name_that_was_typed_for_an_id_is_recognised() -> None:
    found = _warnings(_TYPED, (_row("building"),), trigger_statuses=["Paid"])

    assert [message.partition("; ")[2] for _, message in found] == [
        "did you mean 30, PAID?",
        "did you mean 17, Building?",
    ]


def test_a_long_list_is_cut_and_a_near_miss_beyond_it_still_found() -> None:
    catalogue = Catalogue(objects=tuple(CatalogueObject(id=f"room {n}") for n in range(100, 200)))

    far, near = _warnings(catalogue, (_row("xyz"), _row("room199")))

    assert far[1].endswith("; there is " + ", ".join(f"room {n}" for n in range(100, 120)) + ", …")
    assert near[1].endswith("; did you mean room 199?")


@pytest.mark.parametrize(
    ("catalogue", "paths"),
    [
        (Catalogue(), []),
        (Catalogue(statuses={"70": ""}), ["details.trigger_statuses"]),
        (Catalogue(fields={"custom1": ""}), ["details.id_field"]),
        (Catalogue(objects=(CatalogueObject(id="17"),)), []),
        (Catalogue(objects=(CatalogueObject(id="18"),)), ["mapping[0].object"]),
    ],
    ids=["nothing", "statuses", "fields", "no sub-objects", "objects"],
)
def test_of_what_nothing_is_known_nothing_is_missed(catalogue: Catalogue, paths: list[str]) -> None:
    found = _warnings(catalogue, (_row("17", "171"),), trigger_statuses=["30"], id_field="custom2")

    assert [path for path, _ in found] == paths


def test_without_its_plugin_only_an_integrations_mapping_is_looked_at() -> None:
    found = _warnings(_TYPED, (_row("19"),), infos={}, trigger_statuses=["31"])

    assert [path for path, _ in found] == ["mapping[0].object"]


def test_every_integration_has_its_own_answer() -> None:
    integrations = [
        Integration(id="a", vendor="v", details={"check_in_status": "30"}),
        Integration(id="b", vendor="v", active=False, details={"check_in_status": "3"}),
    ]

    found = catalogue_problems(integrations, _INFOS, _TYPED)

    message = "the booking core is not known to have status 3; did you mean 30?"
    assert found == {
        "a": (),
        "b": (ConfigProblem(path="details.check_in_status", message=message, severity="warning"),),
    }


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({}, {}),
        ({"trigger_statuses": []}, {}),
        ({"trigger_statuses": ["30", 70, " ", None, "80 "]}, {"trigger_statuses": ("30", "80")}),
        ({"trigger_statuses": "30"}, {"trigger_statuses": ("30",)}),
        ({"check_in_status": " 98"}, {"check_in_status": ("98",)}),
        ({"check_in_status": 98, "language": "nl"}, {}),
    ],
)
def test_the_statuses_of_a_tab_are_found_as_far_as_they_can_be_read(
    raw: dict[str, object], named: dict[str, tuple[str, ...]]
) -> None:
    assert statuses_of(_Details, raw) == named
