"""Make the card of the default model, `docs/model.md`, and its pictures anew.

python tools/make_model_card.py [--val VAL_REPORT.json] [--test TEST_REPORT.json]

The figures are those of the reports that `spade-terrain evaluate` wrote; of validation places those that the model's
file quotes serve as well. What people have written is in `model_card/notes.toml`, and is kept.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from model_card.notes import MAPS, Notes, read_notes
from model_card.page import PICTURES, SEEDS, page
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import Model, Terrain, generate, load_model
from spade_terrain.errors import DataError, TerrainError
from spade_terrain.evaluation.generated import with_all_textures
from spade_terrain.evaluation.pictures import grey
from spade_terrain.evaluation.report_format import upgrade
from spade_terrain.evaluation.rounding import Figures
from spade_terrain.palette import labels_to_image
from spade_terrain.storage.files import staged, whole_file
from spade_terrain.training.export.onnx_file import read_report

DOCS = Path(__file__).parents[1] / "docs"

_TILE = 256  # pixels a side of each picture in a strip
_GAP = 4
_HEAD = {"model", "split", "crops", "patches", "size", "seed", "left_out"}


def read_figures(path: Path, split: str, model: str) -> Figures:
    """Read a report of any format; raises `DataError` if it is none, or of another split or model."""
    return _checked(read_report(path), str(path), split, model)


def quoted_figures(model: Model, split: str) -> Figures:
    """The figures that the model's file quotes; raises `DataError` if there are none, or of another split or model."""
    return _checked(dict(model.card.metrics), f"what the file of {model.card.name} quotes", split, model.card.name)


def _checked(figures: Any, source: str, split: str, model: str) -> Figures:
    if not isinstance(figures, dict) or not figures.keys() >= _HEAD:
        raise DataError(f"{source} is no report: give the report.json that `spade-terrain evaluate` wrote")
    if figures["split"] != split:
        raise DataError(f"{source} is of the split {figures['split']}: give one of {split}")
    if figures["model"] != model:
        raise DataError(f"{source} is of {figures['model']}, the default model is {model}: evaluate that one")
    return upgrade(figures)


def write(folder: Path, model: Model, reports: Mapping[str, Figures], notes: Notes) -> None:
    """Write `model.md` into `folder`, and a strip of pictures for each map below it.

    Args:
        folder: there already.
        model: whose card it is.
        reports: figures by split, `val` first.
        notes: what people have written.

    """
    highest: dict[str, list[float]] = {}
    with staged(folder / PICTURES) as stage:
        for name in notes.maps:
            terrains = [generate(MAPS[name], seed=seed, model=with_all_textures(model)) for seed in SEEDS]
            highest[name] = [float(terrain.height.max()) for terrain in terrains]
            Image.fromarray(strip(*terrains)).save(stage / f"{name}.jpg", quality=85, optimize=True)
    with whole_file(folder / "model.md") as draft:
        draft.write_text(page(model, reports, notes, highest), encoding="utf-8", newline="\n")


def strip(first: Terrain, second: Terrain) -> NDArray[np.uint8]:
    """A row of pictures, uint8 `(H, W, 3)`: the map, the first terrain's textures and height, the second's textures."""
    height = grey(first.height, float(max(first.height.max(), 1)))
    one, other = ([picture.shaded for picture in terrain.pictures.values()] for terrain in (first, second))
    tiles = [labels_to_image(first.labels), *one, height, *other]
    row = Image.new("RGB", (len(tiles) * (_TILE + _GAP) - _GAP, _TILE), "white")
    for i, pixels in enumerate(tiles):
        row.paste(Image.fromarray(pixels).resize((_TILE, _TILE), Image.Resampling.LANCZOS), (i * (_TILE + _GAP), 0))
    return np.asarray(row)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the card; returns the exit code: 0, or 2 with one line on stderr for what the user can put right."""
    parser = argparse.ArgumentParser(description="Make docs/model.md and its pictures anew.")
    parser.add_argument(
        "--val",
        type=Path,
        metavar="REPORT.json",
        help="that of val (default: what the model's file quotes)",
    )
    parser.add_argument("--test", type=Path, metavar="REPORT.json", help="that of test, once it is scored")
    args = parser.parse_args(argv)
    try:
        model, notes = load_model(), read_notes()
        name = model.card.name
        reports = {"val": read_figures(args.val, "val", name) if args.val else quoted_figures(model, "val")}
        if args.test:
            reports["test"] = read_figures(args.test, "test", name)
        write(DOCS, model, reports, notes)
    except TerrainError as e:
        print(f"make_model_card: {e}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
