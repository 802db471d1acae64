"""Small maps as Azgaar's Fantasy Map Generator exports them: Voronoi cells of a jittered grid, with biomes."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

NAMES = (
    "Marine",
    "Hot desert",
    "Cold desert",
    "Savanna",
    "Grassland",
    "Tropical seasonal forest",
    "Temperate deciduous forest",
    "Tropical rainforest",
    "Temperate rainforest",
    "Taiga",
    "Tundra",
    "Glacier",
    "Wetland",
)
COLOURS = [
    "#466eab",
    "#fbe79f",
    "#b5b887",
    "#d2d082",
    "#c8d68f",
    "#b6d95d",
    "#29bc56",
    "#7dcb35",
    "#409c43",
    "#4b6b32",
    "#96784b",
    "#d5e7eb",
    "#0b9131",
]
OCEAN, ISLAND, LAKE = 1, 2, 3

Cell = tuple[int, int, int]
"""Height, biome and feature."""


def export(
    width: int, height: int, spacing: float, cell_at: Callable[[float, float], Cell], *, new: bool, seed: int = 0
) -> dict[str, Any]:
    """A full export of a map whose cell at (x, y) is `cell_at(x, y)`, with biomes where new or old ones have them."""
    rng = np.random.default_rng(seed)
    xs, ys = (np.arange(spacing / 2, side, spacing) for side in (width, height))
    points = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    points = (points + rng.uniform(-0.45, 0.45, points.shape) * spacing).clip(0.01, [width - 0.02, height - 0.02])
    diagram = cv2.Subdiv2D((0, 0, width, height))
    diagram.insert(points.round(2).tolist())
    facets, centres = diagram.getVoronoiFacetList([])
    vertices: list[list[float]] = []
    number: dict[tuple[float, float], int] = {}
    cells = []
    for i, (facet, (x, y)) in enumerate(zip(facets, centres, strict=True)):
        corners = []
        for corner in np.asarray(facet).clip(0, [width, height]).round(2).tolist():
            if tuple(corner) not in number:
                number[tuple(corner)] = len(vertices)
                vertices.append(corner)
            corners.append(number[tuple(corner)])
        h, biome, feature = cell_at(float(x), float(y))
        cells.append({"i": i, "v": corners, "p": [float(x), float(y)], "h": h, "biome": biome, "f": feature, "t": 1})
    pack: dict[str, Any] = {
        "cells": cells,
        "vertices": [{"i": i, "p": p} for i, p in enumerate(vertices)],
        "features": [0, {"i": 1, "type": "ocean"}, {"i": 2, "type": "island"}, {"i": 3, "type": "lake"}],
        "rivers": [],
    }
    description = "Azgaar's Fantasy Map Generator output: azgaar.github.io/Fantasy-map-generator"
    info = {"version": "1.99", "description": description, "width": width, "height": height, "seed": "1"}
    made = {"info": info, "settings": {"heightExponent": "2"}, "pack": pack, "grid": {"spacing": spacing}}
    if new:
        pack["biomes"] = [
            {"i": i, "name": n, "color": c, "cost": 50} for i, (n, c) in enumerate(zip(NAMES, COLOURS, strict=True))
        ]
    else:
        made["biomesData"] = {"i": [*range(len(NAMES))], "name": [*NAMES], "color": [*COLOURS], "cost": [50] * 13}
    return made
