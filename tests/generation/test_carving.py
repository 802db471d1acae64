from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spade_terrain.errors import MapError, MissingLibraryError, ParameterError
from spade_terrain.generation.carving import Carving, as_carving
from spade_terrain.maps.read import open_map
from spade_terrain.palette import Labels
from spade_terrain.runtime import libraries
from spade_terrain.terrain import Course


@pytest.fixture
def labels() -> Labels:
    labels = np.full((64, 72), 2, np.uint8)
    labels[:10] = 0
    labels[30:40, 20:30] = 0
    return labels


def test_the_network_sees_land_where_lakes_are_painted(labels: Labels) -> None:
    rows = open_map(labels)
    carved = Carving(2, sea_lakes=False, sea_rivers=False, draw_rivers=True).begin(rows)
    assert carved.lakes is not None
    assert carved.lakes.sum() == 100
    assert (carved.land.in_memory()[10:] == 2).all()
    assert carved.land.digest() != rows.digest()  # an unfinished run of one is none of the other


def test_lakes_may_stay_sea(labels: Labels) -> None:
    rows = open_map(labels)
    carved = Carving(2, sea_lakes=True, sea_rivers=False, draw_rivers=True).begin(rows)
    assert carved.lakes is None
    assert carved.land is rows


def test_the_network_sees_land_where_rivers_are_painted(labels: Labels, caplog: pytest.LogCaptureFixture) -> None:
    labels[10:30, 24:26] = 0
    rows = open_map(labels)
    carved = Carving(2, sea_lakes=False, sea_rivers=False, draw_rivers=True).begin(rows)
    assert (carved.land.in_memory()[10:] == 2).all()
    assert carved.lakes is not None
    assert carved.lakes[32:38, 22:28].all()
    assert not carved.lakes[12:28].any()
    (river,) = carved.courses
    assert river.points[0, 1] > 30 > 10 > river.points[-1, 1]
    sea = Carving(2, sea_lakes=False, sea_rivers=True, draw_rivers=True).begin(rows)
    assert not sea.courses
    assert sea.land is rows
    assert not caplog.records


def test_courses_that_a_map_knows_go_before_thin_water(labels: Labels) -> None:
    labels[10:30, 24:26] = 0
    known = [Course(np.array([[60.0, 60.0], [60.0, 5.0]]), 100.0, "Known")]
    rows = replace(open_map(labels), courses=known)
    carved = Carving(2, sea_lakes=False, sea_rivers=False, draw_rivers=True).begin(rows)
    assert carved.courses == known
    assert carved.land is rows  # the thin water connects the lake with the sea
    assert not Carving(2, sea_lakes=False, sea_rivers=True, draw_rivers=True).begin(rows).courses


def test_water_that_may_be_meant_otherwise_is_told_of(labels: Labels, caplog: pytest.LogCaptureFixture) -> None:
    labels[50, 5:40] = labels[60, 5:40] = labels[-1, 70] = 0
    Carving(2, sea_lakes=False, sea_rivers=False, draw_rivers=True).begin(open_map(labels))
    stray, cut = caplog.messages
    assert stray.startswith("at row 50, column 5 and at 1 more place: water as thin as a river leads to no other water")
    assert cut.startswith("at row 63, column 70: a little water at the border is sea, at 0 m; leave some land between")


def test_a_map_without_land_can_not_be_carved() -> None:
    with pytest.raises(MapError, match="all water, so there is no land for `detail`"):
        Carving(2, sea_lakes=False, sea_rivers=False, draw_rivers=True).begin(open_map(np.zeros((64, 64), np.uint8)))


def test_too_large_a_map_is_refused_before_it_is_read(labels: Labels) -> None:
    def stripes() -> Iterator[Labels]:
        raise AssertionError("read")

    rows = replace(open_map(labels), shape=(65_536, 65_536), stripes=stripes)
    with pytest.raises(ParameterError, match="more than the 2,147,483,647 that can be carved"):
        Carving(16, sea_lakes=False, sea_rivers=False, draw_rivers=True).begin(rows)


@pytest.mark.parametrize(("detail", "drawn"), [(1, False), (2, True), (16, True)])
def test_rivers_are_drawn_where_pixels_are_finer(detail: int, drawn: bool) -> None:
    assert as_carving(detail) == Carving(detail, sea_lakes=False, sea_rivers=False, draw_rivers=drawn)
    assert as_carving(detail, draw_rivers=not drawn) == Carving(
        detail, sea_lakes=False, sea_rivers=False, draw_rivers=not drawn
    )


def test_arguments_that_make_no_sense() -> None:
    assert as_carving(None) is None
    nonsense: list[dict[str, Any]] = [
        {"sea_lakes": True},
        {"sea_rivers": True},
        {"draw_rivers": False},
        {"draw_rivers": True},
    ]
    for arguments in nonsense:
        with pytest.raises(ParameterError, match=rf"^`{next(iter(arguments))}` is of terrain that water carves; give"):
            as_carving(None, **arguments)
    with pytest.raises(ParameterError, match="`detail` is 3; choose one of 1, 2, 4, 8, 16"):
        as_carving(3)
    with pytest.raises(ParameterError, match=r"`detail` is 2\.0; use a whole number"):
        as_carving(2.0)  # type: ignore[arg-type]


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "import_module", _no_numba)
    with pytest.raises(MissingLibraryError, match=r"`detail` takes numba, .*pip install 'spade-terrain\[drainage\]'"):
        as_carving(4)


def _no_numba(name: str) -> None:
    raise ModuleNotFoundError(name=name)
