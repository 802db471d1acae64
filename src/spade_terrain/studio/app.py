"""The studio's routes: what docs/studio.md lists, each a few lines over the modules beside this one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from spade_terrain.errors import ParameterError, TerrainError
from spade_terrain.maps.project import MOST_JSON, Project, pack_project, unpack_project
from spade_terrain.runtime.sessions import StoppedError
from spade_terrain.studio import description
from spade_terrain.studio.container import MEDIA_TYPE, pack, unpack
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.body import CONTAINER, UPLOAD, Bodies, Deadlines
from spade_terrain.studio.http.page import Page
from spade_terrain.studio.http.refusals import RefusedError, status_of
from spade_terrain.studio.requests import (
    MAX_SIZE,
    read_carving,
    read_client,
    read_files,
    read_map,
    read_turn,
    read_window,
)
from spade_terrain.studio.work.carving import ready_carving
from spade_terrain.studio.work.exporting import ready_export
from spade_terrain.studio.work.importing import import_map
from spade_terrain.studio.work.jobs import Jobs
from spade_terrain.studio.work.turns import Turns

_PIECE = 1 << 18
"""Bytes of an answer that are given to the connection at once: what a client that stalls makes us hold."""
_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class Studio:
    """One server's state and routes."""

    def __init__(self, engine: Engine, folder: Path, page: Page, deadlines: Deadlines) -> None:
        self._engine, self._folder, self._page = engine, folder, page
        self._bodies = Bodies(deadlines)
        self._turns = Turns()
        self._exports = Jobs("export", folder, deadlines.lease, _log_failure)
        self._details = Jobs("detail", folder, deadlines.lease, _log_failure)
        self._reader = ThreadPoolExecutor(1, "read")

    def app(self) -> Starlette:
        """The application, which is closed with its lifespan."""
        routes = [
            Route("/api/health", self._health),
            Route("/api/model", self._model),
            Route("/api/templates/{name}", self._template),
            Route("/api/terrain", self._terrain, methods=["POST"]),
            Route("/api/import", self._import, methods=["POST"]),
            Route("/api/export", self._export, methods=["POST"]),
            Route("/api/export/{name}", self._export_state),
            Route("/api/export/{name}", self._export_free, methods=["DELETE"]),
            Route("/api/export/{name}/zip", self._export_zip),
            Route("/api/detail", self._detail, methods=["POST"]),
            Route("/api/detail/{name}", self._detail_state),
            Route("/api/detail/{name}", self._detail_free, methods=["DELETE"]),
            Route("/api/detail/{name}/terrain", self._detail_terrain),
            Route("/api/project", self._project, methods=["POST"]),
            Route("/api/project/open", self._project_open, methods=["POST"]),
            Route("/api/{path:path}", _no_call),
            Route("/{path:path}", self._page.answer),
        ]
        handlers = {
            RefusedError: _refused,
            TerrainError: _wrong,
            HTTPException: _unknown,
            ClientDisconnect: _gone,
            Exception: _failed,
        }
        return Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)  # type: ignore[arg-type]

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._turns.close()
            self._exports.close()
            self._details.close()
            self._reader.shutdown(cancel_futures=True)

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"ok": True, "model": self._engine.model.card.name})

    async def _model(self, _: Request) -> Response:
        return JSONResponse(await self._in_reader(description.describe, self._engine))

    async def _template(self, request: Request) -> Response:
        name = request.path_params["name"]
        labels = await self._in_reader(description.template, name)
        return _container({"width": labels.shape[1], "height": labels.shape[0], "name": name}, {"labels": labels})

    async def _terrain(self, request: Request) -> Response:
        async with self._bodies.of(request, CONTAINER) as body:
            container = unpack(body)
            asked, turn = read_map(container), read_turn(container)
            window = read_window(container, asked)
            model = self._engine.ordered(asked)
            work = self._turns.run(turn, lambda stop: self._engine.window(asked, window, stop))
            pixels = await _unless_gone(request, work)
        header = {
            "width": window.shape[1],
            "height": window.shape[0],
            "x": window.x0,
            "y": window.y0,
            "turn": turn.turn,
            "seed": asked.orders.seed,
            "texture": model.textures[0],
            "min_m": float(pixels.height.min()),
            "max_m": float(pixels.height.max()),
            "style": model.style(asked.orders.seed),
        }
        return _container(header, {"texture": pixels.texture, "height": pixels.height, "shaded": pixels.shaded})

    async def _import(self, request: Request) -> Response:
        name, legend = request.headers.get("x-file-name", ""), request.query_params.get("legend")
        size = _whole(request.query_params.get("size", str(MAX_SIZE)), "size")
        async with self._bodies.of(request, UPLOAD) as body:
            read = await self._in_reader(
                import_map, body, name, self._folder, size, legend, self._engine.model.card.guided
            )
        header = {
            "width": read.labels.shape[1],
            "height": read.labels.shape[0],
            "name": read.name,
            "notes": read.notes,
            "gsd": read.gsd,
        }
        arrays: dict[str, NDArray[Any]] = {"labels": read.labels}
        return _container(header, arrays if read.guide is None else {**arrays, "guide": read.guide})

    async def _export(self, request: Request) -> Response:
        async with self._bodies.of(request, CONTAINER) as body:
            container = unpack(body)
            steps, work = await self._in_reader(ready_export, self._engine, read_map(container), read_files(container))
        return JSONResponse({"job": self._exports.start(steps, work)}, 202)

    async def _export_state(self, request: Request) -> Response:
        return JSONResponse(self._exports.get(request.path_params["name"]).describe())

    async def _export_free(self, request: Request) -> Response:
        self._exports.free(request.path_params["name"])
        return Response(status_code=204)

    async def _export_zip(self, request: Request) -> Response:
        archive = self._exports.file(request.path_params["name"])
        return FileResponse(archive, media_type="application/zip", filename="terrain.zip")

    async def _detail(self, request: Request) -> Response:
        async with self._bodies.of(request, CONTAINER) as body:
            container = unpack(body)
            client, carving = read_client(container), read_carving(container.header)
            work = await self._in_reader(ready_carving, self._engine, read_map(container), carving)
        return JSONResponse({"job": self._details.start(100, work, client)}, 202)

    async def _detail_state(self, request: Request) -> Response:
        job = self._details.get(request.path_params["name"])
        return JSONResponse({**job.describe(), "seconds_left": job.seconds_left})

    async def _detail_free(self, request: Request) -> Response:
        self._details.free(request.path_params["name"])
        return Response(status_code=204)

    async def _detail_terrain(self, request: Request) -> Response:
        return FileResponse(self._details.file(request.path_params["name"]), media_type=MEDIA_TYPE)

    async def _project(self, request: Request) -> Response:
        async with self._bodies.of(request, CONTAINER + MOST_JSON) as body:
            asked = read_map(unpack(body))
            if asked.extent != asked.bounds:
                raise ParameterError("a project takes the whole map, but a part of it was sent; send all of it")
            data = await self._in_reader(pack_project, Project(asked.labels, asked.orders, asked.guide))
        return Response(data, media_type="application/zip")

    async def _project_open(self, request: Request) -> Response:
        async with self._bodies.of(request, CONTAINER + MOST_JSON) as body:
            project = await self._in_reader(unpack_project, body, "the project")
        orders, (height, width) = project.orders, project.labels.shape
        if max(height, width) > MAX_SIZE:
            raise ParameterError(f"the project is {width} x {height} pixels; {MAX_SIZE} are the most here")
        header = {"width": width, "height": height, **vars(orders)}
        arrays: dict[str, NDArray[Any]] = {"labels": project.labels}
        return _container(header, arrays if project.guide is None else {**arrays, "guide": project.guide})

    async def _in_reader(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Run what takes a while in the thread that reads files."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, lambda: function(*arguments))


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


def _container(header: Mapping[str, Any], arrays: Mapping[str, NDArray[np.generic]]) -> Response:
    """A container as an answer, in pieces."""
    parts = list(pack(header, arrays))
    length = {"Content-Length": str(sum(len(part) for part in parts))}

    async def pieces() -> AsyncIterator[bytes]:
        for part in parts:
            for start in range(0, len(part), _PIECE):
                yield bytes(part[start : start + _PIECE])

    return StreamingResponse(pieces(), media_type=MEDIA_TYPE, headers=length)


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise ParameterError(f"`{name}` is {text[:40]!r}; use a whole number")
    return int(text)


def _said(message: str, status: int) -> Response:
    return JSONResponse({"error": " ".join(message.split())}, status)


async def _refused(_: Request, error: RefusedError) -> Response:
    return _said(error.message, error.status)


async def _wrong(_: Request, error: TerrainError) -> Response:
    return _said(str(error), status_of(error))


async def _no_call(_: Request) -> Response:
    raise HTTPException(404)


async def _unknown(_: Request, error: HTTPException) -> Response:
    what = {404: "there is no such call", 405: "this call is not made with this method"}
    return _said(f"{what.get(error.status_code, error.detail)}; docs/studio.md lists them", error.status_code)


async def _gone(_: Request, __: ClientDisconnect) -> Response:
    return Response(status_code=499)  # nobody reads it


async def _failed(_: Request, error: Exception) -> Response:
    if isinstance(error, StoppedError | asyncio.CancelledError):
        return _said("the server is closing; start it again", 503)
    return _said("the server failed; its terminal says more", 500)


def _log_failure(error: Exception) -> None:
    _log.error("a job failed", exc_info=error)
