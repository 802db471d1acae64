"""The model as the studio runs it: a checked request to the terrain of a window, or of the whole map."""

from dataclasses import dataclass, replace

from spade_terrain.errors import ParameterError
from spade_terrain.generation.model import Model, Pixels
from spade_terrain.generation.tiling import blocks_of, generate_blocks, generate_part
from spade_terrain.runtime.sessions import Stop
from spade_terrain.studio.requests import MapRequest
from spade_terrain.terrain import Terrain
from spade_terrain.window import Window

ATLAS = "atlas"
"""The texture of models that have but one: as a physical atlas paints the land."""


@dataclass(frozen=True)
class Engine:
    """One model, shared by all who ask; what it makes depends on nothing but the request.

    Attributes:
        model: what makes terrain.

    """

    model: Model

    @property
    def textures(self) -> tuple[str, ...]:
        """Names of the textures that the model makes."""
        return (ATLAS,)

    @property
    def default_texture(self) -> str:
        """The one that it makes if none is asked for."""
        return self.textures[0]

    @property
    def guided(self) -> bool:
        """Whether it takes rough heights."""
        return False

    def ordered(self, request: MapRequest) -> Model:
        """The model in the style and texture that a request asks for, ready for its rough heights if it has any.

        Raises `ParameterError` if the model knows no such style or texture, or takes no rough heights.
        """
        texture = request.orders.texture
        if texture is not None and texture not in self.textures:
            raise ParameterError(
                f"the model {self.model.card.name!r} has no `texture` {texture!r}; it has {', '.join(self.textures)}"
            )
        if request.guide is not None and not self.guided:
            raise ParameterError(f"the model {self.model.card.name!r} takes no `guide`; leave it out")
        return self.model.styled(request.orders.style)

    def window(self, request: MapRequest, window: Window, stop: Stop) -> Pixels:
        """The terrain of a window of a map.

        Raises `ParameterError` as `ordered`, or if too little around the window was sent; `StoppedError` if it was
        ended; `DeviceError` if the model can't be run.
        """
        model = replace(self.ordered(request), stop=stop)
        seed, gsd = request.orders.seed, request.orders.gsd
        if window != request.bounds:
            return generate_part(model, request.labels, request.extent, window, seed, request.bounds, gsd)
        _check_whole(request)
        pixels = Pixels.empty(window.shape)
        for block, part in generate_blocks(model, request.labels, seed, blocks_of(window.shape), gsd=gsd):
            part.write_to(pixels, block.place(window))
            stop.check()
        return pixels

    def terrain(self, request: MapRequest, stop: Stop) -> Terrain:
        """The terrain of the whole map, to be written to files. Raises as `window`."""
        model = self.ordered(request)
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
        )


def _check_whole(request: MapRequest) -> None:
    if request.extent != request.bounds:
        raise ParameterError("the whole terrain takes the whole map, but a part of it was sent; send all of it")
