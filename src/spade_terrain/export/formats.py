"""The formats a terrain can be written in. It imports nothing heavy, so that the command line can list them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from spade_terrain.errors import ParameterError
from spade_terrain.export.options import COARSE_MESH, ExportOptions
from spade_terrain.export.presets import Preset
from spade_terrain.runtime.libraries import require

if TYPE_CHECKING:
    from spade_terrain.export.job import ExportJob, Files


class Writer(Protocol):
    """Writes the files of one format."""

    def __call__(self, job: "ExportJob", /) -> "Files":
        """Write them into `job.folder`; returns what the sidecar says of each, by its name."""
        ...


@dataclass(frozen=True)
class Format:
    """One way to write a terrain.

    Attributes:
        home: where in this package its `Writer` is, `module.function`.
        needs: formats that are written with it, because its files name theirs.
        mesh: its files are meshes, which are held in memory whole; others are written some rows at a time.
        library: what it imports beyond the core, of the extra `formats`.
        carved: it is of terrain that water has carved.

    """

    home: str
    needs: Sequence[str] = ()
    mesh: bool = False
    library: str | None = None
    carved: bool = False

    @property
    def writer(self) -> Writer:
        """Its writer, imported now."""
        module, function = self.home.rsplit(".", 1)
        return cast(Writer, getattr(import_module(f"spade_terrain.export.{module}"), function))


FORMATS: Mapping[str, Format] = {
    "texture": Format("rasters.pictures.write_texture"),
    "terrain": Format("rasters.pictures.write_terrain"),
    "height": Format("rasters.height.write"),
    "exr": Format("rasters.exr.write", library="OpenEXR"),
    "geotiff": Format("rasters.geotiff.write", library="rasterio"),
    "zarr": Format("arrays.write.write", library="zarr"),
    "r16": Format("rasters.raw.write_r16"),
    "raw": Format("rasters.raw.write_raw"),
    "masks": Format("rasters.masks.write_masks"),
    "splat": Format("rasters.masks.write_splat"),
    "normal": Format("rasters.normal_map.write"),
    "obj": Format("meshes.obj.write", needs=("texture",), mesh=True),
    "glb": Format("meshes.glb.write", mesh=True),
    "stl": Format("meshes.stl.write", mesh=True),
    "preview": Format("preview.write"),
    "bed": Format("water.bed.write", carved=True),
    "rivers": Format("water.rivers.write", carved=True),
    "wetness": Format("water.wetness.write", carved=True),
    "basins": Format("water.basins.write", carved=True),
    "geotiff-water": Format("water.geotiff.write", library="rasterio", carved=True),
}
DEFAULT = ("texture", "terrain", "height", "obj", "glb", "preview")
"""What is written of a map when nothing is chosen; an OBJ only up to `LARGEST_OBJ`."""

LARGEST_OBJ = 512 * 512
"""Pixels of the largest map that is made an OBJ without being asked for: 33 MB of digits. The GLB is half."""

LARGEST_SIMPLIFIED = 8192 * 8192
"""Pixels of the largest map that a mesh of so many triangles is made of."""


def chosen(names: Sequence[str]) -> list[str]:
    """The formats `names`, and those they need, in the order of `FORMATS`.

    Raises `ParameterError` for a name that is none of `FORMATS`.
    """
    for name in names:
        if name not in FORMATS:
            raise ParameterError(f"no such format: {name!r}; there are {', '.join(FORMATS)}")
    wanted = {*names, *(needed for name in names for needed in FORMATS[name].needs)}
    return [name for name in FORMATS if name in wanted]


def usual(height: int, width: int) -> list[str]:
    """What is written of a map of `height` x `width` pixels when nothing is chosen."""
    return [name for name in DEFAULT if name != "obj" or height * width <= LARGEST_OBJ]


def check_libraries(names: Iterable[str], presets: Iterable[Preset], options: ExportOptions) -> None:
    """Raise `MissingLibraryError` if a library that the formats `names` or `presets` take can't be loaded."""
    wanted = {preset.library: f"`presets` {preset.name}" for preset in presets if preset.library}
    wanted |= {library: f"`formats` {name}" for name in names if (library := FORMATS[name].library)}
    if options.triangles is not None and any(FORMATS[name].mesh for name in names):
        wanted["pydelatin"] = "`triangles`"
    for library, choice in wanted.items():
        require(library, choice, "formats")


def check_carved(names: Iterable[str], detail: int | None) -> None:
    """Raise `ParameterError` if one of the formats `names` takes terrain that was carved, and it is made without."""
    for name in names:
        if FORMATS[name].carved and detail is None:
            raise ParameterError(
                f"`formats` {name}: only terrain that is made with `detail` has it; give that, 4 for instance"
            )


def check_size(names: Iterable[str], height: int, width: int, options: ExportOptions) -> None:
    """Raise `ParameterError` if a map of `height` x `width` pixels is too large for one of the formats `names`."""
    too_large = [name for name in names if FORMATS[name].mesh] if height * width > LARGEST_SIMPLIFIED else []
    if too_large and options.triangles is not None:
        raise ParameterError(
            f"{width} x {height} pixels are too many to simplify the meshes of {' and '.join(too_large)} to"
            f" `triangles`, which takes {LARGEST_SIMPLIFIED:,} at most; leave it out for a grid of {COARSE_MESH:,}"
            " vertices"
        )
