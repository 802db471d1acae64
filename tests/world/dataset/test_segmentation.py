from dataclasses import replace

import cv2
import numpy as np
import pytest

from spade_terrain.palette import WATER
from spade_terrain.world.dataset.segmentation import Brush, paint, random_brush

SIZE = 256


def scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes per pixel `(H, W)` in noisy patches, and a sea with islands and inlets."""
    rng = np.random.default_rng(seed)
    smooth = [cv2.GaussianBlur(rng.standard_normal((SIZE, SIZE)), (0, 0), 12) * 40 for _ in range(3)]
    classes = np.clip(np.rint(smooth[0] * 1.5 + rng.normal(size=(SIZE, SIZE)) * 0.5 + 3), 1, 6).astype(np.uint8)
    return classes, smooth[1] + 0.2 * smooth[2] > 0.4


def brushes(count: int) -> list[Brush]:
    return [random_brush(np.random.default_rng(i)) for i in range(count)]


def test_brushes_differ_and_come_back_for_a_seed() -> None:
    assert len(set(brushes(20))) == 20
    assert brushes(5) == brushes(5)


@pytest.mark.parametrize("seed", range(6))
def test_painted_water_lies_within_the_sea(seed: int) -> None:
    classes, sea = scene(seed)
    water = paint(classes, sea, replace(brushes(6)[seed], smallest_island=30)) == WATER
    assert water.any()
    # Islands and capes that the brush is too coarse for may go under, but hardly any of the land behind.
    inland = cv2.erode((~sea).astype(np.uint8), np.ones((25, 25), np.uint8), borderValue=1) > 0
    assert not (water & inland).any()
    assert (water & ~sea).sum() < 0.08 * water.sum()
    # Along most of the coast there is a strip of sea that is painted as land.
    shore = cv2.dilate(sea.astype(np.uint8), np.ones((3, 3), np.uint8)) > sea
    assert (water & shore).sum() < 0.4 * shore.sum()


def test_narrow_inlets_belong_to_the_land() -> None:
    sea = np.zeros((SIZE, SIZE), bool)
    sea[:, 150:] = True
    sea[100:104, 60:] = True  # a fjord
    for brush in brushes(8):
        labels = paint(np.full((SIZE, SIZE), 5, np.uint8), sea, brush)
        assert (labels[:, :140] == 5).all()
        assert (labels[:, 175:] == WATER).all()


def test_a_small_island_in_open_water_vanishes() -> None:
    sea = np.ones((SIZE, SIZE), bool)
    sea[120:123, 120:123] = False
    brush = replace(brushes(1)[0], smallest_island=400)
    assert (paint(np.full((SIZE, SIZE), 2, np.uint8), sea, brush) == WATER).all()


def test_blobs_are_large_and_smooth() -> None:
    classes, _ = scene(1)
    nowhere = np.zeros((SIZE, SIZE), bool)
    for brush in brushes(5):
        labels = paint(classes, nowhere, brush)
        raw_edges = (np.diff(classes.astype(int), axis=1) != 0).mean()
        assert (np.diff(labels.astype(int), axis=1) != 0).mean() < raw_edges / 4
        for label in np.unique(labels):
            stats = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=4)[2]
            # A region may shrink a little where its neighbours' gaps are filled, never to a speck.
            assert stats[1:, cv2.CC_STAT_AREA].min() >= brush.smallest * 0.5


def test_cells_have_straight_borders_and_lie_within_the_sea() -> None:
    classes, sea = scene(3)
    round_blobs = replace(brushes(1)[0], cell=0.0, smallest_island=1, smallest=1)
    in_cells = replace(round_blobs, cell=16.0)
    labels = paint(classes, sea, in_cells)
    assert ((labels == WATER) & ~sea).sum() < 0.05 * (labels == WATER).sum()
    coarse, fine = (paint(classes, sea, replace(in_cells, cell=c)) for c in (20.0, 4.0))
    assert corners(coarse) < corners(fine) / 2


def corners(labels: np.ndarray) -> int:
    """Points of all borders after lines straight to a pixel are made one."""
    points = 0
    for label in np.unique(labels):
        outlines, _ = cv2.findContours((labels == label).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        points += sum(len(cv2.approxPolyDP(o, 1.0, True)) for o in outlines)
    return points


def test_two_brushes_paint_the_same_ground_differently() -> None:
    classes, sea = scene(2)
    one, other = (paint(classes, sea, b) for b in brushes(2))
    assert 0.005 < (one != other).mean() < 0.35
    np.testing.assert_array_equal(one, paint(classes, sea, brushes(1)[0]))


def test_islands_and_capes_worth_painting_stay_and_smaller_ones_go() -> None:
    """A broad brush paints water over them; what is large enough is painted again, a margin larger than it is."""
    sea = np.ones((SIZE, SIZE), bool)
    sea[:, :100] = False
    islands = {3: (slice(40, 43), slice(150, 153)), 6: (slice(100, 106), slice(180, 186))}
    for place in islands.values():
        sea[place] = False
    land = np.full((SIZE, SIZE), 2, np.uint8)
    for margin in (0, 2):
        brush = replace(brushes(1)[0], cell=0.0, smallest_island=20, island_margin=margin)
        labels = paint(land, sea, brush)
        assert (labels[islands[6]] == 2).all()
        assert (labels[islands[3]] == WATER).all()
        around = labels[100 - 3 : 106 + 3, 180 - 3 : 186 + 3] == 2
        assert around.sum() == 36 if margin == 0 else 36 < around.sum() <= (6 + 2 * margin) ** 2


def test_isthmuses_hold() -> None:
    sea = np.ones((SIZE, SIZE), bool)
    sea[:, :90], sea[:, 160:] = False, False
    sea[120:123, 90:160] = False
    for brush in brushes(8):
        labels = paint(np.full((SIZE, SIZE), 4, np.uint8), sea, replace(brush, cell=0.0, smallest_island=30))
        regions, _ = cv2.connectedComponents((labels != WATER).astype(np.uint8), connectivity=4)
        assert regions == 2  # the sea, and one land
