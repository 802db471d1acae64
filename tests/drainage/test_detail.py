import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage import detail as module
from spade_terrain.drainage.detail import check_detail, detailed_terrain
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.errors import DeviceError, ParameterError, StorageError
from spade_terrain.palette import WATER, Labels
from spade_terrain.storage.kept import Kept
from spade_terrain.storage.scratch import Scratch
from spade_terrain.terrain import Georeference, Picture, Terrain

PLACE = Georeference("EPSG:32633", (2000.0, 0.0, 500_000.0, 0.0, -2000.0, 5_400_000.0))


@pytest.fixture(scope="module")
def coarse(island: tuple[Field, Labels]) -> Terrain:
    heights, labels = island
    green = np.full((*heights.shape, 3), (80, 120, 70), np.uint8)
    green[heights <= 0] = (10, 30, 120)
    return Terrain(
        green, heights, green, labels, seed=5, model="tiny", style={"elevation": 1.0}, georeference=PLACE,
        beside={"satellite": Picture(green // 2, green // 2)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def lake(island: tuple[Field, Labels]) -> NDArray[np.bool_]:
    lake = np.zeros(island[0].shape, bool)
    lake[28:33, 26:31] = True
    return lake


@pytest.fixture(scope="module")
def fine(coarse: Terrain, lake: NDArray[np.bool_]) -> Terrain:
    return detailed_terrain(coarse, lake, 4, draw=True)


def test_all_maps_are_finer_and_lie_in_the_same_place(coarse: Terrain, fine: Terrain) -> None:
    shape = (256, 320)
    assert fine.height.shape == fine.labels.shape == fine.texture.shape[:2] == fine.shaded.shape[:2] == shape
    assert fine.beside["satellite"].texture.shape == fine.beside["satellite"].shaded.shape == (*shape, 3)
    assert (fine.seed, fine.model, fine.style, fine.texture_name) == (5, "tiny", {"elevation": 1.0}, "atlas")
    assert fine.gsd == 500
    assert fine.georeference == Georeference("EPSG:32633", (500.0, 0.0, 500_000.0, 0.0, -500.0, 5_400_000.0))
    assert fine.height.max() == pytest.approx(coarse.height.max(), rel=0.15)


def test_water_is_labelled_where_it_is(fine: Terrain, lake: NDArray[np.bool_]) -> None:
    fine_lake = lake.repeat(4, 0).repeat(4, 1)
    assert (fine.labels[fine.height <= 0] == WATER).all()
    assert (fine.labels[fine_lake] == WATER).mean() > 0.8
    assert len(np.unique(fine.height[fine_lake & (fine.labels == WATER)])) == 1
    land = np.ones((256, 320), bool)
    hydrology = fine.hydrology
    assert hydrology is not None
    for entry in hydrology.lakes:
        land &= fine.height != np.float32(entry.level)
    assert (fine.labels[land & (fine.height > 0)] != WATER).all()


def test_rivers_are_drawn_on_land_alone_and_can_be_left_out(
    coarse: Terrain, fine: Terrain, lake: NDArray[np.bool_]
) -> None:
    hydrology = fine.hydrology
    assert hydrology is not None
    assert hydrology.detail == 4
    assert len(hydrology.reaches) > 5
    assert not hydrology.mask[fine.labels == WATER].any()
    plain = detailed_terrain(coarse, lake, 4, draw=False)
    np.testing.assert_array_equal(plain.height, fine.height)
    for drawn, undrawn in ((fine, plain), (fine.beside["satellite"], plain.beside["satellite"])):
        differs = (drawn.texture != undrawn.texture).any(-1)
        assert not differs[hydrology.mask == 0].any()
        assert differs[hydrology.mask > 100].all()
    bluer = fine.texture[hydrology.mask > 200].astype(int) - plain.texture[hydrology.mask > 200]
    assert bluer[:, 2].mean() > 20


def test_areas_upstream_are_those_of_rivers(fine: Terrain) -> None:
    hydrology = fine.hydrology
    assert hydrology is not None
    assert hydrology.upstream.min() == 0.25
    for reach in hydrology.reaches:
        x, y = reach.points[-2].astype(int)  # the last pixel of this reach alone, moved a little
        around = hydrology.upstream[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        assert np.isclose(around, reach.area, rtol=1e-5).any()


def test_lakes_have_beds(fine: Terrain) -> None:
    hydrology = fine.hydrology
    assert hydrology is not None
    lakes = (fine.labels == WATER) & (fine.height > 0)
    np.testing.assert_array_equal(hydrology.depths > 0, lakes)
    assert (fine.height >= hydrology.depths).all()
    assert hydrology.depths.max() == max(lake.deepest for lake in hydrology.lakes) > 1


def test_shading_is_added_to_the_texture(fine: Terrain) -> None:
    sea = fine.height == 0
    inner = sea[1:-1, 1:-1] & sea[:-2, 1:-1] & sea[2:, 1:-1] & sea[1:-1, :-2] & sea[1:-1, 2:]
    same = (fine.shaded == fine.texture).all(-1)
    assert same[1:-1, 1:-1][inner].all()
    assert same[fine.height > 300].mean() < 0.3


def test_detail_that_takes_too_much_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: 0.5e9)
    assert not check_detail((512, 512), 4)
    with pytest.raises(
        DeviceError, match=r"^`detail` 8 makes 4096 x 4096 pixels .* takes 0.6 GB of memory, and 0.5 GB"
    ):
        check_detail((512, 512), 8)
    assert check_detail((512, 512), 8, tmp_path / "not" / "there")
    assert "0.5 GB are free: it is carved on the disk" in caplog.text
    monkeypatch.setattr(module, "free_space", lambda _: 400_000_000)
    with pytest.raises(StorageError, match=r"0.5 GB are free, and 0.4 GB on the disk of .*; choose less detail"):
        check_detail((512, 512), 8, tmp_path)
    monkeypatch.setattr(module, "free_memory", lambda: math.inf)
    assert not check_detail((512, 512), 8)
    with pytest.raises(ParameterError, match=r"`detail` 16 makes 1[0-9,]* pixels of this map, more than"):
        check_detail((65_536, 65_536), 16)
    with pytest.raises(ParameterError, match="`detail` is 3; choose one of 1, 2, 4, 8, 16"):
        check_detail((64, 64), 3)


def test_on_the_disk_it_is_the_same(coarse: Terrain, fine: Terrain, lake: NDArray[np.bool_], tmp_path: Path) -> None:
    other = detailed_terrain(coarse, lake, 4, draw=True, scratch=Scratch(tmp_path))
    assert _bytes(other) == _bytes(fine)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("until", [1, 2, 4])
def test_what_was_begun_is_gone_on_with(
    until: int, coarse: Terrain, fine: Terrain, lake: NDArray[np.bool_], tmp_path: Path
) -> None:
    """Ended by an exception in the middle of each grid, and once all are finished."""
    told: list[tuple[str, float]] = []

    def ended(doing: str, done: float) -> None:
        told.append((doing, done))
        state = kept.last()
        if (0 if state is None else state[0]) == until:
            raise KeyboardInterrupt

    kept = Kept(tmp_path / "kept", {"detail": 4})
    with pytest.raises(KeyboardInterrupt):
        detailed_terrain(coarse, lake, 4, draw=True, told=ended, kept=kept)
    at = told[-1][1]
    told.clear()
    again = Kept(tmp_path / "kept", {"detail": 4})
    other = detailed_terrain(coarse, lake, 4, draw=True, told=lambda *said: told.append(said), kept=again)
    assert told[0][1] == at
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert _bytes(other) == _bytes(fine)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["heights-4.raw", "journal", "uplift-4.raw"]


def _bytes(terrain: Terrain) -> list[bytes]:
    hydrology = terrain.hydrology
    assert hydrology is not None
    maps = (
        terrain.texture,
        terrain.height,
        terrain.shaded,
        terrain.labels,
        hydrology.mask,
        hydrology.upstream,
        hydrology.depths,
    )
    return [array.tobytes() for array in maps] + [reach.points.tobytes() for reach in hydrology.reaches]
