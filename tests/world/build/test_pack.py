from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from spade_terrain.cluster.executor import Executor, Here, Item, Job, Result
from spade_terrain.errors import FileInTheWayError, StorageError, TerrainError
from spade_terrain.palette import WATER
from spade_terrain.world.build.ahead import made_in_turn
from spade_terrain.world.build.cleaning import ClassRules, clean_patch
from spade_terrain.world.build.coding_errors import BANDS_M, CodingErrors
from spade_terrain.world.build.cover import Cover
from spade_terrain.world.build.pack import pack
from spade_terrain.world.build.patches import PackedPatch
from spade_terrain.world.build.unfinished_pack import UnfinishedPack, unfinished_pack
from spade_terrain.world.dataset import packed as packed_form
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.packed import read_pack
from spade_terrain.world.places import only_split, patch_grid
from spade_terrain.world.rasters.overview import LAND, make_overview
from spade_terrain.world.rasters.pair import RasterPair, read_patch
from tests.world.planet import SATELLITE_SEA_RGB, SEA_RGB

SIZE = 256


def test_every_patch_lies_in_its_split_and_the_region_is_covered(region: tuple[Path, Path], packed: Path) -> None:
    index = read_pack(packed).index
    with RasterPair(*region).open() as rasters:
        ground = make_overview(rasters).surface
    covered = np.zeros(ground.shape, bool)
    for e in index["patches"]:
        assert e["split"] == only_split(e["lat"], e["lon"], SIZE)
        lats, lons = patch_grid(e["lat"], e["lon"], SIZE, points=257)
        covered[((90 - lats) * 8).astype(int), ((lons + 180) * 8).astype(int)] = True
    # So near the equator every pixel of the overview has about the same area.
    assert covered[ground == LAND].mean() == pytest.approx(index["land_covered"], abs=0.01)
    assert index["land_covered"] > 0.85


def test_the_stated_errors_are_those_of_the_loaded_ground(region: tuple[Path, Path], packed: Path) -> None:
    """The rms error of height by band and the PSNR of terrain, against the rasters read anew."""
    file = read_pack(packed)
    off, band, colours = [], [], []
    with RasterPair(*region).open() as rasters:
        overview = make_overview(rasters)
        for e in file.index["patches"]:
            raw = read_patch(rasters, e["lat"], e["lon"], SIZE)
            assert raw is not None
            real = clean_patch(raw, overview, ClassRules(), max_one_class=1)
            assert real is not None
            pictures = {kind: file.files[f"{e['name']}_{kind}"] for kind in ("t.webp", "h.jp2", "c.png")}
            loaded = packed_form.decode(pictures, SEA_RGB, None)
            land = ~real.sea
            np.testing.assert_array_equal(loaded.sea, real.sea)
            np.testing.assert_array_equal(loaded.classes[land], real.classes[land])
            off.append((loaded.height - real.height)[land])
            band.append(np.digitize(real.height[land], BANDS_M) - 1)
            colours.append((loaded.terrain[land].astype(float) - real.terrain[land]).ravel())
    errors = file.index["errors"]
    for i, stated in enumerate(errors["height_rms_m"].values()):
        assert stated == pytest.approx(
            np.sqrt(np.mean(np.square(np.concatenate(off)[np.concatenate(band) == i]))), abs=0.02
        )
    assert all(r < most for r, most in zip(errors["height_rms_m"].values(), (3, 10, 25), strict=True))
    psnr = 20 * np.log10(255 / np.concatenate(colours).std())
    assert errors["terrain_psnr_db"] == pytest.approx(psnr, abs=0.2)
    assert psnr > 35


def test_the_same_rasters_give_the_same_file_whoever_makes_it(
    region: tuple[Path, Path], packed: Path, two_workers: Executor, tmp_path: Path
) -> None:
    pack(RasterPair(*region), tmp_path / "again.pack", size=SIZE, executor=two_workers)
    assert (tmp_path / "again.pack").read_bytes() == packed.read_bytes()


@dataclass(frozen=True)
class Picky:
    """Makes names of places, but of those in the east none, and tells how many it was asked for."""

    east: float
    asked: list[tuple[float, float]]

    @contextmanager
    def open(self) -> Iterator[Callable[[tuple[float, float]], Any]]:
        def work(place: tuple[float, float]) -> str | None:
            self.asked.append(place)
            return None if place[1] > self.east else f"{place}"

        yield work


class Ahead(Here):
    """This process, which says that it is two."""

    workers = 2


def test_places_that_were_guessed_wrong_come_in_their_turn(region: tuple[Path, Path]) -> None:
    """Nothing is made twice, and few places are made for nothing."""
    with RasterPair(*region).open() as rasters:
        cover = Cover(make_overview(rasters), 2 * SIZE)  # fewer places
        cover.look_at(rasters.bounds)
        west, _, east, _ = rasters.bounds
        middle = (west + east) / 2
    here, ahead = Picky(middle, []), Picky(middle, [])
    found = list(made_in_turn(cover.copy(), here, None, {}))  # type: ignore[arg-type]
    assert 0 < len(found) < len(here.asked)
    assert list(made_in_turn(cover, ahead, Ahead(), {})) == found  # type: ignore[arg-type]
    assert len(set(ahead.asked)) == len(ahead.asked) <= len(here.asked) + 16


