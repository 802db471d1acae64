"""The packed form of a training set: one small file, compressed with loss, whose maps are painted as it is loaded.

It is a ZIP file of pictures, without another compression: `pack.json` says what the set holds, and each patch has
`NNNN_t.webp`, its terrain; `NNNN_h.jp2`, `sqrt(metres) * 690` in 16 bits; `NNNN_c.png`, the land class of each pixel, 0
on the sea; and in some sets `NNNN_s.webp`, its satellite picture. Loading takes only NumPy and OpenCV.
"""

import json
import zipfile
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, StorageError, TerrainError
from spade_terrain.palette import WATER
from spade_terrain.world.dataset.clean_patch import CleanPatch, flatten_painted_water, flatten_sea
from spade_terrain.world.dataset.patches import (
    HEIGHT_MAX_M,
    EmptySplitError,
    Patches,
    empty_patches,
    evenly,
    height_units,
)
from spade_terrain.world.dataset.segmentation import paint, random_brush
from spade_terrain.world.masked import Colour

INDEX = "pack.json"
FORMAT = 1
KINDS = ("t.webp", "h.jp2", "c.png")
"""What the names of a patch's three pictures end in: terrain, height, land classes."""
SATELLITE = "s.webp"
"""What the name of the fourth ends in, in sets with satellite pictures."""

_HEIGHT_CODE = 690.0
_WEBP_QUALITY = 84
_RATES = np.unique(np.geomspace(4, 400, 32).astype(int)).tolist()
"""Sizes of a JPEG 2000 height to try, thousandths of the raw size."""

_CODE_ERROR = 110.0
"""The rms error of the height code to stay under: of 690 steps a square root of a metre."""


@dataclass(frozen=True)
class Pack:
    """A packed file in memory.

    Attributes:
        index: what `pack.json` says.
        files: the bytes of each picture, by name.

    """

    index: dict[str, Any]
    files: dict[str, bytes]

    def entries(self, split: str) -> list[dict[str, Any]]:
        """The entries of the patches of a split."""
        return [e for e in self.index["patches"] if e["split"] == split]


def load_packed(file: Path, split: str, seed: int = 0, most: int | None = None) -> Patches:
    """Load one split of a packed file, painting each map with its own random brush, which `seed` chooses.

    `most` is as in `load`; a patch has the same map, however many are loaded.

    Raises `DataError` if the file is damaged or no packed set, `EmptySplitError` if it holds no patch of this split,
    `StorageError` if it can't be read, `DeviceError` if the split does not fit in memory.
    """
    pack = read_pack(file)
    entries = evenly(pack.entries(split), most)
    if not entries:
        raise EmptySplitError(file, split)
    size, sea_rgb = int(pack.index["size"]), tuple(pack.index["sea_rgb"])
    blue = pack.index.get("satellite_sea_rgb")
    satellite_sea_rgb = tuple(blue) if blue else None
    kinds = (*KINDS, SATELLITE) if blue else KINDS
    patches = empty_patches(len(entries), (size, size), HEIGHT_MAX_M / 65535, satellite=bool(blue))

    def load_one(i: int) -> None:
        name = entries[i]["name"]
        patch = decode({kind: pack.files[f"{name}_{kind}"] for kind in kinds}, sea_rgb, satellite_sea_rgb)
        brush = random_brush(np.random.default_rng((seed, int(name))))
        labels = paint(patch.classes, patch.sea, brush)
        terrain, metres, satellite = flatten_painted_water(patch, labels, sea_rgb, satellite_sea_rgb)
        patches.terrain[i], patches.height[i], patches.labels[i] = terrain, height_units(metres), labels
        if patches.satellite is not None and satellite is not None:
            patches.satellite[i] = satellite

    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(load_one, range(len(entries))))
    except TerrainError:
        raise
    except (KeyError, ValueError, TypeError, cv2.error) as e:
        raise DataError(f"{file} is damaged; pack the set again") from e
    return patches


def read_pack(file: Path) -> Pack:
    """Read a packed file into memory.

    Raises `DataError` if it is damaged, or no packed set, `StorageError` if it can't be read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        index = json.loads(files.pop(INDEX))
        if index["format"] != FORMAT:
            raise DataError(f"{file} has format {index['format']}; this version reads {FORMAT}: pack the set again")
        return Pack(index, files)
    except TerrainError:
        raise
    except OSError as e:
        raise StorageError(f"can't read {file}: {e.strerror}; give a file that you may read") from e
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as e:
        raise DataError(f"{file} is damaged or no packed set; pack the set again") from e


def encode(patch: CleanPatch) -> dict[str, bytes]:
    """The pictures of a patch, by what their names end in."""
    code = np.rint(np.sqrt(patch.height) * _HEIGHT_CODE).astype(np.uint16)
    classes = np.where(patch.sea, np.uint8(WATER), patch.classes)
    pictures = {
        "t.webp": _picture(".webp", patch.terrain[..., ::-1], cv2.IMWRITE_WEBP_QUALITY, _WEBP_QUALITY),
        "h.jp2": _height_picture(code),
        "c.png": _picture(".png", classes, cv2.IMWRITE_PNG_COMPRESSION, 9),
    }
    if patch.satellite is not None:
        pictures[SATELLITE] = _picture(".webp", patch.satellite[..., ::-1], cv2.IMWRITE_WEBP_QUALITY, _WEBP_QUALITY)
    return pictures


def decode(pictures: dict[str, bytes], sea_rgb: Colour, satellite_sea_rgb: Colour | None) -> CleanPatch:
    """The patch that `encode` had, but for what compression lost; the sea is flat again, in place and exact."""
    terrain, code, classes = (_pixels(pictures[kind]) for kind in KINDS)
    sea = classes == WATER
    height = np.square(code.astype(np.float32) / np.float32(_HEIGHT_CODE))
    satellite = None
    if satellite_sea_rgb is not None:
        satellite = np.ascontiguousarray(_pixels(pictures[SATELLITE])[..., ::-1])
        satellite[sea] = satellite_sea_rgb
    return flatten_sea(CleanPatch(np.ascontiguousarray(terrain[..., ::-1]), height, sea, classes, satellite), sea_rgb)


def _picture(kind: str, pixels: NDArray[Any], *options: int) -> bytes:
    return cv2.imencode(kind, np.ascontiguousarray(pixels), options)[1].tobytes()


def _pixels(picture: bytes) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("a picture can't be read")
    return pixels


def _height_picture(code: NDArray[np.uint16]) -> bytes:
    """The smallest JPEG 2000 of the height code that is right enough: rough ground takes more bytes than plains."""

    def picture(rate: int) -> bytes:
        return _picture(".jp2", code, cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, rate)

    def is_right(rate: int) -> bool:
        return bool(np.square(_pixels(picture(rate)).astype(np.float32) - code).mean() < _CODE_ERROR**2)

    # The largest rate is right enough for any ground, so it needs no look.
    return picture(_RATES[bisect_left(_RATES[:-1], True, key=is_right)])
