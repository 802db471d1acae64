"""Containers as bodies of requests and answers, and what OpenAPI is told of them."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import numpy as np
from fastapi import Response
from fastapi.responses import StreamingResponse
from numpy.typing import NDArray

from spade_terrain.studio.container import MEDIA_TYPE, pack, unpack
from spade_terrain.studio.messages.base import Message, read_message
from spade_terrain.studio.requests import Arrays

_PIECE = 1 << 18
"""Bytes of an answer that are given to the connection at once: what a client that stalls makes us hold."""

_M = TypeVar("_M", bound=Message)


def read_container(body: bytes, kind: type[_M]) -> tuple[_M, Arrays]:
    """A body's header and its arrays. Raises `ParameterError` if they are not what they should be."""
    container = unpack(body)
    return read_message(kind, container.header), container.arrays


def container_response(header: Message, arrays: Mapping[str, NDArray[np.generic] | None]) -> Response:
    """A container as an answer, in pieces; arrays that are `None` are left out."""
    parts = list(pack(header.model_dump(), {name: array for name, array in arrays.items() if array is not None}))
    length = {"Content-Length": str(sum(len(part) for part in parts))}

    async def pieces() -> AsyncIterator[bytes]:
        for part in parts:
            for start in range(0, len(part), _PIECE):
                yield bytes(part[start : start + _PIECE])

    return StreamingResponse(pieces(), media_type=MEDIA_TYPE, headers=length)


def takes(header: type[Message]) -> dict[str, Any]:
    """For OpenAPI: a route's body is a container."""
    return {"requestBody": {"required": True, "content": _content(header)}}


def gives(header: type[Message]) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: a route's answer is a container."""
    return {200: {"description": "A container", "content": _content(header)}}


def gives_file(media_type: str, what: str) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: a route's answer is a file."""
    return {200: {"description": what, "content": {media_type: {"schema": _BINARY}}}}


def takes_file(what: str) -> dict[str, Any]:
    """For OpenAPI: a route's body is a file."""
    return {"requestBody": {"required": True, "description": what, "content": {MEDIA_TYPE: {"schema": _BINARY}}}}


_BINARY = {"type": "string", "format": "binary"}


def _content(header: type[Message]) -> dict[str, Any]:
    """The header's schema stands beside, in a field of our own: OpenAPI knows no such bodies."""
    reference = {"$ref": f"#/components/schemas/{header.__name__}"}
    return {MEDIA_TYPE: {"schema": {**_BINARY, "x-container-header": reference}}}
