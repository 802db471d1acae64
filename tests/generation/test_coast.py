"""What is painted as land stays in one piece, whatever the network makes of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from spade_terrain import generate
from spade_terrain.generation.coast import MAX_RETREAT, REACH, SHARE_RADIUS, keep_topology, land_share, thin
from spade_terrain.generation.pixels import Pixels
from spade_terrain.maps.read import open_map
from spade_terrain.palette import COLOURS, WATER, Labels
from spade_terrain.window import Window

EXAMPLES = Path(__file__).parents[2] / "examples"
Mask = NDArray[np.bool_]


def _components(mask: Mask, connectivity: int) -> NDArray[np.int32]:
    """The number of each pixel's component, from 1; 0 where the mask is not."""
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)[1], np.int32)


def _blobs(seed: int, side: int, cell: int = 3) -> Mask:
    random = np.random.default_rng(seed).random((side // cell, side // cell)) < 0.55
    return random.repeat(cell, 0).repeat(cell, 1)


def _check_same_topology(before: Mask, after: Mask) -> None:
    """Each component of land and of water before holds just one after, and the other way round."""
    for mask_before, mask_after, connectivity in ((before, after, 8), (~before, ~after, 4)):
        a, b = _components(mask_before, connectivity), _components(mask_after, connectivity)
        assert a.max() == b.max()
        both = mask_before & mask_after
        pairs = np.unique(np.stack([a[both], b[both]], 1), axis=0)
        assert len(pairs) == a.max()


@given(st.integers(0, 10_000), st.floats(0.2, 1), st.booleans())
def test_thinning_keeps_the_topology(seed: int, share: float, is_open: bool) -> None:
    land = _blobs(seed, 48)
    removable = land & (np.random.default_rng(seed + 1).random(land.shape) < share)
    thinned = thin(land, removable, np.full(land.shape, is_open))
    assert not (thinned & ~land).any()
    assert thinned[~removable].tolist() == land[~removable].tolist()
    _check_same_topology(land, thinned)


def test_thinning_goes_no_further_than_it_may() -> None:
    land = np.ones((64, 64), bool)
    land[:, :8] = False
    for is_open, deep in ((True, MAX_RETREAT), (False, 1)):
        thinned = thin(land, land.copy(), np.full(land.shape, is_open))
        assert thinned[:, 8 + deep :].all()
        assert not thinned[8:-8, : 8 + deep].any()


def _terrain(seed: int, labels: Labels) -> Pixels:
    """A terrain that has nothing to do with its map, but for the painted water."""
    random = np.random.default_rng(seed)
    coarse = random.normal(0, 30, (labels.shape[0] // 4, labels.shape[1] // 4)).repeat(4, 0).repeat(4, 1)
    height = np.where(labels == WATER, 0, np.maximum(coarse, 0)).astype(np.float32)
    texture, shaded = random.integers(0, 256, (2, *labels.shape, 3), np.uint8)
    return Pixels(texture, height, shaded)


def test_windows_are_the_same_as_the_whole() -> None:
    labels = _blobs(5, 240, 6).astype(np.uint8) * np.random.default_rng(6).integers(1, 7, (240, 240), np.uint8)
    share = land_share(labels)
    whole, window = _terrain(7, labels), Window(96, 64, 176, 160)
    part = whole.crop(window.grown(REACH, None).place(Window(0, 0, 240, 240)))
    part = Pixels(part.texture.copy(), part.height.copy(), part.shaded.copy())
    keep_topology(whole, labels, share, Window(0, 0, 240, 240), 1, 2000.0, [COLOURS])
    outer = window.grown(REACH, None)
    seen = outer.grown(SHARE_RADIUS, None)
    place = outer.place(seen)
    inside = Window(0, 0, 240, 240)
    share_there = land_share(labels[seen.place(inside)])[place]
    keep_topology(part, labels[outer.place(inside)], share_there, outer, 1, 2000.0, [COLOURS])
    for array, expected in zip(part.crop(window.place(outer)), whole.crop(window.place(inside)), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_painted_water_and_risen_land_are_left_alone() -> None:
    labels = _blobs(8, 120, 12).astype(np.uint8)
    before, after = _terrain(9, labels), _terrain(9, labels)
    after.height[labels != WATER] += 200
    before.height[labels != WATER] += 200
    keep_topology(after, labels, land_share(labels), Window(0, 0, 120, 120), 1, 2000.0, [COLOURS])
    for array, expected in zip(after, before, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_land_that_knows_no_colour_gets_its_classs() -> None:
    """What the network has sunk whole, with puddles of a little land in it, whose colour is half the sea's."""
    labels = np.zeros((120, 120), np.uint8)
    labels[40:80, 40:80] = 1
    height, sea = np.zeros((120, 120), np.float32), np.full((120, 120, 3), (0, 0, 200), np.uint8)
    height[58:62, 58:62] = 1
    pixels = Pixels(sea.copy(), height, sea.copy())
    meadow = COLOURS // 2
    keep_topology(pixels, labels, land_share(labels), Window(0, 0, 120, 120), 1, 2000.0, [meadow])
    above = pixels.height > 0
    assert above[45:75, 45:75].all()
    assert (pixels.texture[45:75, 45:75] == meadow[1]).all()
    assert (pixels.texture[~above] == (0, 0, 200)).all()


@pytest.mark.parametrize("name", ["archipelago", "continent", "more/skerries", "more/strokes", "more/kingdom"])
def test_painted_maps_stay_in_one_piece(name: str) -> None:
    """No island goes, no isthmus is cut, no lake opens; the coast moves by some pixels at most."""
    labels = open_map(EXAMPLES / f"{name}.png").in_memory()
    land = labels != WATER
    above = generate(labels, seed=3).height > 0
    assert not (above & ~land).any()
    before, after = _components(land, 8), _components(above, 8)
    assert before.max() == after.max()
    assert set(np.unique(before[above])) == set(range(1, before.max() + 1))
    waters, found = _components(~land, 4), _components(~above, 4)
    pairs = np.unique(np.stack([waters[~land], found[~land]], 1), axis=0)
    assert len(pairs) == waters.max() == len(np.unique(pairs[:, 1])), "one painted water joined another"
    reach = np.ones((2 * MAX_RETREAT + 1, 2 * MAX_RETREAT + 1), np.uint8)
    inland = cv2.erode(land.astype(np.uint8), reach) > 0
    assert above[inland].all()


def test_islets_have_relief() -> None:
    labels = np.zeros((128, 128), np.uint8)
    cv2.circle(labels, (64, 64), 6, 2, -1)
    terrain = generate(labels, seed=2)
    heights = terrain.height[labels > 0]
    assert heights.max() > 50
    assert heights.std() > 10
    assert (terrain.shaded[labels > 0] != terrain.texture[labels > 0]).any(1).mean() > 0.5
