"""`terrain.json`: what the other files can't say of themselves."""

import json
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

import spade_terrain
from spade_terrain.export import ground
from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.names import SIDECAR
from spade_terrain.terrain import Guide, Hydrology, Lake


def _guide(guide: Guide | None) -> dict[str, Any] | None:
    if guide is None:
        return None
    low, high = guide.range_m
    return {"source": guide.source, "range_m": {"min": low, "max": high}}


def describe_lakes(lakes: Iterable[Lake], relief: float = 1.0) -> list[dict[str, Any]]:
    """Lakes as JSON values; their levels are `relief` times what was generated."""
    return [
        {
            "level_m": lake.level * relief,
            "area_km2": lake.area,
            "depth_m": {"max": lake.deepest * relief, "mean": lake.mean_depth * relief},
            "place_px": dict(zip(("row", "column"), lake.place, strict=True)),
            "outlet_px": lake.outlet and dict(zip(("row", "column"), lake.outlet, strict=True)),
        }
        for lake in lakes
    ]


def _hydrology(job: ExportJob, hydrology: Hydrology | None) -> dict[str, Any]:
    """What is to be said of terrain that water has carved alone."""
    if hydrology is None:
        return {}
    return {"detail": hydrology.detail, "lakes": describe_lakes(hydrology.lakes, job.options.relief)}


def describe(job: ExportJob, files: Files) -> dict[str, Any]:
    """The sidecar of a terrain whose files are `files`, as JSON values."""
    terrain, summary = job.terrain, job.summary
    rows, columns = job.height.shape
    return {
        "generator": {"name": "spade-terrain", "version": spade_terrain.__version__},
        "model": terrain.model,
        "seed": int(terrain.seed),
        "style": dict(terrain.style),
        "texture": terrain.texture_name,
        "guide": _guide(terrain.guide),
        "width_px": columns,
        "height_px": rows,
        "gsd_m_per_px": ground.gsd(terrain),
        "pixel_m": {"east_west": job.pixel[0], "north_south": job.pixel[1]},
        "extent_km": {"east_west": job.extent[0] / 1000, "north_south": job.extent[1] / 1000},
        "orientation": "row 0 is north, column 0 is west",
        "relief": job.options.relief,
        "vertical_scale": job.vertical_scale,
        "vertical_scale_is": "the usual one for the map's extent" if job.options.vertical_scale is None else "as asked",
        "playable_km": job.options.playable_km,
        "height_range_m": {"min": summary.lowest, "max": summary.highest},
        "land_share": summary.land_share,
        "class_shares": dict(summary.class_shares),
        **_hydrology(job, terrain.hydrology),
        "files": files,
    }


def left_by_another_run(folder: Path, files: Container[str]) -> list[str]:
    """Names of files in `folder` that the sidecar there, of an earlier run, tells of, and that are none of `files`."""
    try:
        named = json.loads((folder / SIDECAR).read_text("utf-8"))["files"]
        return sorted(name for name in named if name not in files and (folder / name).is_file())
    except (OSError, ValueError, TypeError, LookupError, RecursionError):  # none, or not ours
        return []
