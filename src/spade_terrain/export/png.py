"""PNG files: colour, and height in 16 bits."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HEIGHT_BITS = 16
_TOP = 2**HEIGHT_BITS - 1
_COMPRESSION = 4  # half the time of the usual 6 for files a twentieth larger


def encode(image: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """The PNG of uint8 RGB `(H, W, 3)` or 16-bit grey uint16 `(H, W)`; the same bytes for the same image."""
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=_COMPRESSION)
    return buffer.getvalue()


def height_units(height: NDArray[np.float32]) -> NDArray[np.uint16]:
    """`height` (float32 `(H, W)`, metres, 0 or more) as uint16: the sea is 0, the highest point is 65535, linear."""
    units: NDArray[np.float32] = np.rint(height / np.float32(metres_per_unit(height)))
    return units.astype(np.uint16)


def metres_per_unit(height: NDArray[np.float32]) -> float:
    """Metres that one unit of `height_units(height)` stands for; 1 if all is sea."""
    return float(height.max()) / _TOP or 1.0
