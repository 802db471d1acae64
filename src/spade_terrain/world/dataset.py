"""The training set: building it from the two rasters, and loading it, which needs only NumPy and OpenCV."""

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.palette import NAMES, Labels, image_to_labels, labels_to_image
from spade_terrain.terrain import GSD

HEIGHT_MAX_M = 8848.0
"""The height that 65535 stands for in `NNNN_h.png`."""

INDEX = "index.json"
_FORMAT = 1


@dataclass(frozen=True)
class Patches:
    """A split of a training set.

    Attributes:
        terrain: uint8 RGB `(N, H, W, 3)`, with the light of the north-west in it.
        height: uint16 `(N, H, W)`; times `metres_per_unit` it is metres above the sea.
        labels: uint8 `(N, H, W)`, 0..6.
        metres_per_unit: of `height`.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.uint16]
    labels: Labels
    metres_per_unit: float


def build(terrain_path: Path, height_path: Path, out: Path, *, count: int, seed: int, size: int = 512) -> None:
    """Write `count` patches of `size` pixels at 2,000 m a pixel into the new folder `out`.

    Of each ten patches eight are for training, one for validation and one for testing. The same rasters and `seed`
    give the same files, on any number of cores. `out` appears only when it is complete. It starts processes, so a
    script that calls it must do so under `if __name__ == "__main__":`.

    Raises `TerrainError` if `out` holds something already, if `count` or `size` can't be, or for whatever
    `open_rasters` finds wrong with the rasters.
    """
    from spade_terrain.world import making
    from spade_terrain.world.overview import survey
    from spade_terrain.world.rasters import open_rasters

    if count < 1:
        raise TerrainError(f"--count is {count}; ask for at least one patch")
    if size < 64:
        raise TerrainError(f"a patch of {size} pixels is too small; use 64 or more")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise TerrainError(f"{out} is there already and not an empty folder; give another --out")
    with open_rasters(terrain_path, height_path) as rasters:
        overview = survey(rasters)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as e:
        raise TerrainError(f"can't write beside {out}: {e.strerror}; give another --out") from e
    try:
        entries = []
        job = making.Job(terrain_path, height_path, unfinished, seed, size, overview)
        # Spawned, not forked: a fork copies OpenCV's locks but not the threads that would release them.
        with ProcessPoolExecutor(
            min(count, os.cpu_count() or 1), get_context("spawn"), initializer=making.start, initargs=(job,)
        ) as pool:
            for entry in pool.map(making.make, range(count)):
                entries.append(entry)
                _progress(len(entries), count)
        _write_index(unfinished, entries, job)
        unfinished.chmod(0o755)
        if out.exists():
            out.rmdir()
        unfinished.replace(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def load(folder: Path, split: str = "train") -> Patches:
    """Load one split ("train", "val" or "test") of the set in `folder` into memory.

    A folder without an index, such as the public 5,000 patches, is all "train".

    Raises `TerrainError` naming the file if one is missing, can't be read, differs in size or has a colour outside
    the palette; or if the folder holds no patch of this split.
    """
    names, metres = _names(folder, split)
    if not names:
        raise TerrainError(f"{folder} holds no patches of the split {split!r}")
    side = _read(folder / f"{names[0]}_t.png", np.uint8, 3).shape[:2]
    patches = Patches(
        np.empty((len(names), *side, 3), np.uint8),
        np.empty((len(names), *side), np.uint16),
        np.empty((len(names), *side), np.uint8),
        metres,
    )
    # OpenCV decodes without the interpreter's lock, so threads read side by side.
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda i: _load_one(folder, names[i], patches, i), range(len(names))))
    return patches


def contact_sheet(folder: Path, path: Path, count: int = 24) -> None:
    """Write a picture of `count` patches spread over the set: terrain, height and segmentation side by side."""
    names = [name for split in ("train", "val", "test") for name in _names(folder, split)[0]]
    if not names:
        raise TerrainError(f"{folder} holds no patches")
    chosen = [sorted(names)[i] for i in np.linspace(0, len(names) - 1, min(count, len(names))).astype(int)]
    triples = [_triple(folder, name) for name in chosen]
    columns = 3
    triples += [np.full_like(triples[0], 255)] * (-len(triples) % columns)
    rows = [np.hstack(triples[i : i + columns]) for i in range(0, len(triples), columns)]
    _write(path, np.vstack(rows))


def write_patch(
    folder: Path, name: str, terrain: NDArray[np.uint8], metres: NDArray[np.float32], labels: Labels
) -> None:
    """Write one patch's three files: terrain uint8 RGB `(H, W, 3)`, metres float32 `(H, W)`, labels uint8 `(H, W)`."""
    units = np.rint(np.clip(metres / HEIGHT_MAX_M, 0, 1) * 65535).astype(np.uint16)
    _write(folder / f"{name}_t.png", terrain)
    _write(folder / f"{name}_h.png", units)
    _write(folder / f"{name}_i2.png", labels_to_image(labels))


