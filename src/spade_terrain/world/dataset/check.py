"""Looking at every file of a training set before a long training trusts it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from spade_terrain.errors import TerrainError
from spade_terrain.palette import NAMES, WATER, class_shares
from spade_terrain.world.dataset.card import shares_table
from spade_terrain.world.dataset.figures import Sums, sums, table
from spade_terrain.world.dataset.packed import read_pack
from spade_terrain.world.dataset.patches import Index, load, read_image, read_index, read_patch_files
from spade_terrain.world.rasters.patches import SPLITS

_SHARE_ERROR = 1e-4
"""How far a share in the index may be from the labels': it is rounded to four places."""


def check(source: Path) -> str:
    """Read every file of a set, a folder or a packed file, and return its figures as tables.

    They are the mean class shares by split, and what each class is like: its regions, heights and slopes.

    Every file must be there, whole and of one size, and labels must be of the palette. In a folder that `build` wrote,
    shares must also be those of the index, and the height under painted water 0. Raises `TerrainError` naming the
    first patch with a broken file and how many others are broken.
    """
    if source.is_file():
        return _tables(list(_look_into_pack(source)))
    index = read_index(source)
    if not index.entries:
        raise TerrainError(f"{source} holds no patches")
    side = _side(source, index)

    def look(entry: dict[str, Any]) -> tuple[dict[str, Any], Sums] | str:
        try:
            return _look(source, entry, side, index)
        except TerrainError as e:
            return str(e)

    with ThreadPoolExecutor() as pool:
        looks = list(pool.map(look, index.entries))
    broken = [x for x in looks if isinstance(x, str)]
    if broken:
        raise TerrainError(f"{broken[0]}; {len(broken)} of {len(looks)} patches are broken: build the set again")
    return _tables([x for x in looks if not isinstance(x, str)])


def _tables(looks: Sequence[tuple[dict[str, Any], Sums]]) -> str:
    entries, parts = zip(*looks, strict=True)
    return f"{shares_table(list(entries))}\n\n{table(parts)}"


def _side(folder: Path, index: Index) -> tuple[int, ...]:
    """The size of the first terrain that can be read, `(H, W)`: all others must have it too."""
    for entry in index.entries:
        try:
            return read_image(folder / f"{entry['name']}_t.png", np.uint8, 3).shape[:2]
        except TerrainError:
            continue
    raise TerrainError(f"no terrain of {folder} can be read: build the set again")


def _look(folder: Path, entry: dict[str, Any], side: tuple[int, ...], index: Index) -> tuple[dict[str, Any], Sums]:
    """The entry with the shares that its labels really have, and the patch's sums."""
    name = entry["name"]
    _, height, labels = read_patch_files(folder, name, side)
    shares = class_shares(labels)
    if index.built:
        if (height[labels == WATER] > 0).any():
            raise TerrainError(f"{folder / name}_h.png is above the sea where {name}_i2.png is water")
        stated = entry.get("shares", {})
        if any(abs(shares[n] - stated.get(n, -1)) > _SHARE_ERROR for n in NAMES):
            raise TerrainError(f"{folder / name}_i2.png has other class shares than the index says")
    return {**entry, "shares": shares}, sums(height * np.float32(index.metres_per_unit), labels)


def _look_into_pack(file: Path) -> Iterator[tuple[dict[str, Any], Sums]]:
    pack = read_pack(file)
    for split in (s for s in SPLITS if pack.entries(s)):
        patches = load(file, split)
        for height, labels in zip(patches.height, patches.labels, strict=True):
            metres = height * np.float32(patches.metres_per_unit)
            yield {"split": split, "shares": class_shares(labels)}, sums(metres, labels)
