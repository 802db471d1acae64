"""The model as the studio runs it: a checked request to the terrain of a window, or of the whole map."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from spade_terrain.errors import ParameterError
from spade_terrain.generation.carving import Carving
from spade_terrain.generation.model import Model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.stages import KeptFeatures
from spade_terrain.generation.tiling import BLOCK, MetresAt, blocks_of, generate_blocks, generate_part
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.project import Project
from spade_terrain.maps.read import LabelRows, open_map
from spade_terrain.runtime.sessions import Stop
from spade_terrain.studio.requests import MapRequest
from spade_terrain.terrain import Terrain
from spade_terrain.window import Window

_GUIDE = "the studio's guide"
_COARSE = 10.0
"""Percent of the time that carved terrain takes, about, until the network has made what is carved."""


@dataclass(frozen=True)
class Engine:
    """One model, shared by all who ask; what it makes depends on nothing but the request.

    Attributes:
        model: what makes terrain.
        kept: what the whole after a preview need not do again.

    """

    model: Model
    kept: KeptFeatures = field(default_factory=KeptFeatures, repr=False)

    def ordered(self, request: MapRequest) -> Model:
        """The model in the style and texture that a request asks for, ready for its rough heights if it has any.

        Raises `ParameterError` if the model knows no such style or texture, or takes no rough heights.
        """
        orders = request.orders
        if orders.texture is not None and orders.texture not in self.model.card.textures:
            raise ParameterError(
                f"the model {self.model.card.name!r} has no `texture` {orders.texture!r}; "
                f"it has {', '.join(self.model.card.textures)}"
            )
        model = self.model.styled(orders.style)
        textured = model if orders.texture is None else model.textured(orders.texture)
        return textured if _heights(request) is None else textured.guided()

    def window(self, request: MapRequest, window: Window, stop: Stop) -> Pixels:
        """The terrain of a window of a map.

        Raises `ParameterError` as `ordered`, or if too little around the window was sent; `StoppedError` if it was
        ended; `DeviceError` if the model can't be run.
        """
        model = replace(self.ordered(request), stop=stop)
        labels, seed, gsd, metres_at = request.labels, request.orders.seed, request.orders.gsd, _metres_at(request)
        if window == request.bounds:
            _check_whole(request)
        if max(window.shape) <= BLOCK:
            return generate_part(model, labels, request.extent, window, seed, request.bounds, gsd, metres_at, self.kept)
        pixels = Pixels.empty(window.shape)
        for block, part in generate_blocks(model, labels, seed, blocks_of(window.shape), gsd=gsd, metres_at=metres_at):
            part.write_to(pixels, block.place(window))
            stop.check()
        return pixels

    def check(self, request: MapRequest, carving: Carving | None) -> None:
        """Refuse what `terrain` can't make. Raises as that."""
        _check_whole(request)
        self.ordered(request)
        if carving:
            carving.begin(_rows(request))

    def terrain(
        self, request: MapRequest, stop: Stop, carving: Carving | None, told: Callable[[str, float], None]
    ) -> Terrain:
        """The terrain of the whole map, perhaps carved by water; `told` is called as `detailed_terrain` does it.

        Raises as `window`, and as `Carving.begin`.
        """
        told("terrain", 0)
        if carving is None:
            return self._uncarved(request, stop)
        carved = carving.begin(_rows(request))
        coarse = self._uncarved(replace(request, labels=carved.land.in_memory()), stop)
        return carved.carve(coarse, lambda doing, done: told(doing, _COARSE + (1 - _COARSE / 100) * done))

    def _uncarved(self, request: MapRequest, stop: Stop) -> Terrain:
        model, heights = self.ordered(request), _heights(request)
        pixels = self.window(request, request.bounds, stop)
        return Terrain(
            texture=pixels.texture,
            height=pixels.height,
            shaded=pixels.shaded,
            labels=request.labels,
            seed=request.orders.seed,
            model=model.card.name,
            style=model.style(request.orders.seed),
            gsd=request.orders.gsd or model.card.gsd,
            texture_name=model.textures[0],
            guide=None if heights is None else heights.guide,
        )


def _rows(request: MapRequest) -> LabelRows:
    """A map as it is read from a file."""
    return replace(open_map(request.labels), courses=request.orders.rivers())


def _heights(request: MapRequest) -> RoughHeights | None:
    """The rough heights of what was sent of a map; `None` if none are known."""
    return Project(request.labels, request.orders, request.guide).heights(_GUIDE)


def _metres_at(request: MapRequest) -> MetresAt | None:
    """What reads them at any window of the whole map."""
    heights, (x, y, _, _) = _heights(request), request.extent
    if heights is None:
        return None
    return lambda window: heights.window(Window(window.x0 - x, window.y0 - y, window.x1 - x, window.y1 - y))


def _check_whole(request: MapRequest) -> None:
    if request.extent != request.bounds:
        raise ParameterError("the whole terrain takes the whole map, but a part of it was sent; send all of it")
