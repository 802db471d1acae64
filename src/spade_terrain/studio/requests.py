"""What the page asks for, checked: a terrain, files of one, a project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain import schema
from spade_terrain.errors import ParameterError
from spade_terrain.export.options import ExportOptions
from spade_terrain.generation.carving import Carving, as_carving
from spade_terrain.maps.limits import MIN_SIDE
from spade_terrain.maps.project import ORDERS, Orders
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.studio.container import Container
from spade_terrain.window import Window

MAX_SIZE = 2048
"""Pixels of a map's longer side, at most."""
MAX_WINDOW = 1024
"""Pixels of a window's longer side, at most: it is made at once."""

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class MapRequest:
    """A map, as far as it was sent.

    Attributes:
        bounds: the whole map, from (0, 0).
        extent: which part of it `labels` and `guide` cover.
        labels: uint8 `(H, W)`, 0..6.
        guide: rough heights of the same part, float32 `(h, w)`, metres, NaN where unknown; `None` if there are none.
        orders: what its terrain is made with.

    """

    bounds: Window
    extent: Window
    labels: Labels
    guide: NDArray[np.float32] | None
    orders: Orders


@dataclass(frozen=True)
class Turn:
    """Which of its page's requests this is: a page sends ever higher numbers, and only the newest is answered."""

    client: str
    turn: int


@dataclass(frozen=True)
class Files:
    """Which files are asked for.

    Attributes:
        formats: names of formats.
        options: how they are made, and presets.
        carving: how water carves the terrain; `None` if it doesn't.

    """

    formats: tuple[str, ...] = ()
    options: ExportOptions = field(default_factory=ExportOptions)
    carving: Carving | None = None


def _window(x: int, y: int, width: int, height: int) -> Window:
    return Window(x, y, x + width, y + height)


def _side(most: int, least: int = 1) -> schema.Reader:
    return schema.whole(least, most)


_PLACE = schema.whole(0, MAX_SIZE)
_SIZE = {"width": _side(MAX_SIZE), "height": _side(MAX_SIZE)}
_WINDOW = schema.record(_window, x=_PLACE, y=_PLACE, width=_side(MAX_WINDOW), height=_side(MAX_WINDOW))
_ORIGIN = schema.record(lambda x, y: (x, y), x=_PLACE, y=_PLACE)
_MAP_SIZE = schema.record(lambda width, height: (width, height), **_SIZE)
_ORDERS = schema.record(Orders, **ORDERS)
_CLIENT = schema.text(64)
_TURN = schema.record(Turn, client=_CLIENT, turn=schema.whole(0, 2**53))
_NAMES = schema.sequence(schema.text(40), most=64)
_OPTIONS = schema.record(
    ExportOptions,
    relief=schema.positive(1e9),
    vertical_scale=schema.optional(schema.positive(1e9)),
    playable_km=schema.optional(schema.positive(1e9)),
    triangles=schema.optional(schema.whole(0, 10**9)),
    preview=_NAMES,
)
_CARVING = schema.record(
    as_carving, detail=schema.optional(schema.whole(0, 99)), sea_lakes=schema.boolean, draw_rivers=schema.boolean
)


def read_map(container: Container) -> MapRequest:
    """The map of a container, whole or a part. Raises `ParameterError` if it is not fit for use."""
    header = container.header
    shape = _read(_MAP_SIZE, header)
    size, origin = _field(header, "map", _MAP_SIZE) or shape, _field(header, "origin", _ORIGIN) or (0, 0)
    bounds, extent = Window(0, 0, *size), _window(*origin, *shape)
    if min(bounds.shape) < MIN_SIDE:
        raise ParameterError(f"the map is {size[0]} x {size[1]} pixels; make its sides {MIN_SIDE} to {MAX_SIZE}")
    if extent.clipped(bounds) != extent:
        raise ParameterError(
            f"the part {extent} of the map is not inside {size[0]} x {size[1]} pixels; send one that is"
        )
    labels = container.arrays.get("labels")
    if labels is None or labels.dtype != np.uint8 or labels.shape != extent.shape:
        raise ParameterError(f"`labels` is missing, or not uint8 of the shape {extent.shape}; send the map's classes")
    if (largest := int(labels.max())) >= len(CLASSES):
        raise ParameterError(f"`labels` holds {largest}; use 0 to {len(CLASSES) - 1}")
    return MapRequest(bounds, extent, labels, _guide(container, extent), _read(_ORDERS, _given(header)))


def read_window(container: Container, map: MapRequest) -> Window:  # noqa: A002
    """The window of a map that is asked for, by default the whole. Raises `ParameterError` if it is not inside."""
    window: Window = _field(container.header, "window", _WINDOW) or map.bounds
    if window.clipped(map.bounds) != window:
        raise ParameterError(f"the `window` {window} is not inside the map {map.bounds}; ask for one that is")
    return window


def read_turn(container: Container) -> Turn:
    """Whose turn it is. Raises `ParameterError` if the container does not say."""
    turn: Turn = _read(_TURN, container.header)
    return turn


def read_client(container: Container) -> str | None:
    """Which page asks, if the container says so. Raises `ParameterError` if that makes no sense."""
    client: str | None = _field(container.header, "client", _CLIENT)
    return client


def read_carving(fields: Mapping[str, Any]) -> Carving:
    """How a terrain is to be carved.

    Raises `ParameterError` if that is not said, or makes no sense; `MissingLibraryError` if numba is not installed.
    """
    carving = _carving(fields)
    if carving is None:
        raise ParameterError("`detail` is missing; say how much finer than the map the terrain is to be")
    return carving


def read_files(container: Container) -> Files:
    """The files that are asked for. Raises `ParameterError` if they make no sense; what there is, export knows."""
    header = container.header
    formats, presets = (_field(header, name, _NAMES) or () for name in ("formats", "presets"))
    if not formats and not presets:
        raise ParameterError("neither `formats` nor `presets` names any; choose at least one")
    given = _field(header, "options", schema.mapping) or {}
    options = _read(_OPTIONS, _without_nulls(given))
    return Files(formats, replace(options, presets=presets), _carving(given))


def _carving(fields: Mapping[str, Any]) -> Carving | None:
    carving: Carving | None = _read(_CARVING, {"detail": None, **_without_nulls(fields)})
    return carving


def _guide(container: Container, extent: Window) -> NDArray[np.float32] | None:
    guide = container.arrays.get("guide")
    if guide is None:
        return None
    if (
        guide.dtype != np.float32
        or guide.ndim != 2
        or any(a > b for a, b in zip(guide.shape, extent.shape, strict=True))
    ):
        raise ParameterError(
            f"`guide` is not float32 of two axes, up to {extent.shape}; send metres, NaN where unknown"
        )
    if np.isinf(guide).any() or (np.abs(guide) > 1e5).any():
        raise ParameterError("`guide` holds heights beyond 100 km; send metres, NaN where unknown")
    return guide


def _given(header: Mapping[str, Any]) -> dict[str, Any]:
    """The orders of a header."""
    return _without_nulls({name: header.get(name) for name in ORDERS})


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields without those that are null, which stand for what is usual."""
    return {name: value for name, value in fields.items() if value is not None}


def _field(header: Mapping[str, Any], name: str, reader: schema.Reader) -> Any:
    """A field of the header, or `None` if it isn't there or null."""
    return _read(lambda value, _: reader(value, name), header.get(name)) if header.get(name) is not None else None


def _read(reader: Callable[[Any, str], _T], value: Any) -> _T:
    try:
        return reader(value, "")
    except schema.SchemaError as e:
        raise ParameterError(f"the request can't be read: {e}; send it anew") from e
