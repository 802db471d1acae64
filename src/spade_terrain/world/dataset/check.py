"""Checking every file of a training set before a long training trusts it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from spade_terrain.errors import DataError, TerrainError
from spade_terrain.palette import NAMES, WATER, class_shares
from spade_terrain.world.dataset.figures import Sums, sums, table
from spade_terrain.world.dataset.folder import Index, read_index, read_patch_files, terrain_shape
from spade_terrain.world.dataset.packed import load_packed, read_pack
from spade_terrain.world.dataset.shares import shares_table
from spade_terrain.world.places import SPLITS

_SHARE_ERROR = 1e-4
"""How far a share in the index may be from the labels': it is rounded to four places."""


def check(source: Path) -> str:
    """Read every file of a set, a folder or a packed file, and return its figures as tables.

    They are the mean class shares by split, and what each class is like: its regions, heights and slopes.

    Every file must be there, whole and of one size, satellite pictures of all patches or of none, and labels must be of
    the palette. In a folder that `build` wrote, shares must also be those of the index, the height under painted water
    0, and satellite pictures of one colour there. Raises `DataError` naming the first patch with a broken file and how
    many others are broken.
    """
    if source.is_file():
        return _tables(list(_check_packed(source)))
    index = read_index(source)
    if not index.entries:
        raise DataError(f"{source} holds no patches")
    side = _side(source, index)

    def check_one(entry: dict[str, Any]) -> tuple[dict[str, Any], Sums] | str:
        try:
            return _check_patch(source, entry, side, index)
        except TerrainError as e:
            return str(e)

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(check_one, index.entries))
    broken = [x for x in found if isinstance(x, str)]
    if broken:
        raise DataError(f"{broken[0]}; {len(broken)} of {len(found)} patches are broken: build the set again")
    return _tables([x for x in found if not isinstance(x, str)])


def _tables(found: Sequence[tuple[dict[str, Any], Sums]]) -> str:
    entries, parts = zip(*found, strict=True)
    return f"{shares_table(list(entries))}\n\n{table(parts)}"


def _side(folder: Path, index: Index) -> tuple[int, ...]:
    """The size of the first terrain that can be read, `(H, W)`: all others must have it too."""
    for entry in index.entries:
        try:
            return terrain_shape(folder, entry["name"])
        except TerrainError:
            continue
    raise DataError(f"no terrain of {folder} can be read: build the set again")


def _check_patch(
    folder: Path, entry: dict[str, Any], side: tuple[int, ...], index: Index
) -> tuple[dict[str, Any], Sums]:
    """The entry with the shares that its labels really have, and the patch's sums."""
    name = entry["name"]
    _, height, labels, seen = read_patch_files(folder, name, side, satellite=index.satellite)
    shares = class_shares(labels)
    if index.built:
        if (height[labels == WATER] > 0).any():
            raise DataError(f"{folder / name}_h.png is above the sea where {name}_i2.png is water")
        if seen is not None and (seen[labels == WATER] != seen[labels == WATER][:1]).any():
            raise DataError(f"{folder / name}_s.png has several colours where {name}_i2.png is water")
        stated = entry.get("shares", {})
        if any(abs(shares[n] - stated.get(n, -1)) > _SHARE_ERROR for n in NAMES):
            raise DataError(f"{folder / name}_i2.png has other class shares than the index says")
    return {**entry, "shares": shares}, sums(height * np.float32(index.metres_per_unit), labels)


def _check_packed(file: Path) -> Iterator[tuple[dict[str, Any], Sums]]:
    pack = read_pack(file)
    for split in (s for s in SPLITS if pack.entries(s)):
        patches = load_packed(file, split)
        for height, labels in zip(patches.height, patches.labels, strict=True):
            metres = height * np.float32(patches.metres_per_unit)
            yield {"split": split, "shares": class_shares(labels)}, sums(metres, labels)
