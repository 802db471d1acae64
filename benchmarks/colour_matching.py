"""How the example maps come back with anti-aliased edges and JPEG artefacts: what docs/painting.md tells.

Run `python benchmarks/colour_matching.py`.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from spade_terrain.maps.colour_matching import OFF_PALETTE, match_colours
from spade_terrain.maps.image import read_map
from spade_terrain.maps.legend import PALETTE
from spade_terrain.palette import Labels, labels_to_image

EXAMPLES = Path(__file__).parents[1] / "examples"
LOSSY = [(kind, quality) for kind in ("JPEG", "WEBP") for quality in (50, 75, 85, 95)]


def main() -> None:
    """For each map and way of saving it: pixels wrong, of those farther than 2 from a border, and off the palette."""
    for path in sorted(EXAMPLES.glob("*.png")):
        labels = read_map(path)
        image = Image.fromarray(labels_to_image(labels))
        large = image.resize((4 * image.width, 4 * image.height), Image.Resampling.NEAREST)
        smoothed = large.filter(ImageFilter.GaussianBlur(2)).resize(image.size, Image.Resampling.LANCZOS)
        ways = {"smoothed": smoothed} | {f"{kind} {quality}": saved(image, kind, quality) for kind, quality in LOSSY}
        for name, way in ways.items():
            matches = match_colours(np.asarray(way), PALETTE)
            wrong = matches.labels != labels
            far = int((wrong & ~border(labels, 2)).sum())
            off_palette = (matches.kinds == OFF_PALETTE).mean()
            print(f"{path.stem:<12} {name:<9} wrong {wrong.mean():.2%}, far {far:>2}, off palette {off_palette:.2%}")


def saved(image: Image.Image, kind: str, quality: int) -> Image.Image:
    file = BytesIO()
    image.save(file, kind, quality=quality)
    return Image.open(file).convert("RGB")


def border(labels: Labels, reach: int) -> NDArray[np.bool_]:
    """Pixels with another class within `reach` pixels, bool `(H, W)`."""
    height, width = labels.shape
    padded = np.pad(labels, reach, mode="edge")
    steps = range(2 * reach + 1)
    near = np.zeros(labels.shape, bool)
    for y in steps:
        for x in steps:
            near |= padded[y : y + height, x : x + width] != labels
    return near


if __name__ == "__main__":
    main()
