"""Seconds that each exported file takes for a terrain of 512x512 pixels: median, least and greatest of five turns."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from PIL import Image

from spade_terrain.export import glb, obj, png, preview, save
from spade_terrain.export.grid import mesh
from spade_terrain.palette import COLOURS
from spade_terrain.terrain import Terrain

SIDE = 512
TURNS = 5


def terrain() -> Terrain:
    """Hills upon hills, half of them under the sea."""
    rng = np.random.default_rng(1)
    height = np.zeros((SIDE, SIDE), np.float32)
    for cells in (4, 8, 16, 32, 64, 128, 256):
        hills = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        height += np.asarray(hills.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) * np.float32(4000 / cells)
    height = np.maximum(height, 0)
    labels = np.digitize(height, [1, 300, 600, 1000, 1500, 2000]).astype(np.uint8)
    texture = np.clip(COLOURS[labels] + rng.integers(-8, 8, (SIDE, SIDE, 1)), 0, 255).astype(np.uint8)
    return Terrain(texture, height, texture, labels, seed=1, model="none")


def main() -> None:
    ground = terrain()
    surface = mesh(ground)
    texture = png.encode(ground.texture)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, Callable[[], object]] = {
            "texture.png": lambda: png.encode(ground.texture),
            "terrain.png": lambda: png.encode(ground.shaded),
            "height.png": lambda: png.encode(png.height_units(ground.height)),
            "mesh": lambda: mesh(ground),
            "terrain.obj": lambda: obj.write(folder / "terrain.obj", surface, "terrain.mtl"),
            "terrain.glb": lambda: glb.write(folder / "terrain.glb", surface, texture),
            "preview.png": lambda: png.encode(preview.render(ground)),
            "all files": lambda: save(ground, folder / "all"),
        }
        # In turns, so that a busy moment of the machine falls on all alike.
        seconds: dict[str, list[float]] = {part: [] for part in parts}
        for _ in range(TURNS):
            for part, make in parts.items():
                start = perf_counter()
                make()
                seconds[part].append(perf_counter() - start)
    whole = median(seconds["all files"])
    print(f"{'part':<12} {'median s':>9} {'least':>7} {'greatest':>9} {'of all':>7}")
    for part, times in seconds.items():
        print(f"{part:<12} {median(times):9.3f} {min(times):7.3f} {max(times):9.3f} {median(times) / whole:7.0%}")


if __name__ == "__main__":
    main()
