"""A folder that many machines may share: a path, or whatever fsspec opens: `s3://bucket/folder`, `gs://...`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from spade_terrain.errors import StorageError, TerrainError, one_line
from spade_terrain.runtime.libraries import require
from spade_terrain.storage.files import whole_folder

_ROOT = "zarr.json"


@dataclass(frozen=True)
class SharedFolder:
    """A folder by its address.

    Attributes:
        address: a path or a URL.

    """

    address: str

    @cached_property
    def files(self) -> tuple[Any, str]:
        """The file system that fsspec opens it with, and the folder's path there."""
        import fsspec

        files, path = fsspec.core.url_to_fs(self.address)
        return files, path.rstrip("/")

    @property
    def local(self) -> Path | None:
        """Its path, if it lies in the system's own files."""
        import fsspec

        files, path = self.files
        return Path(path) if isinstance(files, fsspec.get_filesystem_class("file")) else None

    def __truediv__(self, name: str) -> "SharedFolder":
        """A folder in it."""
        return SharedFolder(f"{self.address.rstrip('/')}/{name}")

    def store(self) -> Any:
        """The folder as zarr takes it."""
        import zarr

        # fsspec's own writing of local files is not whole or not at all; Zarr's is.
        return zarr.storage.LocalStore(self.local) if self.local else zarr.storage.FsspecStore.from_url(self.address)

    def exists(self) -> bool:
        """Whether it is there and holds anything."""
        with told(self.address, "read"):
            files, path = self.files
            files.invalidate_cache()
            return bool(files.exists(path) and files.find(path, maxdepth=1, withdirs=True))

    def remove(self) -> None:
        """Remove it and all that is in it."""
        with told(self.address, "write to"):
            files, path = self.files
            files.invalidate_cache()
            if files.exists(path):
                files.rm(path, recursive=True)

    @contextmanager
    def whole_zarr(self) -> Iterator["SharedFolder"]:
        """A folder for a Zarr hierarchy, empty, to be written in the block, which takes this one's place.

        The block writes the file `zarr.json` of the whole last. Where files can be moved, the old hierarchy stays until
        the new one is whole. In a bucket they can't: there the old one goes first, and none is to be opened until
        the block has written that file. When the block fails, nothing of the new one remains.

        Raises `StorageError` if the folder can't be written, or holds no Zarr hierarchy but something else.
        """
        files, path = self.files
        if self.exists() and not files.exists(f"{path}/{_ROOT}"):
            raise StorageError(f"{self.address} is there already, and no Zarr; move it, or choose another folder")
        if self.local:
            with whole_folder(self.local) as draft:
                yield SharedFolder(str(draft))
            return
        with told(self.address, "write to"):
            if files.exists(f"{path}/{_ROOT}"):
                files.rm_file(f"{path}/{_ROOT}")  # from now on nobody takes it for whole
        self.remove()
        try:
            yield self
        except BaseException:
            with suppress(StorageError):
                self.remove()
            raise


def check_store(address: str, *, for_workers: bool) -> None:
    """Raise `StorageError` if nothing can be written to the folder at `address`, or fsspec can't open it.

    The same if it is `for_workers`, who are other processes, and lies in this one's memory. Raises
    `MissingLibraryError` if a library that this takes is not installed.
    """
    for library in ("fsspec", "zarr"):
        require(library, "`store`", "cluster")
    probe = SharedFolder(address) / ".spade-terrain-probe"
    with told(address, "write to"):
        try:
            files, path = probe.files
        except ImportError as e:  # s3fs, gcsfs: which one, fsspec says
            raise StorageError(f"can't open the `store` {address}: {one_line(e)}") from e
        if for_workers and files.protocol == "memory":
            raise StorageError(
                f"the `store` {address} lies in the memory of this process, where no worker finds it; give a folder or "
                "a bucket that all share"
            )
        if probe.local:  # elsewhere there are no folders, and what would be made is a bucket
            probe.local.parent.mkdir(parents=True, exist_ok=True)
        files.pipe_file(path, b"")
        files.rm_file(path)


def sync_file(file: Path) -> None:
    """Wait until a file, and its name in its folder, would survive a loss of power."""
    for path in (file, file.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def told(address: str, verb: str) -> Iterator[None]:
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
