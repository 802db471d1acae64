"""Figures of carved maps beside those of real land: the tables of docs/drainage.md.

Run `python tools/measure_drainage.py`. Real land is read from `../shared/data/fine`, 16-bit PNGs of decimetres at
125 m; carved land is measured as `spade-terrain evaluate --detail` does it.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from spade_terrain import generate
from spade_terrain.evaluation.carved.land import Land
from spade_terrain.evaluation.carved.maps import CarvedLand, measure_map
from spade_terrain.evaluation.carved.real import measure_real, real_pieces
from spade_terrain.evaluation.rounding import number
from spade_terrain.maps.read import open_map
from spade_terrain.palette import NAMES, WATER
from spade_terrain.terrain import GSD

ROOT = Path(__file__).parents[1]
FINE = ROOT.parent / "shared" / "data" / "fine"
SEED = 7


def figures_table(maps: dict[str, CarvedLand], real: Sequence[Land]) -> list[str]:
    """The lines of the table: real land from the least to the most, the maps, and the last of them only enlarged."""
    last = list(maps)[-1]
    lines = [_line("", "real land", *maps, f"{last}, only enlarged"), _line(*["---"] * (len(maps) + 3))]
    for name in maps[last].carved.figures:
        beside = [land.figures[name] for land in real]
        cells = [number(land.carved.figures[name]) for land in maps.values()]
        between = f"{number(min(beside))} to {number(max(beside))}"
        lines.append(_line(name, between, *cells, number(maps[last].enlarged.figures[name])))
    return [*lines, _line("moved", "", *(number(land.moved) for land in maps.values()), "")]


def classes_table(land: Land) -> list[str]:
    """The lines of the table of slopes and streams by class."""
    rows = {name: land.classes[label] for label, name in enumerate(NAMES) if label != WATER}
    return [
        _line("", *rows),
        _line(*["---"] * (len(rows) + 1)),
        _line("mean slope", *(number(float(slope / area)) for _, area, slope in rows.values())),
        _line("km of streams a square kilometre", *(number(float(km / area)) for km, area, _ in rows.values())),
    ]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", nargs="+", default=["archipelago", "continent", "valley"])
    parser.add_argument("--detail", type=int, default=4)
    args = parser.parse_args()
    make = partial(generate, seed=SEED)
    maps = {
        name: measure_map(open_map(ROOT / "examples" / f"{name}.png").in_memory(), make, GSD, args.detail)
        for name in args.maps
    }
    spacing = GSD / args.detail
    real = [measure_real(path, spacing) for path in real_pieces(FINE, spacing)]
    print(f"At {spacing:g} m a pixel:", *figures_table(maps, real), "", f"{args.maps[-1]}:", sep="\n")
    print(*classes_table(maps[args.maps[-1]].carved), sep="\n")


if __name__ == "__main__":
    main()
