"""Rivers of Azgaar's maps: their courses, waters and names."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spade_terrain.errors import MapError
from spade_terrain.maps.azgaar.read import read_cells
from spade_terrain.maps.read import open_map
from spade_terrain.palette import WATER
from tests.maps.azgaar_map import ISLAND, export, save, save_export
from tests.maps.test_azgaar_samples import SAMPLES

RIVERS = [
    {"i": 4, "parent": 2, "cells": [21, 14, 7], "discharge": 900, "name": "Side"},
    {"i": 2, "parent": 2, "cells": [9, 8, 7, 1, -1], "discharge": 20, "name": "Main"},
    {"i": 3, "parent": 3, "cells": [30], "discharge": 20, "name": "Spring"},
]


def _rivers(made: dict[str, Any], rivers: list[dict[str, Any]], folder: Path) -> Path:
    made["pack"]["rivers"] = rivers
    return save_export(made, folder)


@pytest.fixture
def made() -> dict[str, Any]:
    """A map of 6 x 6 cells, of 5 km a unit."""
    return export(120, 120, 20, lambda x, y: (30, 4, ISLAND), new=True)


def test_courses_run_through_cells_and_over_the_border(made: dict[str, Any], tmp_path: Path) -> None:
    courses = open_map(_rivers(made, RIVERS, tmp_path), size=240).courses
    assert courses is not None
    main, side = courses  # that which others flow into comes first, and one cell makes no river
    sites = np.array([cell["p"] for cell in made["pack"]["cells"]]) * 2
    np.testing.assert_allclose(side.points, sites[[21, 14, 7]])
    np.testing.assert_allclose(main.points[:-1], sites[[9, 8, 7, 1]])
    assert main.points[-1, 1] < 0
    assert main.points[-1, 0] == sites[1, 0]
    assert (main.name, side.name) == ("Main", "Side")
    assert side.discharge == 900
    assert main.discharge == pytest.approx(0.05 * 2500)  # so much that it shows, with 2,500 m a pixel


def test_points_that_the_user_set_go_before_cells(made: dict[str, Any], tmp_path: Path) -> None:
    river = RIVERS[0] | {"points": [[10, 20], [30, 50], [30, 50], [60, 70.5]], "name": ""}
    courses = open_map(_rivers(made, [river], tmp_path), size=120).courses
    assert courses is not None
    assert courses[0].points.tolist() == [[10, 20], [30, 50], [60, 70.5]]
    assert courses[0].name is None


def test_a_saved_map_has_the_same(tmp_path: Path) -> None:
    records = save(120, 120, 20, lambda x, y: (30, 4, ISLAND), new=True)
    records[32] = json.dumps(RIVERS)
    (tmp_path / "a.map").write_bytes("\r\n".join(records).encode())
    courses = open_map(tmp_path / "a.map", size=240).courses
    assert courses is not None
    assert [course.name for course in courses] == ["Main", "Side"]


def test_parents_that_go_round_and_round_end(made: dict[str, Any], tmp_path: Path) -> None:
    rivers = [RIVERS[0], RIVERS[1] | {"parent": 4}]
    assert len(read_cells(_rivers(made, rivers, tmp_path)).courses) == 2


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"cells": [1, 99]}, r"pack.rivers\[0\].cells\[1\] is 99"),
        ({"name": 5}, r"pack.rivers\[0\].name is 5, not a text"),
        ({"discharge": "x"}, r"pack.rivers\[0\].discharge is 'x'"),
        ({"i": None}, r"pack.rivers\[0\].i is missing"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], match: str, made: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(MapError, match=match):
        read_cells(_rivers(made, [RIVERS[0] | wrong], tmp_path))


@pytest.mark.skipif(not SAMPLES.exists(), reason="the maps are not beside the repository (shared/azgaar)")
@pytest.mark.parametrize(("name", "count"), [("default", 11), ("old", 134)])
def test_rivers_of_real_maps_end_in_water_or_in_another(name: str, count: int) -> None:
    rows = open_map(SAMPLES / f"{name}.json.gz", size=1280)
    courses, labels = rows.courses, rows.in_memory()
    assert courses is not None
    assert (
        len(courses)
        == count
        == len(json.loads(gzip.decompress((SAMPLES / f"{name}.json.gz").read_bytes()))["pack"]["rivers"])
    )
    ended = np.zeros(count, bool)
    seen: set[tuple[float, ...]] = set()
    for i, course in enumerate(courses):
        x, y = course.points[-1].astype(int)
        ended[i] = labels[y, x] == WATER or tuple(course.points[-1]) in seen
        seen |= {tuple(point) for point in course.points}
    assert ended.mean() > 0.95
