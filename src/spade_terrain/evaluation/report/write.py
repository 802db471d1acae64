"""The report's files: `report.json` with the figures and `report.html`, a page that needs no other file."""

import base64
import json
from pathlib import Path

import cv2
import numpy as np

from spade_terrain.evaluation.evaluate import Evaluation
from spade_terrain.evaluation.pictures import RGB
from spade_terrain.evaluation.report.plots import as_svg, spectra_plot
from spade_terrain.evaluation.report.tables import RATIO, heading, remarks, tables, targets_table
from spade_terrain.storage.files import staged

FILES = ("report.json", "report.html")
"""What is written: the figures, and the page."""

_TEMPLATE = Path(__file__).with_name("page.html")
_QUALITY = 92

# By spectrum: what the plot is called, and the unit of its power.
_PLOTS = {"height": ("height", "square metres"), "terrain": ("luminance of the terrain", "square grey levels")}


def write_report(folder: Path, evaluation: Evaluation) -> list[Path]:
    """Write `report.json` and `report.html` into `folder` (made if missing); returns their paths.

    Raises `TerrainError` if the folder can't be written; nothing half-written is left behind.
    """
    with staged(folder) as stage:
        text = json.dumps(evaluation.figures, indent=2, allow_nan=False)
        (stage / FILES[0]).write_text(text + "\n", encoding="utf-8", newline="\n")
        (stage / FILES[1]).write_text(page(evaluation), encoding="utf-8", newline="\n")
    return [folder / name for name in FILES]


def page(evaluation: Evaluation) -> str:
    """The page's HTML."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    plots = {}
    for name, (caption, unit) in _PLOTS.items():
        svg = as_svg(spectra_plot(evaluation.wavelengths, evaluation.spectra[name], unit))
        plots[caption] = _data_uri("image/svg+xml", svg)
    return template.render(
        figures=evaluation.figures,
        heading=heading(evaluation.figures),
        remarks=remarks(evaluation.figures),
        tables=[targets_table(evaluation.figures), *tables(evaluation.figures)],
        ratio=RATIO,
        plots=plots,
        crops=evaluation.crops,
        single_class=evaluation.single_class,
        picture_uri=_picture_uri,
    )


def _picture_uri(caption: str, picture: RGB) -> str:
    """The picture (uint8 RGB `(H, W, 3)`) as a `data:` address: PNG for a map's flat colours, JPEG for others."""
    kind, flags = ("png", []) if caption == "painted map" else ("jpeg", [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    _, data = cv2.imencode("." + kind, np.ascontiguousarray(picture[..., ::-1]), flags)
    return _data_uri(f"image/{kind}", data.tobytes())


def _data_uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
