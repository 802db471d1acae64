"""Random painted maps, with what is easily lost: islands of all sizes, isthmuses of some pixels, lakes near the sea."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import CLASSES, WATER, Labels

SIDE = 192
"""Pixels a side: as large as what models are trained on."""

_ISLANDS = 14
_LAKES = 3
_ISTHMUS = (3, 5)  # pixels wide, from and to
_CLEAR = 3  # pixels between coasts that are not to touch
_TRIES = 60  # places tried for each thing that needs room

Mask = NDArray[np.bool_]


def random_map(seed: int) -> Labels:
    """Paint a map, uint8 `(SIDE, SIDE)`, 0..6; the same seed paints the same.

    Two to four lands of round strokes, each joined to the next by an isthmus; islands of 1 to 400 pixels in the water,
    and lakes in the land, with at least three pixels to the next coast. Classes lie in patches.
    """
    rng = np.random.default_rng(seed)
    land = np.zeros((SIDE, SIDE), np.uint8)
    lands = _paint_lands(land, rng)
    for (a, _), (b, _) in pairwise(lands):
        cv2.line(land, a, b, 1, int(rng.integers(_ISTHMUS[0], _ISTHMUS[1] + 1)))
    for _ in range(_LAKES):
        _paint_disc(land, 1, float(rng.uniform(20, 150)), rng)
    for _ in range(_ISLANDS):
        _paint_disc(land, 0, float(np.exp(rng.uniform(0, np.log(400)))), rng)
    return np.where(land, _patches(rng), WATER).astype(np.uint8)


def _paint_lands(land: NDArray[np.uint8], rng: np.random.Generator) -> list[tuple[tuple[int, int], float]]:
    """Paint lands that do not touch; returns their centres (x, y) and radii."""
    wanted = int(rng.integers(2, 5))
    lands: list[tuple[tuple[int, int], float]] = []
    for _ in range(_TRIES):
        radius = float(rng.uniform(14, 34))
        x, y = (int(v) for v in rng.integers(int(radius), SIDE - int(radius), 2))
        if all(np.hypot(x - u, y - v) > 1.3 * (radius + r) + 4 for (u, v), r in lands):
            lands.append(((x, y), radius))
            cv2.fillPoly(land, [_outline(x, y, radius, rng)], 1)
        if len(lands) == wanted:
            break
    return lands


def _outline(x: int, y: int, radius: float, rng: np.random.Generator) -> NDArray[np.int32]:
    """A wobbling circle, 0.7 to 1.3 times as far as its radius: int32 `(N, 2)`."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    wobble = sum(np.cos(waves * angle + rng.uniform(0, 2 * np.pi)) for waves in (2, 3, 5))
    reach = radius * (1 + 0.1 * wobble)
    return np.rint(np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], 1)).astype(np.int32)


def _paint_disc(land: NDArray[np.uint8], ground: int, area: float, rng: np.random.Generator) -> None:
    """Paint an uneven disc of about `area` pixels into what is `ground` (1 land, 0 water), if there is room."""
    radius = float(np.sqrt(area / np.pi))
    framed = np.pad((land == ground).astype(np.uint8), 1)  # not at the border, where nobody knows how large it is
    room = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1] > 1.4 * radius + _CLEAR
    places = np.argwhere(room)
    if not len(places):
        return
    y, x = places[rng.integers(len(places))]
    rows, columns = np.mgrid[:SIDE, :SIDE]
    stretch = float(rng.uniform(0.75, 1.3))
    near = np.hypot((rows - y) * stretch, (columns - x) / stretch)
    land[near <= max(radius, 0.5)] = 1 - ground


def _patches(rng: np.random.Generator) -> Labels:
    """Classes of land in patches some 30 pixels wide, uint8 `(SIDE, SIDE)`."""
    classes = np.delete(np.arange(len(CLASSES), dtype=np.uint8), WATER)
    noise = rng.standard_normal((len(classes), SIDE, SIDE))
    labels: Labels = classes[np.stack([cv2.GaussianBlur(layer, (0, 0), 14) for layer in noise]).argmax(0)]
    return labels
