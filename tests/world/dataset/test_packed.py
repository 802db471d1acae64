import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.palette import WATER
from spade_terrain.world.build.cleaning import ClassRules, clean_patch
from spade_terrain.world.build.coding_errors import BANDS_M
from spade_terrain.world.build.cover import Cover
from spade_terrain.world.build.pack import pack
from spade_terrain.world.dataset import packed as packed_form
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.packed import read_pack
from spade_terrain.world.dataset.patches import evenly
from spade_terrain.world.places import SPLITS, only_split, patch_grid
from spade_terrain.world.rasters.overview import LAND, make_overview
from spade_terrain.world.rasters.pair import RasterPair, read_patch
from tests.world.planet import SEA_RGB

SIZE = 256


def test_a_packed_file_loads_as_its_index_says(packed: Path) -> None:
    entries = read_pack(packed).index["patches"]
    assert {e["split"] for e in entries} == set(SPLITS)
    for split in SPLITS:
        patches = load(packed, split)
        count = sum(e["split"] == split for e in entries)
        assert patches.terrain.shape == (count, SIZE, SIZE, 3)
        assert patches.height.shape == patches.labels.shape == (count, SIZE, SIZE)
        dtypes = [a.dtype.name for a in (patches.terrain, patches.height, patches.labels)]
        assert dtypes == ["uint8", "uint16", "uint8"]


def test_painted_water_is_flat_sea(packed: Path) -> None:
    patches = load(packed)
    water = patches.labels == WATER
    assert water.any()
    assert (patches.height[water] == 0).all()
    assert (patches.terrain[water] == SEA_RGB).all()
    assert (patches.height[~water] > 0).mean() > 0.9


def test_another_seed_paints_other_maps_of_the_same_ground(packed: Path) -> None:
    one, again, other = load(packed), load(packed), load(packed, seed=1)
    np.testing.assert_array_equal(one.labels, again.labels)
    assert 0.002 < (one.labels != other.labels).mean() < 0.3
    land = (one.labels != WATER) & (other.labels != WATER)
    np.testing.assert_array_equal(one.height[land], other.height[land])


def test_fewer_patches_are_the_same_as_of_the_whole_split(packed: Path) -> None:
    whole, some = load(packed, seed=1), load(packed, seed=1, most=4)
    chosen = evenly(range(len(whole.labels)), 4)
    for name in ("terrain", "height", "labels"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[chosen])


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
        for e in file.index["patches"]:
            raw = read_patch(rasters, e["lat"], e["lon"], SIZE)
            assert raw is not None
            real = clean_patch(raw, SEA_RGB, ClassRules(), max_one_class=1)
            assert real is not None
            pictures = {kind: file.files[f"{e['name']}_{kind}"] for kind in ("t.webp", "h.jp2", "c.png")}
            loaded = packed_form.decode(pictures, SEA_RGB)
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


def test_the_same_rasters_give_the_same_file(region: tuple[Path, Path], packed: Path, tmp_path: Path) -> None:
    pack(RasterPair(*region), tmp_path / "again.pack", size=SIZE)
    assert (tmp_path / "again.pack").read_bytes() == packed.read_bytes()


def test_places_come_by_the_land_that_is_left(region: tuple[Path, Path]) -> None:
    with RasterPair(*region).open() as rasters:
        cover = Cover(make_overview(rasters), SIZE)
        news = []
        for lat, lon in cover.places(rasters.bounds):
            news.append(cover.uncovered.coverage(lat, lon, SIZE)[0])
            cover.add(lat, lon)
            assert cover.uncovered.coverage(lat, lon, SIZE)[0] < 0.01
    assert news == sorted(news, reverse=True)


def test_a_packed_file_is_checked(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["world", "check", str(packed)]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| t", "| v"))]
    assert [row.split("|")[1].strip() for row in rows] == list(SPLITS)


@pytest.mark.parametrize("cut", ["end", "middle"])
def test_a_damaged_file_is_one_clear_line(packed: Path, tmp_path: Path, cut: str) -> None:
    data = bytearray(packed.read_bytes())
    if cut == "end":
        del data[-1000:]
    else:
        data[len(data) // 2] ^= 1
    (tmp_path / "bad.pack").write_bytes(data)
    with pytest.raises(TerrainError, match=r"bad.pack is damaged or no packed set; pack the set again"):
        load(tmp_path / "bad.pack")


def test_an_unreadable_picture_or_a_newer_format_is_named(packed: Path, tmp_path: Path) -> None:
    for name, change, message in (
        ("0000_h.jp2", b"", "bad.pack is damaged; pack the set again"),
        (packed_form.INDEX, json.dumps({"format": 2}).encode(), "has format 2; this version reads 1"),
    ):
        with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "bad.pack", "w") as new:
            for item in old.namelist():
                new.writestr(item, change if item == name else old.read(item))
        with pytest.raises(TerrainError, match=message):
            load(tmp_path / "bad.pack")


def test_a_split_without_patches_or_a_file_in_use_is_refused(region: tuple[Path, Path], packed: Path) -> None:
    with pytest.raises(TerrainError, match="holds no patches of the split 'none'"):
        load(packed, "none")
    with pytest.raises(TerrainError, match="is there already"):
        pack(RasterPair(*region), packed)


def test_a_failed_packing_leaves_nothing_behind(region: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no patch of 2000 pixels fits"):
        pack(RasterPair(*region), tmp_path / "a.pack", size=2000)
    with pytest.raises(TerrainError, match=r"can't write .*a.pack: No such file"):
        pack(RasterPair(*region), tmp_path / "nowhere" / "a.pack", size=SIZE)
    assert list(tmp_path.iterdir()) == []
