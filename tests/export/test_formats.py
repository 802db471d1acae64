"""Each format, read back by a program that is not ours."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
import pytest
import rasterio
import trimesh
from PIL import Image
from rasterio._err import CPLE_AppDefinedError

from spade_terrain.errors import TerrainError
from spade_terrain.export import ExportOptions, check_formats, save
from spade_terrain.export.meshes.grid import Mesh, mesh
from spade_terrain.export.meshes.stl import BASE_MM, LONGEST_MM
from spade_terrain.palette import NAMES, WATER
from spade_terrain.terrain import Georeference, Terrain

MakeTerrain = Callable[..., Terrain]
SHAPES = [(24, 40), (40, 24), (2, 2)]


def _sidecar(folder: Path) -> dict[str, Any]:
    files: dict[str, Any] = json.loads((folder / "terrain.json").read_text())["files"]
    return files


def test_pngs_through_opencv(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(257, 300)
    save(terrain, tmp_path, ["texture", "height"])
    texture = cv2.imread(str(tmp_path / "texture.png"), cv2.IMREAD_UNCHANGED)
    assert texture is not None
    np.testing.assert_array_equal(texture[..., ::-1], terrain.texture)
    height = cv2.imread(str(tmp_path / "height.png"), cv2.IMREAD_UNCHANGED)
    assert height is not None
    assert height.dtype == np.uint16
    unit = _sidecar(tmp_path)["height.png"]["metres_per_unit"]
    np.testing.assert_allclose(height * unit, terrain.height, atol=0.51 * unit)


@pytest.mark.parametrize("relief", [1.0, 2.5])
def test_exr_holds_the_metres(relief: float, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain()
    save(terrain, tmp_path, ["exr"], ExportOptions(relief=relief, vertical_scale=9, playable_km=4))
    channels = OpenEXR.File(str(tmp_path / "height.exr"), separate_channels=True).channels()
    assert list(channels) == ["Y"]
    assert channels["Y"].pixels.dtype == np.float32
    np.testing.assert_array_equal(channels["Y"].pixels, terrain.height * np.float32(relief))


@pytest.mark.parametrize("shape", [(24, 40), (700, 530)])
def test_geotiff_lies_on_a_plane_of_metres(shape: tuple[int, int], make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(*shape)
    save(terrain, tmp_path, ["geotiff"])
    with rasterio.open(tmp_path / "height.tif") as tiff:
        assert tiff.dtypes == ("float32",)
        np.testing.assert_array_equal(tiff.read(1), terrain.height)
        assert tiff.res == (2000, 2000)
        assert tiff.crs.units_factor == ("metre", 1)
        assert not tiff.crs.is_geographic
        middle = tiff.transform @ (shape[1] / 2, shape[0] / 2)
        assert middle == (0, 0)
        assert tiff.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert tiff.units == ("metre",)
        assert bool(tiff.overviews(1)) == (max(shape) > 512)
    with rasterio.open(tmp_path / "texture.tif") as tiff:
        np.testing.assert_array_equal(np.moveaxis(tiff.read(), 0, -1), terrain.texture)
        assert [c.name for c in tiff.colorinterp] == ["red", "green", "blue"]
    assert {p.name for p in tmp_path.iterdir()} == {"height.tif", "texture.tif", "terrain.json"}


def test_geotiff_keeps_the_maps_place(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    place = Georeference("EPSG:3035", (1500.0, 0.0, 4e6, 0.0, -1500.0, 3e6))
    save(replace(make_terrain(), georeference=place), tmp_path, ["geotiff"])
    for name in ("height.tif", "texture.tif"):
        with rasterio.open(tmp_path / name) as tiff:
            assert tiff.crs.to_epsg() == 3035
            assert tuple(tiff.transform)[:6] == place.transform
    assert _sidecar(tmp_path)["height.tif"]["crs"] == "EPSG:3035"


@pytest.mark.parametrize("public", [True, False])
def test_a_disk_that_fills_up_while_gdal_writes(
    public: bool, make_terrain: MakeTerrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        error = CPLE_AppDefinedError(3, 1, "No space left on device")
        if not public:
            raise error
        raise rasterio.errors.RasterioIOError("See previous exception for details.") from error

    monkeypatch.setattr("rasterio.shutil.copy", full)
    with pytest.raises(TerrainError, match=r"^can't write to [^\n]*No space left on device"):
        save(make_terrain(), tmp_path / "new", ["geotiff"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["r16", "raw"])
def test_bare_numbers(name: str, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain()
    save(terrain, tmp_path, [name, "height"])
    said = _sidecar(tmp_path)[f"height.{name}"]
    units = np.fromfile(tmp_path / f"height.{name}", "<u2").reshape(said["rows"], said["columns"])
    np.testing.assert_allclose(units * said["metres_per_unit"], terrain.height, atol=0.51 * said["metres_per_unit"])
    with Image.open(tmp_path / "height.png") as image:
        np.testing.assert_array_equal(units, np.asarray(image))


def test_each_mask_is_where_its_class_is(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain()
    terrain.labels[:] = np.random.default_rng(0).integers(0, 7, terrain.labels.shape)
    assert (terrain.height == 0).any()
    ground = np.where(terrain.height > 0, terrain.labels, WATER)  # the coast is the terrain's, not the map's
    save(terrain, tmp_path, ["masks", "splat"])
    splat = []
    for n in range(2):
        with Image.open(tmp_path / f"splat-{n}.png") as image:
            assert image.mode == "RGBA"
            splat.append(np.asarray(image))
    weights = np.concatenate(splat, axis=-1)
    assert (weights.sum(axis=-1, dtype=int) == 255).all()
    assert not weights[..., len(NAMES)].any()
    for label, name in enumerate(NAMES):
        with Image.open(tmp_path / f"mask-{name}.png") as image:
            assert image.mode == "L"
            np.testing.assert_array_equal(np.asarray(image), 255 * (ground == label))
        np.testing.assert_array_equal(weights[..., label], 255 * (ground == label))
    assert _sidecar(tmp_path)["splat-1.png"]["channels"] == {"R": "desert", "G": "mountains", "B": "tundra"}


def test_normal_map_leans_downhill(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(25, 41), tmp_path, ["normal"], ExportOptions(vertical_scale=20))
    with Image.open(tmp_path / "normal.png") as image:
        normals = np.asarray(image) / 127.5 - 1
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=0.01)
    np.testing.assert_allclose(normals[12, 20], [0, 0, 1], atol=0.01)  # the peak
    assert normals[12, 30, 0] > 0.1  # red is high on the east side
    assert normals[4, 20, 1] > 0.1  # and green on the north side: OpenGL's convention


@pytest.mark.parametrize("triangles", [None, 300])
@pytest.mark.parametrize("shape", SHAPES)
def test_stl_is_a_printable_solid(
    shape: tuple[int, int], triangles: int | None, make_terrain: MakeTerrain, tmp_path: Path
) -> None:
    terrain = make_terrain(*shape)
    save(terrain, tmp_path, ["stl"], ExportOptions(triangles=triangles, vertical_scale=5))
    solid: Any = trimesh.load(tmp_path / "terrain.stl")
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.is_volume
    rows, columns = shape
    metre = LONGEST_MM / ((max(shape) - 1) * terrain.gsd)
    np.testing.assert_allclose(
        np.ptp(solid.bounds, axis=0),
        [
            (columns - 1) * terrain.gsd * metre,
            (rows - 1) * terrain.gsd * metre,
            terrain.height.max() * 5 * metre + BASE_MM,
        ],
        rtol=1e-4,
    )
    assert solid.bounds[0, 2] == -BASE_MM
    # The ground's volume, by the prisms under a grid of pixels.
    if triangles is None:
        cells = (terrain.height[:-1, :-1] + terrain.height[1:, 1:]) / 6 + (
            terrain.height[:-1, 1:] + terrain.height[1:, :-1]
        ) / 3
        ground = cells.sum() * terrain.gsd**2 * 5 * metre**3
        assert solid.volume == pytest.approx(ground + BASE_MM * np.prod(np.ptp(solid.bounds, axis=0)[:2]), rel=1e-4)


@pytest.mark.parametrize("name", ["obj", "glb"])
def test_simplified_meshes_keep_the_border_and_their_word(name: str, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(60, 90)
    save(terrain, tmp_path, [name], ExportOptions(triangles=400, playable_km=8, vertical_scale=5))
    read: Any = trimesh.load(tmp_path / f"terrain.{name}", process=False, force="mesh")
    said = _sidecar(tmp_path)[f"terrain.{name}"]
    assert len(read.faces) == said["triangles"] <= 400
    metre = 8000 / (90 * terrain.gsd)
    east, south = 89 / 2 * terrain.gsd * metre, 59 / 2 * terrain.gsd * metre
    np.testing.assert_allclose(read.bounds[:, [0, 2]], [[-east, -south], [east, south]], rtol=1e-4)
    edges, uses = np.unique(read.edges_sorted, axis=0, return_counts=True)
    border = read.vertices[edges[uses == 1]]
    on_side = np.isclose(np.abs(border[..., 0]), east, rtol=1e-4) | np.isclose(np.abs(border[..., 2]), south, rtol=1e-4)
    assert on_side.all()
    assert read.area_faces.sum() > 0
    assert (read.face_normals[:, 1] > 0).all()
    # Every vertex is a pixel, wears its texel and has its height.
    column, row = (np.rint(read.vertices[:, [0, 2]] / (terrain.gsd * metre) + [89 / 2, 59 / 2])).astype(int).T
    np.testing.assert_allclose(read.vertices[:, 1], terrain.height[row, column] * 5 * metre, atol=0.01)
    np.testing.assert_allclose(read.visual.uv, np.stack([(column + 0.5) / 90, 1 - (row + 0.5) / 60], -1), atol=1e-4)
    assert said["triangles_unless_simplified"] == 2 * 89 * 59


def _sea(surface: Mesh) -> float:
    """The area that is flat and at sea level."""
    corners = surface.vertices[surface.faces]
    corners = corners[corners[..., 1].max(axis=1) == 0]
    return float(
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    )


def test_simplified_coasts_stay_where_they_are(make_terrain: MakeTerrain) -> None:
    terrain = make_terrain(120, 120)
    terrain.height[terrain.height > 0] += 5
    terrain.height[50:70, 50:70] += np.random.default_rng(0).random((20, 20), np.float32) * 2000
    simplified, full = (mesh(terrain.height, (1.0, 1.0), 1.0, triangles) for triangles in (1500, None))
    assert _sea(simplified) == pytest.approx(_sea(full), rel=0.02)


@pytest.mark.skipif(shutil.which("assimp") is None, reason="Debian's assimp-utils is not installed")
@pytest.mark.parametrize("file", ["terrain.obj", "terrain.glb", "terrain.stl"])
def test_meshes_through_assimp(file: str, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain()
    save(terrain, tmp_path, ["obj", "glb", "stl"])
    read = subprocess.run(["assimp", "info", tmp_path / file], capture_output=True, text=True, check=True).stdout
    figures = dict(line.split(":", 1) for line in read.splitlines() if ":" in line)
    assert int(figures["Faces"]) == _sidecar(tmp_path)[file]["triangles"]


@pytest.mark.parametrize(
    ("library", "formats", "options", "flag"),
    [
        ("OpenEXR", ["exr"], ExportOptions(), "`formats` exr"),
        ("rasterio", ["texture", "geotiff"], ExportOptions(), "`formats` geotiff"),
        ("pydelatin", ["glb"], ExportOptions(triangles=10), "`triangles`"),
    ],
)
def test_a_library_that_is_not_installed(
    library: str, formats: list[str], options: ExportOptions, flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(TerrainError, match=rf"^{flag} takes {library}, .*pip install 'spade-terrain\[formats\]'$"):
        check_formats(formats, 64, 64, options)
    check_formats(["texture"], 64, 64, options)
