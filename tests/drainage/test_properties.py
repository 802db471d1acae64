"""What holds of carved land whatever was painted: random maps, with brush strokes of water."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spade_terrain.drainage.carve import Drained, carve
from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.resampling import smooth_noise
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND
from spade_terrain.drainage.painted.land import drained_labels
from spade_terrain.drainage.painted.water import PaintedWater, painted_water
from spade_terrain.drainage.rivers import trace_rivers
from spade_terrain.palette import WATER, Labels

SIDE, DETAIL = 40, 2

points = st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))
strokes = st.tuples(st.lists(points, min_size=2, max_size=4), st.integers(1, 7))
discs = st.tuples(points, st.integers(2, 9))


@st.composite
def maps(draw: st.DrawFn) -> Labels:
    """Classes by blocks, a sea along one side or none, round lakes, and strokes as thin as rivers."""
    blocks = draw(st.lists(st.integers(1, 6), min_size=16, max_size=16))
    labels = np.kron(np.array(blocks, np.uint8).reshape(4, 4), np.ones((SIDE // 4, SIDE // 4), np.uint8))
    labels[: draw(st.sampled_from([0, 6]))] = WATER
    y, x = np.indices(labels.shape)
    for (row, column), radius in draw(st.lists(discs, max_size=2)):
        labels[np.hypot(y - row, x - column) <= radius] = WATER
    for line, width in draw(st.lists(strokes, min_size=1, max_size=4)):
        along = np.linspace(0, len(line) - 1, 40 * len(line))
        for row, column in zip(*(np.interp(along, range(len(line)), side) for side in np.array(line).T), strict=True):
            labels[np.hypot(y - row, x - column) <= max(width / 2, 0.71)] = WATER
    return np.rot90(labels, draw(st.integers(0, 3))).copy()


def carved(labels: Labels, seed: int) -> tuple[Drained, PaintedWater, NDArray[np.bool_]]:
    """Land such as a network might make of a map, carved; its water; and its sea."""
    water = painted_water(labels)
    land = drained_labels(labels, water.lakes | water.rivers) if (labels != WATER).any() else labels
    heights = 400 + 500 * smooth_noise(seed, 1, 8, labels.shape) + 100 * smooth_noise(seed, 2, 1, labels.shape)
    heights = np.where(land == WATER, 0, heights.clip(1, None)).astype(np.float32)
    drained = carve(heights, land, seed, DETAIL, 2000.0, water.lakes, courses=water.courses)
    return drained, water, land == WATER


@settings(deadline=None, max_examples=40)
@given(maps(), st.integers(0, 99))
def test_water_lakes_and_painted_rivers(labels: Labels, seed: int) -> None:
    drained, water, sea = carved(labels, seed)
    assert_runs_downhill_to_the_sea_a_lake_or_the_border(drained)
    assert not drained.height[sea.repeat(DETAIL, 0).repeat(DETAIL, 1)].any()
    assert_lakes_are_flat_and_no_shore_lies_lower(drained)
    assert_painted_rivers_are_traced_where_they_were_painted(drained, water)


def assert_runs_downhill_to_the_sea_a_lake_or_the_border(drained: Drained) -> None:
    z, receivers, kinds = drained.height.ravel(), drained.receivers, drained.water.ravel()
    own = np.arange(receivers.size)
    mouths, land = receivers == own, kinds == LAND
    y, x = np.divmod(own, drained.height.shape[1])
    to_y, to_x = np.divmod(receivers, drained.height.shape[1])
    assert (np.maximum(np.abs(y - to_y), np.abs(x - to_x)) <= 1).all()
    border = (y == 0) | (x == 0) | (y == y.max()) | (x == x.max())
    assert (border | ~land)[mouths].all()
    assert (z[receivers] < z)[land & ~mouths].all()
    assert (z[receivers] <= z)[kinds == LAKE].all()
    place = np.empty(receivers.size, int)
    place[drained.order] = own
    assert (place[receivers] < place)[~mouths].all()
    for reach in trace_rivers(drained, least=1.0):
        assert (np.diff(reach.heights) <= 0).all()


def assert_lakes_are_flat_and_no_shore_lies_lower(drained: Drained) -> None:
    for kind in (LAKE, CLOSED_LAKE):
        numbers, count = components(drained.water == kind)
        for lake in range(1, count + 1):
            (level,) = np.unique(drained.height[numbers == lake])
            ring = np.pad(numbers == lake, 1)
            height, width = numbers.shape
            near = np.any([ring[i : i + height, j : j + width] for i, j in np.ndindex(3, 3)], axis=0)
            assert (drained.height[near & (drained.water == LAND)] >= level).all()


def assert_painted_rivers_are_traced_where_they_were_painted(drained: Drained, water: PaintedWater) -> None:
    reaches = trace_rivers(drained, least=1e9)  # so that there are none but the painted
    height, width = drained.height.shape
    traced = np.zeros((height, width), bool)
    for reach in reaches:
        cells = reach.points.astype(int)
        traced[cells[:, 1].clip(0, height - 1), cells[:, 0].clip(0, width - 1)] = True
    y, x = np.nonzero(traced)
    near = []
    for course in water.courses:
        inside = ((course.points > 4) & (course.points < SIDE - 4)).all(1)
        line = course.points[inside]
        painted = [water.rivers[row, column] for column, row in line.astype(int).tolist()]
        near += [
            np.hypot(x / DETAIL - point[0], y / DETAIL - point[1]).min(initial=np.inf) < 5 for point in line[painted]
        ]
    assert np.mean(near or [1]) > 0.9  # tight loops may be cut short


@settings(deadline=None, max_examples=8)
@given(maps(), st.integers(0, 99))
def test_the_same_bytes_twice(labels: Labels, seed: int) -> None:
    (one, _, _), (other, _, _) = carved(labels, seed), carved(labels, seed)
    for name in ("height", "water", "receivers", "order", "discharge"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
