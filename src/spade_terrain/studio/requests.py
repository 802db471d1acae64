"""What the page asks for, checked: a terrain, files of one, a project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import ParameterError
from spade_terrain.export.options import ExportOptions
from spade_terrain.generation.carving import Carving, as_carving
from spade_terrain.maps.limits import MIN_SIDE
from spade_terrain.maps.project import ORDERS, Orders
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.studio.messages.orders import (
    MAX_SIZE,
    Carve,
    ExportOrder,
    FileOptions,
    MapOrder,
    Place,
    Size,
    WindowPlace,
)
from spade_terrain.window import Window

Arrays = Mapping[str, NDArray[Any]]


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


def _window(place: Place, size: Size | WindowPlace) -> Window:
    return Window(place.x, place.y, place.x + size.width, place.y + size.height)


def read_map(order: MapOrder, arrays: Arrays) -> MapRequest:
    """The map of an order, whole or a part. Raises `ParameterError` if it is not fit for use."""
    whole = order.map or order
    bounds, extent = Window(0, 0, whole.width, whole.height), _window(order.origin or Place(x=0, y=0), order)
    if min(bounds.shape) < MIN_SIDE:
        raise ParameterError(
            f"the map is {whole.width} x {whole.height} pixels; make its sides {MIN_SIDE} to {MAX_SIZE}"
        )
    if extent.clipped(bounds) != extent:
        raise ParameterError(
            f"the part {extent} of the map is not inside {whole.width} x {whole.height} pixels; send one that is"
        )
    labels = arrays.get("labels")
    if labels is None or labels.dtype != np.uint8 or labels.shape != extent.shape:
        raise ParameterError(f"`labels` is missing, or not uint8 of the shape {extent.shape}; send the map's classes")
    if (largest := int(labels.max())) >= len(CLASSES):
        raise ParameterError(f"`labels` holds {largest}; use 0 to {len(CLASSES) - 1}")
    return MapRequest(bounds, extent, labels, _guide(arrays, extent), _orders(order))


def read_window(place: WindowPlace | None, map: MapRequest) -> Window:  # noqa: A002
    """The window of a map that is asked for, by default the whole. Raises `ParameterError` if it is not inside."""
    window = _window(place, place) if place else map.bounds
    if window.clipped(map.bounds) != window:
        raise ParameterError(f"the `window` {window} is not inside the map {map.bounds}; ask for one that is")
    return window


def read_carving(asked: Carve) -> Carving | None:
    """How a terrain is to be carved, `None` if it is not.

    Raises `ParameterError` if that makes no sense; `MissingLibraryError` if numba is not installed.
    """
    return as_carving(
        asked.detail,
        sea_lakes=bool(asked.sea_lakes),
        sea_rivers=bool(asked.sea_rivers),
        draw_rivers=asked.draw_rivers,
    )


def read_files(order: ExportOrder) -> Files:
    """The files that are asked for. Raises `ParameterError` if they make no sense; what there is, export knows."""
    if not order.formats and not order.presets:
        raise ParameterError("neither `formats` nor `presets` names any; choose at least one")
    asked = order.options or FileOptions()
    options = ExportOptions(
        relief=1.0 if asked.relief is None else asked.relief,
        vertical_scale=asked.vertical_scale,
        playable_km=asked.playable_km,
        triangles=asked.triangles,
        presets=tuple(order.presets or ()),
        preview=tuple(asked.preview or ()),
    )
    return Files(tuple(order.formats or ()), options, read_carving(asked))


def _orders(order: MapOrder) -> Orders:
    """What the terrain is made with; what is null stands for what is usual."""
    return Orders(**order.model_dump(include=set(ORDERS), exclude_none=True))


def _guide(arrays: Arrays, extent: Window) -> NDArray[np.float32] | None:
    guide = arrays.get("guide")
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
