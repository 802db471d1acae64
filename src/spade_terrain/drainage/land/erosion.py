"""What a step of time does to the land: rivers cut, slopes slide and creep, valley floors fill."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAKE, LAND, Indices

AREA_EXPONENT = 0.4
"""m of the stream-power law, erosion = K A^m S^n, with n = 1."""
DEBRIS_FLOWS = 2e5
"""Discharge, in cubic metres a year, that debris flows count for: they cut above the streams, and slopes there hardly
depend on area (Stock and Dietrich, "Valley incision by debris flows", Water Resources Research 39(4), 2003)."""
_GENTLE, _STEEP = 0.03, 0.1
"""Slopes from which on they count, and count in full: on plains nothing slides, and the least streams cut by what they
carry. If all pixels there were cut alike, land between rivers would be facets of one slope, with ruled ditches."""
_FLOOR_SLOPE = 0.04
"""Slope of what rivers lay down, for a discharge of 1. It falls with discharge^-1/4, as that of streams in their own
sediment does: for a cubic metre a second 0.0005, where meandering ones have 0.0007 (Lane, "A study of the shape of
channels formed by natural streams flowing in erodible material", US Army Corps of Engineers, Omaha, 1957)."""
_ULP = 2.4e-7  # of a height, so that it differs from its receiver's in float32 too


@kernel
def erode(
    heights: Field,
    order: Indices,
    receivers: Indices,
    water: NDArray[np.uint8],
    discharge: NDArray[np.float64],
    erodibility: Field,
    steepest: Field,
    spacing: float,
) -> None:
    """Change `heights` to what a step of time makes of them, every land pixel being above its receiver afterwards.

    One implicit sweep of the stream-power law from the mouths up, stable however long the step (Howard, "A detachment
    limited model of drainage basin evolution", Water Resources Research 30(7), 1994; Braun and Willett, Geomorphology
    180-181, 2013). No slope is steeper than it can stand. What lies lower than the river that leaves it is filled to a
    gentle slope, gentler for larger rivers: so hollows become valley floors, as far as their outlet has not been cut
    down. Lakes are level with their outlets.

    Args:
        heights: float32 `(H, W)`, metres, after uplift; those of mouths stay.
        order: as `upward_order` gives it.
        receivers: int32 `(H W)`.
        water: uint8 `(H, W)`.
        discharge: upstream area times run-off, float64 `(H W)`, cubic metres a year.
        erodibility: K times the step's time, float32 `(H, W)`: metres that a slope of 1 loses, for a
            discharge of 1.
        steepest: the slope that the ground can stand, float32 `(H, W)`.
        spacing: metres a pixel.

    """
    width = heights.shape[1]
    z, kind = heights.ravel(), water.ravel()
    k, cliff = erodibility.ravel(), steepest.ravel()
    for i in order:
        receiver = receivers[i]
        if receiver == i:
            continue
        below = z[receiver]
        if kind[i] == LAKE:
            z[i] = below
            continue
        step = abs(receiver - i)
        length = spacing if step == 1 or step == width else spacing * np.sqrt(2.0)
        slides = DEBRIS_FLOWS * min(max(((z[i] - below) / length - _GENTLE) / (_STEEP - _GENTLE), 0.0), 1.0)
        cut = k[i] * (discharge[i] + slides) ** AREA_EXPONENT / length
        cut_to = (z[i] + cut * below) / (1 + cut)
        floor = below + max(length * _FLOOR_SLOPE / np.sqrt(np.sqrt(discharge[i])), below * _ULP + 1e-6)
        z[i] = max(min(cut_to, below + length * cliff[i]), floor)


def creep(heights: Field, water: NDArray[np.uint8], rate: Field) -> Field:
    """Soil creeps downhill: heights after a step of linear diffusion within the land, float32 `(H, W)`.

    Args:
        heights: float32 `(H, W)`, metres.
        water: uint8 `(H, W)`.
        rate: diffusivity times time by the square of the pixels' spacing, float32 `(H, W)`, up to 0.2.

    """
    crept = np.empty_like(heights)
    _creep(heights, water, rate, crept)
    return crept


@kernel
def _creep(heights: Field, water: NDArray[np.uint8], rate: Field, crept: Field) -> None:
    height, width = heights.shape
    for y in range(height):
        for x in range(width):
            here = heights[y, x]
            crept[y, x] = here
            if water[y, x] != LAND:
                continue
            total = np.float32(0)
            for row in range(max(y - 1, 0), min(y + 2, height)):
                for column in range(max(x - 1, 0), min(x + 2, width)):
                    if water[row, column] == LAND:
                        weight = np.float32(1) if row == y or column == x else np.float32(0.5)
                        total += weight * (heights[row, column] - here)
            crept[y, x] = here + rate[y, x] * total * np.float32(2 / 3)
