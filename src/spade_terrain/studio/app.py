"""The server's application: its calls, what it says of them, and what it says when they fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from spade_terrain import __version__
from spade_terrain.errors import TerrainError
from spade_terrain.runtime.sessions import StoppedError
from spade_terrain.studio.http.page import Page
from spade_terrain.studio.http.refusals import RefusedError, status_of
from spade_terrain.studio.messages import answers, orders
from spade_terrain.studio.messages.base import Message, describe_error
from spade_terrain.studio.routes import about, files, jobs, terrain
from spade_terrain.studio.state import Studio

DOCUMENT = "/api/openapi.json"
"""Where the description of all calls is."""
_ORDERS = (orders.MapOrder, orders.TerrainOrder, orders.DetailOrder, orders.ExportOrder)
_HEADERS = (
    answers.TerrainHeader,
    answers.TemplateHeader,
    answers.ImportHeader,
    answers.ProjectHeader,
    answers.DetailHeader,
)
_MESSAGES: tuple[tuple[tuple[type[Message], ...], Literal["validation", "serialization"]], ...] = (
    (_ORDERS, "validation"),
    (_HEADERS, "serialization"),
)
"""Headers of containers that come and go, of which OpenAPI has to be told."""
_REFERENCE = "#/components/schemas/{model}"


class App(FastAPI):
    """The application; `app_of` gives it a studio."""

    def __init__(self) -> None:
        refused = {"model": answers.Error, "description": "Refused, in one line"}
        super().__init__(
            title="spade-terrain studio",
            version=__version__,
            openapi_url=DOCUMENT,
            docs_url=None,
            redoc_url=None,
            lifespan=_lifespan,
            responses={"4XX": refused, "5XX": refused},
            generate_unique_id_function=lambda route: route.name,
            telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
        )
        for router in (about.router, terrain.router, jobs.router, files.router):
            self.include_router(router)
        self.add_route("/api/{path:path}", _no_call, include_in_schema=False)
        self.add_route("/{path:path}", _page, include_in_schema=False)
        self.add_exception_handler(RefusedError, _refused)  # type: ignore[arg-type]
        self.add_exception_handler(TerrainError, _wrong)  # type: ignore[arg-type]
        self.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]
        self.add_exception_handler(HTTPException, _unknown)  # type: ignore[arg-type]
        self.add_exception_handler(ClientDisconnect, _gone)  # type: ignore[arg-type]
        self.add_exception_handler(Exception, _failed)

    def openapi(self) -> dict[str, Any]:
        """The description of all calls, with the headers of containers."""
        if self.openapi_schema is None:
            document = get_openapi(title=self.title, version=self.version, routes=self.routes)
            for kinds, mode in _MESSAGES:
                _, headers = models_json_schema([(kind, mode) for kind in kinds], ref_template=_REFERENCE)
                document["components"]["schemas"].update(headers["$defs"])
            self.openapi_schema = document
        return self.openapi_schema


def app_of(studio: Studio) -> App:
    """The application of a studio, which is closed with its lifespan."""
    app = App()
    app.state.studio = studio
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    try:
        yield
    finally:
        app.state.studio.close()


def _said(message: str, status: int) -> Response:
    return JSONResponse({"error": " ".join(message.split())}, status)


async def _refused(_: Request, error: RefusedError) -> Response:
    return _said(error.message, error.status)


async def _wrong(_: Request, error: TerrainError) -> Response:
    return _said(str(error), status_of(error))


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    return _said(f"{describe_error(first, first['loc'][1:])}; see docs/studio.md", 400)


async def _page(request: Request) -> Response:
    page: Page = request.app.state.studio.page
    return await page.answer(request)


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
