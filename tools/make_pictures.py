"""Draw the README's pictures anew, after the default model has changed.

python tools/make_pictures.py
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import Terrain, generate
from spade_terrain.export.preview import render

ROOT = Path(__file__).parents[1]
WIDTH = 800


def pictures(terrain: Terrain) -> dict[str, NDArray[np.uint8]]:
    """What the README shows of a terrain, by name; the height as the eye wants it, the square root of metres."""
    grey = (255 * np.sqrt(terrain.height / terrain.height.max())).astype(np.uint8)
    return {"preview": render(terrain), "texture": terrain.texture, "height": grey, "terrain": terrain.shaded}


def main() -> None:
    """Write `pictures/NAME-KIND.jpg` for the example maps."""
    for name in ("archipelago", "continent", "valley"):
        terrain = generate(ROOT / "examples" / f"{name}.png", seed=1)
        for kind, pixels in pictures(terrain).items():
            image = Image.fromarray(pixels)
            image.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
            image.save(ROOT / "docs" / "pictures" / f"{name}-{kind}.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
