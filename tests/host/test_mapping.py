"""Which targets a booking gets: the most specific row of each booked object, alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ireserve_integrations.kit.mapping import Mapped, map_objects
from ireserve_integrations.model import BookedObject, MappingRow

_ROWS = (
    MappingRow(object="17", targets=("Main entrance",)),
    MappingRow(object="17", sub_object="171", targets=("Studio 1", "Lobby")),
    MappingRow(object="18", sub_object="181", targets=("Attic", "Main entrance")),
)
_OBJECTS = st.sampled_from(["17", "18", "19"])
_SUB_OBJECTS = st.sampled_from([None, "1", "2"])
_MAPPINGS = st.dictionaries(
    st.tuples(_OBJECTS, _SUB_OBJECTS),
    st.lists(st.sampled_from("abcdef"), min_size=1, unique=True).map(tuple),
)
_BOOKED = st.lists(st.builds(BookedObject, object=_OBJECTS, sub_object=_SUB_OBJECTS), max_size=4)


def _book(*objects: tuple[str, str | None]) -> tuple[BookedObject, ...]:
    return tuple(BookedObject(object=name, sub_object=sub) for name, sub in objects)


@pytest.mark.parametrize(
    ("booked", "targets", "unmapped"),
    [
        (_book(("17", None)), ("Main entrance",), ()),
        (_book(("17", "171")), ("Lobby", "Studio 1"), ()),
        (_book(("17", "172")), ("Main entrance",), ()),
        (_book(("18", "181")), ("Attic", "Main entrance"), ()),
        (_book(("18", None)), (), _book(("18", None))),
        (_book(("18", "182")), (), _book(("18", "182"))),
        (_book(("19", "171")), (), _book(("19", "171"))),
        (_book(), (), ()),
        (
            _book(("17", "171"), ("18", "181"), ("17", "172")),
            ("Attic", "Lobby", "Main entrance", "Studio 1"),
            (),
        ),
        (
            _book(("19", None), ("17", None), ("18", None)),
            ("Main entrance",),
            _book(("19", None), ("18", None)),
        ),
    ],
)
def test_the_most_specific_row_applies_alone_and_objects_add_up(
    booked: tuple[BookedObject, ...], targets: tuple[str, ...], unmapped: tuple[BookedObject, ...]
) -> None:
    assert map_objects(booked, _ROWS) == Mapped(targets=targets, unmapped=unmapped)


def test_a_row_of_a_sub_object_replaces_its_main_objects_even_where_it_names_nothing() -> None:
    rows = (
        MappingRow(object="17", targets=("Main entrance",)),
        MappingRow(object="17", sub_object="171", targets=()),
    )

    assert map_objects(_book(("17", "171")), rows) == Mapped(targets=(), unmapped=())


def _rows(mapping: dict[tuple[str, str | None], tuple[str, ...]]) -> list[MappingRow]:
    return [
        MappingRow(object=name, sub_object=sub, targets=targets)
        for (name, sub), targets in mapping.items()
    ]


@given(mapping=_MAPPINGS, booked=st.builds(BookedObject, object=_OBJECTS, sub_object=_SUB_OBJECTS))
def test_an_object_gets_its_own_row_or_else_its_main_objects(
    mapping: dict[tuple[str, str | None], tuple[str, ...]], booked: BookedObject
) -> None:
    main = mapping.get((booked.object, None), ())

    mapped = map_objects([booked], _rows(mapping))

    expected = mapping.get((booked.object, booked.sub_object), main)
    assert mapped.targets == tuple(sorted(expected))
    assert mapped.unmapped == (() if expected else (booked,))


@given(mapping=_MAPPINGS, some=_BOOKED, others=_BOOKED)
def test_a_booking_over_several_objects_gets_what_each_would_get(
    mapping: dict[tuple[str, str | None], tuple[str, ...]],
    some: list[BookedObject],
    others: list[BookedObject],
) -> None:
    rows = _rows(mapping)

    both = map_objects([*some, *others], rows)

    first, second = map_objects(some, rows), map_objects(others, rows)
    assert both.targets == tuple(sorted({*first.targets, *second.targets}))
    assert both.unmapped == first.unmapped + second.unmapped


@given(mapping=_MAPPINGS, booked=_BOOKED)
def test_the_order_of_rows_does_not_matter(
    mapping: dict[tuple[str, str | None], tuple[str, ...]], booked: list[BookedObject]
) -> None:
    rows = _rows(mapping)

    assert map_objects(booked, rows) == map_objects(booked, rows[::-1])