class Interrupted(Here):
    """This process, which is told to stop after some places, and notes which they were."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.made: list[Any] = []

    def run(self, job: Job[Item, Result], items: Sequence[Item]) -> Generator[tuple[Item, Result]]:
        for item, result in super().run(job, items):
            if len(self.made) == self.most:
                raise KeyboardInterrupt
            self.made.append(item)
            yield item, result


def test_an_interrupted_packing_goes_on_to_the_same_bytes(
    region: tuple[Path, Path], packed: Path, tmp_path: Path
) -> None:
    out, unfinished = tmp_path / "a.pack", tmp_path / ".a.pack.unfinished"
    first, rest = Interrupted(3), Interrupted(10**6)
    with pytest.raises(TerrainError, match="interrupted; the same command goes on where it was"):
        pack(RasterPair(*region), out, size=SIZE, executor=first)
    assert list(tmp_path.iterdir()) == [unfinished]
    with pytest.raises(FileInTheWayError, match="an unfinished run with another licence"):
        pack(RasterPair(*region), out, size=SIZE, licence="CC0")
    pack(RasterPair(*region), out, size=SIZE, executor=rest)
    assert not set(first.made) & set(rest.made)
    assert out.read_bytes() == packed.read_bytes()
    assert not unfinished.exists()


def test_an_unfinished_packing_that_is_damaged_says_what_to_delete(region: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="interrupted"):
        pack(RasterPair(*region), tmp_path / "a.pack", size=SIZE, executor=Interrupted(1))
    torn = next((tmp_path / ".a.pack.unfinished").glob("*.zip"))
    torn.write_bytes(torn.read_bytes()[:-100])
    with pytest.raises(FileInTheWayError, match="is damaged; delete that folder"):
        pack(RasterPair(*region), tmp_path / "a.pack", size=SIZE)


def test_a_full_disk_keeps_what_is_whole(
    tmp_path: Path, small_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """The line says how to go on, and no half of a place is taken for one."""
    out, small, large = tmp_path / "a.pack", {"c.png": b"1"}, {"c.png": b"1" * 5000}
    told = r"can't write .*\.zip: File too large; free some space.*; the same command goes on where it was$"

    def fill(growing: UnfinishedPack) -> None:
        growing[1.0, 2.0] = PackedPatch(small, CodingErrors())
        with small_disk():
            growing[3.0, 4.0] = PackedPatch(large, CodingErrors())

    with pytest.raises(StorageError, match=told), unfinished_pack(out, {}) as growing:
        fill(growing)
    with unfinished_pack(out, {}) as growing:
        kept = growing[1.0, 2.0]
        assert kept is not None
        assert kept.pictures == small
        assert (3.0, 4.0) not in growing
        assert sorted(path.name for path in (tmp_path / ".a.pack.unfinished").iterdir()) == ["1.0,2.0.zip", "journal"]
    assert list(tmp_path.iterdir()) == []


def test_satellite_pictures_are_packed_too(
    region: tuple[Path, Path], satellite: Path, packed: Path, tmp_path: Path
) -> None:
    pack(RasterPair(*region, satellite=satellite), tmp_path / "seen.pack", size=SIZE)
    with_pictures, without = load(tmp_path / "seen.pack", "val"), load(packed, "val")
    assert without.satellite is None
    for name in ("terrain", "height", "labels"):
        np.testing.assert_array_equal(getattr(with_pictures, name), getattr(without, name))
    seen = with_pictures.satellite
    assert seen is not None
    assert (seen[with_pictures.labels == WATER] == SATELLITE_SEA_RGB).all()
    e = next(e for e in read_pack(packed).index["patches"] if e["split"] == "val")
    with RasterPair(*region, satellite=satellite).open() as rasters:
        raw = read_patch(rasters, e["lat"], e["lon"], SIZE)
    assert raw is not None
    assert raw.satellite is not None
    inland = cv2.erode((with_pictures.height[0] > 0).astype(np.uint8), np.ones((15, 15))) > 0
    assert np.abs(seen[0][inland].astype(float) - raw.satellite[inland]).mean() < 3


def test_places_come_by_the_land_that_is_left(region: tuple[Path, Path]) -> None:
    with RasterPair(*region).open() as rasters:
        cover = Cover(make_overview(rasters), SIZE)
        news = []
        cover.look_at(rasters.bounds)
        for lat, lon in cover.places():
            news.append(cover.uncovered.coverage(lat, lon, SIZE)[0])
            cover.add(lat, lon)
            assert cover.uncovered.coverage(lat, lon, SIZE)[0] < 0.01
    assert news == sorted(news, reverse=True)


def test_a_file_in_use_is_refused(region: tuple[Path, Path], packed: Path) -> None:
    with pytest.raises(FileInTheWayError, match="is there already"):
        pack(RasterPair(*region), packed)


def test_a_failed_packing_leaves_nothing_behind(region: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no patch of 2000 pixels fits"):
        pack(RasterPair(*region), tmp_path / "a.pack", size=2000)
    with pytest.raises(TerrainError, match=r"can't write .*a.pack: No such file"):
        pack(RasterPair(*region), tmp_path / "nowhere" / "a.pack", size=SIZE)
    assert list(tmp_path.iterdir()) == []
