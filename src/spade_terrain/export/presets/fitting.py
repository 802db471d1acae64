"""What the presets share: a terrain on the grid of a tool, and in its metres."""

from collections.abc import Mapping
from math import log2

import numpy as np

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import png
from spade_terrain.export.rasters.height import height_units
from spade_terrain.export.rasters.resample import Resampled
from spade_terrain.export.rows import Mapped
from spade_terrain.terrain import Rows


def east_west(job: ExportJob) -> float:
    """How wide the map is in the tool, metres."""
    return job.extent[0] * job.scale


def north_south(job: ExportJob) -> float:
    """How long the map is in the tool, metres."""
    return job.extent[1] * job.scale


def top(job: ExportJob) -> float:
    """How high the highest point stands above the sea in the tool, metres; 1 if all is sea, since tools refuse 0."""
    return job.summary.highest * job.scale * job.vertical_scale or 1.0


def at_most(value: float, most: float, tool: str) -> str | float:
    """`value`, with a word if it is more than the tool takes."""
    if value <= most:
        return value
    return f"{_text(value)}, but {tool} takes {most:,.0f} at most: generate again with a lower --vertical-scale"


def heights(job: ExportJob, rows: int, columns: int, *, corners: bool) -> Rows:
    """Heights (float32, metres of ground) on a grid of `rows` x `columns`; `corners` as in `Resampled`."""
    if (rows, columns) == job.height.shape and not corners:
        return job.height
    resampled = Resampled(job.height, rows, columns, corners)
    # The filter swings below the sea at steep coasts.
    return Mapped(resampled, lambda metres: np.maximum(metres, 0), np.float32)


def units(job: ExportJob, rows: int, columns: int, *, corners: bool) -> Rows:
    """`heights` in 16 bits: 0 is the sea, 65535 is `top`."""
    return height_units(heights(job, rows, columns, corners=corners), job.summary.highest)


def write_texture(job: ExportJob, name: str, rows: int, columns: int) -> Files:
    """Write the texture as the PNG file `name` with `rows` x `columns` pixels."""
    texture = job.terrain.texture
    same = (rows, columns) == texture.shape[:2]
    png.write(job.folder / name, texture if same else Resampled(texture, rows, columns))
    return {name: {"is": f"the ground's colour without shadows, {columns} x {rows} pixels, sRGB"}}


def power_of_two(side: int) -> int:
    """The power of two nearest to `side`: what engines want of textures."""
    return int(2 ** round(log2(side)))


def write_settings(job: ExportJob, name: str, title: str, settings: Mapping[str, str | float]) -> Files:
    """Write `name`: what to choose and to type in when the files are imported."""
    width = max(map(len, settings))
    lines = [f"{setting:<{width}}  {_text(value)}" for setting, value in settings.items()]
    longer = max(job.extent) / 1000
    studio = "or Scale in the studio, says otherwise"
    scale = (
        f"Heights are shown {job.vertical_scale:g} times as high as they are; --vertical-scale, {studio}.\n"
        f"The ground's longer side is {_text(longer)} km; the numbers above "
        + (
            "are true to that. For one to walk on, generate again with --playable-km 8, or 8 km at Scale in the studio."
            if job.options.playable_km is None
            else f"make it {_text(job.options.playable_km)} km long; --playable-km, {studio}."
        )
    )
    (job.folder / name).write_text("\n".join([title, "", *lines, "", scale, ""]), encoding="utf-8", newline="\n")
    return {name: {"is": title}}


def _text(value: str | float) -> str:
    """A number as one would type it in, to six significant digits or a hundredth."""
    if isinstance(value, str):
        return value
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1000 else f"{value:.6g}"
