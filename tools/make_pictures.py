"""Draw the README's pictures anew, after the default model has changed.

python tools/make_pictures.py --azgaar EXPORT.json

The export is one of Azgaar's generator with all its data, whose heights are shown as a guide beside the drawn ones.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import Terrain, generate, open_map
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


def guided(terrain: Terrain, metres: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A row: a map, rough heights for it (blue where nothing is said), the heights made after them, and the terrain."""
    top = max(float(np.nanmax(metres)), float(terrain.height.max()))
    said = np.where(np.isnan(metres)[..., None], UNSAID, grey(np.nan_to_num(metres), top))
    row = (labels_to_image(terrain.labels), said.astype(np.uint8), grey(terrain.height, top), terrain.shaded)
    size = (TILE, TILE * terrain.height.shape[0] // terrain.height.shape[1])
    tiles = [np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)) for pixels in row]
    gap = np.full((size[1], GAP, 3), 255, np.uint8)
    return np.concatenate([pixels for tile in tiles for pixels in (tile, gap)][:-1], axis=1)


def drawn(name: str, guide: str) -> NDArray[np.uint8]:
    """The row of an example map and guide."""
    heights = ROOT / "examples" / "guides" / f"{guide}.tif"
    terrain = generate(ROOT / "examples" / f"{name}.png", guide=heights, seed=1)
    return guided(terrain, np.asarray(Image.open(heights)))


def of_azgaar(export: Path) -> NDArray[np.uint8]:
    """The row of an export, whose cells' heights are the guide."""
    heights = open_map(export, size=2 * TILE).heights
    assert heights is not None
    return guided(generate(export, size=2 * TILE, seed=1), heights.grid)


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--azgaar", type=Path, required=True, metavar="EXPORT.json")
    export = parser.parse_args().azgaar
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
    rows = [drawn("continent", "ramp"), drawn("more/oases", "caldera"), of_azgaar(export)]
    gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    image = Image.fromarray(np.concatenate([rows[0], gap, rows[1], gap, rows[2]]))
    image.save(ROOT / "docs" / "pictures" / "guides.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
