"""`rivers.geojson`, `rivers.png` and `flow.png`: where water runs."""

import json
from collections.abc import Iterator
from math import ceil, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export import ground
from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import png
from spade_terrain.export.rows import Mapped
from spade_terrain.terrain import Georeference, Hydrology, Reach

_STEPS = 2048
"""Of `flow.png` for twice the area: 31 doublings, more than there are, go into 16 bits."""
_PIXELS = Georeference(
    'LOCAL_CS["pixels",UNIT["pixel",1],AXIS["Easting",EAST],AXIS["Southing",SOUTH]]', (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
)
"""Where a map lies that doesn't say so. GDAL takes a file that names no system for one in degrees."""
_HUNDREDTHS = 100  # of a pixel are as fine as points are written


def write(job: ExportJob) -> Files:
    """Write all three; the terrain is one that water has carved."""
    water = job.terrain.hydrology
    assert water is not None  # `check_formats` sees to it
    place = job.terrain.georeference or _PIXELS
    with (job.folder / "rivers.geojson").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_geojson(job, water, place))
    png.write(job.folder / "rivers.png", water.mask)
    png.write(job.folder / "flow.png", Mapped(water.upstream, _Logarithm(_square_km(job)), np.uint16))
    coordinates = "x east, y south in pixels of the other files, from the upper left corner"
    return {
        "rivers.geojson": {
            "is": "rivers as lines from confluence to confluence, downstream; height as third coordinate, metres",
            "coordinates": coordinates if place is _PIXELS else f"of the coordinate system {place.crs}",
            "reaches": len(water.reaches),
        },
        "rivers.png": {"is": "how much of each pixel rivers cover as they are drawn, 8-bit grey"},
        "flow.png": {
            "is": "logarithm of the area upstream of each pixel, 16-bit grey",
            "area_km2": f"{_square_km(job):g} * 2^(value / {_STEPS})",
        },
    }


class _Logarithm:
    """Areas upstream in square kilometres to the numbers of `flow.png`."""

    def __init__(self, pixel: float) -> None:
        self._pixel = np.float32(pixel)

    def __call__(self, areas: NDArray[np.float32]) -> NDArray[np.uint16]:
        doublings = np.log2(np.maximum(areas / self._pixel, 1))
        values: NDArray[np.uint16] = np.rint(_STEPS * doublings).astype(np.uint16)
        return values


def _square_km(job: ExportJob) -> float:
    return ground.gsd(job.terrain) ** 2 / 1e6


def _geojson(job: ExportJob, water: Hydrology, place: Georeference) -> Iterator[str]:
    """The file, a line for each reach. The member `crs` is of GeoJSON 2008: RFC 7946 knows WGS 84 alone."""
    crs = json.dumps({"type": "name", "properties": {"name": _crs_name(place.crs)}})
    yield f'{{"type": "FeatureCollection", "name": "rivers", "crs": {crs}, "features": ['
    steps = np.array(ground.steps(job.terrain))
    for i, reach in enumerate(water.reaches):
        feature = {
            "type": "Feature",
            "id": i,
            "properties": _properties(i, reach, steps),
            "geometry": {"type": "LineString", "coordinates": _coordinates(reach, place.transform, job.options.relief)},
        }
        yield ("," if i else "") + "\n" + json.dumps(feature)
    yield "\n]}\n"


def _properties(number: int, reach: Reach, steps: NDArray[np.float64]) -> dict[str, Any]:
    length = np.hypot(*(np.diff(reach.points, axis=0) @ steps).T).sum()
    return {
        "reach": number,
        "river": reach.river,
        "into": reach.into,
        "strahler": reach.order,
        "length_km": round(float(length) / 1000, 3),
        "area_km2": round(reach.area, 3),
        "discharge_m3_s": round(reach.discharge, 3),
        "width_m": round(reach.width, 2),
        "name": reach.name,
    }


def _coordinates(reach: Reach, transform: tuple[float, ...], relief: float) -> list[list[float]]:
    a, b, c, d, e, f = transform
    x, y = reach.points.T
    digits = max(0, ceil(log10(_HUNDREDTHS / max(abs(a), abs(b)))))
    across, down = np.round(a * x + b * y + c, digits), np.round(d * x + e * y + f, digits)
    heights = np.round(reach.heights.astype(np.float64) * relief, 2)
    points: list[list[float]] = np.stack([across, down, heights], 1).tolist()
    return points


def _crs_name(crs: str) -> str:
    """The name of a coordinate system: EPSG's codes as URN, in which longitude comes first here all the same."""
    authority, _, code = crs.partition(":")
    if crs == "EPSG:4326":
        return "urn:ogc:def:crs:OGC:1.3:CRS84"
    return f"urn:ogc:def:crs:EPSG::{code}" if authority == "EPSG" else crs
