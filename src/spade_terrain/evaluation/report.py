"""The report: `report.json` with the figures and `report.html`, a page that needs no other file."""

import json
from html import escape
from pathlib import Path

from spade_terrain.evaluation.evaluate import Evaluation
from spade_terrain.evaluation.pictures import Row, as_uri
from spade_terrain.evaluation.plots import spectra_plot
from spade_terrain.evaluation.tables import RATIO, Table, heading, remarks, tables
from spade_terrain.files import staged

_STYLE = """
:root { --ink: #26221c; --soft: #756d60; --paper: #fbf9f5; --rule: #e4ddd0; }
body { margin: 0 auto; max-width: 1600px; padding: 40px 28px 80px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 28px; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 19px; margin: 52px 0 4px; }
h3 { font-size: 13px; font-weight: 600; margin: 20px 0 6px; }
p, figcaption { color: var(--soft); margin: 0; max-width: 76ch; }
.remark { margin-top: 6px; padding-left: 10px; border-left: 3px solid var(--rule); font-size: 13.5px; }
.row { display: grid; grid-template-columns: repeat(6, 1fr); gap: 6px; }
.row figure, .plots figure { margin: 0; }
.row figcaption { font-size: 12px; padding-bottom: 3px; }
.row img, .none { display: block; width: 100%; aspect-ratio: 1; border-radius: 3px; }
.none { display: grid; place-items: center; border: 1px dashed var(--rule); box-sizing: border-box;
  color: var(--soft); font-size: 12px; }
.tables { columns: 3; column-gap: 44px; margin-top: 20px; }
.tables section { break-inside: avoid; padding-bottom: 26px; }
.tables h3 { font-size: 15px; margin: 0; }
.tables p { font-size: 12.5px; line-height: 1.4; }
table { border-collapse: collapse; width: 100%; margin-top: 6px;
  font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--soft); font-size: 12px; }
th, td { text-align: right; padding: 3px 0 3px 12px; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td.ratio { font-weight: 650; }
.plots { display: grid; grid-template-columns: 1fr 1fr; max-width: 1240px; gap: 44px; margin-top: 12px; }
svg { width: 100%; font: 11px system-ui, sans-serif; fill: var(--soft); }
@media (max-width: 1200px) { .tables { columns: 2; } }
@media (max-width: 760px) { .row { grid-template-columns: repeat(3, 1fr); } .plots { grid-template-columns: 1fr; }
  .tables { columns: 1; } }
"""

_UNITS = {"height": "square metres", "terrain": "square grey levels"}


def write_report(folder: Path, evaluation: Evaluation) -> list[Path]:
    """Write `report.json` and `report.html` into `folder` (made if missing); returns their paths.

    Raises `TerrainError` if the folder can't be written; nothing half-written is left behind.
    """
    with staged(folder) as stage:
        text = json.dumps(evaluation.figures, indent=2, allow_nan=False)
        (stage / "report.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        (stage / "report.html").write_text(page(evaluation), encoding="utf-8", newline="\n")
    return [folder / "report.json", folder / "report.html"]


def page(evaluation: Evaluation) -> str:
    """The page's HTML."""
    figures = evaluation.figures
    title = f"{escape(str(figures['model']))}: generated beside real terrain"
    noted = "".join(f'<p class="remark">{escape(line)}.</p>' for line in remarks(figures))
    return "".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{_STYLE}</style>",
            f"<h1>{title}</h1><p>{escape(heading(figures))}.</p>",
            "<h2>Figures</h2><p>Distances and noise floors are means over random halves of the patches, equally many "
            "crops on either side. A ratio below 1 is possible: generated and real crops share their maps, which the "
            "halves of the real patches do not.</p>",
            noted,
            f'<div class="tables">{"".join(_table(t) for t in tables(figures))}</div>',
            "<h2>Spectra</h2><p>Power by the size of forms, the mean over all crops of its logarithm. The shaded range "
            "is compared; the thin lines, two halves of the real patches, show how far real spectra stray.</p>",
            f'<div class="plots">{"".join(_plot(evaluation, name) for name in evaluation.spectra)}</div>',
            "<h2>Crops</h2><p>The first that were drawn, not the best. Heights of a row share one scale.</p>",
            "".join(_row(row) for row in evaluation.crops),
            "<h2>One class alone</h2><p>A map painted in a single class, beside a real place that the class nearly "
            "covers.</p>",
            "".join(_row(row) for row in evaluation.single_class),
            "</html>\n",
        ]
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "".join(f"<tr>{_cells(table, row)}</tr>" for row in table.rows)
    note = f"<h3>{escape(table.title)}</h3><p>{escape(table.note)}</p>"
    return f"<section>{note}<table><tr><th></th>{head}</tr>{rows}</table></section>"


def _cells(table: Table, row: tuple[str, ...]) -> str:
    kinds = ["", *(' class="ratio"' if column == RATIO else "" for column in table.columns)]
    return "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))


def _plot(evaluation: Evaluation, name: str) -> str:
    plot = spectra_plot(evaluation.wavelengths, evaluation.spectra[name], _UNITS[name])
    caption = "height" if name == "height" else "luminance of the terrain"
    return f"<figure><h3>{caption}</h3>{plot}</figure>"


def _row(row: Row) -> str:
    figures = []
    for caption, picture in row.pictures.items():
        if picture is None:
            shown = '<div class="none">no such place</div>'
        else:
            uri = as_uri(picture, lossless=caption == "painted map")
            shown = f'<img alt="{escape(caption)}" src="{uri}">'
        figures.append(f"<figure><figcaption>{escape(caption)}</figcaption>{shown}</figure>")
    return f'<h3>{escape(row.title)}</h3><div class="row">{"".join(figures)}</div>'
