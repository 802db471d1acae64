"""A map under the brush: the tools of a painting program, with a hand that wobbles."""

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from spade_terrain.palette import NAMES

SIDE = 512

Point = tuple[float, ...]
Points = Sequence[Point]


class Canvas:
    """A map under the brush: labels (uint8, `(SIDE, SIDE)`), all of one class at first.

    `hand` is what makes lines wobble. Points are (x, y) in pixels. Except where `sea` is true, paint stays on dry land,
    as on a layer locked to the coast.
    """

    def __init__(self, ground: str, hand: Random) -> None:
        self.labels = np.full((SIDE, SIDE), NAMES.index(ground), np.uint8)
        self._hand = hand
        self._y, self._x = np.mgrid[:SIDE, :SIDE]

    def fill(self, name: str, outline: Points, *, sea: bool = False) -> None:
        """Draw a closed outline, pour paint into it, then mend its edge with a brush here and there."""
        curve = _smooth(self._wobbly([*outline, outline[0]], 0.16), closed=True)
        touched = _inside(curve)
        i = self._hand.uniform(0, 20)
        while i < len(curve):
            radius = self._hand.choice((3, 4, 4, 5, 6, 8, 11))
            x, y = (v + self._hand.uniform(-0.6, 0.6) * radius for v in curve[int(i)])
            touched[self._dab(x, y, radius)] = self._hand.random() < 0.5
            i += radius + self._hand.uniform(2, 26)
        self._paint(name, touched, sea)

    def line(self, name: str, line: Points, radius: float, *, sea: bool = False) -> None:
        """Draw a line in one go with a round brush, pressing now more, now less, and least at its ends."""
        points = [(x, y, radius * self._hand.uniform(0.7, 1.2)) for x, y in self._wobbly(line, 0.2)]
        for end in (0, -1):
            x, y, _ = points[end]
            points[end] = (x, y, radius * 0.5)
        touched = np.zeros_like(self.labels, bool)
        for x, y, r in _smooth(points, closed=False):
            touched[self._dab(x, y, r)] = True
        self._paint(name, touched, sea)

    def belt(self, name: str, line: Points, radius: float) -> None:
        """Dab along a line, to its left and right: a belt with uneven edges."""
        curve = _smooth(self._wobbly(line, 0.2), closed=False)
        self.line(name, line, radius / 2)
        self.clumps(name, curve[:: max(1, round(radius))], radius)

    def clumps(self, name: str, places: Points, radius: float, *, sea: bool = False) -> None:
        """At every place put the brush down a few times, close together."""
        touched = np.zeros_like(self.labels, bool)
        for x, y in places:
            for _ in range(8):
                dx, dy = (self._hand.uniform(-0.75, 0.75) * radius for _ in "xy")
                touched[self._dab(x + dx, y + dy, radius * self._hand.uniform(0.3, 0.6))] = True
        self._paint(name, touched, sea)

    def square(self, name: str, line: Points, size: float, *, sea: bool = False) -> None:
        """Draw straight strokes from point to point with a hard square brush, `size` pixels a side."""
        touched = np.zeros_like(self.labels, bool)
        for (x, y), (to_x, to_y) in pairwise(line):
            steps = max(1, round(max(abs(to_x - x), abs(to_y - y))))
            for share in (i / steps for i in range(steps + 1)):
                left, top = (v + share * (to - v) - size / 2 for v, to in ((x, to_x), (y, to_y)))
                rows, columns = (slice(max(0, round(v)), max(0, round(v + size))) for v in (top, left))
                touched[rows, columns] = True
        self._paint(name, touched, sea)

    def polygon(self, name: str, corners: Points, *, sea: bool = False) -> None:
        """Draw a closed outline of straight edges, filled."""
        self._paint(name, _inside([*corners, corners[0]]), sea)

    def disc(self, name: str, x: float, y: float, radius: float, *, sea: bool = False) -> None:
        """Draw a filled circle around a point."""
        touched = np.zeros_like(self.labels, bool)
        touched[self._dab(x, y, radius)] = True
        self._paint(name, touched, sea)

    def bucket(self, name: str, x: int, y: int) -> None:
        """Pour paint at a point: it runs over all that is of one class and hangs together there."""
        image = Image.fromarray(self.labels).copy()  # an array's own image can't be painted on
        ImageDraw.floodfill(image, (x, y), NAMES.index(name))
        self.labels = np.array(image)

    def _dab(self, x: float, y: float, radius: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The pixels, as rows and columns, that a round brush covers."""
        top, left = (max(0, math.floor(v - radius)) for v in (y, x))
        box = np.s_[top : max(0, math.ceil(y + radius) + 1), left : max(0, math.ceil(x + radius) + 1)]
        rows, columns = np.nonzero((self._x[box] - x) ** 2 + (self._y[box] - y) ** 2 <= radius**2)
        return rows + top, columns + left

    def _paint(self, name: str, touched: NDArray[np.bool_], sea: bool) -> None:
        if not sea:
            touched = touched & (self.labels != NAMES.index("water"))
        self.labels[touched] = NAMES.index(name)

    def _wobbly(self, line: Points, wobble: float) -> list[Point]:
        """Put two more points between any two, off to a side by up to `wobble` of the distance."""
        points: list[Point] = []
        for (x, y), (to_x, to_y) in pairwise(line):
            points.append((x, y))
            for share in (0.35, 0.7):
                aside = self._hand.uniform(-wobble, wobble)
                along_x, along_y = to_x - x, to_y - y
                points.append((x + share * along_x - aside * along_y, y + share * along_y + aside * along_x))
        return [*points, line[-1]]


def _smooth(points: Points, *, closed: bool) -> list[Point]:
    """A Catmull-Rom curve through the points, in steps of about a pixel."""
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    padded = [before, *points, after]
    curve: list[Point] = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        steps = max(1, round(math.dist(p1[:2], p2[:2])))
        for t in (i / steps for i in range(steps)):
            curve.append(
                tuple(
                    b + t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))) / 2
                    for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
                )
            )
    return [*curve, points[-1]]


def _inside(curve: Points) -> NDArray[np.bool_]:
    """Pixels whose centres a closed curve goes around, row by row."""
    (x1, y1), (x2, y2) = np.array(curve[:-1]).T, np.array(curve[1:]).T
    columns = np.arange(SIDE)
    rows = []
    for y in range(SIDE):
        cut = (y1 <= y) != (y2 <= y)
        crossings = np.sort(x1[cut] + (y - y1[cut]) * (x2[cut] - x1[cut]) / (y2[cut] - y1[cut]))
        rows.append(np.searchsorted(crossings, columns) % 2 == 1)
    return np.array(rows)
