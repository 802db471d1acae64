"""What a patch of the real world is like; skipped where its rasters are not at hand."""

from pathlib import Path

import numpy as np
import pytest

from spade_terrain.palette import NAMES, WATER
from spade_terrain.world.build.cleaning import ClassRules, clean_patch
from spade_terrain.world.classes.cells import FEATURES, cell_features
from spade_terrain.world.dataset.clean_patch import CleanPatch
from spade_terrain.world.rasters.overview import Overview, make_overview
from spade_terrain.world.rasters.pair import RasterPair, Rasters, read_patch
from spade_terrain.world.rasters.registration.register import register


@pytest.fixture(scope="module")
def world(real_rasters: tuple[Path, Path]):  # type: ignore[no-untyped-def]
    with RasterPair(*real_rasters).open() as rasters:
        yield rasters, make_overview(rasters)


def ground(world: tuple[Rasters, Overview], lat: float, lon: float, size: int = 256) -> CleanPatch:
    raw = read_patch(world[0], lat, lon, size)
    assert raw is not None
    found = clean_patch(raw, world[1], ClassRules(), max_one_class=1)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("lat", "lon", "size", "name", "least"),
    [
        (46.9, 10.8, 200, "mountains", 0.35),  # Alps
        (29, 84, 64, "mountains", 0.6),  # Himalaya front
        (-11, -76, 64, "mountains", 0.4),  # Andes
        (23, 12, 256, "desert", 0.7),  # Sahara
        (-7, -66, 256, "forest", 0.9),  # Amazon
        (61, 75, 256, "forest", 0.7),  # taiga
        (50, 62, 256, "grassland", 0.7),  # steppe
        (67, 105, 128, "tundra", 0.3),  # central Siberia
        (67, 72, 128, "tundra", 0.6),  # Yamal
        (-12, 25, 128, "grassland", 0.6),  # savanna
    ],
)
def test_places_have_the_class_that_geographers_give_them(
    world: tuple[Rasters, Overview], lat: float, lon: float, size: int, name: str, least: float
) -> None:
    found = ground(world, lat, lon, size)
    share = np.mean(found.classes[~found.sea] == NAMES.index(name))
    assert share >= least


def test_the_interior_of_tibet_is_not_all_mountains(world: tuple[Rasters, Overview]) -> None:
    found = ground(world, 33.5, 88, 128)
    assert np.mean(found.classes == NAMES.index("mountains")) < 0.3


def test_voids_are_turned_down(world: tuple[Rasters, Overview]) -> None:
    for lat, lon in ((40.0, -4.0), (9.0, 43.0), (62.0, 14.0)):
        assert not world[1].coverage(lat, lon, 512)[1]
        raw = read_patch(world[0], lat, lon, 128)
        assert raw is not None
        assert not raw.valid.all()


def test_classes_differ_in_relief_as_their_names_say(world: tuple[Rasters, Overview]) -> None:
    slopes, heights, labels = [], [], []
    for lat, lon in (
        (46.9, 10.8),
        (28.5, 84),
        (40, -108),
        (-14, -74),
        (38, 68),
        (23, 12),
        (50, 62),
        (48, 30),
        (-12, 25),
    ):
        found = ground(world, lat, lon)
        steep = np.square(cell_features(found.terrain, found.height, found.sea)[..., FEATURES.index("slope_8km")])
        slopes.append(steep.repeat(2, 0).repeat(2, 1)[~found.sea])
        heights.append(found.height[~found.sea])
        labels.append(found.classes[~found.sea])
    slope, height, label = np.concatenate(slopes), np.concatenate(heights), np.concatenate(labels)
    mean = {n: (slope[label == i].mean(), height[label == i].mean()) for i, n in enumerate(NAMES) if i != WATER}
    assert mean["mountains"][0] > 3 * mean["grassland"][0]
    assert mean["mountains"][1] > 500 + mean["grassland"][1]


def test_relief_and_heights_agree_twice_as_well_once_registered(
    real_rasters: tuple[Path, Path], tmp_path: Path
) -> None:
    """Around Lake Baikal heights lie up to 5 km north of the relief, and a little west."""
    import rasterio
    from rasterio.windows import from_bounds

    pair = []
    for path in real_rasters:
        with rasterio.open(path) as whole:
            window = from_bounds(11.3e6, 6.4e6, 13.3e6, 8.2e6, whole.transform).round_offsets().round_lengths()
            profile = whole.profile | {
                "width": window.width,
                "height": window.height,
                "transform": whole.window_transform(window),
            }
            pair.append(tmp_path / path.name)
            with rasterio.open(pair[-1], "w", **profile) as part:
                part.write(whole.read(window=window))
    found = register(RasterPair(pair[0], pair[1])).height
    assert found.after > 2 * found.before
    here = np.s_[((90 - 58) * 8) : ((90 - 52) * 8), 180 + 104 : 180 + 117]
    north, east = found.north[here], found.east[here]
    assert np.percentile(north, 5) < -3500
    assert 400 < np.median(east) < 1200
