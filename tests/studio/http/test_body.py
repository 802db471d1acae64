import asyncio
import gzip
from collections.abc import Sequence

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from spade_terrain.studio.http import body
from spade_terrain.studio.http.body import Bodies, Deadlines
from spade_terrain.studio.http.refusals import RefusedError

MOST = 100


def _request(messages: Sequence[Message | None], encoding: str = "identity") -> Request:
    """A request whose body comes in these messages; `None` is one that never comes."""
    left = list(messages)

    async def receive() -> Message:
        message = left.pop(0)
        if message is None:
            await asyncio.Event().wait()
        assert message is not None
        return message

    headers = [(b"content-encoding", encoding.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def _pieces(*pieces: bytes) -> list[Message | None]:
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    return [*messages, {"type": "http.request", "body": b"", "more_body": False}]


async def _read(bodies: Bodies, request: Request) -> bytes:
    async with bodies.of(request, MOST) as read:
        assert bodies.held == len(read)
        return read


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_in_pieces(encoding: str) -> None:
    bodies, sent = Bodies(Deadlines()), bytes(range(MOST))
    packed = gzip.compress(sent) if encoding == "gzip" else sent
    pieces = [packed[i : i + 7] for i in range(0, len(packed), 7)]
    assert asyncio.run(_read(bodies, _request(_pieces(*pieces), encoding))) == sent
    assert bodies.held == 0


@pytest.mark.parametrize(
    ("messages", "encoding", "status"),
    [
        (_pieces(b"x" * 60, b"x" * 41), "identity", 413),
        (_pieces(gzip.compress(b" " * (MOST + 1))), "gzip", 413),
        (_pieces(gzip.compress(b" ")[:-1]), "gzip", 400),
        ([*_pieces(b"x" * 50)[:1], None], "identity", 408),
        ([*_pieces(b"x" * 101)[:1], None], "identity", 413),
        (_pieces(b"x"), "br", 415),
    ],
)
def test_what_is_refused_is_held_no_more(messages: list[Message | None], encoding: str, status: int) -> None:
    bodies = Bodies(Deadlines(stall=0.05, drain=0.05))
    with pytest.raises(RefusedError) as refused:
        asyncio.run(_read(bodies, _request(messages, encoding)))
    assert refused.value.status == status
    assert bodies.held == 0


def test_a_client_that_goes_is_held_no_more() -> None:
    bodies = Bodies(Deadlines())
    with pytest.raises(ClientDisconnect):
        asyncio.run(_read(bodies, _request([*_pieces(b"x")[:1], {"type": "http.disconnect"}])))
    assert bodies.held == 0


def test_all_bodies_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_HELD", 150)
    bodies = Bodies(Deadlines())

    async def two() -> None:
        async with bodies.of(_request(_pieces(b"x" * MOST)), MOST):
            with pytest.raises(RefusedError, match="try again in a moment"):
                await _read(bodies, _request(_pieces(b"x" * 51)))
            assert await _read_again() == b"x" * 50

    async def _read_again() -> bytes:
        async with bodies.of(_request(_pieces(b"x" * 50)), MOST) as read:
            return read

    asyncio.run(two())
    assert bodies.held == 0
