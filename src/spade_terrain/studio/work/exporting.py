"""Files of a terrain as one ZIP."""

import zipfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from spade_terrain.export import check_formats, write
from spade_terrain.export.presets import chosen
from spade_terrain.runtime.sessions import Stop
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.requests import Files, MapRequest
from spade_terrain.studio.work.jobs import Job

_LAND, _CARVED_LAND = 1, 10
"""How many files take as long as the land: as the network makes it, and carved (9 to 14, at a detail of 2 and 4)."""
_PACKED = (".png", ".webp", ".gif", ".tif", ".exr", ".zarr")
"""What is compressed already."""


def ready_export(engine: Engine, request: MapRequest, files: Files) -> tuple[int, Callable[[Job], Path]]:
    """What a job has to do that makes files of a map: how many steps there are, and the work.

    Raises `TerrainError` if the request makes no sense.
    """
    detail = files.carving.detail if files.carving else None
    height, width = (side * (detail or 1) for side in request.bounds.shape)
    names = check_formats(files.formats, height, width, files.options, detail=detail)
    tools = chosen(files.options, height, width)
    land, making = (_CARVED_LAND, "carving") if files.carving else (_LAND, "land")
    engine.check(request, files.carving)

    def work(job: Job) -> Path:
        terrain = engine.terrain(request, job.stop, files.carving, lambda _, done: job.reach(making, land * done / 100))
        steps = count(land)
        paths = write(
            terrain, job.folder / "files", files.formats, files.options, tell=lambda name: job.reach(name, next(steps))
        )
        job.reach("terrain.zip", next(steps))
        archive = job.folder / "terrain.zip"
        _zip(archive, paths, job.stop)
        return archive

    return land + len(names) + len(tools) + 1, work


def _zip(archive: Path, paths: list[Path], stop: Stop) -> None:
    """Move files into a ZIP, each removed as soon as it is in."""
    with zipfile.ZipFile(archive, "w", compresslevel=1) as target:
        for path in paths:
            stop.check()
            files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
            for file in files:
                kind = zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
                target.write(file, file.relative_to(path.parent).as_posix(), kind)
                file.unlink()
