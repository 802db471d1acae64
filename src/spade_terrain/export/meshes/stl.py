"""`terrain.stl`: the surface on a solid block, for printing."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.meshes.grid import Mesh

LONGEST_MM = 150.0
"""How long the printed map's longer side is."""

BASE_MM = 3.0
"""How far the block goes on below the sea."""

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attributes", "<u2")])
_AT_ONCE = 2**18

Points = NDArray[np.float32]
Faces = NDArray[np.uint32]


def write(job: ExportJob) -> Files:
    """Write the block in millimetres, its longer side `LONGEST_MM`, as tall as in the other meshes."""
    points, faces = solid(job.mesh)
    write_triangles(job.folder / "terrain.stl", points, faces)
    across = np.ptp(points[:, :2], axis=0).max()
    ground = np.ptp(job.mesh.vertices[:, ::2], axis=0).max() / job.scale
    said = {
        "is": "mesh on a watertight block, for printing",
        "axes": "X east, Y north, Z up; the sea at Z = 0",
        "unit": "millimetre",
        "mm_per_km": float(across / ground) * 1000,
        "vertical_scale": job.vertical_scale,
        "base_mm": BASE_MM,
        "triangles": len(faces),
    }
    return {"terrain.stl": said}


def solid(surface: Mesh) -> tuple[Points, Faces]:
    """A watertight block under `surface`, in millimetres, Z up: points (float32 `(N, 3)`) and triangles.

    The underside is one fan of triangles around its middle.
    """
    x, y, z = surface.vertices.T
    top = np.stack([x, -z, y], axis=-1) * np.float32(LONGEST_MM / max(np.ptp(x), np.ptp(z)))
    rim = _rim(top)
    count, around = len(top), len(rim)
    foot = np.concatenate([top[rim], np.zeros((1, 3), np.float32)])
    foot[:, 2] = -BASE_MM
    high, low = rim, count + np.arange(around)
    next_high, next_low = np.roll(high, -1), np.roll(low, -1)
    middle = np.full(around, count + around)
    walls = [np.stack(corners, axis=-1) for corners in ((high, low, next_high), (next_high, low, next_low))]
    underside = np.stack([low, middle, next_low], axis=-1)
    faces = np.concatenate([surface.faces, *walls, underside]).astype(np.uint32)
    return np.concatenate([top, foot]), faces


def _rim(top: Points) -> NDArray[np.int64]:
    """The points on the border of a rectangle, counter-clockwise seen from above, each once."""
    x, y = top[:, 0], top[:, 1]
    sides = ((y, y.min(), x), (x, x.max(), y), (y, y.max(), -x), (x, x.min(), -y))
    parts = []
    for across, border, along in sides:
        side = np.flatnonzero(across == border)
        parts.append(side[np.argsort(along[side])][:-1])  # the last is the next side's first
    return np.concatenate(parts)


def write_triangles(path: Path, points: Points, faces: Faces) -> None:
    """Write a binary STL file."""
    with path.open("wb") as f:
        f.write(b"spade-terrain, millimetres".ljust(80))
        f.write(np.uint32(len(faces)).astype("<u4").tobytes())
        for start in range(0, len(faces), _AT_ONCE):
            corners = points[faces[start : start + _AT_ONCE]]
            across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            triangles = np.zeros(len(corners), _TRIANGLE)
            triangles["normal"] = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-30)
            triangles["corners"] = corners
            f.write(triangles.tobytes())
