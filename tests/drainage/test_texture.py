import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.carve import Drained, Surface, carve
from spade_terrain.drainage.fields.resampling import Field, enlarge
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, PAN, SEA
from spade_terrain.drainage.texture import carved_texture
from spade_terrain.palette import Labels


@pytest.fixture(scope="module")
def drained(island: tuple[Field, Labels]) -> Drained:
    return carve(*island, seed=5, detail=4, gsd=2000.0)


@pytest.fixture(scope="module")
def colours(island: tuple[Field, Labels]) -> NDArray[np.uint8]:
    """Green at the coast, ever paler up, in a blue sea."""
    heights = island[0]
    pale = 60 + heights / 12
    texture = np.stack([pale, np.full_like(pale, 110), pale], -1).clip(0, 255).astype(np.uint8)
    texture[heights <= 0] = (10, 30, 120)
    return texture


def test_fine_colours_follow_fine_heights(
    island: tuple[Field, Labels], drained: Drained, colours: NDArray[np.uint8]
) -> None:
    fine = carved_texture(colours, island[0], drained)
    inland = beyond(drained.water == LAND, 2) & (drained.height > 100)
    differs: Field = fine[..., 0] - enlarge(colours[..., 0].astype(np.float32), 4)
    finer: Field = drained.height - enlarge(island[0], 4)
    (_, follows), _ = np.corrcoef(differs[inland], finer[inland]).tolist()
    assert follows > 0.8
    green = fine[..., 1][inland]
    assert 103 <= green.min() < 109  # in valleys, whatever the map's colours say
    assert 111 < green.max() <= 117


def test_no_light_comes_in(island: tuple[Field, Labels], drained: Drained, colours: NDArray[np.uint8]) -> None:
    red = carved_texture(colours, island[0], drained)[..., 0].astype(np.float32)
    toward_light: Field = np.add(*np.gradient(drained.height))
    lit = toward_light[drained.water == LAND]
    detail = (red - enlarge(colours[..., 0].astype(np.float32), 4))[drained.water == LAND]
    (_, leak), _ = np.corrcoef(lit, detail).tolist()
    assert abs(leak) < 0.1


def test_nothing_of_the_sea_mixes_into_the_land(
    island: tuple[Field, Labels], drained: Drained, colours: NDArray[np.uint8]
) -> None:
    fine = carved_texture(colours, island[0], drained)
    far, inland = (beyond(drained.water == kind, pixels) for kind, pixels in ((SEA, 24), (LAND, 2)))
    assert (fine[far] == (10, 30, 120)).all()
    assert fine[inland][:, 1].min() >= 103
    assert fine[inland][:, 0].min() >= 45


def test_shores_are_smooth_and_water_is_paler_there(
    island: tuple[Field, Labels], drained: Drained, colours: NDArray[np.uint8]
) -> None:
    fine = carved_texture(colours, island[0], drained)
    sea = drained.water == SEA
    shore = sea & ~beyond(sea, 1)
    assert 30 < fine[shore][:, 0].mean() < 80  # between 10 in the sea and 60 and more on land
    shallow, deep = (fine[beyond(sea, far) & ~beyond(sea, far + 2)][:, 1].mean() for far in (3, 24))
    assert shallow > deep + 20


def test_a_river_of_the_network_goes_from_the_land(island: tuple[Field, Labels], drained: Drained) -> None:
    land = island[0] > 0
    texture = np.where(land[..., None], (180, 190, 140), (10, 30, 160)).astype(np.uint8)
    texture[20:44, 40] = (95, 110, 150)
    fine = carved_texture(texture, island[0], drained).astype(int)
    river = np.zeros_like(drained.water, bool)
    river[80:176, 160:164] = True
    river &= drained.water == LAND
    assert fine[river][:, 0].mean() > 160


def test_painted_lakes_of_deserts_are_water_with_a_pale_shore(
    island: tuple[Field, Labels], colours: NDArray[np.uint8]
) -> None:
    lake = np.zeros((64, 80), bool)
    lake[30:36, 64:69] = True
    drained = carve(*island, seed=5, detail=4, gsd=2000.0, lakes=lake)
    assert (drained.water[124:140, 260:272] == CLOSED_LAKE).all()
    fine = carved_texture(colours, island[0], drained).astype(int)
    before = carved_texture(colours, island[0], carve(*island, seed=5, detail=4, gsd=2000.0)).astype(int)
    assert fine[128:136, 264:268, 2].mean() > fine[128:136, 264:268, 0].mean() + 40
    ring = np.zeros_like(drained.water, bool)
    ring[118:146, 254:278] = True
    ring &= beyond(drained.water == LAND, 2)
    assert fine[ring].mean() > before[ring].mean() + 10


def test_lakes_are_as_dark_as_the_sea_far_out_up_to_their_shores(
    island: tuple[Field, Labels], colours: NDArray[np.uint8]
) -> None:
    """With shallows as the sea has them a small lake would be paler than the rivers that it is of."""
    lake = np.zeros((64, 80), bool)
    lake[30:33, 24:28] = True
    drained = carve(*island, seed=5, detail=4, gsd=2000.0, lakes=lake)
    assert (drained.water[122:130, 98:110] == LAKE).all()
    fine = carved_texture(colours, island[0], drained).astype(int)
    assert np.abs(fine[124:128, 100:108] - (10, 30, 120)).max() <= 1


def test_dried_up_lakes_are_pale_without_an_edge() -> None:
    """Hollows of the map's grid are oblongs of a few pixels: with an edge they would look like stamps."""
    water = np.full((48, 64), LAND, np.uint8)
    water[20:28, 20:44] = PAN
    land = Surface(np.full(water.shape, 300, np.float32), water, 500.0)
    fine = carved_texture(np.full((12, 16, 3), 120, np.uint8), np.full((12, 16), 300, np.float32), land).astype(int)
    assert fine[24, 32, 0] > fine[2, 2, 0] + 30
    assert max(np.abs(np.diff(fine[..., 0], axis=axis)).max() for axis in (0, 1)) < 10


def beyond(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """What of a mask is so many pixels and more inside of it."""
    for _ in range(pixels):
        padded = np.pad(mask, 1, mode="edge")
        mask = np.all([padded[y : y + len(mask), x : x + mask.shape[1]] for y in range(3) for x in range(3)], axis=0)
    return mask


def test_lakes_have_the_colour_of_water(island: tuple[Field, Labels], colours: NDArray[np.uint8]) -> None:
    lake = np.zeros((64, 80), bool)
    lake[26:37, 24:35] = True
    drained = carve(*island, seed=5, detail=1, gsd=2000.0, lakes=lake)
    fine = carved_texture(colours, island[0], drained)
    assert (fine[31, 29] == (10, 30, 120)).all()
    assert (fine[drained.water == LAKE] >= (10, 30, 120)).all()  # paler at the shore
