"""Seconds that each format and preset takes for a terrain of 512x512 pixels: median, least and greatest of 5 turns.

Run `python benchmarks/export.py`, with `--memory 8192` for the memory that a map of 8192 x 8192 takes instead.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.export import ExportOptions, save
from spade_terrain.export.formats import FORMATS
from spade_terrain.export.job import ExportJob
from spade_terrain.export.presets import PRESETS
from spade_terrain.palette import COLOURS
from spade_terrain.terrain import Terrain

SIDE = 512
TURNS = 5


@dataclass(frozen=True)
class Repeated:
    """A small map again and again, `side` x `side` pixels in all, made when it is read."""

    tile: NDArray[Any]
    side: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        return (self.side, self.side, *self.tile.shape[2:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of `tile`."""
        return self.tile.dtype

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.side)
        high, wide = self.tile.shape[:2]
        return self.tile[np.ix_(np.arange(start, stop) % high, np.arange(self.side) % wide)]


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


def speed() -> None:
    ground = terrain()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A job each time: what one format has gathered is not given to the next.
        parts: dict[str, Callable[[], object]] = {
            form: partial(lambda form: FORMATS[form].writer(ExportJob(ground, folder, ExportOptions())), form)
            for form in FORMATS
        }
        parts |= {
            tool.name: partial(lambda tool: save(ground, folder, options=ExportOptions(presets=(tool,))), tool.name)
            for tool in PRESETS
        }
        parts["obj, 50,000 triangles"] = lambda: save(ground, folder, ["obj"], ExportOptions(triangles=50_000))
        parts["default set"] = lambda: save(ground, folder)
        # In turns, so that a busy moment of the machine falls on all alike.
        seconds: dict[str, list[float]] = {part: [] for part in parts}
        for _ in range(TURNS):
            for part, make in parts.items():
                start = perf_counter()
                make()
                seconds[part].append(perf_counter() - start)
    whole = median(seconds["default set"])
    print(f"{'part':<22} {'median s':>9} {'least':>7} {'greatest':>9} {'of default':>11}")
    for part, times in seconds.items():
        print(f"{part:<22} {median(times):9.3f} {min(times):7.3f} {max(times):9.3f} {median(times) / whole:11.0%}")


def memory(side: int) -> None:
    """Write each format that is streamed for a map of `side` x `side` pixels, in a process of its own."""
    small = terrain()
    maps = {name: Repeated(getattr(small, name), side) for name in ("texture", "height", "shaded", "labels")}
    large = replace(small, **maps)  # type: ignore[arg-type]
    print(f"{'format':<12} {'seconds of CPU':>14} {'peak MB':>8}")
    for name in [*(name for name, form in FORMATS.items() if not form.mesh), *(tool.name for tool in PRESETS)]:
        child = os.fork()
        if child == 0:
            with tempfile.TemporaryDirectory() as folder:
                tool = name not in FORMATS
                save(large, Path(folder), [] if tool else [name], ExportOptions(presets=(name,) if tool else ()))
            os._exit(0)
        _, status, used = os.wait4(child, 0)
        assert status == 0, name
        print(f"{name:<12} {used.ru_utime + used.ru_stime:14.1f} {used.ru_maxrss / 1024:8.0f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", type=int, metavar="SIDE", help="instead, the memory for a map of SIDE x SIDE")
    args = parser.parse_args()
    memory(args.memory) if args.memory else speed()
