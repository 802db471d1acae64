"""A Zarr store of which nothing may be missing: to Zarr itself a shard that is gone is one of zeros."""

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import WrapperStore

_SHARD = "/c/"
"""In the key of every shard, and of nothing else that we write."""


class MissingShardError(Exception):
    """A shard is not there."""


class StrictStore(WrapperStore):  # type: ignore[type-arg]
    """A store to read from."""

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """What lies under a key. Raises `MissingShardError` if that is a shard's, and there is nothing."""
        found = await super().get(key, prototype, byte_range)
        if found is None and _SHARD in key:
            raise MissingShardError(key)
        return found
