"""What a run on disk needs to know of the place where its blocks are made and lie."""

from collections.abc import Callable, Sequence
from typing import Protocol

from spade_terrain.generation.model import Model
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.read import LabelRows
from spade_terrain.storage.stored import Stored, StoredTerrain
from spade_terrain.window import Window


class BlockStore(Protocol):
    """The arrays of one terrain, of which blocks are made one by one."""

    @property
    def address(self) -> str | None:
        """Where the blocks lie, if not in the run's folder alone."""
        ...

    def begin(self, rows: LabelRows) -> None:
        """Make the arrays, and write the labels, so that they survive a loss of power.

        Raises `TerrainError` if the map is not fit for use, `OSError` or `StorageError` if there is no room.
        """
        ...

    def array(self, name: str) -> Stored:
        """One of the arrays, of `arrays_of`."""
        ...

    def is_whole(self) -> bool:
        """Whether all that a run that was begun has written can still be there."""
        ...

    def lost(self, blocks: Sequence[Window]) -> Sequence[Window]:
        """Those of `blocks`, which were finished, of which something is gone: they have to be made again."""
        ...

    def make(
        self,
        terrain: StoredTerrain,
        model: Model,
        blocks: Sequence[Window],
        heights: RoughHeights | None,
        finished: Callable[[Window], None],
    ) -> None:
        """Make blocks of a terrain of these arrays; `finished` is called with each that would survive a loss of power.

        Progress is shown; blocks that the map has besides were made before. Raises what `generate_blocks` does, and
        `OSError` or `StorageError` if there is no room.
        """
        ...

    def remove(self) -> None:
        """Remove what no run can use."""
        ...


def piece(block: Window) -> str:
    """What a block is called."""
    return f"{block.x0} {block.y0}"
