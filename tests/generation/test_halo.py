"""The halos of cards are exact, to the pixel.

What lies further from a window than the halo is made NaN, which any sum, product or comparison that takes it spreads:
so the window is free of it, and with one pixel less it is not. Wanting a pixel is wanting the whole pixel of a coarser
input that it is part of. (How far a trained network's outermost rows are felt beyond rounding is less: of the default
model's fine stage 16 to 24 pixels.)
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain import Model, load_model
from spade_terrain.card import OUTPUTS
from spade_terrain.generation.stages import split_model
from spade_terrain.runtime.sessions import Session


def _known(values: NDArray[np.float32], side: int, window: tuple[int, int], halo: int) -> NDArray[np.float32]:
    """`values` `(1, C, h, w)` of a map of `side` pixels, but NaN where they are not all within `halo` of the window."""
    scale = side // values.shape[2]
    place = slice(-(-(window[0] - halo) // scale), (window[1] + halo) // scale)
    known = np.full_like(values, np.nan)
    known[:, :, place, place] = values[:, :, place, place]
    return known


def _is_felt(model: Model, session: Session, halo: int, stride: int) -> bool:
    """Whether what lies further than `halo` from a window of one `stride` reaches into it."""
    margin = -(-(halo + 1) // model.card.stride) * model.card.stride
    side = 2 * margin + model.card.stride
    window = margin, margin + stride
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, (side, side), np.uint8)
    feeds = model.feeds(session, labels, 0, 0, 0)
    for given in session.get_inputs():
        if given.name not in feeds:  # the features
            shape = 1, given.shape[1], side // stride, side // stride
            feeds[given.name] = random.standard_normal(shape, np.float32)
    known = {name: v if v.shape[2] == 1 else _known(v, side, window, halo) for name, v in feeds.items()}
    outputs = session.run(list(OUTPUTS), known)
    return any(np.isnan(made[..., slice(*window), slice(*window)]).any() for made in outputs)


@pytest.mark.parametrize("default", [False, True])
def test_of_the_whole(default: bool, tiny_model: Model) -> None:
    model = load_model() if default else tiny_model
    card = model.card
    assert card.halo == (224 if default else 8)
    assert not _is_felt(model, model.session, card.halo, card.stride)
    assert _is_felt(model, model.session, card.halo - 1, card.stride)


@pytest.mark.parametrize("default", [False, True])
def test_of_the_fine_stage(default: bool, tiny_model: Model) -> None:
    split = split_model(load_model() if default else tiny_model)
    assert split.cut.halo == (32 if default else 4)
    assert not _is_felt(split.model, split.fine, split.cut.halo, split.cut.stride)
    assert _is_felt(split.model, split.fine, split.cut.halo - 1, split.cut.stride)
