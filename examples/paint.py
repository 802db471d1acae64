"""Paint the example maps: run `python examples/paint.py` to paint them again, the same to the pixel.

Three lie beside this file. The nine in `more/` are painted in other ways, to see what a model makes of each;
in `guides/` are rough heights.
"""

from collections.abc import Callable
from pathlib import Path

from brushed import archipelago, continent, valley
from freehand import kingdom, oases, scribble, skerries, zones
from guides import Metres, caldera, ramp
from PIL import Image
from shaped import bubbles, empire, provinces, strokes

from spade_terrain.palette import Labels, labels_to_image

MAPS: dict[str, Callable[[], Labels]] = {
    "archipelago": archipelago,
    "continent": continent,
    "valley": valley,
    "more/strokes": strokes,
    "more/provinces": provinces,
    "more/bubbles": bubbles,
    "more/empire": empire,
    "more/kingdom": kingdom,
    "more/skerries": skerries,
    "more/zones": zones,
    "more/oases": oases,
    "more/scribble": scribble,
}

GUIDES: dict[str, Callable[[], Metres]] = {"guides/ramp": ramp, "guides/caldera": caldera}


def main() -> None:
    """Paint every map into its PNG, every guide into its TIFF."""
    for name, paint in MAPS.items():
        path = Path(__file__).parent / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(labels_to_image(paint())).save(path, optimize=True)
    for name, draw in GUIDES.items():
        path = Path(__file__).parent / f"{name}.tif"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(draw()).save(path)


if __name__ == "__main__":
    main()
