"""Draw the README's pictures anew, after the default model has changed.

python tools/make_pictures.py
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import Terrain, generate
from spade_terrain.evaluation.pictures import grey
from spade_terrain.export.preview import render
from spade_terrain.palette import labels_to_image
from spade_terrain.window import Window

ROOT = Path(__file__).parents[1]
WIDTH = 800
GAP = 16  # pixels between two pictures
TILE = 288
UNSAID = np.array([60, 80, 120], np.uint8)
RANGE = Window(330, 140, 440, 250)  # of valley.png, where mountains meet the desert


def pictures(terrain: Terrain) -> dict[str, NDArray[np.uint8]]:
    """What the README shows of a terrain, by name; the height as the eye wants it, the square root of metres."""
    grey = (255 * np.sqrt(terrain.height / terrain.height.max())).astype(np.uint8)
    return {"preview": render(terrain), "texture": terrain.texture, "height": grey, "terrain": terrain.shaded}


def guided(name: str, guide: str) -> NDArray[np.uint8]:
    """A row: a map, rough heights for it (blue where nothing is said), the heights made after them, and the terrain."""
    terrain = generate(ROOT / "examples" / f"{name}.png", guide=ROOT / "examples" / "guides" / f"{guide}.tif", seed=1)
    metres = np.asarray(Image.open(ROOT / "examples" / "guides" / f"{guide}.tif"))
    top = max(float(np.nanmax(metres)), float(terrain.height.max()))
    said = np.where(np.isnan(metres)[..., None], UNSAID, grey(np.nan_to_num(metres), top))
    row = (labels_to_image(terrain.labels), said.astype(np.uint8), grey(terrain.height, top), terrain.shaded)
    tiles = [np.asarray(Image.fromarray(pixels).resize((TILE, TILE), Image.Resampling.LANCZOS)) for pixels in row]
    gap = np.full((TILE, GAP, 3), 255, np.uint8)
    return np.concatenate([pixels for tile in tiles for pixels in (tile, gap)][:-1], axis=1)


def before_and_after(rough: Terrain, fine: Terrain, window: Window) -> NDArray[np.uint8]:
    """A window of a terrain, in pixels of its map, beside the same ground carved."""
    scale = fine.shaded.shape[0] // rough.shaded.shape[0]
    x0, y0, x1, y1 = window
    before = Image.fromarray(rough.shaded[y0:y1, x0:x1])
    size = ((x1 - x0) * scale, (y1 - y0) * scale)
    after = fine.shaded[y0 * scale : y1 * scale, x0 * scale : x1 * scale]
    gap = np.full((size[1], GAP, 3), 255, np.uint8)
    return np.concatenate([np.asarray(before.resize(size, Image.Resampling.BICUBIC)), gap, after], axis=1)


def main() -> None:
    """Write `pictures/NAME-KIND.jpg` for the example maps, `pictures/detail.jpg` and `pictures/guides.jpg`."""
    for name in ("archipelago", "continent", "valley"):
        terrain = generate(ROOT / "examples" / f"{name}.png", seed=1)
        for kind, pixels in pictures(terrain).items():
            image = Image.fromarray(pixels)
            image.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
            image.save(ROOT / "docs" / "pictures" / f"{name}-{kind}.jpg", quality=88, optimize=True)
    shown = before_and_after(terrain, generate(ROOT / "examples" / "valley.png", seed=1, detail=8), RANGE)
    image = Image.fromarray(shown)
    image.thumbnail((3 * WIDTH // 2, WIDTH), Image.Resampling.LANCZOS)
    image.save(ROOT / "docs" / "pictures" / "detail.jpg", quality=88, optimize=True)
    rows = [guided("continent", "ramp"), guided("more/oases", "caldera")]
    gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    image = Image.fromarray(np.concatenate([rows[0], gap, rows[1]]))
    image.save(ROOT / "docs" / "pictures" / "guides.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
