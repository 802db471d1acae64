"""A contact sheet: a picture of some of a training set's patches."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.palette import Labels, labels_to_image
from spade_terrain.storage.files import check_not_read
from spade_terrain.world.dataset.folder import PatchFiles, files_of, read_index, read_patch_files, terrain_shape
from spade_terrain.world.dataset.packed import load_packed
from spade_terrain.world.pictures import write_image

_SIDE = 200
_COLUMNS = 3


def contact_sheet(source: Path, path: Path, count: int = 24) -> None:
    """Write a picture of `count` patches spread over a set: terrain, height, segmentation and satellite side by side.

    Of a packed file it shows patches for training. Raises errors as `load` does, and `FileInTheWayError`
    if `path` is a file of the set.
    """
    check_not_read([path], [source] if source.is_file() else files_of(source))
    strips = [_strip(*patch) for patch in (_packed if source.is_file() else _of_folder)(source, count)]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % _COLUMNS)
    rows = [np.hstack(strips[i : i + _COLUMNS]) for i in range(0, len(strips), _COLUMNS)]
    write_image(path, np.vstack(rows))


def _of_folder(folder: Path, count: int) -> Iterator[PatchFiles]:
    index = read_index(folder)
    names = sorted(e["name"] for e in index.entries)
    if not names:
        raise DataError(f"{folder} holds no patches")
    side = terrain_shape(folder, names[0])
    for i in _spread(len(names), count):
        yield read_patch_files(folder, names[i], side, satellite=index.satellite)


def _packed(file: Path, count: int) -> Iterator[PatchFiles]:
    patches = load_packed(file, "train")
    for i in _spread(len(patches.labels), count):
        seen = None if patches.satellite is None else patches.satellite[i]
        yield patches.terrain[i], patches.height[i], patches.labels[i], seen


def _spread(number: int, count: int) -> list[int]:
    return [int(i) for i in np.linspace(0, number - 1, min(count, number))]


def _strip(
    terrain: NDArray[np.uint8], height: NDArray[np.uint16], labels: Labels, satellite: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    grey = (np.sqrt(height / 65535) * 255).astype(np.uint8)
    grey = np.dstack([grey] * 3)
    grey[height == 0] = (40, 60, 90)
    pictures = [(terrain, cv2.INTER_AREA), (grey, cv2.INTER_AREA), (labels_to_image(labels), cv2.INTER_NEAREST)]
    if satellite is not None:
        pictures.append((satellite, cv2.INTER_AREA))
    small = [cv2.resize(p, (_SIDE, _SIDE), interpolation=how) for p, how in pictures]
    return np.pad(np.hstack(small), ((2, 2), (2, 2), (0, 0)), constant_values=255).astype(np.uint8)
