"""HTTP/1.1 as uvicorn speaks it, with an end to the patience that it has with clients who stall.

uvicorn waits for ever for the rest of a request's head, and for a client that does not read its answer.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """A connection that is closed when its client stalls for as long as an idle one is kept.

    Bodies of requests have deadlines of their own (`body`), since they end in an answer.
    """

    _head: asyncio.TimerHandle | None = None
    _reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; it has to say what it wants."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Some bytes came: perhaps the rest of a head, perhaps a part of the next."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._cancel(self._head)
            self._head = None
        elif self._head is None:
            self._await_head()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._reader = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read what was waiting."""
        super().resume_writing()
        self._cancel(self._reader)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for a while; nor need the last answer have been read, and then closing would wait for ever."""
        super().timeout_keep_alive_handler()
        self._reader = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        super().connection_lost(exc)
        self._cancel(self._head, self._reader)

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def _cancel(self, *timers: asyncio.TimerHandle | None) -> None:
        for timer in timers:
            if timer is not None:
                timer.cancel()
