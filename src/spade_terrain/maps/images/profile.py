"""Colour profiles: what the numbers of a picture's colours mean, if not sRGB."""

import logging
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from spade_terrain.maps.legend import Legend

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Pillow's modes of the colour spaces that profiles name."""
_SAME = 2
"""A profile that moves no colour by more than this, of 255, is sRGB as one program or other writes it."""
_SAMPLE = 10_000
"""Pixels that are looked at to see what their colours mean."""
_OTHER = 35.0
"""Distance in RGB from which a colour is simply another one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Profile:
    """What an ICC profile other than sRGB does.

    Attributes:
        mode: Pillow's mode of the colours that it is for: RGB, L or CMYK.
        transform: Pillow's, from them to sRGB, relative colorimetric.

    """

    mode: str
    transform: Any

    def convert(self, image: Image.Image) -> Image.Image:
        """An image in its mode, converted to sRGB."""
        converted = ImageCms.applyTransform(image, self.transform)
        assert converted is not None  # it is only when done in place
        return converted

    def convert_pixels(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Colours, or greys of three equal channels, uint8 `(H, W, 3)`, converted to sRGB."""
        image = Image.fromarray(np.ascontiguousarray(pixels if self.mode == "RGB" else pixels[..., 0]))
        return np.asarray(self.convert(image))

    def suits(self, pixels: NDArray[np.uint8], legend: Legend) -> bool:
        """Whether some of a map's colours, uint8 RGB `(H, W, 3)`, are at least as near to a legend's when converted.

        Where they are not, somebody has typed the legend's numbers into a program that attached its profile to them.
        """
        colours = pixels.reshape(-1, 3)
        sample = colours[:: -(-len(colours) // _SAMPLE)]
        return _distance(self.convert_pixels(sample[None])[0], legend) <= _distance(sample, legend)


def read_profile(data: bytes | None, mode: str, name: str) -> Profile | None:
    """The profile of a picture; `None` if there is none, it is sRGB, or it can't be used, with a warning.

    Args:
        data: as it is in the file.
        mode: of the picture: RGB, L, to which a profile for RGB may belong too, or CMYK.
        name: of the file, for the warning.

    """
    if data is None:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(data))
        space = source.profile.xcolor_space.strip()
        if _MODES.get(space) not in (mode, "RGB" if mode == "L" else mode):
            raise ValueError(f"it is for {space}, not {mode}")
        target = ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        profile = Profile(_MODES[space], ImageCms.buildTransform(source, target, _MODES[space], "RGB", intent))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        _log.warning("%s: its colour profile is damaged or of another kind; colours are taken as sRGB", name)
        return None
    return None if _is_srgb(profile) else profile


def _is_srgb(profile: Profile) -> bool:
    if profile.mode == "CMYK":
        return False
    steps = np.arange(0, 256, 15).astype(np.uint8)
    if profile.mode == "RGB":
        colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    else:
        colours = np.repeat(steps, 3).reshape(1, -1, 3)
    return int(np.abs(profile.convert_pixels(colours).astype(int) - colours).max()) <= _SAME


def _distance(colours: NDArray[np.uint8], legend: Legend) -> float:
    """How far colours, uint8 `(N, 3)`, are from a legend's, on average."""
    apart = colours[:, None].astype(np.float32) - legend.rgb
    return float(np.sqrt(np.square(apart).sum(-1)).min(1).clip(max=_OTHER).mean())
