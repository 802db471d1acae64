from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from spade_terrain.export.meshes import glb, obj
from spade_terrain.export.meshes.grid import Mesh, mesh
from spade_terrain.export.options import VERTICAL_SCALE
from spade_terrain.export.rasters import png
from spade_terrain.terrain import Terrain

MakeTerrain = Callable[..., Terrain]
Read = Callable[[Terrain], Any]


def _mesh(terrain: Terrain) -> Mesh:
    return mesh(terrain.height, (terrain.gsd, terrain.gsd), VERTICAL_SCALE)


@pytest.fixture
def read_obj(tmp_path: Path) -> Read:
    def read(terrain: Terrain) -> Any:
        (tmp_path / "texture.png").write_bytes(png.encode(terrain.texture))
        obj.write_material(tmp_path / "terrain.mtl", "texture.png")
        obj.write_mesh(tmp_path / "terrain.obj", _mesh(terrain), "terrain.mtl", "an island")
        return trimesh.load(tmp_path / "terrain.obj", process=False, force="mesh")

    return read


@pytest.fixture
def read_glb(tmp_path: Path) -> Read:
    def read(terrain: Terrain) -> Any:
        glb.write_mesh(tmp_path / "terrain.glb", _mesh(terrain), png.encode(terrain.texture), glb.NODE_SCALE, {})
        return trimesh.load(tmp_path / "terrain.glb", process=False, force="mesh")

    return read


def _texel(texture: NDArray[np.uint8], uv: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The texture's pixels at `uv`, whose v counts from the bottom as in OpenGL."""
    rows, columns = texture.shape[:2]
    texels: NDArray[np.uint8] = texture[((1 - uv[:, 1]) * rows).astype(int), (uv[:, 0] * columns).astype(int)]
    return texels


@pytest.mark.parametrize("shape", [(24, 40), (40, 24), (2, 2)])
def test_obj_in_metres_through_another_reader(
    shape: tuple[int, int], make_terrain: MakeTerrain, read_obj: Read
) -> None:
    terrain = make_terrain(*shape)
    read = read_obj(terrain)
    _check(read, terrain, scale=1.0, texture=np.asarray(read.visual.material.image))


@pytest.mark.parametrize("shape", [(24, 40), (40, 24), (2, 2)])
def test_glb_in_its_scale_through_another_reader(
    shape: tuple[int, int], make_terrain: MakeTerrain, read_glb: Read
) -> None:
    terrain = make_terrain(*shape)
    read = read_glb(terrain)
    material = read.visual.material
    assert (material.metallicFactor, material.roughnessFactor) == (0, 1)
    _check(read, terrain, scale=glb.NODE_SCALE, texture=np.asarray(material.baseColorTexture))


def _check(read: Any, terrain: Terrain, scale: float, texture: NDArray[np.uint8]) -> None:
    rows, columns = terrain.height.shape
    assert len(read.vertices) == rows * columns
    assert len(read.faces) == 2 * (rows - 1) * (columns - 1)
    top = float(terrain.height.max()) * VERTICAL_SCALE
    east, south = (columns - 1) / 2 * terrain.gsd, (rows - 1) / 2 * terrain.gsd
    np.testing.assert_allclose(
        read.bounds, np.array([[-east, 0, -south], [east, top, south]]) * scale, rtol=1e-5, atol=0.01 * scale
    )
    assert (read.face_normals[:, 1] > 0).all()
    np.testing.assert_array_equal(texture, terrain.texture)
    # Each vertex wears its own pixel; the first, in the north-west corner, wears the red one.
    np.testing.assert_array_equal(_texel(texture, read.visual.uv), terrain.texture.reshape(-1, 3))
    np.testing.assert_allclose(read.vertices[0, [0, 2]], np.array([-east, -south]) * scale, rtol=1e-5)
    assert texture[0, 0].tolist() == [255, 0, 0]


def test_obj_and_glb_are_the_same_mesh(make_terrain: MakeTerrain, read_obj: Read, read_glb: Read) -> None:
    terrain = make_terrain()
    a, b = read_obj(terrain), read_glb(terrain)
    np.testing.assert_allclose(a.vertices, b.vertices / glb.NODE_SCALE, atol=0.05)
    np.testing.assert_array_equal(a.faces, b.faces)
    np.testing.assert_allclose(a.visual.uv, b.visual.uv, atol=1e-6)


def test_normals_are_smooth_and_lean_downhill(make_terrain: MakeTerrain, read_glb: Read) -> None:
    terrain = make_terrain(25, 41)
    normals = read_glb(terrain).vertex_normals.reshape(25, 41, 3)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(normals[12, 20], [0, 1, 0], atol=1e-5)  # the peak
    assert normals[12, 30, 0] > 0.1  # the east side leans east
    assert normals[20, 20, 2] > 0.1  # the south side leans south


def test_obj_prints_small_negative_and_large_numbers(tmp_path: Path) -> None:
    vertices = np.array([[-0.001, 0.004, -0.5], [123456.78, 10.05, -2000000]], np.float32)
    uv = np.array([[0, 0], [0.5, 1]], np.float32)
    faces = np.array([[0, 1, 0]], np.uint32)
    obj.write_mesh(tmp_path / "a.obj", Mesh(vertices, vertices, uv, faces), "a.mtl", "two points")
    lines = (tmp_path / "a.obj").read_text().splitlines()
    assert [line for line in lines if line[0] in "vf"] == [
        "v 0.00 0.00 -0.50",
        "v 123456.78 10.05 -2000000.00",
        "vt 0.000000 1.000000",
        "vt 0.500000 0.000000",
        "f 1/1 2/2 1/1",
    ]


def test_obj_of_more_lines_than_are_written_at_once(make_terrain: MakeTerrain, read_obj: Read) -> None:
    terrain = make_terrain(257, 300)
    assert read_obj(terrain).faces.tolist() == _mesh(terrain).faces.tolist()
