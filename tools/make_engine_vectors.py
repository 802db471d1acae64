"""Write what the studio's own engine is tested against: coasts and labels as the program makes them.

    python tools/make_engine_vectors.py

In `web/test/engine/local`, `coast.json` holds a small terrain before and after, `shores.json` a map and where its sea
may be uneven, `picture.json` a painted map and how each of its pixels is read, `enlarged.json` another one and the same
enlarged, and `guide.json` rough heights and what a network is told of them. A test fails when one is out of date.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.card import HeightCode
from spade_terrain.generation.coast import keep_topology, land_share
from spade_terrain.generation.height_guide import height_guide
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.tiling import shore_cells
from spade_terrain.maps.colour_matching import EXACT, OFF_PALETTE, match_colours
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.legend import PALETTE
from spade_terrain.maps.upscaling import upscale_labels
from spade_terrain.noise import noise, noise_words
from spade_terrain.palette import COLOURS
from spade_terrain.window import Window

FOLDER = Path(__file__).parent.parent / "web" / "test" / "engine" / "local"
_SEED, _GSD = 2**63 + 11, 2000.0
_WINDOW = Window(-13, 6, 31, 46)  # not at multiples of what coasts alternate by, and beyond the origin


def coast() -> dict[str, Any]:
    """The terrain of a window before and after, as JSON values."""
    rows, columns = _WINDOW.shape
    place = (_WINDOW.x0, _WINDOW.y0, columns, rows)
    hills = (
        noise(5, 8, 1, 0, 0, columns // 8 + 2, rows // 8 + 2)[0]
        .repeat(8, 0)
        .repeat(8, 1)[3 : 3 + rows, 2 : 2 + columns]
    )
    rough = noise(6, 1, 1, *place)[0]
    labels = np.where(hills > -0.2, noise_words(7, 16, 1, *place)[0] % 6 + 1, 0).astype(np.uint8)
    labels[20:23, :] = 2  # an isthmus
    height = np.where(labels > 0, np.maximum(150 * (hills + 0.4 * rough), 0), 0).astype(np.float32)
    colours = noise_words(8, 1, 3, *place).transpose(1, 2, 0)
    texture, shaded = (colours >> 4 & 255).astype(np.uint8), (colours >> 12 & 255).astype(np.uint8)
    pixels = Pixels(texture.copy(), height.copy(), shaded.copy())
    share = land_share(labels)
    keep_topology(pixels, labels, share, _WINDOW, _SEED, _GSD, [COLOURS])
    before, after = Pixels(texture, height, shaded), pixels
    return {
        "seed": str(_SEED),
        "gsd": _GSD,
        "window": {"x": _WINDOW.x0, "y": _WINDOW.y0, "width": columns, "height": rows},
        "labels": labels.ravel().tolist(),
        "share": [round(float(value), 6) for value in share.ravel()],
        "before": _json(before),
        "after": _json(after),
    }


def _json(pixels: Pixels) -> dict[str, Any]:
    return {
        "height": [round(float(value), 3) for value in pixels.height.ravel()],
        "texture": pixels.texture.ravel().tolist(),
        "shaded": pixels.shaded.ravel().tolist(),
    }


def shores() -> dict[str, Any]:
    """A small map and its cells near land, by how many pixels a side they have, as JSON values."""
    labels = np.zeros((64, 96), np.uint8)
    labels[13, 5], labels[32:38, 60:64], labels[63, 31] = 2, 5, 1
    cells = {str(side): shore_cells(labels, side).astype(int).ravel().tolist() for side in (2, 4, 8, 16)}
    return {"width": labels.shape[1], "labels": labels.ravel().tolist(), "cells": cells}


def picture() -> dict[str, Any]:
    """A painted map with smooth edges, thin lines, a name in black and what JPEG leaves; its labels; as JSON."""
    rows, columns, finer = 44, 52, 3
    fine = noise(3, 30, 1, 0, 0, 2 + finer * columns // 30, 2 + finer * rows // 30)[0].repeat(30, 0).repeat(30, 1)
    down, right = np.mgrid[: finer * rows, : finer * columns]
    classes = (np.floor(3 * fine[: finer * rows, : finer * columns]) + (right - down) // 40).astype(int) % 7
    classes[np.abs(down - right * 0.7 - 20) < 2] = 0  # a river, two thirds of a pixel wide
    classes[(down - 40) ** 2 + (right - 110) ** 2 < 900] = 4
    painted = COLOURS[classes].reshape(rows, finer, columns, finer, 3).mean((1, 3))
    painted[30:33, 10:22:2] = 0  # letters
    painted[5, 20:40] = COLOURS[1]
    spots = (noise_words(9, 1, 3, 0, 0, columns, rows).transpose(1, 2, 0) % 13).astype(int) - 6
    painted[:, 26:] += spots[:, 26:]
    rgb = np.rint(painted).clip(0, 255).astype(np.uint8)
    matches = match_colours(rgb, PALETTE)
    return {
        "width": columns,
        "height": rows,
        "colours": COLOURS.tolist(),
        "rgb": rgb.ravel().tolist(),
        "labels": matches.labels.ravel().tolist(),
        "inexact": int((matches.kinds != EXACT).sum()),
        "offPalette": (matches.kinds == OFF_PALETTE).astype(int).ravel().tolist(),
    }


def enlarged() -> dict[str, Any]:
    """A small map of all classes, and the same with three times the rows and columns, as JSON values."""
    rows, columns, scale = 45, 96, 3
    spots = noise_words(10, 4, 1, 0, 0, columns // 4, -(-rows // 4))[0] % 7
    labels = spots.repeat(4, 0).repeat(4, 1)[:rows].astype(np.uint8)
    labels[7, :] = 0  # a river of one pixel
    whole = Window(0, 0, scale * columns, scale * rows)
    return {
        "seed": -5,
        "scale": scale,
        "width": columns,
        "height": rows,
        "labels": labels.ravel().tolist(),
        "enlarged": upscale_labels(labels, scale, -5, whole).ravel().tolist(),
    }


def guide() -> dict[str, Any]:
    """Rough heights of a map, known in parts, those of a window, and what a network is told of them, as JSON values."""
    stride, code, window = 8, HeightCode(), Window(32, 16, 80, 56)
    rows, columns = window.shape
    labels = np.where(noise(11, 8, 1, 0, 0, columns // 8, rows // 8)[0] > -0.3, 3, 0).astype(np.uint8)
    labels = labels.repeat(8, 0).repeat(8, 1)
    grid = (3000 * noise(12, 1, 1, 0, 0, 25, 16)[0] + 1500).astype(np.float32)
    grid[:, :6] /= 20  # plains, of which no more is asked for
    grid[noise(13, 1, 1, 0, 0, 25, 16)[0] > 0.8] = np.nan
    heights = RoughHeights.fitted(np.maximum(grid, 0), (123, 196), "noise", None)
    metres = heights.window(window)
    return {
        "map": {"width": 196, "height": 123},
        "window": {"x": window.x0, "y": window.y0, "width": columns, "height": rows},
        "stride": stride,
        "max_m": code.max_m,
        "labels": labels.ravel().tolist(),
        "columns": grid.shape[1],
        "grid": _or_none(grid, 3),
        "metres": _or_none(metres, 2),
        "guide": [round(float(value), 6) for value in height_guide(metres, labels, stride, code).ravel()],
    }


def _or_none(values: NDArray[np.float32], digits: int) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), digits) for value in values.ravel()]


VECTORS = {
    "coast.json": coast,
    "shores.json": shores,
    "picture.json": picture,
    "enlarged.json": enlarged,
    "guide.json": guide,
}

if __name__ == "__main__":
    for name, made in VECTORS.items():
        (FOLDER / name).write_text(json.dumps(made(), separators=(",", ":")) + "\n")
