"""A model in two stages, so that a large map costs little more a pixel than a small one.

Nearly all that a network looks at around a window is seen by its coarse layers, and nearly all of the work is done by
its fine ones. So the coarse stage is run on large windows with the card's wide halo, and the fine stage on small ones,
from the coarse stage's features, with the narrow halo that it needs.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.card import Card
from spade_terrain.errors import TerrainError
from spade_terrain.generation.graph import Graph
from spade_terrain.generation.model import OUTPUTS, Model, Pixels
from spade_terrain.generation.sessions import open_session
from spade_terrain.palette import Labels

_FINEST_CUT = 8  # map pixels a feature: a tenth of the work lies above, and all but a seventh of the halo
_ROOM = 3  # strides around a changed square of two in which its effect is looked for


@dataclass(frozen=True)
class Stages:
    """A model as its coarse and its fine stage.

    Attributes:
        model: the whole.
        coarse: the session that makes `features` of the map and the coarse noise.
        fine: the session that makes the model's outputs of `features`, the map and the fine noise.
        features: the name of the tensor between them.
        halo: map pixels around a window of the fine stage that can change the window, a multiple of the stride.

    """

    model: Model
    coarse: Any
    fine: Any
    features: str
    halo: int = 0

    def run_coarse(self, labels: Labels, seed: int, x0: int, y0: int) -> NDArray[np.float32]:
        """Features (float32 `(C, H / s, W / s)`) of a window as `Model.run` takes it, where `s` divides the stride."""
        feeds = self.model.feeds(self.coarse, labels, seed, x0, y0)
        features: NDArray[np.float32] = self.model.call(self.coarse, [self.features], feeds)[0][0]
        return features

    def run_fine(self, labels: Labels, features: NDArray[np.float32], seed: int, x0: int, y0: int) -> Pixels:
        """The terrain of a window as `Model.run` takes it, from its features."""
        feeds = self.model.feeds(self.fine, labels, seed, x0, y0)
        return self.model.pixels(self.model.call(self.fine, OUTPUTS, {**feeds, self.features: features[None]}))


@lru_cache(maxsize=1)
def split(model: Model) -> Stages:
    """Cut a model in two where it grows from a stride of 8, or the next coarser one it has.

    Raises `TerrainError` if no one tensor of its graph divides the noise into coarse and fine.
    """
    graph = Graph(model.data)
    features = _cut(model.card, graph)
    coarse, fine = graph.part([features]), graph.part(OUTPUTS, [features])

    def opened(device: str) -> Stages:
        return Stages(model, open_session(coarse, device), open_session(fine, device), features)

    # Measured on the processor, where the same sums come out the same to the last bit.
    return replace(opened(model.device), halo=_fine_halo(opened("cpu")))


def _cut(card: Card, graph: Graph) -> str:
    """The name of the tensor between the stages."""
    strides = {n.name: n.stride for n in card.noise}
    cuts = {}
    for node in graph.nodes:
        if node.op_type == "Resize":
            features = node.inputs[0]
            coarse = [strides[n] for n in graph.needs([features]) if n in strides]
            fine = [strides[n] for n in graph.needs(OUTPUTS, [features]) if n in strides]
            if coarse and fine and min(coarse) > max(fine):
                cuts[min(coarse)] = features
    if not cuts:
        raise TerrainError(f"the model {card.name!r} can't be run in windows; use another, or a smaller map")
    return cuts[min((stride for stride in cuts if stride >= _FINEST_CUT), default=max(cuts))]


def _fine_halo(stages: Stages) -> int:
    """How far from a change of all that the fine stage reads its outputs change at all, rounded up to the stride."""
    model, stride = stages.model, stages.model.card.stride
    side = (2 * _ROOM + 2) * stride
    random = np.random.default_rng(0)

    def feeds(seed: int) -> dict[str, NDArray[np.float32]]:
        # Water in the west, land in the east: whatever hangs on the share of one of them changes somewhere between.
        land = random.random((side, side)) < np.linspace(0, 1, side)
        labels = random.integers(1, len(model.card.classes), (side, side), np.uint8) * land
        features = stages.run_coarse(labels, seed, 0, 0)[None]
        return {**model.feeds(stages.fine, labels, seed, 0, 0), stages.features: features}

    plain, other = feeds(0), feeds(1)
    changed = {name: values.copy() for name, values in plain.items()}
    for name, values in changed.items():
        scale = side // values.shape[2]
        middle = slice(_ROOM * stride // scale, (_ROOM + 2) * stride // scale)
        values[:, :, middle, middle] = other[name][:, :, middle, middle]
    felt = np.zeros((side, side), np.bool_)
    for a, b in zip(*(model.call(stages.fine, OUTPUTS, f) for f in (plain, changed)), strict=True):
        felt |= (a != b).any((0, 1))
    places = np.nonzero(felt)
    first, last = min(int(p.min()) for p in places), max(int(p.max()) for p in places)
    reach = max(_ROOM * stride - first, last + 1 - (_ROOM + 2) * stride)
    halo = -(-reach // stride) * stride
    if halo >= _ROOM * stride:
        raise TerrainError(f"the model {model.card.name!r} looks too far to be run in windows; export it again")
    return halo
