"""The training set as a folder: a patch's pictures, and an index.

They are `NNNN_t.png`, `NNNN_h.png` and `NNNN_i2.png`, and in some sets `NNNN_s.png`.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

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
SATELLITE = "s"
"""What the name of the fourth ends in, in sets with satellite pictures."""

PatchFiles: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint16], Labels, NDArray[np.uint8] | None]
"""Terrain, height, labels and satellite picture of one patch, as in `Patches`."""


@dataclass(frozen=True)
class Index:
    """What a folder holds.

    Attributes:
        entries: one for each patch: its name and split, and, if `build` wrote the folder, what it recorded.
        metres_per_unit: of `NNNN_h.png`.
        built: whether `build` wrote the folder.
        satellite: whether patches have satellite pictures.

    """

    entries: list[dict[str, Any]]
    metres_per_unit: float
    built: bool
    satellite: bool

    def names(self, split: str) -> list[str]:
        """The names of the patches of a split."""
        return [e["name"] for e in self.entries if e["split"] == split]


def load_folder(folder: Path, split: str, most: int | None = None) -> Patches:
    """Load one split of a folder into memory; `most` is as in `load`.

    Raises `MissingFileError` or `DataError` naming the file if one is missing, can't be read, differs in size or has a
    colour outside the palette, or if only some patches have a satellite picture; `EmptySplitError` if there is no patch
    of this split.
    """
    index = read_index(folder)
    names: Sequence[str] = evenly(index.names(split), most)
    if not names:
        raise EmptySplitError(folder, split)
    side = terrain_shape(folder, names[0])
    patches = empty_patches(len(names), side, index.metres_per_unit, satellite=index.satellite)

    def load_one(i: int) -> None:
        terrain, height, labels, seen = read_patch_files(folder, names[i], side, satellite=index.satellite)
        patches.terrain[i], patches.height[i], patches.labels[i] = terrain, height, labels
        if patches.satellite is not None and seen is not None:
            patches.satellite[i] = seen

    # OpenCV decodes without the interpreter's lock, so threads read side by side.
    with ThreadPoolExecutor() as pool:
        list(pool.map(load_one, range(len(names))))
    return patches


def read_index(folder: Path) -> Index:
    """What `folder` holds.

    Raises `MissingFileError` if there is no such folder, `DataError` if its index can't be read, or if only some
    patches have a satellite picture.
    """
    if not folder.is_dir():
        raise MissingFileError(f"no such folder: {folder}")
    file = folder / INDEX
    try:
        stated: dict[str, Any] = (
            parse_json(file.read_text("utf-8")) if file.exists() else {"metres_per_unit": HEIGHT_MAX_M / 65535}
        )
        unit, built = positive(HEIGHT_MAX_M)(stated["metres_per_unit"], "metres_per_unit"), "patches" in stated
        entries = [{**e, "name": str(e["name"]), "split": str(e["split"])} for e in stated.get("patches", ())]
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise DataError(f"{file} can't be read; build the set again") from e
    if not built:
        names = sorted(p.name.removesuffix("_t.png") for p in folder.glob("*_t.png"))
        entries = [{"name": n, "split": "train"} for n in names]
    return Index(entries, unit, built, _with_satellite(folder, [e["name"] for e in entries]))


def files_of(folder: Path) -> list[Path]:
    """The files that make the set in `folder`. Raises as `read_index` does."""
    index = read_index(folder)
    kinds = (*KINDS, SATELLITE) if index.satellite else KINDS
    return [folder / INDEX, *(folder / f"{e['name']}_{kind}.png" for e in index.entries for kind in kinds)]


def index_text(index: dict[str, Any]) -> str:
    """The index as JSON, one line a patch."""
    rows = ",\n  ".join(json.dumps(e) for e in index["patches"])
    rest = {k: v for k, v in index.items() if k != "patches"}
    return json.dumps(rest, indent=1)[:-2] + ',\n "patches": [\n  ' + rows + "\n ]\n}\n"


def terrain_shape(folder: Path, name: str) -> tuple[int, ...]:
    """The size of a patch, `(H, W)`, by its terrain."""
    return read_image(folder / f"{name}_t.png", np.uint8, 3).shape[:2]


def read_patch_files(folder: Path, name: str, side: tuple[int, ...], *, satellite: bool) -> PatchFiles:
    """One patch, with its `satellite` picture or without; `DataError` if its pictures aren't `side` `(H, W)`."""
    terrain = read_image(folder / f"{name}_t.png", np.uint8, 3)
    height = read_image(folder / f"{name}_h.png", np.uint16, 1)
    painted = read_image(folder / f"{name}_i2.png", np.uint8, 3)
    seen = read_image(folder / f"{name}_{SATELLITE}.png", np.uint8, 3) if satellite else None
    for kind, image in zip((*KINDS, SATELLITE), (terrain, height, painted, seen), strict=True):
        if image is not None and image.shape[:2] != side:
            raise DataError(f"{folder / name}_{kind}.png is {_by(image.shape)} pixels, others are {_by(side)}")
    try:
        return terrain, height, image_to_labels(painted), seen
    except TerrainError as e:
        raise DataError(f"{folder / name}_i2.png: {e}") from e


def write_patch(
    folder: Path,
    name: str,
    terrain: NDArray[np.uint8],
    metres: NDArray[np.float32],
    labels: Labels,
    satellite: NDArray[np.uint8] | None = None,
) -> None:
    """Write one patch's files: terrain and satellite picture uint8 RGB `(H, W, 3)`, metres float32, labels uint8."""
    images = (terrain, height_units(metres), labels_to_image(labels), satellite)
    for kind, image in zip((*KINDS, SATELLITE), images, strict=True):
        if image is not None:
            write_image(folder / f"{name}_{kind}.png", image)


def _with_satellite(folder: Path, names: Sequence[str]) -> bool:
    """Whether all patches have a satellite picture, or none has; `DataError` if only some have."""
    having = {p.name.removesuffix(f"_{SATELLITE}.png") for p in folder.glob(f"*_{SATELLITE}.png")}
    lacking = [n for n in names if n not in having]
    if lacking and len(lacking) < len(names):
        raise DataError(
            f"{folder / lacking[0]}_{SATELLITE}.png is missing, and so are {len(lacking) - 1} others of {len(names)}: "
            "all patches have a satellite picture or none has; build the set again"
        )
    return bool(names) and not lacking


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]}"
