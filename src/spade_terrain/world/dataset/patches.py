"""The training set as files: a folder of patches, or one packed file. Loading takes only NumPy and OpenCV."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.machine import free_memory
from spade_terrain.palette import Labels, image_to_labels, labels_to_image

HEIGHT_MAX_M = 8848.0
"""The height that 65535 stands for in `NNNN_h.png`, unless the index says otherwise."""

INDEX = "index.json"
KINDS = ("t", "h", "i2")
"""What the names of a patch's three files end in: terrain, height, segmentation."""

_T = TypeVar("_T")


class EmptySplitError(TerrainError):
    """A training set holds no patch of the split asked for."""

    def __init__(self, source: Path, split: str) -> None:
        super().__init__(f"{source} holds no patches of the split {split!r}")


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


@dataclass(frozen=True)
class Index:
    """What a folder holds.

    Attributes:
        entries: one for each patch: its name and split, and, if `build` wrote the folder, what it recorded.
        metres_per_unit: of `NNNN_h.png`.
        built: whether `build` wrote the folder.

    """

    entries: list[dict[str, Any]]
    metres_per_unit: float
    built: bool

    def names(self, split: str) -> list[str]:
        """The names of the patches of a split."""
        return [e["name"] for e in self.entries if e["split"] == split]


def load(source: Path, split: str = "train", seed: int = 0, most: int | None = None) -> Patches:
    """Load one split ("train", "val" or "test") of a set into memory: a folder, or the file that `pack` wrote.

    The maps of a packed file are painted as it is loaded: another `seed`, other maps of the same ground. Where a few
    patches will do, `most`, 1 or more, loads no more than that: the same ones each time, evenly spread over the split.

    A folder without an index, such as the public 5,000 patches, is all "train", and 65535 in its heights is 8,848 m;
    an `index.json` in it that says no more than `{"metres_per_unit": 0.1}` gives them another unit.

    Raises `TerrainError` naming the file if one is missing, can't be read, differs in size or has a colour outside
    the palette; `EmptySplitError` if the set holds no patch of this split.
    """
    if source.is_file():
        from spade_terrain.world.dataset.packed import load_packed

        return load_packed(source, split, seed, most)
    index = read_index(source)
    names = evenly(index.names(split), most)
    if not names:
        raise EmptySplitError(source, split)
    side = read_image(source / f"{names[0]}_t.png", np.uint8, 3).shape[:2]
    patches = empty_patches(len(names), side, index.metres_per_unit)

    def load_one(i: int) -> None:
        patches.terrain[i], patches.height[i], patches.labels[i] = read_patch_files(source, names[i], side)

    # OpenCV decodes without the interpreter's lock, so threads read side by side.
    with ThreadPoolExecutor() as pool:
        list(pool.map(load_one, range(len(names))))
    return patches


def evenly(items: Sequence[_T], most: int | None) -> Sequence[_T]:
    """At most `most` of `items` in their order, evenly spread over them; all if there are no more, or for None."""
    if most is None or len(items) <= most:
        return items
    return [items[(2 * i + 1) * len(items) // (2 * most)] for i in range(most)]


def empty_patches(count: int, side: tuple[int, ...], metres_per_unit: float) -> Patches:
    """Patches to be filled, `side` being their `(H, W)`; `TerrainError` if they would not fit in memory."""
    needed, free = 6 * count * side[0] * side[1], free_memory()
    if needed > free:
        raise TerrainError(
            f"{count} patches take {needed / 1e9:.1f} GB, free are {free / 1e9:.1f} GB: use a smaller set"
        )
    return Patches(
        np.empty((count, *side, 3), np.uint8),
        np.empty((count, *side), np.uint16),
        np.empty((count, *side), np.uint8),
        metres_per_unit,
    )


def read_index(folder: Path) -> Index:
    """What `folder` holds. Raises `TerrainError` if there is no such folder or its index can't be read."""
    if not folder.is_dir():
        raise TerrainError(f"no such folder: {folder}")
    file = folder / INDEX
    try:
        stated: dict[str, Any] = (
            json.loads(file.read_text()) if file.exists() else {"metres_per_unit": HEIGHT_MAX_M / 65535}
        )
        unit = float(stated["metres_per_unit"])
        if "patches" in stated:
            entries = [{**e, "name": str(e["name"]), "split": str(e["split"])} for e in stated["patches"]]
            return Index(entries, unit, built=True)
    except (ValueError, KeyError, TypeError) as e:
        raise TerrainError(f"{file} can't be read; build the set again") from e
    names = sorted(p.name.removesuffix("_t.png") for p in folder.glob("*_t.png"))
    return Index([{"name": n, "split": "train"} for n in names], unit, built=False)


def read_patch_files(
    folder: Path, name: str, side: tuple[int, ...]
) -> tuple[NDArray[np.uint8], NDArray[np.uint16], Labels]:
    """Terrain, height and labels of one patch, as in `Patches`; `TerrainError` if they aren't `side` `(H, W)`."""
    terrain = read_image(folder / f"{name}_t.png", np.uint8, 3)
    height = read_image(folder / f"{name}_h.png", np.uint16, 1)
    painted = read_image(folder / f"{name}_i2.png", np.uint8, 3)
    for kind, image in zip(KINDS, (terrain, height, painted), strict=True):
        if image.shape[:2] != side:
            raise TerrainError(f"{folder / name}_{kind}.png is {_by(image.shape)} pixels, others are {_by(side)}")
    try:
        return terrain, height, image_to_labels(painted)
    except TerrainError as e:
        raise TerrainError(f"{folder / name}_i2.png: {e}") from e


def write_patch(
    folder: Path, name: str, terrain: NDArray[np.uint8], metres: NDArray[np.float32], labels: Labels
) -> None:
    """Write one patch's three files: terrain uint8 RGB `(H, W, 3)`, metres float32 `(H, W)`, labels uint8 `(H, W)`."""
    images: tuple[NDArray[Any], ...] = (terrain, height_units(metres), labels_to_image(labels))
    for kind, image in zip(KINDS, images, strict=True):
        write_image(folder / f"{name}_{kind}.png", image)


def height_units(metres: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Heights as `NNNN_h.png` holds them, of 0 to `HEIGHT_MAX_M` metres."""
    units: NDArray[np.uint16] = np.rint(np.clip(metres / HEIGHT_MAX_M, 0, 1) * 65535).astype(np.uint16)
    return units


def read_image(path: Path, dtype: type, channels: int) -> NDArray[Any]:
    """Read an image as RGB `(H, W, 3)` or grey `(H, W)`; `TerrainError` if it is missing, damaged or another kind."""
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


def write_image(path: Path, image: NDArray[Any]) -> None:
    """Write RGB `(H, W, 3)` or grey `(H, W)` in the format its name ends in; `TerrainError` if the disk is full."""
    ordered = image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])
    try:
        # Encoded first: OpenCV's own writing doesn't tell that a disk is full.
        path.write_bytes(cv2.imencode(path.suffix, ordered)[1].tobytes())
    except cv2.error as e:
        raise TerrainError(f"can't write {path}: give it a name that ends in .png or .jpg") from e
    except OSError as e:
        path.unlink(missing_ok=True)
        raise TerrainError(f"can't write {path}: {e.strerror}; free some space or choose another place") from e


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]}"
