"""`terrain.zarr`: the terrain as arrays of a Zarr version 3 hierarchy, in several resolutions, which xarray opens."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from spade_terrain import __version__
from spade_terrain.export.arrays.place import Attributes, Place
from spade_terrain.export.arrays.pyramid import (
    CHUNK,
    SHARD,
    Halved,
    average,
    largest,
    level_shapes,
    nearest,
    write_levels,
)
from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.water.bed import bed
from spade_terrain.export.water.wetness import wetness
from spade_terrain.palette import NAMES
from spade_terrain.terrain import Rows

NAME = "terrain.zarr"
_DIMENSIONS = ("y", "x", "band")
_GRID_MAPPING = "spatial_ref"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Variable:
    """An array of each level.

    Attributes:
        rows: of the whole map.
        halved: how the next level is made.
        attributes: what is said of it, as CF has it.

    """

    rows: Rows
    halved: Halved
    attributes: Attributes


def write(job: ExportJob) -> Files:
    """Write it, into the job's folder or its store; the root's `zarr.json`, without which none is there, comes last."""
    place, shapes = Place.of(job.terrain), level_shapes(*job.height.shape)
    variables = _variables(job)
    with _home(job) as (open_store, address):
        levels = [
            _create_level(open_store(str(level)), variables, place.coarser(2**level), shape)
            for level, shape in enumerate(shapes)
        ]
        for name, variable in variables.items():
            write_levels([arrays[name] for arrays in levels], variable.rows, variable.halved)
        for level in range(len(shapes)):
            _consolidate(open_store(str(level)))
        _finish(open_store(""), job, place.multiscales(shapes))
    said: Attributes = {
        "is": "heights, textures and classes as arrays of a Zarr version 3 hierarchy, each level half as fine",
        "levels": len(shapes),
        "variables": list(variables),
        "crs": place.wkt,
        "transform": list(place.transform),
    }
    if address:
        _log.warning("%s is left at %s", NAME, address)
        said["address"] = address
    return {NAME: said}


@contextmanager
def _home(job: ExportJob) -> Iterator[tuple[Callable[[str], Any], str | None]]:
    """What opens the store of a group by its path, and where the whole lies, if that is not the job's folder."""
    import zarr

    if job.store is None:
        # A `SharedFolder` would take an odd name of the user's folder for a URL.
        yield lambda group: zarr.storage.LocalStore(job.folder / NAME / group), None
        return
    from spade_terrain.storage.shared import SharedFolder, told

    folder = SharedFolder(job.store) / NAME
    with folder.whole_zarr() as draft, told(folder.address, "write to"):
        yield lambda group: (draft / group if group else draft).store(), folder.address


def _variables(job: ExportJob) -> dict[str, Variable]:
    metres = {"units": "m"}
    found = {
        "height": Variable(
            job.height,
            average,
            {"standard_name": "surface_altitude", "long_name": "height above the sea; of lakes, their level"} | metres,
        ),
        "labels": Variable(
            job.labels,
            nearest,
            {
                "long_name": "classes of the ground",
                "flag_values": list(range(len(NAMES))),
                "flag_meanings": " ".join(NAMES),
            },
        ),
    }
    for name, picture in job.pictures.items():
        suffix = "" if name == job.terrain.texture_name else f"_{name}"
        for what, rows, meaning in (
            ("texture", picture.texture, "the ground's colour without shadows, sRGB"),
            ("shaded", picture.shaded, "the same with shading lit from the north-west, sRGB"),
        ):
            found[f"{what}{suffix}"] = Variable(rows, average, {"long_name": meaning, "texture": name})
    return found | _water(job)


def _water(job: ExportJob) -> dict[str, Variable]:
    """What only terrain that water has carved has."""
    water = job.terrain.hydrology
    if water is None:
        return {}
    return {
        "bed": Variable(bed(job), average, {"long_name": "height of the ground, under lakes too", "units": "m"}),
        "flow": Variable(
            water.upstream, largest, {"long_name": "area upstream of each pixel, its own included", "units": "km2"}
        ),
        "wetness": Variable(
            wetness(job), average, {"long_name": "topographic wetness index; 0 where there is water", "units": "1"}
        ),
        "basins": Variable(water.basins, nearest, {"long_name": "number of the drainage basin; 0 in the sea"}),
        "rivers": Variable(
            water.mask,
            average,
            {"long_name": "share of a pixel that rivers cover", "units": "1", "scale_factor": 1 / 255},
        ),
    }


def _create_level(store: Any, variables: dict[str, Variable], place: Place, shape: tuple[int, int]) -> dict[str, Any]:
    """Make the group of one level; returns its arrays, still empty."""
    import zarr
    from zarr.codecs import ZstdCodec

    group = zarr.create_group(store, attributes={"Conventions": "CF-1.11"} | place.attributes(shape))
    _add_coordinates(group, place, shape)
    arrays: dict[str, Any] = {}
    wide = min(SHARD, -(-shape[1] // CHUNK) * CHUNK)
    for name, variable in variables.items():
        channels = variable.rows.shape[2:]
        arrays[name] = group.create_array(
            name,
            shape=(*shape, *channels),
            dtype=variable.rows.dtype,
            chunks=(CHUNK, CHUNK, *channels),
            shards=(CHUNK, wide, *channels),
            compressors=ZstdCodec(level=3),
            fill_value=0,
            dimension_names=_DIMENSIONS[: 2 + len(channels)],
            attributes=variable.attributes | {"grid_mapping": _GRID_MAPPING},
            config={"write_empty_chunks": True},  # a shard that is missing is one that was lost
        )
    return arrays


def _add_coordinates(group: Any, place: Place, shape: tuple[int, int]) -> None:
    """Say where the pixels of a level lie."""
    bands = {"long_name": "red, green and blue", "flag_values": [1, 2, 3], "flag_meanings": "red green blue"}
    coordinates = place.coordinates(shape) | {"band": (np.arange(1, 4), bands)}
    for name, (values, said) in coordinates.items():
        array = group.create_array(
            name, shape=values.shape, dtype=values.dtype, chunks=values.shape, dimension_names=[name], attributes=said
        )
        array[:] = values
    mapping = group.create_array(_GRID_MAPPING, shape=(), dtype=np.int32, attributes=place.grid_mapping())
    mapping[...] = 0


def _finish(store: Any, job: ExportJob, multiscales: Attributes) -> None:
    """Write the root's metadata."""
    import zarr

    terrain = job.terrain
    said = {
        "Conventions": "CF-1.11",
        "title": "terrain",
        "source": f"spade-terrain {__version__}, model {terrain.model}",
        "seed": int(terrain.seed),
    }
    zarr.create_group(store, attributes=said | multiscales)
    _consolidate(store)


def _consolidate(store: Any) -> None:
    """Let a group's metadata hold those of all in it, so that opening it takes one request, as `multiscales` asks."""
    import zarr

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is not in the specification of version 3 yet, but read by all
        zarr.consolidate_metadata(store)
