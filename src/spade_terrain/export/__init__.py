"""A terrain as files: pictures, height maps, meshes and a sidecar that explains them."""

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spade_terrain.export import formats as registry
from spade_terrain.export import presets
from spade_terrain.export.names import SIDECAR, check_overwriting
from spade_terrain.export.options import COARSE_MESH, LARGEST_MESH, ExportOptions
from spade_terrain.progress import progress
from spade_terrain.runtime.libraries import require
from spade_terrain.storage.files import sole_run, staged, target

if TYPE_CHECKING:
    from spade_terrain.terrain import Georeference, TerrainRows

_QUICK = 4_000_000
"""Pixels of a terrain whose files are written in seconds, so that progress needs not be shown."""

_log = logging.getLogger(__name__)

__all__ = ["ExportOptions", "check_folder", "check_formats", "check_overwriting", "save", "write"]


def save(
    terrain: "TerrainRows", folder: Path, formats: Sequence[str] | None = None, options: ExportOptions | None = None
) -> list[Path]:
    """Write `terrain` as `write` does, while no other run writes into `folder`.

    Raises what `write` does, and `FileInTheWayError` if another run is at work there.
    """
    folder = target(folder)
    with sole_run(folder):
        return write(terrain, folder, formats, options)


def write(
    terrain: "TerrainRows",
    folder: Path,
    formats: Sequence[str] | None = None,
    options: ExportOptions | None = None,
    tell: Callable[[str], None] = lambda _: None,
    store: str | None = None,
) -> list[Path]:
    """Write `terrain` into `folder` (made if missing); returns the files' paths.

    Files of the same names are replaced, others are left alone. The same terrain gives the same bytes. Apart from
    meshes, files are written some rows at a time, in memory that does not grow with the map.

    Args:
        terrain: what to write; heights are 0 m or more.
        folder: where to.
        formats: names of `formats.FORMATS`; by default pictures, height map, meshes (an OBJ only up to 512 x 512
            pixels) and a preview, or none if `options` asks for presets.
        options: how; by default as `ExportOptions()` says.
        tell: called with the name of each format or preset before it is written; what it raises ends the work.
        store: the address of a folder that a Zarr hierarchy goes to in place of this one, as `SharedFolder` takes it.

    Raises:
        TerrainError: `check_formats` refuses what was chosen.
        StorageError: the folder can't be written, or the disk is full. Nothing half-written is left behind.

    """
    # Late, because they bring numpy: the command line imports this package to show its help.
    from spade_terrain.export import sidecar
    from spade_terrain.export.job import ExportJob

    options = options or ExportOptions()
    height, width = terrain.height.shape
    detail = terrain.hydrology.detail if terrain.hydrology else None
    names = check_formats(formats, height, width, options, terrain.georeference, detail)
    if formats is None and not options.presets and "obj" not in names:
        _log.warning(
            "no terrain.obj is written of %d x %d pixels, since it would be very large; terrain.glb has the same mesh, "
            "and obj among the formats asks for both",
            width,
            height,
        )
    _note_coarse(names, options, height, width, detail or 1)
    with staged(folder) as stage:
        job = ExportJob(terrain, stage, options, store)
        files = {SIDECAR: {"is": "this description"}}
        tools = presets.chosen(options, height, width)
        with progress("formats", len(names) + len(tools), shown=height * width > _QUICK) as shown:
            for name in names:
                shown.describe(name)
                tell(name)
                files |= registry.FORMATS[name].writer(job)
                shown.advance()
            for preset, side in tools:
                shown.describe(preset.name)
                tell(preset.name)
                tool_job = job.sized(preset.playable_km(max(height, width), options.playable_km))
                files |= preset.writer(tool_job, side)
                shown.advance()
        description = json.dumps(sidecar.describe(job, files), indent=2)
        (stage / SIDECAR).write_text(description + "\n", encoding="utf-8", newline="\n")
        left = sidecar.left_by_another_run(folder, files)
    if left:
        _log.warning(
            "%s: %s stay of an earlier run, and %s no longer tells of them; delete them if they are of another terrain",
            folder, ", ".join(left), SIDECAR,
        )  # fmt: skip
    return [folder / name for name, said in files.items() if "address" not in said]


def _note_coarse(names: Sequence[str], options: ExportOptions, height: int, width: int, detail: int) -> None:
    """A line where files are coarser than one may think: meshes of large maps, and what tools get of small ones."""
    meshes = [name for name in names if registry.FORMATS[name].mesh]
    if meshes and options.triangles is None and height * width > LARGEST_MESH:
        _log.warning(
            "%s of %d x %d pixels: the mesh is a coarser grid, of %s vertices at most; `triangles` says otherwise",
            " and ".join(meshes), width, height, f"{COARSE_MESH:,}",
        )  # fmt: skip
    longer = max(height, width)
    for preset, side in presets.chosen(options, height, width):
        finer = next((d for d in (2, 4, 8, 16) if d > detail and longer // detail * d > 0.75 * side), None)
        if side > 1.5 * longer and finer:
            _log.warning(
                "`presets` %s: its %d pixels are %d enlarged; with `detail` %d the land is as fine as that",
                preset.name, side, longer, finer,
            )  # fmt: skip


def check_formats(
    formats: Sequence[str] | None,
    height: int,
    width: int,
    options: ExportOptions | None = None,
    place: "Georeference | None" = None,
    detail: int | None = None,
) -> list[str]:
    """The formats that `save` would write for a map of `height` x `width` pixels that lies at `place`, in its order.

    Raises `ParameterError` if there is no such format or preset, a number of `options` makes no sense, the map is too
    large, or a format is of terrain that is carved, in some `detail`, and this one is not; `MissingLibraryError` if one
    takes a library that is not installed; `MapError` if one has to say where the map lies, and nobody knows its
    coordinate system.
    """
    options = options or ExportOptions()
    options.check()
    wanted = registry.usual(height, width) if formats is None and not options.presets else formats or ()
    names = registry.chosen([*wanted, "preview"] if options.preview else wanted)
    registry.check_carved(names, detail)
    registry.check_size(names, height, width, options)
    tools = [preset for preset, _ in presets.chosen(options, height, width)]
    registry.check_libraries(names, tools, options)
    if not {"geotiff", "geotiff-water", "zarr"}.isdisjoint(names) and place is not None:
        require("rasterio", "saying where a map lies", "formats")
        from spade_terrain.export.rasters.geotiff import check_place

        check_place(place)
    return names


def check_folder(folder: Path) -> None:
    """Raise `StorageError` if `folder` can't be made or written; leaves nothing behind."""
    with staged(folder):
        pass
