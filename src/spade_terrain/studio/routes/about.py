"""What there is: the server, the model, maps to begin with."""

from typing import Any

from fastapi import APIRouter, Response

from spade_terrain.studio import description
from spade_terrain.studio.messages.answers import Health, TemplateHeader
from spade_terrain.studio.messages.model import ModelDescription
from spade_terrain.studio.routes.containers import container_response, gives
from spade_terrain.studio.state import Running

router = APIRouter(prefix="/api")


@router.get("/health")
async def health(studio: Running) -> Health:
    """Whether the server is there, and with which model."""
    return Health(ok=True, model=studio.engine.model.card.name)


@router.get("/model")
async def model(studio: Running) -> ModelDescription:
    """What the model and the server can do."""
    return await studio.in_reader(description.describe, studio.engine)


@router.get("/templates/{name}", responses=gives(TemplateHeader), response_class=Response)
async def template(name: str, studio: Running) -> Any:
    """A map to begin with: a container with `labels`."""
    labels = await studio.in_reader(description.template, name)
    header = TemplateHeader(width=labels.shape[1], height=labels.shape[0], name=name)
    return container_response(header, {"labels": labels})
