"""Write what the studio's own engine is tested against: coasts as the program makes them.

    python tools/make_engine_vectors.py

`web/test/engine/local/coast.json` holds a small terrain before and after; a test fails when it is out of date.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from spade_terrain.generation.coast import keep_topology, land_share
from spade_terrain.generation.pixels import Pixels
from spade_terrain.noise import noise, noise_words
from spade_terrain.window import Window

VECTORS = Path(__file__).parent.parent / "web" / "test" / "engine" / "local" / "coast.json"
_SEED, _GSD = 2**63 + 11, 2000.0
_WINDOW = Window(-13, 6, 31, 46)  # not at multiples of what coasts alternate by, and beyond the origin


def vectors() -> dict[str, Any]:
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
    keep_topology(pixels, labels, share, _WINDOW, _SEED, _GSD)
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


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), separators=(",", ":")) + "\n")
