"""Bodies of requests: read whole, within limits of size and time, whatever the client says or does."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from spade_terrain.studio.http.refusals import RefusedError, busy

CONTAINER = 32 << 20
"""Bytes of the largest container, unpacked: a map of 2,048 x 2,048 pixels with its heights takes 21 MB."""
UPLOAD = 100 << 20
"""Bytes of the largest file to import, unpacked: exports of the largest Azgaar maps have 80 MB."""
_HELD = 512 << 20
"""Bytes of all bodies that are held at once."""


@dataclass(frozen=True)
class Deadlines:
    """Seconds that a client may take.

    Attributes:
        stall: between two pieces of a body, or of an answer that it reads, and for a request's head.
        body: for a whole body.
        drain: for what is sent after a body has been refused, so that the refusal is read at all.
        lease: between two looks at a job; browsers let a hidden page look once a minute.

    """

    stall: float = 20.0
    body: float = 120.0
    drain: float = 5.0
    lease: float = 90.0


DEADLINES = Deadlines()


class Bodies:
    """Reads bodies, and counts what is held of them.

    Attributes:
        held: bytes of all that are in use.

    """

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self.held = 0

    @asynccontextmanager
    async def of(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """A block with the body of a request, unpacked, of `most` bytes at most.

        Raises `RefusedError` if it is larger, damaged or too slow, or too much is held already.
        """
        unpack = _unpacker(request.headers.get("content-encoding", "identity").lower())
        held = _Held(self, most)
        incoming = self._pieces(request)
        try:
            try:
                async with asyncio.timeout(self._deadlines.body):
                    async for piece in incoming:
                        held.add(unpack.more(piece, held.left + 1))
            except TimeoutError as e:
                raise RefusedError(408, "the upload came to a stop, or took too long; send it again") from e
            except RefusedError:
                await self._drain(incoming)
                raise
            unpack.finish()
            yield held.joined()
        finally:
            held.release()

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        pieces = request.stream()
        while True:
            async with asyncio.timeout(self._deadlines.stall):
                try:
                    piece = await anext(pieces)
                except StopAsyncIteration:
                    return
            yield piece

    async def _drain(self, incoming: AsyncIterator[bytes]) -> None:
        """Read on for a while, into nothing: a client that is still sending does not look at answers."""
        try:
            async with asyncio.timeout(self._deadlines.drain):
                async for _ in incoming:
                    pass
        except (TimeoutError, ClientDisconnect):
            return


class _Held:
    """The pieces of one body, counted in all that is held."""

    def __init__(self, bodies: Bodies, most: int) -> None:
        self._bodies, self._most = bodies, most
        self._pieces: list[bytes] = []
        self._size = 0

    @property
    def left(self) -> int:
        """Bytes that may still come."""
        return self._most - self._size

    def add(self, piece: bytes) -> None:
        """A piece more. Raises `RefusedError` if it is one too many."""
        if len(piece) > self.left:
            raise RefusedError(413, f"the upload has over {self._most >> 20} MB, the most there is; make it smaller")
        if self._bodies.held + len(piece) > _HELD:
            raise busy("other uploads")
        self._bodies.held += len(piece)
        self._size += len(piece)
        self._pieces.append(piece)

    def joined(self) -> bytes:
        """The whole body; its pieces are let go."""
        body = b"".join(self._pieces)
        self._pieces.clear()
        return body

    def release(self) -> None:
        """It is held no more."""
        self._bodies.held -= self._size
        self._size = 0
        self._pieces.clear()


def _unpacker(encoding: str) -> "_Plain | _Gzip":
    """What unpacks a body in a Content-Encoding. Raises `RefusedError` if nothing does."""
    if encoding not in ("identity", "gzip"):
        raise RefusedError(415, f"Content-Encoding {encoding[:40]!r} is not read; send it plain, or as gzip")
    return _Gzip() if encoding == "gzip" else _Plain()


class _Plain:
    def more(self, piece: bytes, most: int) -> bytes:
        return piece

    def finish(self) -> None:
        """Nothing can be missing: HTTP counts its bytes."""


class _Gzip:
    """Unpacks no further than is asked for, so that a bomb stays packed."""

    def __init__(self) -> None:
        self._packed = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def more(self, piece: bytes, most: int) -> bytes:
        try:
            return self._packed.decompress(piece, most)
        except zlib.error as e:
            raise RefusedError(400, "the upload's gzip is damaged; send it again") from e

    def finish(self) -> None:
        if not self._packed.eof:
            raise RefusedError(400, "the upload's gzip was cut short; send it again")
