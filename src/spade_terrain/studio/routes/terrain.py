"""Terrain while it is painted."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from spade_terrain.studio.http.body import CONTAINER
from spade_terrain.studio.messages.answers import TerrainHeader
from spade_terrain.studio.messages.orders import TerrainOrder
from spade_terrain.studio.requests import read_map, read_window
from spade_terrain.studio.routes.containers import container_response, gives, read_container, takes
from spade_terrain.studio.state import Running

router = APIRouter(prefix="/api")
_T = TypeVar("_T")


@router.post("/terrain", openapi_extra=takes(TerrainOrder), responses=gives(TerrainHeader), response_class=Response)
async def terrain(request: Request, studio: Running) -> Any:
    """The terrain of a window, or of the whole map: a container with `texture`, `height` and `shaded`."""
    async with studio.bodies.of(request, CONTAINER) as body:
        order, arrays = read_container(body, TerrainOrder)
        asked = read_map(order, arrays)
        window = read_window(order.window, asked)
        model = studio.engine.ordered(asked)
        work = studio.turns.run(order.client, order.turn, lambda stop: studio.engine.window(asked, window, stop))
        pixels = await _unless_gone(request, work)
    header = TerrainHeader(
        width=window.shape[1],
        height=window.shape[0],
        x=window.x0,
        y=window.y0,
        turn=order.turn,
        seed=asked.orders.seed,
        texture=model.textures[0],
        min_m=float(pixels.height.min()),
        max_m=float(pixels.height.max()),
        style=dict(model.style(asked.orders.seed)),
    )
    return container_response(header, {"texture": pixels.texture, "height": pixels.height, "shaded": pixels.shaded})


async def _unless_gone(request: Request, work: Coroutine[Any, Any, _T]) -> _T:
    """What `work` comes to; it is cancelled when the client closes the connection. Its body has been read."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_until_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        gone.cancel()
        task.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
