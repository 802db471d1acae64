"""What the page has to know before its first stroke."""

from spade_terrain.studio.messages.base import Message


class TerrainClass(Message):
    """A class of land."""

    name: str
    rgb: tuple[int, int, int]


class Choice(Message):
    """Something to pick from a list, in words."""

    name: str
    label: str
    about: str
    lacking: str | None
    """Why it can't be had here; `null` if it can."""


class FormatChoice(Choice):
    """A format of files."""

    detail: bool
    """Whether it is of carved terrain alone."""


class Template(Message):
    """A map to begin with."""

    name: str
    label: str
    width: int
    height: int


class ModelDescription(Message):
    """What the model and the server can do."""

    name: str
    version: str
    """Of the package."""
    gsd: float
    """Metres a pixel."""
    stride: int
    """What is sent of a map ends at multiples of this, pixels."""
    halo: int
    """How far around a window its terrain depends on the map, pixels."""
    classes: list[TerrainClass]
    textures: list[str]
    default_texture: str
    guided: bool
    """Whether it follows rough heights."""
    style: list[str]
    """Names of its style's numbers, each from `-style_limit` to `style_limit`."""
    style_limit: float
    max_size: int
    """Pixels of a map's longer side, at most."""
    max_window: int
    """Pixels of a window's longer side, at most."""
    details: list[int]
    """How much finer than the map terrain can be carved; none without numba."""
    details_lacking: str | None
    """Why there are none, and what to do; `null` if there are."""
    largest_detail: int
    """Pixels of the longer side of carved terrain, at most, that is shown."""
    legends: list[str]
    formats: list[FormatChoice]
    presets: list[Choice]
    templates: list[Template]
