"""A picture of the terrain: a block cut out of the ground, on a table, seen from the south-west."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from spade_terrain.export import ground
from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.meshes.grid import Plane
from spade_terrain.export.preview.block import draw
from spade_terrain.export.preview.camera import aim, corners
from spade_terrain.export.preview.relief import relief
from spade_terrain.export.rasters import png
from spade_terrain.terrain import TerrainRows

_LARGEST = (1600, 1100)
_MARGIN = 70
_OVERSAMPLING = 2  # drawn larger and scaled down, for smooth edges
_BASE = 0.055  # the block's thickness below the sea, of the longer side

_PAPER = np.array([[246, 244, 240], [214, 209, 202]], np.float32)  # sRGB from top to bottom
_SHADOWS = ((28, 0.27), (6, 0.24))  # blur in pixels, darkness: one wide, one where the block touches the table
_SHADOW_OFFSET = (14, 10)

_NORTH_WEST = 315.0
_FRAMES = 36
_ROUND = [(_NORTH_WEST + 360 * frame / _FRAMES) % 360 for frame in range(_FRAMES)]
_FRAME_MS = 90
_ANIMATED_SIZE = 0.5


def write(job: ExportJob) -> Files:
    """Write `preview.png` and whatever else `job.options.preview` names."""
    exaggeration = job.options.relief * job.vertical_scale
    files: Files = {}
    for kind in job.options.preview or ("png",):
        path = job.folder / f"preview.{kind}"
        if kind == "png":
            png.write(path, render(job.terrain, exaggeration))
            what = "picture of the terrain in 3D"
        else:
            _animate(path, pictures(job.terrain, exaggeration, _ROUND, _ANIMATED_SIZE))
            what = "the terrain in 3D, the sun going round it"
        files[path.name] = {"is": what, "vertical_scale": job.vertical_scale}
    return files


def render(terrain: TerrainRows, exaggeration: float | None = None) -> NDArray[np.uint8]:
    """The picture, uint8 RGB `(rows, columns, 3)`: at most 1600 wide and 1100 high, as the block's outline asks.

    Its light comes from the height alone, shown `exaggeration` times as high as it is (by default as is usual for the
    map's extent), and its colour from the texture.
    """
    if exaggeration is None:
        exaggeration = ground.usual_vertical_scale(max(ground.extent(terrain)), ground.gsd(terrain))
    return next(pictures(terrain, exaggeration, [_NORTH_WEST]))


def pictures(
    terrain: TerrainRows, exaggeration: float, azimuths: Iterable[float], size: float = 1.0
) -> Iterator[NDArray[np.uint8]]:
    """A picture like that of `render` for each place of the sun, its sides times `size`.

    `azimuths` are the sun's places, degrees from north over east.
    """
    block = relief(terrain, exaggeration)
    base = _BASE * max(block.height.shape)
    margin = round(_MARGIN * size)
    room = [_OVERSAMPLING * (round(side * size) - 2 * margin) for side in _LARGEST]
    camera = aim(block.height, base, (room[0], room[1]))
    width, height = (side // _OVERSAMPLING for side in camera.size)

    right, down = camera.project(*corners(block.height.shape), -base)
    foot = np.stack([right, down], axis=-1) / _OVERSAMPLING + margin
    table = _table(width + 2 * margin, height + 2 * margin, foot, size)
    for azimuth in azimuths:
        drawn = Image.fromarray(draw(block, block.lit(azimuth), base, camera))
        drawn = drawn.resize((width, height), Image.Resampling.LANCZOS)
        picture = table.copy()
        picture.paste(drawn, (margin, margin), drawn)
        yield np.asarray(picture)


def _animate(path: Path, frames: Iterable[NDArray[np.uint8]]) -> None:
    """Write `frames` as an endless animation in the format that `path` ends in."""
    first, *rest = (Image.fromarray(frame) for frame in frames)
    if path.suffix == ".gif":
        # One palette for all: a palette a frame would make still parts flicker.
        sheet = Image.fromarray(np.concatenate([np.asarray(first), *(np.asarray(f) for f in rest[::6])]))
        palette = sheet.quantize(256)
        first, *rest = (frame.quantize(palette=palette) for frame in (first, *rest))
    first.save(path, save_all=True, append_images=rest, duration=_FRAME_MS, loop=0, quality=85)


def _table(width: int, height: int, foot: Plane, size: float) -> Image.Image:
    """The empty table with the shadow of a block whose base has the corners `foot` (`(4, 2)`)."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    # Noise of one grey level hides the steps of a gradient as gentle as this.
    grain = np.random.default_rng(0).random((height, width, 1), np.float32)
    paper = _PAPER[0] + down * (_PAPER[1] - _PAPER[0]) + grain
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).polygon((foot + np.multiply(_SHADOW_OFFSET, size)).ravel().tolist(), fill=255)
    for blur, darkness in _SHADOWS:
        shadow = np.asarray(mask.filter(ImageFilter.GaussianBlur(blur * size)), np.float32)[..., None] / 255
        paper *= 1 - darkness * shadow
    return Image.fromarray(paper.astype(np.uint8))
