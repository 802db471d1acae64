"""What a training set says of itself: its index, for programs, and its card, for people."""

import json
from collections import Counter
from typing import Any

from spade_terrain.palette import NAMES
from spade_terrain.terrain import GSD
from spade_terrain.world.build import make as making
from spade_terrain.world.dataset.patches import HEIGHT_MAX_M
from spade_terrain.world.rasters.patches import CELL_DEG, SPLITS

FILE = "README.md"
_FORMAT = 1


def index(request: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
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


def index_text(index: dict[str, Any]) -> str:
    """The index as JSON, one line a patch."""
    rows = ",\n  ".join(json.dumps(e) for e in index["patches"])
    rest = {k: v for k, v in index.items() if k != "patches"}
    return json.dumps(rest, indent=1)[:-2] + ',\n "patches": [\n  ' + rows + "\n ]\n}\n"


def mean_shares(entries: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The mean share of each class, by split: of each split that has patches."""
    by_split = {s: [e["shares"] for e in entries if e["split"] == s] for s in SPLITS}
    return {s: {n: sum(x[n] for x in rows) / len(rows) for n in NAMES} for s, rows in by_split.items() if rows}


def shares_table(entries: list[dict[str, Any]]) -> str:
    """The mean shares as a Markdown table, a row for each split, which also reads well as plain text."""
    counts = Counter(e["split"] for e in entries)
    rows = ["| split | patches | " + " | ".join(NAMES) + " |", "|---|---:|" + "---:|" * len(NAMES)]
    for split, shares in mean_shares(entries).items():
        cells = " | ".join(f"{shares[n]:{len(n)}.1%}" for n in NAMES)
        rows.append(f"| {split:<5} | {counts[split]:7} | {cells} |")
    return "\n".join(rows)


def card(index: dict[str, Any]) -> str:
    """The card of a set, Markdown."""
    sources = " and ".join(f"`{name}`" for name in index["sources"].values())
    size, count = index["size"], len(index["patches"])
    rivers = "as the raster has them" if index["keep_rivers"] else "filled in"
    moved = "were moved to where the relief is, by registration " + str(index["registration"])
    lie = moved if index["registration"] else "lie where their raster has them: how well that fits was not measured"
    return f"""# {count} patches of terrain, height and segmentation

Made by {index["made_by"]} from {sources}, seed {index["seed"]}.
Licence of the rasters: {index["licence"] or "not stated; ask whoever gave you the rasters"}.

Each patch has {size} x {size} pixels of {GSD:,.0f} m in an azimuthal-equidistant map around its centre, north up.

| file | what it is |
|---|---|
| `NNNN_t.png` | terrain, RGB, with relief shading lit from the north-west; painted rivers and lakes are {rivers} |
| `NNNN_h.png` | height above the sea, 16 bits: value x {HEIGHT_MAX_M:,.0f} / 65,535 is metres, to 0.07 m |
| `NNNN_i2.png` | segmentation in the seven colours: {", ".join(NAMES)} |
| `index.json` | place, split, class shares and segmentation parameters of every patch |

{shares_table(index["patches"])}

## How patches were chosen
Places are uniform on the sphere. A place was turned down if its patch had less than {making.MIN_LAND:.0%} land, any
missing data, more than {making.MAX_LAKES:.0%} under big lakes, or more than {making.MAX_ONE_CLASS:.0%} of one class,
or if it touched two splits. Splits are whole cells of about {CELL_DEG:.0f} degrees: patches of one split may overlap
each other, never those of another. Each segmentation was painted with its own random brush.

## Errors
Heights, places and colours are as right as the rasters, resampled by cubic convolution. Classes were read from colour
and relief by the pixel classifier {index["classifier"]}; they are no survey of land cover. Heights {lie}. Under painted
water terrain and height are flat sea, small islands too.
"""
