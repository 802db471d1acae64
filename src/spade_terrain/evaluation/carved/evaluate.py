"""The run: carved crops beside real land, in figures."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.detail import check_detail
from spade_terrain.evaluation.carved.land import Land
from spade_terrain.evaluation.carved.maps import CarvedLand, measure_map
from spade_terrain.evaluation.carved.real import measure_real, real_pieces
from spade_terrain.evaluation.generated import generate_crop
from spade_terrain.evaluation.options import CARVED_CROPS, EvaluationOptions
from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.generation.model import Model
from spade_terrain.palette import NAMES, WATER, Labels
from spade_terrain.progress import track
from spade_terrain.terrain import Terrain

_MOVED = "land_moved_at_20_km_share"


def measure_pieces(detail: int, options: EvaluationOptions, gsd: float) -> list[Land]:
    """Measure the real land that is named, if there is any, as fine as carved land of maps of `gsd` metres a pixel.

    Raises `ParameterError` or `DeviceError` if crops can't be carved, and as `real_pieces` and `measure_real` do.
    """
    check_detail((options.size, options.size), detail)
    if options.fine is None:
        return []
    spacing = gsd / detail
    return [measure_real(path, spacing) for path in track(real_pieces(options.fine, spacing), "pieces of real land")]


def carved_figures(
    model: Model, crops: Sequence[Labels], real: Sequence[Land], detail: int, seed: int
) -> dict[str, Any]:
    """Sections of a report about carved land: figures of the first crops beside those of real land.

    `crops` are their maps, uint8 `(S, S)`, and `seed` that of the evaluation.
    """
    measured = [
        measure_map(labels, partial(_generated, model, seed, number), model.card.gsd, detail)
        for number, labels in enumerate(track(crops[:CARVED_CROPS], "carved crops"))
    ]
    return {
        "detail": detail,
        "carved_crops": len(measured),
        "real_pieces": len(real),
        "carved_land": _side_by_side(measured, real),
        "carved_classes": _by_class([m.carved for m in measured], real),
    }


def _generated(model: Model, seed: int, number: int, labels: Labels) -> Terrain:
    return generate_crop(model, labels, seed, number)


def _side_by_side(measured: Sequence[CarvedLand], real: Sequence[Land]) -> dict[str, FigureRow]:
    """Medians over pieces; the least and the most of the real; how many of the generated lie between."""
    rows = {}
    for name in measured[0].carved.figures:
        fake, enlarged, beside = (
            _known([land.figures[name] for land in pieces])
            for pieces in ([m.carved for m in measured], [m.enlarged for m in measured], real)
        )
        within = fake[(fake >= beside.min()) & (fake <= beside.max())] if beside.size else beside
        rows[name] = {
            "fake": _median(fake),
            "enlarged": _median(enlarged),
            "real": _median(beside),
            "real_least": rounded(beside.min()) if beside.size else None,
            "real_most": rounded(beside.max()) if beside.size else None,
            "within": rounded(len(within) / len(fake)) if beside.size and fake.size else None,
        }
    others: FigureRow = dict.fromkeys(("enlarged", "real", "real_least", "real_most", "within"))
    return rows | {_MOVED: {"fake": _median(_known([m.moved for m in measured])), **others}}


def _by_class(carved: Sequence[Land], real: Sequence[Land]) -> dict[str, FigureRow]:
    """Streams and slopes of all crops together, and of each class; classes of real land are not known."""
    sums = np.sum([land.classes for land in carved], 0)
    rows = {"land": sums.sum(0)} | {name: sums[label] for label, name in enumerate(NAMES) if label != WATER}
    if real:
        rows["real_land"] = np.sum([land.classes for land in real], (0, 1))
    return {
        name: {
            "streams_km_per_km2": rounded(km / area) if area else None,
            "mean_slope": rounded(steepness / area) if area else None,
        }
        for name, (km, area, steepness) in rows.items()
    }


def _known(values: Sequence[float]) -> NDArray[np.float64]:
    known = np.array(values, np.float64)
    return known[np.isfinite(known)]


def _median(values: NDArray[np.float64]) -> float | None:
    return rounded(float(np.median(values))) if values.size else None
