from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from spade_terrain.schema import (
    Reader,
    SchemaError,
    mapping,
    optional,
    parse_json,
    positive,
    power_of_two,
    record,
    sequence,
    text,
    whole,
)


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass
class Line:
    points: tuple[Point, ...]
    colour: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


POINT = record(Point, x=whole(-9, 9), y=whole(-9, 9))
LINE = record(Line, points=sequence(POINT, most=3, least=1), colour=optional(text(5)), facts=mapping)


def test_records_are_made_with_their_defaults() -> None:
    assert LINE({"points": [{"x": 1}, {"x": 2, "y": 3, "z": 4}]}, "") == Line((Point(1), Point(2, 3)))
    assert LINE({"points": [{"x": 1}], "colour": None, "facts": {"a": []}}, "") == Line((Point(1),), None, {"a": []})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([], "`the document` is [], not an object"),
        ({}, "`points` is missing"),
        ({"points": []}, "`points` is [], not a list of 1 to 3 items"),
        ({"points": [{"x": 1}, {"y": 1}]}, "`points[1].x` is missing"),
        ({"points": [{"x": 1}, {"x": 10}]}, "`points[1].x` is 10, not a whole number from -9 to 9"),
        ({"points": [{"x": 1}], "colour": "yellow"}, "`colour` is 'yellow', not a printable text of 1 to 5 characters"),
    ],
)
def test_a_fault_names_its_place(value: object, fault: str) -> None:
    with pytest.raises(SchemaError) as caught:
        LINE(value, "")
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("reader", "good", "bad"),
    [
        (whole(0, 8), [0, 8], [-1, 9, 1.0, True, "1", None, float("nan")]),
        (power_of_two(8), [1, 2, 8], [0, -1, 3, 16, 2.0, True]),
        (positive(8), [1e-9, 8, 7.5], [0, 8.1, -1, True, "1", float("nan"), float("inf"), 10**400]),
        (text(3), ["a", "été"], ["", "long", "a\nb", "\x1b", 3, "\ud800"]),
    ],
)
def test_types_and_ranges(reader: Reader, good: list[object], bad: list[object]) -> None:
    assert [reader(value, "v") for value in good] == good
    for value in bad:
        with pytest.raises(SchemaError):
            reader(value, "v")


@pytest.mark.parametrize("document", ["", "{", "NaN", "[-Infinity]", "[1e999]", 100_000 * "[", "1" * 5000])
def test_what_is_no_json(document: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_json(document)
    assert "\n" not in str(caught.value)
