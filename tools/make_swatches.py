"""Draws the studio's swatches anew: what the default model makes of each class, lit, cut from its middle.

python tools/make_swatches.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from spade_terrain import generate
from spade_terrain.palette import NAMES

_FOLDER = Path(__file__).parents[1] / "web" / "src" / "swatches"
_MAP = 256
_SIDE = 96
_SEED = 3


def main() -> None:
    """Writes one WebP a class."""
    _FOLDER.mkdir(exist_ok=True)
    cut = slice((_MAP - _SIDE) // 2, (_MAP + _SIDE) // 2)
    for label, name in enumerate(NAMES):
        land = generate(np.full((_MAP, _MAP), label, np.uint8), seed=_SEED)
        Image.fromarray(land.shaded[cut, cut]).save(_FOLDER / f"{name}.webp", quality=88)


if __name__ == "__main__":
    main()
