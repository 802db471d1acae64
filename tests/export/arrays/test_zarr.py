"""What programs that know nothing of us read of a terrain that was written as Zarr: xarray is one."""

import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from spade_terrain.errors import MissingLibraryError, StorageError
from spade_terrain.export import save, write
from spade_terrain.export.arrays.pyramid import average, largest, level_shapes, nearest
from spade_terrain.palette import NAMES
from spade_terrain.terrain import Georeference, Hydrology, Picture
from tests.export.conftest import MakeTerrain


def _level(folder: Path, level: int = 0) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return xarray.open_zarr(folder / "terrain.zarr", group=str(level), chunks=None, decode_coords="all")


def test_the_arrays_are_the_terrain(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(50, 70)
    terrain = replace(terrain, beside={"satellite": Picture(terrain.shaded, terrain.texture)})
    save(terrain, tmp_path, ["zarr"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = xarray.open_datatree(tmp_path / "terrain.zarr", engine="zarr", decode_coords="all")
    assert list(tree) == ["0"]
    there = tree["0"]
    for name in ("height", "texture", "shaded"):
        np.testing.assert_array_equal(there[name], getattr(terrain, name))  # the sea is 0, not missing
    np.testing.assert_array_equal(there["texture_satellite"], terrain.shaded)
    assert there["height"].dtype == np.float32
    assert there["height"].dims == ("y", "x")
    assert there["texture"].dims == ("y", "x", "band")
    assert there["height"].attrs["units"] == "m"
    assert there["height"].attrs["standard_name"] == "surface_altitude"
    assert there["labels"].attrs["flag_meanings"].split() == list(NAMES)
    assert tree.attrs["seed"] == terrain.seed


def test_without_a_georeference_the_middle_is_at_0(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(50, 70, gsd=100.0), tmp_path, ["zarr"])
    there = _level(tmp_path)
    np.testing.assert_allclose(there.x, (np.arange(70) - 34.5) * 100)
    np.testing.assert_allclose(there.y, (24.5 - np.arange(50)) * 100)
    assert there.x.attrs["units"] == "m"
    assert there.height.encoding["grid_mapping"] == "spatial_ref"
    assert there.spatial_ref.attrs["crs_wkt"].startswith("ENGCRS")


def test_on_the_earth(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    place = Georeference("EPSG:4326", (0.5, 0.0, 10.0, 0.0, -0.25, 60.0), (50_000.0, 111_000.0))
    save(replace(make_terrain(50, 70), georeference=place), tmp_path, ["zarr"])
    there = _level(tmp_path)
    assert (float(there.x[0]), float(there.y[0])) == (10.25, 59.875)
    assert (there.x.attrs["standard_name"], there.x.attrs["units"]) == ("longitude", "degrees_east")
    mapping = there.spatial_ref.attrs
    assert mapping["grid_mapping_name"] == "latitude_longitude"
    assert mapping["GeoTransform"] == "10.0 0.5 0.0 60.0 0.0 -0.25"
    assert there.attrs["proj:code"] == "EPSG:4326"
    assert there.attrs["spatial:bbox"] == [10.0, 47.5, 45.0, 60.0]


def test_a_place_that_is_turned_has_no_axes(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    turned = Georeference("EPSG:32633", (1600.0, 1200.0, 0.0, 1200.0, -1600.0, 0.0))
    save(replace(make_terrain(50, 70), georeference=turned), tmp_path, ["zarr"])
    there = _level(tmp_path)
    assert not {"x", "y"} & set(there.coords)
    assert there.attrs["spatial:transform"] == list(turned.transform)


def test_levels(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    """Each is half of the one before, from the same north-western corner, also of maps whose sides are odd."""
    terrain = make_terrain(601, 300)
    save(terrain, tmp_path, ["zarr"])
    layout = xarray.open_datatree(tmp_path / "terrain.zarr", engine="zarr").attrs["multiscales"]["layout"]
    assert [entry["asset"] for entry in layout] == ["0", "1", "2"]
    assert [entry.get("derived_from") for entry in layout] == [None, "0", "1"]
    assert [entry["spatial:shape"] for entry in layout] == [[601, 300], [301, 150], [151, 75]]
    assert layout[2]["transform"]["scale"] == [2.0, 2.0]
    first, second = _level(tmp_path, 0), _level(tmp_path, 1)
    np.testing.assert_allclose(
        second.height[:300], terrain.height[:600].reshape(300, 2, 150, 2).mean((1, 3)), rtol=1e-5
    )
    np.testing.assert_allclose(second.height[300], terrain.height[600].reshape(150, 2).mean(1), rtol=1e-5)
    means = terrain.texture[:600].reshape(300, 2, 150, 2, 3).mean((1, 3))
    assert np.abs(second.texture[:300].values - means).max() <= 0.5
    np.testing.assert_array_equal(second.labels, first.labels[::2, ::2])
    assert float(second.x[0] - second.x[1]) == 2 * float(first.x[0] - first.x[1])
    assert float(second.y[0]) == float(first.y[:2].mean())


def test_halving() -> None:
    values = np.array([[1, 2, 9], [3, 5, 8], [0, 4, 7]], np.uint8)
    np.testing.assert_array_equal(average(values), [[3, 9], [2, 7]])
    np.testing.assert_array_equal(average(values.astype(np.float32)), [[2.75, 8.5], [2, 7]])
    np.testing.assert_array_equal(largest(values), [[5, 9], [4, 7]])
    np.testing.assert_array_equal(nearest(values), [[1, 9], [0, 7]])
    assert level_shapes(65536, 64)[-1] == (256, 1)


def test_water_is_there_if_there_is_any(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(50, 70)
    shape = terrain.height.shape
    depths = np.where(terrain.height > 2000, np.float32(30), np.float32(0))
    water = Hydrology(
        2,
        [],
        [],
        np.full(shape, 51, np.uint8),
        np.arange(50 * 70, dtype=np.float32).reshape(shape) + 1,
        np.ones(shape, np.int32),
        depths,
    )
    save(replace(terrain, hydrology=water), tmp_path, ["zarr"])
    there = _level(tmp_path)
    np.testing.assert_allclose(there.bed, terrain.height - depths)
    np.testing.assert_array_equal(there.flow, water.upstream)
    np.testing.assert_array_equal(there.basins, water.basins)
    np.testing.assert_allclose(there.rivers, 0.2)  # a share, as CF packs it
    assert there.flow.attrs["units"] == "km2"


def test_it_takes_the_place_of_an_older_one_whole(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(600, 70), tmp_path, ["zarr"])
    (tmp_path / "note.txt").write_text("mine")

    def end(name: str) -> None:
        if name == "normal":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(make_terrain(50, 70), tmp_path, ["zarr", "normal"], tell=end)
    assert _level(tmp_path, 1).height.shape == (300, 35)
    save(make_terrain(50, 70), tmp_path, ["zarr"])
    assert _level(tmp_path).height.shape == (50, 70)
    assert not (tmp_path / "terrain.zarr" / "1").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"note.txt", "terrain.json", "terrain.zarr"}


def test_a_folder_of_the_users(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    (tmp_path / "terrain.zarr").mkdir()
    (tmp_path / "terrain.zarr" / "mine").touch()
    with pytest.raises(StorageError, match=r"terrain\.zarr is a folder there"):
        save(make_terrain(), tmp_path, ["zarr"])
    with pytest.raises(StorageError, match=r"is there already, and no Zarr; move it, or choose another folder"):
        write(make_terrain(), tmp_path / "out", ["zarr"], store=str(tmp_path))
    assert [path.name for path in (tmp_path / "terrain.zarr").iterdir()] == ["mine"]


@pytest.mark.parametrize("address", ["{}/share", "file://{}/share", "memory://{}"])
def test_in_a_store(address: str, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    store, terrain = address.format(tmp_path), make_terrain(50, 70)
    for height in (300, 50):  # the second one takes the first one's place
        terrain = make_terrain(height, 70)
        paths = write(terrain, tmp_path / "out", ["zarr", "height"], store=store)
        assert [path.name for path in paths] == ["terrain.json", "height.png"]
        there = xarray.open_zarr(f"{store}/terrain.zarr", group="0", chunks=None)
        np.testing.assert_array_equal(there.height, terrain.height)

    class Damaged:
        shape, dtype = terrain.shaded.shape, terrain.shaded.dtype

        def __getitem__(self, rows: slice) -> Any:
            raise StorageError("a block is gone")

    with pytest.raises(StorageError, match="a block is gone"):
        write(replace(terrain, shaded=Damaged()), tmp_path / "out", ["zarr"], store=store)  # type: ignore[arg-type]
    if address.startswith("memory"):  # nothing can be moved there
        with pytest.raises(FileNotFoundError):
            xarray.open_zarr(f"{store}/terrain.zarr", group="0", chunks=None)
    else:
        again = xarray.open_zarr(f"{store}/terrain.zarr", group="0", chunks=None)
        np.testing.assert_array_equal(again.height, terrain.height)


def test_without_the_library(make_terrain: MakeTerrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(
        MissingLibraryError, match=r"`formats` zarr takes zarr, .*pip install 'spade-terrain\[formats\]'"
    ):
        save(make_terrain(), tmp_path, ["zarr"])
