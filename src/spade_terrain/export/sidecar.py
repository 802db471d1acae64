"""`terrain.json`: what the pictures and meshes can't say of themselves."""

from collections.abc import Mapping
from typing import Any

import spade_terrain
from spade_terrain.export.glb import NODE_SCALE
from spade_terrain.export.grid import VERTICAL_SCALE
from spade_terrain.export.png import HEIGHT_BITS, metres_per_unit
from spade_terrain.palette import class_shares
from spade_terrain.terrain import Terrain


def describe(terrain: Terrain, files: Mapping[str, str]) -> dict[str, Any]:
    """The sidecar of `terrain` as JSON values; `files` tells the meaning of each file by its name."""
    rows, columns = terrain.height.shape
    return {
        "generator": {"name": "spade-terrain", "version": spade_terrain.__version__},
        "model": terrain.model,
        "seed": int(terrain.seed),
        "width_px": columns,
        "height_px": rows,
        "gsd_m_per_px": terrain.gsd,
        "extent_km": {"east_west": columns * terrain.gsd / 1000, "north_south": rows * terrain.gsd / 1000},
        "orientation": "row 0 is north, column 0 is west",
        "height_range_m": {"min": float(terrain.height.min()), "max": float(terrain.height.max())},
        "land_share": float((terrain.height > 0).mean()),
        "class_shares": class_shares(terrain.labels),
        "height_png": {
            "bits": HEIGHT_BITS,
            "metres_per_unit": metres_per_unit(terrain.height),
            "sea_level_value": 0,
        },
        "mesh": {
            "axes": "X east, Y up, Z south; right-handed; the middle of the map at X = Z = 0, the sea at Y = 0",
            "vertical_scale": VERTICAL_SCALE,
            "vertical_scale_reason": "true relief is too flat to see at this ground scale; true height is Y / this",
            "obj_units_per_m": 1.0,
            "glb_units_per_m": NODE_SCALE,
        },
        "files": dict(files),
    }
