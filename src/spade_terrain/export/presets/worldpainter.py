"""WorldPainter, for Minecraft: a 16-bit PNG with a pixel a block."""

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.presets import fitting
from spade_terrain.export.rasters import png

_WATER = 62  # the level of Minecraft's own seas
_HIGHEST = 319  # where Minecraft's air ends
_LOWEST_HILL = 1


def write(job: ExportJob, side: int) -> Files:
    """Write `worldpainter-height.png` and `worldpainter.txt`; see `presets.Writer`. `side` is the longer side's."""
    east_west, north_south = job.extent
    size = [max(round(along * side / max(job.extent)), 1) for along in (north_south, east_west)]
    png.write(job.folder / "worldpainter-height.png", fitting.units(job, size[0], size[1], corners=False))
    metres_a_block = fitting.east_west(job) / size[1]
    blocks = max(round(fitting.top(job) / metres_a_block), _LOWEST_HILL)
    level = min(_WATER + blocks, _HIGHEST)
    settings: dict[str, str | float] = {
        "Import": "File > Import new world > From height map: worldpainter-height.png",
        "Scale": "100%",
        "Image value, low": 0,
        "Minecraft level, low": _WATER - 1,
        "Image value, high": 65535,
        "Minecraft level, high": level,
        "Water level": _WATER,
        "Heights": f"{blocks} blocks above the sea, {job.vertical_scale:g} times the truth; "
        f"any level from {_WATER + _LOWEST_HILL} to {_HIGHEST} will do",
        "Size": f"{size[1]} x {size[0]} blocks, {metres_a_block:.6g} m each",
    }
    return {
        "worldpainter-height.png": {"is": f"height, {size[1]} x {size[0]} pixels, 16-bit grey"}
    } | fitting.write_settings(job, "worldpainter.txt", "WorldPainter: import settings", settings)
