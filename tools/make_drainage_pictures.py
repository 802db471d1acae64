"""Draw the pictures of docs/drainage.md anew: three maps at 250 m a pixel, only enlarged and carved, side by side.

python tools/make_drainage_pictures.py
"""

from pathlib import Path

from make_pictures import before_and_after
from PIL import Image

from spade_terrain import generate
from spade_terrain.window import Window

ROOT = Path(__file__).parents[1]
SEED, DETAIL = 7, 8
WIDTH = 1400  # pixels
WINDOWS = {
    "archipelago": Window(150, 130, 238, 206),
    "continent": Window(110, 90, 198, 166),
    "valley": Window(85, 100, 173, 176),
}
"""In pixels of each map."""


def main() -> None:
    """Write `docs/pictures/drainage-NAME.jpg`."""
    for name, window in WINDOWS.items():
        path = ROOT / "examples" / f"{name}.png"
        image = Image.fromarray(
            before_and_after(generate(path, seed=SEED), generate(path, seed=SEED, detail=DETAIL), window)
        )
        image.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        image.save(ROOT / "docs" / "pictures" / f"drainage-{name}.jpg", quality=86, optimize=True)


if __name__ == "__main__":
    main()
