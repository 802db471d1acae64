"""Work that takes a while: files of the terrain, and terrain that water has carved."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from spade_terrain.errors import ParameterError
from spade_terrain.studio.container import MEDIA_TYPE
from spade_terrain.studio.http.body import CONTAINER
from spade_terrain.studio.messages.answers import DetailHeader, JobName, JobState
from spade_terrain.studio.messages.orders import DetailOrder, ExportOrder
from spade_terrain.studio.requests import read_carving, read_files, read_map
from spade_terrain.studio.routes.containers import gives, gives_file, read_container, takes
from spade_terrain.studio.state import Running, Studio
from spade_terrain.studio.work.carving import ready_carving
from spade_terrain.studio.work.exporting import ready_export
from spade_terrain.studio.work.jobs import Jobs

router = APIRouter(prefix="/api")


@router.post("/export", status_code=202, openapi_extra=takes(ExportOrder))
async def export(request: Request, studio: Running) -> JobName:
    """Begin to make files."""
    async with studio.bodies.of(request, CONTAINER) as body:
        order, arrays = read_container(body, ExportOrder)
        asked, files = read_map(order, arrays), read_files(order)
        steps, work = await studio.in_reader(ready_export, studio.engine, asked, files)
    return JobName(job=studio.exports.start(steps, work))


@router.get("/export/{name}/zip", responses=gives_file("application/zip", "A ZIP"), response_class=Response)
async def export_zip(name: str, studio: Running) -> Any:
    """The files as one ZIP."""
    return FileResponse(studio.exports.file(name), media_type="application/zip", filename="terrain.zip")


@router.post("/detail", status_code=202, openapi_extra=takes(DetailOrder))
async def detail(request: Request, studio: Running) -> JobName:
    """Begin to carve terrain."""
    async with studio.bodies.of(request, CONTAINER) as body:
        order, arrays = read_container(body, DetailOrder)
        asked, carving = read_map(order, arrays), read_carving(order)
        if carving is None:
            raise ParameterError("`detail` is missing; say how much finer than the map the terrain is to be")
        work = await studio.in_reader(ready_carving, studio.engine, asked, carving)
    return JobName(job=studio.details.start(100, work, order.client))


@router.get("/detail/{name}/terrain", responses=gives(DetailHeader), response_class=Response)
async def detail_terrain(name: str, studio: Running) -> Any:
    """The carved terrain: a container with `texture`, `height`, `shaded`, `labels`, `water` and `rivers`."""
    return FileResponse(studio.details.file(name), media_type=MEDIA_TYPE)


def _add_job(kind: str, jobs_of: Callable[[Studio], Jobs]) -> None:
    """What every job can be asked."""

    @router.get(f"/{kind}/{{name}}", name=f"{kind}_state")
    async def state(name: str, studio: Running) -> JobState:
        """How far it has come; who asks keeps it."""
        return jobs_of(studio).get(name).describe()

    @router.delete(f"/{kind}/{{name}}", name=f"{kind}_free", status_code=204)
    async def free(name: str, studio: Running) -> None:
        """End it, if it is at work, and remove its file."""
        jobs_of(studio).free(name)


_add_job("export", lambda studio: studio.exports)
_add_job("detail", lambda studio: studio.details)
