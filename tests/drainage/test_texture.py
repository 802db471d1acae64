import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.carve import Drained, carve
from spade_terrain.drainage.fields.resampling import Field, enlarge
from spade_terrain.drainage.flow.routing import LAKE, LAND, SEA
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
    inland = (drained.water == LAND) & (drained.height > 100)
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
    assert (fine[drained.water == SEA] == (10, 30, 120)).all()
    assert fine[drained.water == LAND][:, 1].min() >= 103
    assert fine[drained.water == LAND][:, 0].min() >= 45


def test_lakes_have_the_colour_of_water(island: tuple[Field, Labels], colours: NDArray[np.uint8]) -> None:
    lake = np.zeros((64, 80), bool)
    lake[28:33, 26:31] = True
    drained = carve(*island, seed=5, detail=1, gsd=2000.0, lakes=lake)
    fine = carved_texture(colours, island[0], drained)
    assert (fine[drained.water == LAKE] == (10, 30, 120)).all()
