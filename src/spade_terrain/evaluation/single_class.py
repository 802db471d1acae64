"""Maps of a single class, compared with real places that the class nearly covers: whether the land repeats itself."""

import numpy as np

from spade_terrain.api import generate
from spade_terrain.evaluation.crops import real_patch
from spade_terrain.evaluation.measures.repetition import autocorrelation_peak, single_class_windows
from spade_terrain.evaluation.pictures import PictureRow, picture_row
from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.generation.model import Model
from spade_terrain.palette import NAMES, WATER
from spade_terrain.world.dataset.patches import Patches

WINDOWS = 12
"""Windows of each class, fake and real."""


def repetition(model: Model, patches: Patches, size: int, seed: int) -> tuple[dict[str, FigureRow], list[PictureRow]]:
    """Compare maps of a single class, of `size` pixels a side, with real windows that the class nearly covers.

    Returns:
        for each class the mean autocorrelation peak of `fake` windows and of `real` ones (None without any), and how
        many `real_windows` there were; and a row of pictures for each class.

    """
    figures: dict[str, FigureRow] = {}
    rows = []
    for label in np.delete(np.arange(len(NAMES), dtype=np.uint8), WATER):
        labels = np.full((size, size), label)
        # Seeds for each class of its own, so that no two classes' windows have the same noise.
        fake = [generate(labels, seed=(seed << 32) + (int(label) << 16) + i, model=model) for i in range(WINDOWS)]
        windows = single_class_windows(patches.labels, int(label), size, WINDOWS, seed)
        real = [real_patch(patches, window) for window in windows]
        figures[NAMES[label]] = {
            "fake": _mean([autocorrelation_peak(f.height, f.labels == label) for f in fake]),
            "real": _mean([autocorrelation_peak(r.height, r.labels == label) for r in real]),
            "real_windows": len(real),
        }
        rows.append(picture_row(f"only {NAMES[label]}", fake[0], real[0] if real else None))
    return figures, rows


def _mean(peaks: list[float]) -> float | None:
    return rounded(float(np.mean(peaks))) if peaks else None
