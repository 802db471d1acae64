"""Image files of patches, read and written with OpenCV, whole or not at all."""

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.errors import DataError, MissingFileError, ParameterError, StorageError


def read_image(path: Path, dtype: type, channels: int) -> NDArray[Any]:
    """Read an image as RGB `(H, W, 3)` or grey `(H, W)`.

    Raises `MissingFileError` if it isn't there, `DataError` if it is damaged or of another kind.
    """
    if not path.exists():
        raise MissingFileError(f"no such file: {path}")
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if _is_whole(path) else None
    if image is None:
        raise DataError(f"{path} is damaged or not a PNG")
    if image.dtype != dtype or (image.shape[2] if image.ndim == 3 else 1) < channels:
        raise DataError(f"{path} is not {'RGB' if channels == 3 else 'grey'} of {np.dtype(dtype).itemsize * 8} bits")
    if channels == 1:
        return image if image.ndim == 2 else image[..., 0]
    return image[..., 2::-1]


def _is_whole(path: Path) -> bool:
    """Whether the checksums of a picture are right: where they are not, libpng would say so on stderr, too."""
    try:
        with Image.open(path) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError):
        return False
    return True


def write_image(path: Path, image: NDArray[Any]) -> None:
    """Write RGB `(H, W, 3)` or grey `(H, W)` in the format its name ends in.

    Raises `ParameterError` if that is no image format, `StorageError` if the file can't be written.
    """
    ordered = image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])
    try:
        # Encoded first: OpenCV's own writing doesn't tell that a disk is full.
        path.write_bytes(cv2.imencode(path.suffix, ordered)[1].tobytes())
    except cv2.error as e:
        raise ParameterError(f"can't write {path}: give it a name that ends in .png or .jpg") from e
    except OSError as e:
        path.unlink(missing_ok=True)
        raise StorageError(f"can't write {path}: {e.strerror}; free some space or choose another place") from e
