"""What the page asks for: headers of the containers that it sends."""

from typing import Annotated, Any

from pydantic import Field

from spade_terrain import schema
from spade_terrain.maps.project import ORDERS
from spade_terrain.studio.messages.base import Message, RiverCourse, reads

MAX_SIZE = 2048
"""Pixels of a map's longer side, at most."""
MAX_WINDOW = 1024
"""Pixels of a window's longer side, at most: it is made at once."""

Side = Annotated[int, Field(ge=1, le=MAX_SIZE)]
WindowSide = Annotated[int, Field(ge=1, le=MAX_WINDOW)]
At = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Positive = Annotated[float, Field(gt=0, le=1e9)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=64)]
Client = Annotated[str, reads(schema.text(64))]


class Size(Message):
    """How large a map is, pixels."""

    width: Side
    height: Side


class Place(Message):
    """A pixel of the map, from its upper left corner."""

    x: At
    y: At


class WindowPlace(Place):
    """A window of the map, pixels."""

    width: WindowSide
    height: WindowSide


class MapOrder(Size):
    """A map, whole or a part, and what its terrain is made with; arrays `labels` and perhaps `guide`."""

    origin: Place | None = None
    """Where the part that is sent begins; the upper left corner unless given."""
    map: Size | None = None
    """How large the map is of which a part is sent; what is sent is the whole unless given."""
    seed: Annotated[int, reads(ORDERS["seed"])] | None = None
    """-2^63 to 2^64 - 1; 0 unless given."""
    style: Annotated[dict[str, float], reads(ORDERS["style"])] | None = None
    """Numbers of the model's style, by name."""
    texture: Annotated[str, reads(ORDERS["texture"])] | None = None
    """One of the model's textures; its default unless given."""
    model: Annotated[str, reads(ORDERS["model"])] | None = None
    """The name of the model that a project was made with."""
    gsd: Annotated[float, reads(ORDERS["gsd"])] | None = None
    """Metres a pixel; the model's unless given."""
    courses: Annotated[list[RiverCourse], reads(ORDERS["courses"])] | None = None
    """Where the map's rivers run; only its paint says that unless given."""
    settings: Annotated[dict[str, Any], reads(ORDERS["settings"])] | None = None
    """What else the page keeps in a project."""


class TerrainOrder(MapOrder):
    """Terrain of a window, or of the whole map."""

    client: Client
    """A name of the page's own: of each page's requests only the newest is answered."""
    turn: Annotated[int, Field(ge=0, le=2**53)]
    """A number that grows with each request of the page."""
    window: WindowPlace | None = None
    """The whole unless given."""


class Carve(Message):
    """How water carves the terrain."""

    detail: Annotated[int, Field(ge=0, le=99)] | None = None
    """How much finer than the map the terrain is, one of the model's `details`."""
    draw_rivers: bool | None = None
    """Whether rivers are drawn into the texture; from a detail of 2 on unless given."""
    sea_lakes: bool | None = None
    """Whether painted lakes lie at 0 m; `false` unless given."""
    sea_rivers: bool | None = None
    """Whether painted rivers do, too, and the map's `courses` are left alone; `false` unless given."""


class DetailOrder(MapOrder, Carve):
    """Terrain that water has carved, to be shown."""

    client: Client | None = None
    """A name of the page's own: a later job takes the place of its earlier one."""


class FileOptions(Carve):
    """How files are made."""

    relief: Positive | None = None
    """Times which all heights are higher; 1 unless given."""
    vertical_scale: Positive | None = None
    """Times which heights in 3D are higher than wide; what suits the map's extent unless given."""
    playable_km: Positive | None = None
    """How long the longer side is in meshes and tools; as it is unless given."""
    triangles: Annotated[int, Field(ge=0, le=10**9)] | None = None
    """Of a mesh, at most; a vertex a pixel unless given."""
    preview: Names | None = None
    """What the preview is written as: `png`, `gif`, `webp`."""


class ExportOrder(MapOrder):
    """Files of the terrain of the whole map."""

    formats: Names | None = None
    presets: Names | None = None
    options: FileOptions | None = None
