"""The noise floor: how far real terrain is from real terrain, which every distance is divided by."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError

HALVINGS = 10

Rows: TypeAlias = NDArray[np.intp]
Figures: TypeAlias = dict[str, float | None]

_T = TypeVar("_T", bound=np.generic)


def halvings(patches: NDArray[np.intp], seed: int) -> list[tuple[Rows, Rows]]:
    """Split the crops into two random halves, `HALVINGS` times over.

    Args:
        patches: the patch that each crop lies in, `(N,)`. Crops of one patch overlap, so whole patches go into a
            half: otherwise the two would share ground, and the floor would be too low.
        seed: chooses the halves.

    Returns:
        for each halving the places of its halves' crops in `patches`.

    Raises:
        TerrainError: if all crops lie in one patch.

    """
    homes = np.unique(patches)
    if len(homes) < 2:
        raise TerrainError("the crops lie in a single patch, which can't be halved: use a larger split or more --crops")
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(HALVINGS):
        first = np.isin(patches, rng.permutation(homes)[: len(homes) // 2])
        pairs.append((np.flatnonzero(first), np.flatnonzero(~first)))
    return pairs


def against_floor(
    distance: Callable[[NDArray[_T], NDArray[_T]], float],
    made: NDArray[_T],
    real: NDArray[_T],
    halves: list[tuple[Rows, Rows]],
    beside: NDArray[_T] | None = None,
) -> Figures:
    """Measure how far `made` is from `real`, and how far that is beside the noise floor.

    Args:
        distance: of two sets of crops, `(N, ...)` each; NaN if one has too little to tell.
        made: what was measured of the generated crops, `(N, ...)`.
        real: the same of the real crops with the same maps.
        halves: as `halvings` gives them.
        beside: the same of as many real crops of another split, `(N, ...)`, if their ratio is wanted too.

    Returns:
        `distance` from a half of the made crops to the real ones with the same maps; `floor`, from one half of the
        real crops to the other; and `ratio`, the one divided by the other: 1 is as close as real is to real. Less
        is possible, because made and real crops share their maps, and the halves don't. Both are means over all
        halvings and of halves, because distances of small samples are too large, and so equally too large. With
        `beside`, under the same name what the ratio is of those crops, which have no map in common with the real ones.
        None for what can't be told.

    """

    def far(crops: NDArray[_T]) -> float:
        return _mean([distance(crops[rows], real[rows]) for pair in halves for rows in pair])

    floor = _mean([distance(real[a], real[b]) for a, b in halves])
    away = far(made)
    figures = {"distance": figure(away), "floor": figure(floor), "ratio": _ratio(away, floor)}
    return figures if beside is None else figures | {"beside": _ratio(far(beside), floor)}


def figure(value: float) -> float | None:
    """Round a number to four digits for reading; None if it is none."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _ratio(far: float, floor: float) -> float | None:
    return figure(far / floor if floor else np.nan)


def _mean(values: list[float]) -> float:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else float("nan")
