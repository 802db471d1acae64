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
    "bed": ["bed.png"],
    "rivers": ["rivers.geojson", "rivers.png", "flow.png"],
    "wetness": ["wetness.png"],
    "basins": ["basins.png"],
    "geotiff-water": ["bed.tif", "flow.tif", "wetness.tif", "basins.tif"],
    "zarr": ["terrain.zarr"],
}
"""Patterns of file names, by format. Those of a preset begin with its name, but for those of `PRESET_NAMES`."""
TEXTURES: Mapping[str, Sequence[str]] = {
    "texture": ["texture.png"],
    "terrain": ["terrain.png"],
    "geotiff": ["texture.tif"],
    "obj": ["texture.png"],
}
"""Names of those files that each texture has one of, by format."""
PRESET_NAMES: Mapping[str, Sequence[str]] = {"blender": ["import_terrain.py"]}


def beside(file: str, texture: str) -> str:
    """What the file of another texture is called that lies beside `file`, which is of the main one."""
    stem, dot, suffix = file.rpartition(".")
    return f"{stem}-{texture}{dot}{suffix}"


def written(name: str, formats: Iterable[str], options: ExportOptions, textures: Sequence[str] = ()) -> bool:
    """Whether a file called `name` is, or may be, one of those written, with `textures` beside the main one."""
    patterns = [SIDECAR]
    for chosen in formats:
        patterns += NAMES[chosen]
        patterns += [beside(file, texture) for file in TEXTURES.get(chosen, ()) for texture in textures]
    for preset in options.presets:
        tool = preset.partition(":")[0]
        patterns += [f"{tool}.*", f"{tool}-*", *PRESET_NAMES.get(tool, ())]
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


def check_overwriting(
    folder: Path,
    sources: Iterable[Path],
    formats: Sequence[str],
    options: ExportOptions | None = None,
    textures: Sequence[str] = (),
) -> None:
    """Raise `FileInTheWayError` if files written into `folder` would replace one of `sources`, which are read.

    `textures` are those beside the main one.
    """
    there = folder.iterdir() if folder.is_dir() else []
    threatened = [path for path in there if written(path.name, formats, options or ExportOptions(), textures)]
    check_not_read(threatened, sources)
