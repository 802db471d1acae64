"""What a training set says of itself: its index, for programs, and its datasheet, for people.

A datasheet as Gebru et al. have it ("Datasheets for Datasets", 2018), on a page.
"""

from collections import Counter
from typing import Any

from spade_terrain.palette import NAMES
from spade_terrain.terrain import GSD
from spade_terrain.world.build.cleaning import MAX_LAKES, MAX_ONE_CLASS, MIN_LAND
from spade_terrain.world.dataset.clean_patch import LOWEST_LAND_M
from spade_terrain.world.dataset.patches import HEIGHT_MAX_M
from spade_terrain.world.dataset.shares import shares_table
from spade_terrain.world.places import CELL_DEG
from spade_terrain.world.water import SHORE_PX

FILE = "README.md"
_FORMAT = 1


def make_index(request: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The index of a set: what was asked for, how it is stored, and every patch's entry."""
    return {
        "format": _FORMAT,
        **request,
        "metres_per_unit": HEIGHT_MAX_M / 65535,
        "gsd": GSD,
        "classes": list(NAMES),
        "splits": dict(Counter(e["split"] for e in entries)),
        "patches": entries,
    }


def datasheet(index: dict[str, Any]) -> str:
    """The datasheet of a set, Markdown."""
    *names, last = (f"`{name}`" for name in index["sources"].values())
    sources = f"{', '.join(names)} and {last}"
    kinds, satellite = "terrain, height and segmentation", ""
    if "satellite" in index["sources"]:
        kinds = "terrain, height, segmentation and satellite picture"
        blue = " ".join(map(str, index["satellite_sea_rgb"]))
        satellite = f"| `NNNN_s.png` | as a satellite sees it, RGB; the sea is {blue}, lakes are filled in |\n"
    size, count = index["size"], len(index["patches"])
    rivers = "as the raster has them" if index["keep_rivers"] else "filled in"
    moved = "were moved to where the relief is, by registration " + str(index["registration"])
    lie = moved if index["registration"] else "lie where their raster has them: how well that fits was not measured"
    return f"""# {count} patches of {kinds}

Made by {index["made_by"]} from {sources}, seed {index["seed"]}.
Licence of the rasters: {index["licence"] or "not stated; ask whoever gave you the rasters"}.

Each patch has {size} x {size} pixels of {GSD:,.0f} m in an azimuthal-equidistant map around its centre, north up.

| file | what it is |
|---|---|
| `NNNN_t.png` | terrain, RGB, with relief shading lit from the north-west; painted rivers and lakes are {rivers} |
| `NNNN_h.png` | height above the sea, 16 bits: value x {HEIGHT_MAX_M:,.0f} / 65,535 is metres, to 0.07 m |
| `NNNN_i2.png` | segmentation in the seven colours: {", ".join(NAMES)} |
{satellite}| `index.json` | place, split, class shares and segmentation parameters of every patch |

{shares_table(index["patches"])}

## How patches were chosen
Places are uniform on the sphere. A place was turned down if its patch had less than {MIN_LAND:.0%} land, any
missing data, more than {MAX_LAKES:.0%} under big lakes, or more than {MAX_ONE_CLASS:.0%} of one class,
or if it touched two splits. Splits are whole cells of about {CELL_DEG:.0f} degrees: patches of one split may overlap
each other, never those of another. Each segmentation was painted with its own random brush.

## Errors
Heights, places and colours are as right as the rasters, resampled by cubic convolution. Classes were read from colour
and relief by the pixel classifier {index["classifier"]}; they are no survey of land cover. Heights {lie}. Under painted
water all pictures are flat sea, small islands too. Land within {SHORE_PX} pixels of the sea that was bluer than the
land around is filled in from there, and land lies at {LOWEST_LAND_M:g} m at least.
"""
