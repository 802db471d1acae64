"""Small maps as Azgaar's Fantasy Map Generator writes them: Voronoi cells of a jittered grid, with biomes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.spatial import Delaunay  # type: ignore[import-untyped]

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
    points = _points(width, height, spacing, seed)
    diagram = cv2.Subdiv2D((0, 0, width, height))
    diagram.insert(points.tolist())
    facets, centres = diagram.getVoronoiFacetList([])
    vertices: list[list[float]] = []
    number: dict[tuple[float, float], int] = {}
    cells = []
    for i, (facet, (x, y)) in enumerate(zip(facets, centres, strict=True)):
        corners = []
        inside = np.asarray(facet, np.float32).clip(0, np.array([width, height], np.float32))
        for corner in inside.round(2).tolist():
            if tuple(corner) not in number:
                number[tuple(corner)] = len(vertices)
                vertices.append(corner)
            corners.append(number[tuple(corner)])
        h, biome, feature = cell_at(float(x), float(y))
        cells.append({"i": i, "v": corners, "p": [float(x), float(y)], "h": h, "biome": biome, "f": feature, "t": 1})
        cells[-1]["area"] = round(abs(cv2.contourArea(inside)))
    pack: dict[str, Any] = {
        "cells": cells,
        "vertices": [{"i": i, "p": p} for i, p in enumerate(vertices)],
        "features": [0, {"i": 1, "type": "ocean"}, {"i": 2, "type": "island"}, {"i": 3, "type": "lake"}],
        "rivers": [],
    }
    description = "Azgaar's Fantasy Map Generator output: azgaar.github.io/Fantasy-map-generator"
    info = {"version": "1.99", "description": description, "width": width, "height": height, "seed": "1"}
    settings = {"heightExponent": "2", "distanceUnit": "km", "distanceScale": 5}
    grid = {"spacing": spacing, "boundary": _boundary(width, height, spacing).tolist()}
    made = {"info": info, "settings": settings, "pack": pack, "grid": grid}
    if new:
        pack["biomes"] = [
            {"i": i, "name": n, "color": c, "cost": 50} for i, (n, c) in enumerate(zip(NAMES, COLOURS, strict=True))
        ]
    else:
        made["biomesData"] = {"i": [*range(len(NAMES))], "name": [*NAMES], "color": [*COLOURS], "cost": [50] * 13}
    return made


def save_export(made: dict[str, Any], folder: Path) -> Path:
    """Write an export into a folder."""
    path = folder / "map.json"
    path.write_text(json.dumps(made))
    return path


def save(
    width: int, height: int, spacing: float, cell_at: Callable[[float, float], Cell], *, new: bool, seed: int = 0
) -> list[str]:
    """The records of a saved map of the same kind; a cell that it shows is `cell_at` of the grid's point it is of."""
    points, frame = _points(width, height, spacing, seed), _boundary(width, height, spacing)
    made = [cell_at(x, y) for x, y in points.tolist()]
    around = _neighbours(np.concatenate([points, frame]))
    shores = _shores([h >= 20 for h, _, _ in made], around)
    biomes = []
    for i, (h, biome, feature) in enumerate(made):
        if h < 20 and not (shores[i] == -1 or (shores[i] == -2 and i % 4 and feature != LAKE)):
            continue
        biomes.append(biome)
        if shores[i] in (1, -1) and all(e < len(points) for e in around[i]):
            far = (e for e in around[i] if e > i and shores[e] == shores[i])
            biomes += [biome for e in far if ((points[i] - points[e]) ** 2).sum() >= spacing**2]
    listed = [{"i": i, "name": n, "color": c} for i, (n, c) in enumerate(zip(NAMES, COLOURS, strict=True))]
    old = "|".join(",".join(part) for part in (COLOURS, ["5"] * len(NAMES), NAMES))
    types = [0, {"type": "ocean"}, {"type": "island"}, {"type": "lake"}]
    grid = {"spacing": spacing, "cellsX": len(np.arange(spacing / 2, width, spacing)), "boundary": frame.tolist()}
    records = [""] * 40
    records[0] = f"1.99|File can be loaded in azgaar.github.io/Fantasy-Map-Generator|2024-1-1|1|{width}|{height}|5"
    records[1] = "km|5|square|m|2"
    records[3] = json.dumps(listed) if new else old
    records[4], records[5] = '[{"legend":"A note.\\r\\nOf two lines"}]', "<svg></svg>"
    records[6] = json.dumps({**grid, "points": points.tolist(), "features": types})
    records[7] = ",".join(str(h) for h, _, _ in made)
    records[9] = ",".join(str(feature) for _, _, feature in made)
    records[10] = ",".join(map(str, shores))
    records[16] = ",".join(map(str, biomes))
    records[32] = "[]"
    return records


def polygons(made: dict[str, Any], width: int) -> NDArray[np.bool_]:
    """Where land is: the union of the polygons of its cells, as the generator draws it."""
    unit, height = width / made["info"]["width"], round(width * made["info"]["height"] / made["info"]["width"])
    image = Image.new("L", (4 * width, 4 * height))
    for cell in made["pack"]["cells"]:
        if cell["h"] >= 20:
            corners = [4 * unit * side for v in cell["v"] for side in made["pack"]["vertices"][v]["p"]]
            ImageDraw.Draw(image).polygon(corners, fill=1)
    drawn: NDArray[np.bool_] = np.asarray(image)[2::4, 2::4] != 0
    return drawn


def _points(width: int, height: int, spacing: float, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    xs, ys = (np.arange(spacing / 2, side, spacing) for side in (width, height))
    points = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    points += rng.uniform(-0.45, 0.45, points.shape) * spacing
    clipped: NDArray[np.float64] = points.clip(0.01, [width - 0.02, height - 0.02]).round(2)
    return clipped


def _boundary(width: int, height: int, spacing: float) -> NDArray[np.float64]:
    """Points around the map, as far from it on every side."""
    away = round(spacing)
    xs, ys = (np.arange(0, side + 2 * away, 2 * spacing).round() for side in (width, height))
    beside = [[x, y] for x in xs for y in (-away, height + away)] + [[x, y] for y in ys for x in (-away, width + away)]
    return np.array(beside, np.float64)


def _neighbours(points: NDArray[np.float64]) -> list[set[int]]:
    """The neighbours of each point in the Delaunay triangulation."""
    around: list[set[int]] = [set() for _ in points]
    for triangle in Delaunay(points).simplices.tolist():
        for i in triangle:
            around[i] |= {*triangle} - {i}
    return around


def _shores(land: list[bool], around: list[set[int]]) -> list[int]:
    """1 for land by the water; for water -1 by the land, and -2 next to that; else 0."""
    inside = [{e for e in near if e < len(land)} for near in around[: len(land)]]
    first = [(1 if land[i] else -1) * any(land[e] != land[i] for e in near) for i, near in enumerate(inside)]
    return [t or -2 * (not land[i] and any(first[e] == -1 for e in inside[i])) for i, t in enumerate(first)]