def _write_index(folder: Path, entries: list[dict[str, Any]], job: Any) -> None:
    index = {
        "format": _FORMAT,
        "metres_per_unit": HEIGHT_MAX_M / 65535,
        "gsd": GSD,
        "seed": job.seed,
        "size": job.size,
        "sources": {"terrain": job.terrain.name, "height": job.height.name},
        "sea_rgb": job.overview.sea_rgb,
        "classes": list(NAMES),
        "splits": dict(Counter(e["split"] for e in entries)),
    }
    rows = ",\n  ".join(json.dumps(e) for e in entries)
    (folder / INDEX).write_text(json.dumps(index, indent=1)[:-2] + ',\n "patches": [\n  ' + rows + "\n ]\n}\n")


def _names(folder: Path, split: str) -> tuple[list[str], float]:
    if not folder.is_dir():
        raise TerrainError(f"no such folder: {folder}")
    file = folder / INDEX
    if not file.exists():
        names = sorted(p.name.removesuffix("_t.png") for p in folder.glob("*_t.png"))
        return (names if split == "train" else []), HEIGHT_MAX_M / 65535
    try:
        index = json.loads(file.read_text())
        return [e["name"] for e in index["patches"] if e["split"] == split], float(index["metres_per_unit"])
    except (ValueError, KeyError, TypeError) as e:
        raise TerrainError(f"{file} can't be read; build the set again") from e


def _load_one(folder: Path, name: str, into: Patches, i: int) -> None:
    terrain = _read(folder / f"{name}_t.png", np.uint8, 3)
    height = _read(folder / f"{name}_h.png", np.uint16, 1)
    painted = _read(folder / f"{name}_i2.png", np.uint8, 3)
    side = into.terrain.shape[1:3]
    for kind, image in (("t", terrain), ("h", height), ("i2", painted)):
        if image.shape[:2] != side:
            raise TerrainError(f"{folder / name}_{kind}.png is {_by(image.shape)} pixels, others are {_by(side)}")
    try:
        into.labels[i] = image_to_labels(painted)
    except TerrainError as e:
        raise TerrainError(f"{folder / name}_i2.png: {e}") from e
    into.terrain[i], into.height[i] = terrain, height


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]}"


def _read(path: Path, dtype: type, channels: int) -> NDArray[Any]:
    """Read an image as RGB `(H, W, 3)` or grey `(H, W)`."""
    if not path.exists():
        raise TerrainError(f"no such file: {path}")
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise TerrainError(f"{path} is damaged or not a PNG")
    if image.dtype != dtype or (image.shape[2] if image.ndim == 3 else 1) < channels:
        raise TerrainError(f"{path} is not {'RGB' if channels == 3 else 'grey'} of {np.dtype(dtype).itemsize * 8} bits")
    if channels == 1:
        return image if image.ndim == 2 else image[..., 0]
    return image[..., 2::-1]


def _write(path: Path, image: NDArray[Any]) -> None:
    ordered = image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])
    if not cv2.imwrite(str(path), ordered):
        raise TerrainError(f"can't write {path}")


def _triple(folder: Path, name: str) -> NDArray[np.uint8]:
    terrain = _read(folder / f"{name}_t.png", np.uint8, 3)
    height = _read(folder / f"{name}_h.png", np.uint16, 1)
    painted = _read(folder / f"{name}_i2.png", np.uint8, 3)
    grey = (np.sqrt(height / 65535) * 255).astype(np.uint8)
    grey = np.dstack([grey] * 3)
    grey[height == 0] = (40, 60, 90)
    small = [cv2.resize(p, (200, 200), interpolation=cv2.INTER_AREA) for p in (terrain, grey)]
    small.append(cv2.resize(painted, (200, 200), interpolation=cv2.INTER_NEAREST))
    return np.pad(np.hstack(small), ((2, 2), (2, 2), (0, 0)), constant_values=255).astype(np.uint8)


def _progress(done: int, count: int) -> None:
    print(f"\rpatch {done} of {count}", end="\n" if done == count else "", file=sys.stderr, flush=True)
