"""Wavefront OBJ and MTL, written as arrays of digits: formatting numbers one by one takes ten times as long."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files, describe_mesh
from spade_terrain.export.meshes.grid import Mesh

_LINES_AT_ONCE = 2**16  # few enough for the processor's cache, and for large maps not to fill the memory
_MOST_PLACES = 6

Bytes = NDArray[np.uint8]
_T = TypeVar("_T", bound=np.generic)


def write(job: ExportJob) -> Files:
    """Write the mesh and its material."""
    about = f"X east, Y up, Z south; metres, heights times {job.vertical_scale:g}"
    write_mesh(job.folder / "terrain.obj", job.mesh, "terrain.mtl", about)
    write_material(job.folder / "terrain.mtl", texture_file="texture.png")
    return {
        "terrain.obj": {"is": "mesh, coloured by texture.png"} | describe_mesh(job, 1.0),
        "terrain.mtl": {"is": "material of terrain.obj"},
    }


def write_mesh(path: Path, mesh: Mesh, material_file: str, comment: str) -> None:
    """Write `mesh` as the OBJ file `path`. `material_file` is the MTL's name beside it."""
    # OBJ counts v from the bottom of the texture.
    uv = np.stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]], axis=-1)
    with path.open("wb") as f:
        f.write(f"# {comment}\nmtllib {material_file}\no terrain\n".encode())
        places = _places(mesh.vertices)
        f.writelines(_lines("v", _decimals(part, places)) for part in _parts(mesh.vertices))
        f.writelines(_lines("vt", _decimals(part, 6)) for part in _parts(uv))
        f.write(b"usemtl terrain\ns 1\n")
        f.writelines(_lines("f", _corners(part)) for part in _parts(mesh.faces))


def write_material(path: Path, texture_file: str) -> None:
    """Write the MTL file `path`: matt, coloured by `texture_file` beside it."""
    path.write_text(
        f"newmtl terrain\nKa 1.0 1.0 1.0\nKd 1.0 1.0 1.0\nKs 0.0 0.0 0.0\nd 1.0\nillum 1\nmap_Kd {texture_file}\n",
        encoding="ascii",
        newline="\n",
    )


def _places(vertices: NDArray[np.float32]) -> int:
    """Decimals of a position in metres: hundredths, and more of a model so small that they would blur its grid."""
    x, y, z = np.ptp(vertices, axis=0)
    across = max(x, z) / np.sqrt(len(vertices))  # about what lies between two vertices
    finest = min(across, y) if y > 0 else across
    return int(np.clip(2 - np.floor(np.log10(finest)), 2, _MOST_PLACES))


def _parts(rows: NDArray[_T]) -> Iterator[NDArray[_T]]:
    return (rows[i : i + _LINES_AT_ONCE] for i in range(0, len(rows), _LINES_AT_ONCE))


def _lines(keyword: str, words: Bytes) -> bytes:
    """One line for each row of `words` (`(N, words, width)`): the keyword, then each word after a space."""
    count, per_line, width = words.shape
    start = len(keyword)
    line = np.full((count, start + per_line * (width + 1) + 1), ord(" "), np.uint8)
    line[:, :start] = np.frombuffer(keyword.encode(), np.uint8)
    line[:, start:-1].reshape(count, per_line, width + 1)[..., 1:] = words
    line[:, -1] = ord("\n")
    return line.tobytes().translate(None, b"\0")


def _decimals(values: NDArray[np.float32], places: int) -> Bytes:
    """`values` (`(N, words)`) as text with `places` decimals: `(N, words, width)`, unused characters 0."""
    units = np.rint(np.abs(values.astype(np.float64)) * 10**places).astype(np.uint64)
    whole, fraction = np.divmod(units, np.uint64(10**places))
    minus = np.where((values < 0) & (units > 0), ord("-"), 0).astype(np.uint8)[..., None]
    point = np.full_like(minus, ord("."))
    return np.concatenate([minus, _digits(whole), point, _digits(fraction, places)], axis=-1)


def _corners(faces: NDArray[np.uint32]) -> Bytes:
    """`faces` (`(N, 3)`) as `vertex/uv` words, both counted from 1: `(N, 3, width)`, unused characters 0."""
    number = _digits(faces + np.uint32(1))
    slash = np.full_like(number[..., :1], ord("/"))
    return np.concatenate([number, slash, number], axis=-1)


def _digits(numbers: NDArray[np.unsignedinteger], zeros: int = 1) -> Bytes:
    """Decimal digits of `numbers`, leading zeros replaced by the character 0 unless among the last `zeros` digits."""
    width = max(len(str(numbers.max())), zeros)
    rest = numbers.astype(np.uint32)
    digits = np.empty((*numbers.shape, width), np.uint8)
    for place in range(width - 1, -1, -1):
        shown = (rest > 0) | (place >= width - zeros)
        rest, digit = np.divmod(rest, np.uint32(10))
        digits[..., place] = np.where(shown, digit + ord("0"), 0)
    return digits
