"""The real baseline: how far real terrain is from real terrain, which every distance is divided by."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.evaluation.rounding import FigureRow, rounded

HALF_SPLITS = 10
"""Random half splits that baselines and distances are means over."""

Indices: TypeAlias = NDArray[np.intp]
HalfSplits: TypeAlias = list[tuple[Indices, Indices]]

_T = TypeVar("_T", bound=np.generic)


def random_half_splits(patches: NDArray[np.intp], seed: int) -> HalfSplits:
    """Split the crops into two random halves, `HALF_SPLITS` times over.

    Args:
        patches: the patch that each crop lies in, `(N,)`. Crops of one patch overlap, so whole patches go into a
            half: otherwise the two would share terrain, and the baseline would be too low.
        seed: chooses the halves.

    Returns:
        for each split the indices into `patches` of its two halves.

    Raises:
        DataError: if all crops lie in one patch.

    """
    distinct = np.unique(patches)
    if len(distinct) < 2:
        raise DataError("the crops lie in a single patch, which can't be halved: use a larger split or more `crops`")
    rng = np.random.default_rng(seed)
    splits = []
    for _ in range(HALF_SPLITS):
        first = np.isin(patches, rng.permutation(distinct)[: len(distinct) // 2])
        splits.append((np.flatnonzero(first), np.flatnonzero(~first)))
    return splits


def compare_with_baseline(
    distance: Callable[[NDArray[_T], NDArray[_T]], float],
    fake: NDArray[_T],
    real: NDArray[_T],
    half_splits: HalfSplits,
    reference: NDArray[_T] | None = None,
) -> FigureRow:
    """Measure how far `fake` is from `real`, and how that compares with the distance of real to real.

    Args:
        distance: of two sets of crops, `(N, ...)` each; NaN if one has too little to tell.
        fake: what was measured of the generated crops, `(N, ...)`.
        real: the same of the real crops with the same maps.
        half_splits: as `random_half_splits` gives them.
        reference: the same of as many real crops of another split, `(N, ...)`, if their distance is wanted too.

    Returns:
        `distance` from a half of the fake crops to the real ones with the same maps; `real_baseline`, from one half of
        the real crops to the other; and `ratio`, the one divided by the other: 1 is as close as real is to real. Less
        is possible, because fake and real crops share their maps, and the halves don't. Both are means over all half
        splits and of halves, because distances of small samples are too large, and so equally too large. With
        `reference`, as `reference_distance` that of those crops, which have no map in common with the real ones, and
        as `reference_share` the distance divided by it. None for what can't be told.

    """

    def to_real(crops: NDArray[_T]) -> float:
        return _mean([distance(crops[half], real[half]) for halves in half_splits for half in halves])

    baseline = _mean([distance(real[a], real[b]) for a, b in half_splits])
    measured = to_real(fake)
    row = {
        "distance": rounded(measured),
        "real_baseline": rounded(baseline),
        "ratio": _ratio(measured, baseline),
    }
    if reference is None:
        return row
    of_reference = to_real(reference)
    return row | {
        "reference_distance": rounded(of_reference),
        "reference_share": _ratio(measured, of_reference),
    }


def _ratio(distance: float, baseline: float) -> float | None:
    return rounded(distance / baseline if baseline else np.nan)


def _mean(values: list[float]) -> float:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else float("nan")
