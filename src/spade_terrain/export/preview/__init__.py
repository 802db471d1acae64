"""A picture of the terrain: a block cut out of the ground, on a table, seen from the south-west."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from spade_terrain.export.grid import Plane
from spade_terrain.export.preview.block import draw
from spade_terrain.export.preview.camera import aim, corners
from spade_terrain.export.preview.relief import relief
from spade_terrain.terrain import Terrain

_LARGEST = (1600, 1100)
_MARGIN = 70
_OVERSAMPLING = 2  # drawn larger and scaled down, for smooth edges
_BASE = 0.055  # the block's thickness below the sea, of the longer side

_PAPER = np.array([[246, 244, 240], [214, 209, 202]], np.float32)  # sRGB from top to bottom
_SHADOWS = ((28, 0.27), (6, 0.24))  # blur in pixels, darkness: one wide, one where the block touches the table
_SHADOW_OFFSET = (14, 10)


def render(terrain: Terrain) -> NDArray[np.uint8]:
    """The picture, uint8 RGB `(rows, columns, 3)`: at most 1600 wide and 1100 high, as the block's outline asks.

    Its light comes from the height alone and its colour from the texture; relief is as exaggerated as in meshes.
    """
    ground = relief(terrain)
    base = _BASE * max(ground.height.shape)
    room = [_OVERSAMPLING * (side - 2 * _MARGIN) for side in _LARGEST]
    camera = aim(ground.height, base, (room[0], room[1]))
    block = Image.fromarray(draw(ground, base, camera))
    block = block.resize([side // _OVERSAMPLING for side in camera.size], Image.Resampling.LANCZOS)

    right, down = camera.project(*corners(ground.height.shape), -base)
    foot = np.stack([right, down], axis=-1) / _OVERSAMPLING + _MARGIN
    picture = _table(block.width + 2 * _MARGIN, block.height + 2 * _MARGIN, foot)
    picture.paste(block, (_MARGIN, _MARGIN), block)
    return np.asarray(picture)


def _table(width: int, height: int, foot: Plane) -> Image.Image:
    """The empty table with the shadow of a block whose base has the corners `foot` (`(4, 2)`)."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    # Noise of one grey level hides the steps of a gradient as gentle as this.
    grain = np.random.default_rng(0).random((height, width, 1), np.float32)
    paper = _PAPER[0] + down * (_PAPER[1] - _PAPER[0]) + grain
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).polygon((foot + _SHADOW_OFFSET).ravel().tolist(), fill=255)
    for blur, darkness in _SHADOWS:
        shadow = np.asarray(mask.filter(ImageFilter.GaussianBlur(blur)), np.float32)[..., None] / 255
        paper *= 1 - darkness * shadow
    return Image.fromarray(paper.astype(np.uint8))
