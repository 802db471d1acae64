"""What the files of each format are called, to know before the work what would be written over."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from spade_terrain.export.options import ExportOptions
from spade_terrain.storage.files import check_not_read

SIDECAR = "terrain.json"
NAMES: Mapping[str, Sequence[str]] = {
    "texture": ["texture.png"],
    "terrain": ["terrain.png"],
    "height": ["height.png"],
    "exr": ["height.exr"],
    "geotiff": ["height.tif", "texture.tif"],
    "r16": ["height.r16"],
    "raw": ["height.raw"],
    "masks": ["mask-*.png"],
    "splat": ["splat-*.png"],
    "normal": ["normal.png"],
    "obj": ["terrain.obj", "terrain.mtl"],
    "glb": ["terrain.glb"],
    "stl": ["terrain.stl"],
    "preview": ["preview.*"],
}
"""Patterns of file names, by format. Those of a preset begin with its name, but for those of `PRESET_NAMES`."""
PRESET_NAMES: Mapping[str, Sequence[str]] = {"blender": ["import_terrain.py"]}


def written(name: str, formats: Iterable[str], options: ExportOptions) -> bool:
    """Whether a file called `name` is, or may be, one of those that are written."""
    patterns = [SIDECAR, *(pattern for chosen in formats for pattern in NAMES[chosen])]
    for preset in options.presets:
        tool = preset.partition(":")[0]
        patterns += [f"{tool}.*", f"{tool}-*", *PRESET_NAMES.get(tool, ())]
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


def check_overwriting(
    folder: Path, sources: Iterable[Path], formats: Sequence[str], options: ExportOptions | None = None
) -> None:
    """Raise `FileInTheWayError` if files written into `folder` would replace one of `sources`, which are read."""
    there = folder.iterdir() if folder.is_dir() else []
    threatened = [path for path in there if written(path.name, formats, options or ExportOptions())]
    check_not_read(threatened, sources)
