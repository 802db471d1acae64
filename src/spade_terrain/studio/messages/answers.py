"""What the server says: headers of the containers that it sends, and JSON."""

from typing import Any, Literal

from spade_terrain.studio.messages.base import Message, RiverCourse


class Error(Message):
    """Why a request was refused."""

    error: str
    """One line that says what is wrong and what to do; `superseded` where a later request took its place."""


class Health(Message):
    """The server is there."""

    ok: bool
    model: str


class TerrainHeader(Message):
    """Terrain of a window; arrays `texture`, `height` and `shaded`."""

    x: int
    y: int
    width: int
    height: int
    turn: int
    seed: int
    texture: str
    min_m: float
    max_m: float
    style: dict[str, float]


class TemplateHeader(Message):
    """A map to begin with; array `labels`."""

    width: int
    height: int
    name: str


class ImportHeader(TemplateHeader):
    """A map from a file; arrays `labels` and perhaps `guide`."""

    notes: list[str]
    """Lines on what was not plain about it."""
    gsd: float | None
    """Metres a pixel, if the file says so."""
    courses: list[RiverCourse] | None
    """Where its rivers run, if the file knows them."""


class ProjectHeader(Message):
    """A project's map, and what its terrain was made with; arrays `labels` and perhaps `guide`."""

    width: int
    height: int
    seed: int
    style: dict[str, float]
    texture: str | None
    model: str | None
    gsd: float | None
    courses: list[RiverCourse] | None
    settings: dict[str, Any]


class JobName(Message):
    """A job that has begun."""

    job: str


class JobState(Message):
    """How far a job has come."""

    state: Literal["working", "done", "failed"]
    done: float
    of: float
    doing: str
    error: str | None
    """Why it failed."""
    bytes: int | None
    """Of its file, once it is done."""
    seconds_left: float | None
    """At the speed so far; `null` where nobody knows."""


class PixelPlace(Message):
    """A pixel of the terrain."""

    row: int
    column: int


class LakeDepth(Message):
    """How deep a lake is, metres."""

    max: float
    mean: float


class LakeEntry(Message):
    """A lake, as `terrain.json` lists it."""

    level_m: float
    area_km2: float
    depth_m: LakeDepth
    place_px: PixelPlace
    outlet_px: PixelPlace | None


class River(Message):
    """A piece of a river between two confluences, its source or its mouth."""

    line: list[tuple[float, float]]
    """`[x, y]` in pixels of the map, downstream."""
    order: int
    """Strahler's."""
    area: float
    """Square kilometres upstream."""
    discharge: float
    """Cubic metres a second."""
    width: float
    """Metres."""
    name: str | None
    """What the map calls it, if it does."""


class DetailHeader(Message):
    """Carved terrain; arrays `texture`, `height`, `shaded`, `labels`, `water` and `rivers`."""

    width: int
    height: int
    detail: int
    gsd: float
    """Metres a pixel, of the finer ones."""
    lakes: list[LakeEntry]
    rivers: list[River]
    """The largest first."""
