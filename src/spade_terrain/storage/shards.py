"""Arrays in a folder that many machines share: Zarr version 3, a shard a block, each written once and whole.

The folder is local, or whatever fsspec opens: `s3://bucket/folder`, `gs://...`. Which blocks are finished is told by
empty files beside the arrays, each written when all that belongs to its block is there.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spade_terrain.errors import MissingFileError, StorageError, TerrainError, one_line
from spade_terrain.runtime.libraries import require
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
        array: the `zarr.Array`.
        address: of the folder, for messages.

    """

    array: Any
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
        """Read a place. Raises `StorageError` if a shard is damaged or can't be read."""
        with _told(self.address, "read"):
            if isinstance(place, tuple):
                return np.asarray(self.array[place])
            rows = range(self.shape[0])[place]
            high = self.array.chunks[0]
            bands = range(rows.start // high, -(-rows.stop // high))
            found = [self._rows_of(band, high) for band in bands]
            first = rows.start - bands.start * high
            whole = found[0] if len(found) == 1 else np.concatenate(found)
            return whole[first : first + len(rows)]

    def __setitem__(self, place: Place, values: NDArray[Any], /) -> None:
        """Write a place, whole shards, with values of its shape and type. Raises `StorageError` if it can't."""
        with _told(self.address, "write to"):
            self.array[place] = values

    def _rows_of(self, band: int, high: int) -> NDArray[Any]:
        with self._lock:
            if band not in self._band:
                rows = np.asarray(self.array[band * high : (band + 1) * high])
                self._band.clear()
                self._band[band] = rows
            return self._band[band]


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

        with _told(self.address, "write to"):
            group = zarr.create_group(self._store(), attributes={_RUN: self.run})
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
                    config={"write_empty_chunks": True},  # a shard that is missing is one that was lost
                )

    def array(self, name: str) -> ShardedArray:
        """One of them. Raises `MissingFileError` if it is not to be found here, `StorageError` if it can't be read."""
        try:
            with _told(self.address, "read"):
                return ShardedArray(self._group[name], self.address)
        except (KeyError, FileNotFoundError) as e:
            raise MissingFileError(
                f"{self.address} has no blocks for {os.uname().nodename}; give a `store` that all workers share"
            ) from e

    def exists(self) -> bool:
        """Whether the folder is there and holds anything."""
        with _told(self.address, "read"):
            files, path = self._files
            files.invalidate_cache()
            return bool(files.exists(path) and files.find(path, maxdepth=1, withdirs=True))

    def is_own(self) -> bool:
        """Whether the folder is there, and was made for this run."""
        try:
            with _told(self.address, "read"):
                return bool(self._group.attrs.get(_RUN) == self.run)
        except FileNotFoundError:
            return False

    def is_finished(self, block: str) -> bool:
        """Whether a block is finished."""
        with _told(self.address, "read"):
            files, path = self._files
            return bool(files.exists(f"{path}/{_FINISHED}/{block}"))

    def finish(self, block: str, window: Window, arrays: Sequence[ShardedArray]) -> None:
        """Say that a block, all whose shards are written, is finished: from now on, through a loss of power too."""
        with _told(self.address, "write to"):
            files, path = self._files
            if _is_local(files):
                for array in arrays:
                    side = array.array.shards[0]
                    key = array.array.metadata.encode_chunk_key(
                        (window.y0 // side, window.x0 // side, *([0] * (len(array.shape) - 2)))
                    )
                    _sync(Path(path) / array.array.path / key)
                files.makedirs(f"{path}/{_FINISHED}", exist_ok=True)
            files.pipe_file(f"{path}/{_FINISHED}/{block}", b"")

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        with _told(self.address, "write to"):
            files, path = self._files
            files.invalidate_cache()
            if files.exists(path):
                files.rm(path, recursive=True)

    @cached_property
    def _files(self) -> tuple[Any, str]:
        import fsspec

        files, path = fsspec.core.url_to_fs(self.address)
        return files, path.rstrip("/")

    @property
    def _group(self) -> Any:
        import zarr

        return zarr.open_group(self._store(), mode="r+")

    def _store(self) -> Any:
        import zarr

        files, path = self._files
        # fsspec's own writing of local files is not whole or not at all; Zarr's is.
        return zarr.storage.LocalStore(path) if _is_local(files) else zarr.storage.FsspecStore.from_url(self.address)


def check_store(address: str) -> None:
    """Raise `StorageError` if nothing can be written to the folder at `address`, or fsspec can't open it.

    Raises `MissingLibraryError` if a library that this takes is not installed.
    """
    for library in ("fsspec", "zarr"):
        require(library, "`cluster`", "cluster")
    import fsspec

    probe = f"{address.rstrip('/')}/.spade-terrain-probe"
    with _told(address, "write to"):
        try:
            files, path = fsspec.core.url_to_fs(probe)
        except ImportError as e:  # s3fs, gcsfs: which one, fsspec says
            raise StorageError(f"can't open the `store` {address}: {one_line(e)}") from e
        if _is_local(files):  # elsewhere there are no folders, and what would be made is a bucket
            files.makedirs(files._parent(path), exist_ok=True)
        files.pipe_file(path, b"")
        files.rm_file(path)


def _is_local(files: Any) -> bool:
    import fsspec

    return isinstance(files, fsspec.get_filesystem_class("file"))


def _sync(file: Path) -> None:
    for path in (file, file.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _told(address: str, verb: str) -> Iterator[None]:
    """Turns what goes wrong in a folder into one line: fsspec's file systems raise errors of all kinds."""
    try:
        yield
    except TerrainError:
        raise
    except Exception as e:
        if verb == "read" and isinstance(e, KeyError | FileNotFoundError):  # of what is not there
            raise
        raise StorageError(
            f"can't {verb} {address}: {one_line(e) or type(e).__name__}; check the address, your rights and the space "
            "there"
        ) from e
