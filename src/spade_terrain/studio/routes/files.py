"""Files that a page is given, and projects."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from spade_terrain.errors import ParameterError
from spade_terrain.maps.project import MOST_JSON, Project, pack_project, unpack_project
from spade_terrain.studio.http.body import CONTAINER, UPLOAD
from spade_terrain.studio.messages.answers import ImportHeader, ProjectHeader
from spade_terrain.studio.messages.base import RiverCourse
from spade_terrain.studio.messages.orders import MAX_SIZE, MapOrder
from spade_terrain.studio.requests import read_map
from spade_terrain.studio.routes.containers import (
    container_response,
    gives,
    gives_file,
    read_container,
    takes,
    takes_file,
)
from spade_terrain.studio.state import Running
from spade_terrain.studio.work.importing import import_map

router = APIRouter(prefix="/api")


@router.post(
    "/import",
    openapi_extra=takes_file("A picture, painted or of labels, or an Azgaar map"),
    responses=gives(ImportHeader),
    response_class=Response,
)
async def import_file(
    request: Request,
    studio: Running,
    size: int = MAX_SIZE,
    legend: str | None = None,
    x_file_name: Annotated[str, Header()] = "",
) -> Any:
    """The map in a file: a container with `labels`, perhaps `guide`.

    `X-File-Name` is the file's name, percent-encoded; `size` the longer side at most; `legend` what its colours mean.
    """
    guided = studio.engine.model.card.guided
    async with studio.bodies.of(request, UPLOAD) as body:
        read = await studio.in_reader(import_map, body, x_file_name, studio.folder, size, legend, guided)
    height, width = read.labels.shape
    courses = None if read.courses is None else [RiverCourse.model_validate(course) for course in read.courses]
    header = ImportHeader(width=width, height=height, name=read.name, notes=read.notes, gsd=read.gsd, courses=courses)
    return container_response(header, {"labels": read.labels, "guide": read.guide})


@router.post(
    "/project",
    openapi_extra=takes(MapOrder),
    responses=gives_file("application/zip", "A `.spadeproj`"),
    response_class=Response,
)
async def save_project(request: Request, studio: Running) -> Any:
    """A map and what its terrain was made with, as a `.spadeproj`."""
    async with studio.bodies.of(request, CONTAINER + MOST_JSON) as body:
        asked = read_map(*read_container(body, MapOrder))
        if asked.extent != asked.bounds:
            raise ParameterError("a project takes the whole map, but a part of it was sent; send all of it")
        data = await studio.in_reader(pack_project, Project(asked.labels, asked.orders, asked.guide))
    return Response(data, media_type="application/zip")


@router.post(
    "/project/open", openapi_extra=takes_file("A `.spadeproj`"), responses=gives(ProjectHeader), response_class=Response
)
async def open_project(request: Request, studio: Running) -> Any:
    """A `.spadeproj`: a container with `labels`, perhaps `guide`."""
    async with studio.bodies.of(request, CONTAINER + MOST_JSON) as body:
        project = await studio.in_reader(unpack_project, body, "the project")
    height, width = project.labels.shape
    if max(height, width) > MAX_SIZE:
        raise ParameterError(f"the project is {width} x {height} pixels; {MAX_SIZE} are the most here")
    header = ProjectHeader(width=width, height=height, **vars(project.orders))
    return container_response(header, {"labels": project.labels, "guide": project.guide})
