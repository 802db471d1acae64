"""The training set as a folder: three pictures a patch, `NNNN_t.png`, `NNNN_h.png` and `NNNN_i2.png`, and an index."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, MissingFileError, TerrainError
from spade_terrain.palette import Labels, image_to_labels, labels_to_image
from spade_terrain.schema import parse_json, positive
from spade_terrain.world.dataset.patches import (
    HEIGHT_MAX_M,
    EmptySplitError,
    Patches,
    empty_patches,
    evenly,
    height_units,
)
from spade_terrain.world.pictures import read_image, write_image

INDEX = "index.json"
KINDS = ("t", "h", "i2")
"""What the names of a patch's three files end in: terrain, height, segmentation."""


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


def load_folder(folder: Path, split: str, most: int | None = None) -> Patches:
    """Load one split of a folder into memory; `most` is as in `load`.

    Raises `MissingFileError` or `DataError` naming the file if one is missing, can't be read, differs in size or has a
    colour outside the palette; `EmptySplitError` if there is no patch of this split.
    """
    index = read_index(folder)
    names: Sequence[str] = evenly(index.names(split), most)
    if not names:
        raise EmptySplitError(folder, split)
    side = terrain_shape(folder, names[0])
    patches = empty_patches(len(names), side, index.metres_per_unit)

    def load_one(i: int) -> None:
        patches.terrain[i], patches.height[i], patches.labels[i] = read_patch_files(folder, names[i], side)

    # OpenCV decodes without the interpreter's lock, so threads read side by side.
    with ThreadPoolExecutor() as pool:
        list(pool.map(load_one, range(len(names))))
    return patches


def read_index(folder: Path) -> Index:
    """What `folder` holds.

    Raises `MissingFileError` if there is no such folder, `DataError` if its index can't be read.
    """
    if not folder.is_dir():
        raise MissingFileError(f"no such folder: {folder}")
    file = folder / INDEX
    try:
        stated: dict[str, Any] = (
            parse_json(file.read_text("utf-8")) if file.exists() else {"metres_per_unit": HEIGHT_MAX_M / 65535}
        )
        unit = positive(HEIGHT_MAX_M)(stated["metres_per_unit"], "metres_per_unit")
        if "patches" in stated:
            entries = [{**e, "name": str(e["name"]), "split": str(e["split"])} for e in stated["patches"]]
            return Index(entries, unit, built=True)
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise DataError(f"{file} can't be read; build the set again") from e
    names = sorted(p.name.removesuffix("_t.png") for p in folder.glob("*_t.png"))
    return Index([{"name": n, "split": "train"} for n in names], unit, built=False)


def files_of(folder: Path) -> list[Path]:
    """The files that make the set in `folder`. Raises as `read_index` does."""
    return [folder / INDEX, *(folder / f"{e['name']}_{kind}.png" for e in read_index(folder).entries for kind in KINDS)]


def index_text(index: dict[str, Any]) -> str:
    """The index as JSON, one line a patch."""
    rows = ",\n  ".join(json.dumps(e) for e in index["patches"])
    rest = {k: v for k, v in index.items() if k != "patches"}
    return json.dumps(rest, indent=1)[:-2] + ',\n "patches": [\n  ' + rows + "\n ]\n}\n"


def terrain_shape(folder: Path, name: str) -> tuple[int, ...]:
    """The size of a patch, `(H, W)`, by its terrain."""
    return read_image(folder / f"{name}_t.png", np.uint8, 3).shape[:2]


def read_patch_files(
    folder: Path, name: str, side: tuple[int, ...]
) -> tuple[NDArray[np.uint8], NDArray[np.uint16], Labels]:
    """Terrain, height and labels of one patch, as in `Patches`; `DataError` if they aren't `side` `(H, W)`."""
    terrain = read_image(folder / f"{name}_t.png", np.uint8, 3)
    height = read_image(folder / f"{name}_h.png", np.uint16, 1)
    painted = read_image(folder / f"{name}_i2.png", np.uint8, 3)
    for kind, image in zip(KINDS, (terrain, height, painted), strict=True):
        if image.shape[:2] != side:
            raise DataError(f"{folder / name}_{kind}.png is {_by(image.shape)} pixels, others are {_by(side)}")
    try:
        return terrain, height, image_to_labels(painted)
    except TerrainError as e:
        raise DataError(f"{folder / name}_i2.png: {e}") from e


def write_patch(
    folder: Path, name: str, terrain: NDArray[np.uint8], metres: NDArray[np.float32], labels: Labels
) -> None:
    """Write one patch's three files: terrain uint8 RGB `(H, W, 3)`, metres float32 `(H, W)`, labels uint8 `(H, W)`."""
    images: tuple[NDArray[Any], ...] = (terrain, height_units(metres), labels_to_image(labels))
    for kind, image in zip(KINDS, images, strict=True):
        write_image(folder / f"{name}_{kind}.png", image)


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]}"
