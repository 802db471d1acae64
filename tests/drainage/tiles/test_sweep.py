"""Erosion over tiles, in rounds, is that of the whole to the bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spade_terrain.drainage.fields.resampling import Field, smooth_noise
from spade_terrain.drainage.flow.routing import LAKE, LAND, SEA, upward_order
from spade_terrain.drainage.land.erosion import erode
from spade_terrain.drainage.tiles import flow
from spade_terrain.drainage.tiles.descents import DOWN, RIGHT
from spade_terrain.drainage.tiles.sweep import Rounds, Wear, wear
from spade_terrain.drainage.tiles.tiling import Tiling, perimeter
from spade_terrain.palette import Labels
from spade_terrain.window import Window


@pytest.mark.parametrize("tiling", [Tiling((0, 64), (0, 80)), Tiling((0, 20, 64), (0, 41, 80)), Tiling.of((64, 80), 9)])
def test_a_sweep_in_rounds_wears_as_one_of_the_whole(
    drain: Callable[..., Any], island: tuple[Field, Labels], tiling: Tiling
) -> None:
    heights = island[0]
    water = np.where(heights > 0, LAND, SEA).astype(np.uint8)
    water[24:30, 30:38] = LAKE
    whole = drain(heights, water, Tiling.of(heights.shape, 80))
    discharge = whole.totals * 2.5e5
    erodibility = np.float32(0.02) * np.exp(smooth_noise(1, 1, 4, heights.shape))
    steepest = np.float32(0.3) + np.float32(0.1) * smooth_noise(1, 2, 4, heights.shape).clip(-1, 1)

    rows, columns = np.mgrid[:64, :80]
    receivers = ((rows + DOWN[whole.directions]) * 80 + columns + RIGHT[whole.directions]).astype(np.int32).ravel()
    expected = heights.copy()
    erode(expected, upward_order(receivers), receivers, water, discharge.ravel(), erodibility, steepest, 500.0)
    assert (expected != heights).mean() > 0.3

    windows = list(tiling.windows())
    places = [window.place(Window(0, 0, 80, 64)) for window in windows]
    through = [
        flow.summarize(window, 80, whole.directions[place], np.ones(window.shape, np.int64))
        for window, place in zip(windows, places, strict=True)
    ]
    tiles = [Wear(whole.directions[p], water[p], discharge[p], erodibility[p], steepest[p], 500.0) for p in places]
    worn = [heights[place] for place in places]
    rounds, turn = Rounds(tiling, through), 0
    while working := rounds.tiles(turn):
        beyond = rounds.beyond([each.ravel()[perimeter(each.shape)] for each in worn])
        for number in working:
            worn[number] = wear(tiles[number], worn[number], rounds.turns[number], beyond[number], turn)
        turn += 1
    assert (turn > 1) == (len(tiles) > 1)
    for place, each in zip(places, worn, strict=True):
        np.testing.assert_array_equal(each, expected[place])
