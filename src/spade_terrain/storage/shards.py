"""Arrays in a folder that many machines share: Zarr version 3, a shard a block, each written once and whole.

The folder is local, or whatever fsspec opens: `s3://bucket/folder`, `gs://...`. Which blocks are finished is told by
empty files beside the arrays, each written when all that belongs to its block is there.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spade_terrain.errors import MissingFileError, StorageError
from spade_terrain.storage.shared import SharedFolder, sync_file, told
from spade_terrain.storage.stored import Place
from spade_terrain.window import Window

_BANDS = 8
"""Bands of rows that a shard is divided in: a reader who wants some rows need not decode all."""
_FINISHED = "finished"
_RUN = "run"
_DIMENSIONS = ("y", "x", "band")


@dataclass(frozen=True, eq=False)
class ShardedArray:
    """An array `(H, W)` or `(H, W, C)` in shards, of which places are read and written as of numpy's.

    Reading rows from first to last decodes each once. Several threads may use one array.

    Attributes:
        array: the `zarr.Array`, to write to.
        strict: the same to read from, of which no shard may be missing.
        address: of the folder, for messages.

    """

    array: Any
    strict: Any
    address: str
    _lock: Lock = field(default_factory=Lock)
    _band: dict[int, NDArray[Any]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and, if there are any, channels."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        dtype: np.dtype[Any] = np.dtype(self.array.dtype)
        return dtype

    def __getitem__(self, place: Place, /) -> NDArray[Any]:
        """Read a place. Raises `StorageError` if a shard is damaged, gone or can't be read."""
        with self._told(place):
            if isinstance(place, tuple):
                return np.asarray(self.strict[place])
            rows = range(self.shape[0])[place]
            high = self.array.chunks[0]
            bands = range(rows.start // high, -(-rows.stop // high))
            found = [self._rows_of(band, high) for band in bands]
            first = rows.start - bands.start * high
            whole = found[0] if len(found) == 1 else np.concatenate(found)
            return whole[first : first + len(rows)]

    def __setitem__(self, place: Place, values: NDArray[Any], /) -> None:
        """Write a place, whole shards, with values of its shape and type. Raises `StorageError` if it can't."""
        with told(self.address, "write to"):
            self.array[place] = values

    def _rows_of(self, band: int, high: int) -> NDArray[Any]:
        with self._lock:
            if band not in self._band:
                rows = np.asarray(self.strict[band * high : (band + 1) * high])
                self._band.clear()
                self._band[band] = rows
            return self._band[band]

    def key(self, window: Window) -> str:
        """Where the shard that begins at the corner of `window` lies, in the folder."""
        side = self.array.shards[0]
        place = (window.y0 // side, window.x0 // side, *([0] * (len(self.shape) - 2)))
        return f"{self.array.path}/{self.array.metadata.encode_chunk_key(place)}"

    @contextmanager
    def _told(self, place: Place) -> Iterator[None]:
        from spade_terrain.storage.strict import MissingShardError

        try:
            with told(self.address, "read"):
                yield
        except StorageError as e:
            if isinstance(e.__cause__, MissingShardError):
                raise StorageError(
                    f"{e.__cause__} is gone from {self.address}, though its block was finished; go on with `resume`, "
                    "which makes it again"
                ) from e
            if (damaged := self._damaged(place)) is None:
                raise
            raise StorageError(
                f"{damaged} in {self.address} is damaged; delete it and go on with `resume`, which makes it again"
            ) from e

    def _damaged(self, place: Place) -> str | None:
        """The key of the first shard of a place that is there and can't be decoded, if one is."""
        rows, columns = place if isinstance(place, tuple) else (place, slice(None))
        side = self.array.shards[0]
        high, wide = (range(length)[part] for part, length in zip((rows, columns), self.shape, strict=False))
        for y0, x0 in product(*(range(r.start // side * side, r.stop, side) for r in (high, wide))):
            try:
                self.strict[y0 : y0 + side, x0 : x0 + side]
            except (ValueError, RuntimeError):  # its checksums do not match, or it is none of Zstandard's
                return self.key(Window(x0, y0, x0 + side, y0 + side))
            except Exception:
                return None  # it can't be reached
        return None


@dataclass(frozen=True)
class Shards:
    """A folder of such arrays, all of one height and width.

    Attributes:
        address: the folder, a path or what fsspec opens.
        run: whose it is, any text.

    """

    address: str
    run: str

    def create(self, arrays: Sequence[tuple[str, tuple[int, ...], DTypeLike]], side: int) -> None:
        """Make arrays, each by its name, shape and type, in shards of `side` x `side` pixels.

        Raises `StorageError` if the folder can't be written.
        """
        import zarr
        from zarr.codecs import ZstdCodec

        with told(self.address, "write to"):
            group = zarr.create_group(self._folder.store(), attributes={_RUN: self.run})
            for name, shape, dtype in arrays:
                channels = shape[2:]
                group.create_array(
                    name,
                    shape=shape,
                    dtype=np.dtype(dtype),
                    chunks=(max(1, side // _BANDS), side, *channels),
                    shards=(side, side, *channels),
                    compressors=ZstdCodec(level=1),
                    fill_value=0,
                    dimension_names=_DIMENSIONS[: len(shape)],
                )

    def array(self, name: str) -> ShardedArray:
        """One of them. Raises `MissingFileError` if it is not to be found here, `StorageError` if it can't be read."""
        import zarr

        from spade_terrain.storage.strict import StrictStore

        try:
            with told(self.address, "read"):
                store = self._folder.store()
                strict = zarr.open_array(StrictStore(store), path=name, mode="r")
                # A shard that is missing is one that was lost, not one of zeros.
                array = zarr.open_array(store, path=name, mode="r+").with_config({"write_empty_chunks": True})
                return ShardedArray(array, strict, self.address)
        except (KeyError, FileNotFoundError) as e:
            raise MissingFileError(
                f"{self.address} has no blocks for {os.uname().nodename}; give a `store` that all workers share"
            ) from e

    def exists(self) -> bool:
        """Whether the folder is there and holds anything."""
        return self._folder.exists()

    def is_own(self) -> bool:
        """Whether the folder is there, and was made for this run."""
        try:
            with told(self.address, "read"):
                return bool(self._group.attrs.get(_RUN) == self.run)
        except FileNotFoundError:
            return False

    def is_finished(self, block: str) -> bool:
        """Whether a block is finished."""
        with told(self.address, "read"):
            files, path = self._folder.files
            return bool(files.exists(f"{path}/{_FINISHED}/{block}"))

    def finish(self, block: str, window: Window, arrays: Sequence[ShardedArray]) -> None:
        """Say that a block, all whose shards are written, is finished: from now on, through a loss of power too."""
        with told(self.address, "write to"):
            files, path = self._folder.files
            if local := self._folder.local:
                for array in arrays:
                    sync_file(local / array.key(window))
                files.makedirs(f"{path}/{_FINISHED}", exist_ok=True)
            files.pipe_file(f"{path}/{_FINISHED}/{block}", b"")

    def reopen(self, block: str) -> None:
        """Say that a block is not finished any more."""
        with told(self.address, "write to"), suppress(FileNotFoundError):
            files, path = self._folder.files
            files.rm_file(f"{path}/{_FINISHED}/{block}")

    def without_shards(self, windows: Iterable[Window], arrays: Sequence[ShardedArray]) -> list[Window]:
        """Those of `windows`, each of a block, of which a shard of one of `arrays` is missing."""
        with told(self.address, "read"):
            files, path = self._folder.files
            files.invalidate_cache()
            there = {file[len(path) + 1 :] for array in arrays for file in files.find(f"{path}/{array.array.path}/c")}
        return [window for window in windows if any(array.key(window) not in there for array in arrays)]

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        self._folder.remove()

    @cached_property
    def _folder(self) -> SharedFolder:
        return SharedFolder(self.address)

    @property
    def _group(self) -> Any:
        import zarr

        return zarr.open_group(self._folder.store(), mode="r+")
