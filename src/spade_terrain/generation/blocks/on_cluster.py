"""Blocks that the workers of a cluster make, and write to storage that they share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import numpy as np

from spade_terrain.cluster.executor import Executor
from spade_terrain.cluster.watched import watched
from spade_terrain.errors import FileInTheWayError, StorageError
from spade_terrain.generation import tiling
from spade_terrain.generation.blocks.store import piece
from spade_terrain.generation.model import Model, open_model
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.read import LabelRows
from spade_terrain.storage.files import whole_file
from spade_terrain.storage.shards import ShardedArray, Shards
from spade_terrain.storage.stored import LABELS, StoredTerrain, arrays_of
from spade_terrain.window import Window

OWNER = "owner"
"""In the run's folder, a name that no other run has: its blocks bear it, so that none takes those of another one."""


@dataclass(frozen=True)
class Workers:
    """Who makes the blocks of a large map in place of this process.

    Attributes:
        executor: the workers.
        store: the address of a folder that they share, as `Shards` takes it; by default the run's own folder.

    """

    executor: Executor
    store: str | None = None


@dataclass(frozen=True)
class BlockJob:
    """Makes blocks of a map and writes them; what it takes for all of them travels to a worker once.

    Attributes:
        address: the folder of the arrays.
        run: whose it is.
        model: the ONNX file's bytes.
        device: where it runs.
        style: the numbers of its style that the seed does not draw.
        textures: names of the textures.
        seed: the noise's.
        gsd: metres a pixel.
        heights: rough heights of the map, in metres.

    """

    address: str
    run: str
    model: bytes
    device: str
    style: Mapping[str, float]
    textures: tuple[str, ...]
    seed: int
    gsd: float
    heights: RoughHeights | None

    @contextmanager
    def open(self) -> Iterator[Callable[[Window], None]]:
        """As `Job` says. A block that another worker has finished is left as it is."""
        # A thread a block, not all cores for each: as many blocks are made at a time as there are threads.
        opened = open_model(self.model, self.device, "the model", threads=1)
        model = replace(opened, fixed_style=self.style, chosen_textures=self.textures)
        shards = Shards(self.address, self.run)
        arrays: dict[str, ShardedArray] = {}

        def array(name: str) -> ShardedArray:
            arrays[name] = shards.array(name)
            return arrays[name]

        terrain = StoredTerrain.of(
            array, seed=self.seed, model=model.card.name, style=self.style, gsd=self.gsd, textures=self.textures
        )
        height, width = terrain.labels.shape
        made = [array for name, array in arrays.items() if name != LABELS]
        metres_at = self.heights.window if self.heights else None

        def work(block: Window) -> None:
            if shards.is_finished(piece(block)):
                return
            blocks = tiling.generate_blocks(
                model, terrain.labels, self.seed, [block], gsd=self.gsd, metres_at=metres_at
            )
            for _, pixels in blocks:
                pixels.write_to(terrain, block.place(Window(0, 0, width, height)))
            shards.finish(piece(block), block, made)

        yield work


class BlocksOnCluster:
    """A `BlockStore` that workers share."""

    def __init__(
        self, workers: Workers, folder: Path, shape: tuple[int, int], textures: Sequence[str], run: str
    ) -> None:
        """Name the folder of the arrays, in the run's `folder` if the workers have no other `store`.

        `run` tells what is made.
        """
        self._executor, self._shape, self._textures = workers.executor, shape, tuple(textures)
        self._run, self._owner = run, folder / OWNER
        self._address = f"{workers.store or folder.absolute()}".rstrip("/") + "/blocks"

    @property
    def address(self) -> str:
        """Where the blocks lie."""
        return self._address

    @cached_property
    def _shards(self) -> Shards:
        """The folder of the arrays, as that of the run whose name lies in its folder; without one, of no run."""
        owner = self._owner.read_text("utf-8") if self._owner.is_file() else ""
        return Shards(self._address, f"{self._run} {owner}")

    def begin(self, rows: LabelRows) -> None:
        """As `BlockStore` says. Raises `FileInTheWayError` if there are other blocks."""
        if not self._owner.is_file():
            with whole_file(self._owner) as draft:
                draft.write_text(uuid4().hex, "utf-8")
        if self._shards.exists() and not self._shards.is_own():
            raise FileInTheWayError(
                f"{self.address} is there already, and not of this run; give another `store`, or delete that folder"
            )
        self._shards.remove()
        arrays = arrays_of(self._shape, self._textures)
        self._shards.create([(name, sides, dtype) for name, (sides, dtype) in arrays.items()], tiling.BLOCK)
        labels, top = self._shards.array(LABELS), 0
        for stripe in _regrouped(rows.stripes(), tiling.BLOCK):
            labels[top : top + len(stripe)] = stripe
            top += len(stripe)

    def array(self, name: str) -> ShardedArray:
        """As `BlockStore` says."""
        return self._shards.array(name)

    def is_whole(self) -> bool:
        """As `BlockStore` says."""
        if not self._shards.is_own():
            return False
        blocks = tiling.blocks_of(self._shape)
        return not self._shards.without_shards(blocks, [self._shards.array(LABELS)])

    def lost(self, blocks: Sequence[Window]) -> Sequence[Window]:
        """As `BlockStore` says; their workers are told, too."""
        made = [self._shards.array(name) for name in arrays_of(self._shape, self._textures) if name != LABELS]
        lost = self._shards.without_shards(blocks, made)
        for block in lost:
            self._shards.reopen(piece(block))
        return lost

    def make(
        self,
        terrain: StoredTerrain,
        model: Model,
        blocks: Sequence[Window],
        heights: RoughHeights | None,
        finished: Callable[[Window], None],
    ) -> None:
        """As `BlockStore` says."""
        job = BlockJob(
            self.address,
            self._shards.run,
            model.data,
            model.device,
            dict(model.fixed_style),
            self._textures,
            terrain.seed,
            terrain.gsd,
            heights,
        )
        total = len(tiling.blocks_of(self._shape))
        try:
            with closing(watched(self._executor, job, blocks, "blocks", total)) as made:
                for block, _ in made:
                    finished(block)
        except StorageError as e:
            raise StorageError(f"{e}, then go on with `resume`") from e

    def remove(self) -> None:
        """As `BlockStore` says; blocks of other runs stay."""
        if self._shards.is_own():
            self._shards.remove()


def _regrouped(stripes: Iterator[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """The same rows, so many at a time: a shard that is written in parts would be read for each."""
    waiting: list[np.ndarray] = []
    count = 0
    for stripe in stripes:
        while count + len(stripe) >= rows:
            first = stripe[: rows - count]
            yield np.concatenate([*waiting, first])
            stripe, waiting, count = stripe[len(first) :], [], 0
        if len(stripe):
            waiting.append(stripe)
            count += len(stripe)
    if waiting:
        yield np.concatenate(waiting)
