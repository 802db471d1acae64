"""Blocks that this process makes, one by one, in files of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from spade_terrain.generation.model import Model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.tiling import blocks_of, generate_blocks
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.read import LabelRows
from spade_terrain.progress import progress
from spade_terrain.storage.stored import LABELS, StoredArray, StoredTerrain, arrays_of
from spade_terrain.window import Window


class BlocksOnDisk:
    """A `BlockStore` of this machine: an array a file, in a folder."""

    address = None

    def __init__(self, folder: Path, shape: tuple[int, int], textures: Sequence[str]) -> None:
        self._arrays = {
            name: StoredArray(folder / f"{name}.raw", sides, dtype)
            for name, (sides, dtype) in arrays_of(shape, textures).items()
        }

    def begin(self, rows: LabelRows) -> None:
        """As `BlockStore` says."""
        for array in self._arrays.values():
            array.create()
        rows.read_into(self._arrays[LABELS])
        self._arrays[LABELS].sync()

    def array(self, name: str) -> StoredArray:
        """As `BlockStore` says."""
        return self._arrays[name]

    def is_whole(self) -> bool:
        """As `BlockStore` says."""
        return all(array.is_whole() for array in self._arrays.values())

    def lost(self, blocks: Sequence[Window]) -> Sequence[Window]:
        """As `BlockStore` says: none, since a file holds all blocks, and `is_whole` tells if one is gone."""
        return ()

    def make(
        self,
        terrain: StoredTerrain,
        model: Model,
        blocks: Sequence[Window],
        heights: RoughHeights | None,
        finished: Callable[[Window], None],
    ) -> None:
        """As `BlockStore` says. A second thread writes each block while the next one is made."""
        height, width = terrain.labels.shape
        total, metres_at = len(blocks_of((height, width))), heights.window if heights else None

        def write(block: Window, pixels: Pixels) -> None:
            pixels.write_to(terrain, block.place(Window(0, 0, width, height)))
            for name, array in self._arrays.items():
                if name != LABELS:
                    array.sync()
            finished(block)

        with progress("blocks", total, total - len(blocks)) as shown, ThreadPoolExecutor(1) as writer:
            writing: Future[None] | None = None
            made = generate_blocks(model, terrain.labels, terrain.seed, blocks, gsd=terrain.gsd, metres_at=metres_at)
            for block, pixels in made:
                if writing:
                    writing.result()
                    shown.advance()
                writing = writer.submit(write, block, pixels)
            if writing:
                writing.result()
                shown.advance()

    def remove(self) -> None:
        """As `BlockStore` says: the run's folder goes with all that is in it."""
