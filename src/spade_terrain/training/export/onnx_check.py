"""Checks of an exported model before it is written: it makes what the network makes, and so do its two stages."""

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx.utils import Extractor
from torch import Tensor

from spade_terrain.card import GUIDE_CHANNELS, Card
from spade_terrain.errors import ModelError
from spade_terrain.networks.two_step import TwoStepGenerator
from spade_terrain.palette import CLASSES, WATER
from spade_terrain.runtime.sessions import SESSION_ERRORS, open_session
from spade_terrain.training.data import one_hot
from spade_terrain.training.step.draws import draw_noise

TOLERANCE = 1e-3
"""Of the outputs, which span -1 to 1."""

_CUT_ERRORS: tuple[type[Exception], ...] = (onnx.checker.ValidationError, *SESSION_ERRORS)
_CELLS, _SEED = 5, 1  # of the test map: another size than the one that the network is traced with


def example_inputs(card: Card, cells: int, seed: int) -> tuple[Tensor, list[Tensor], Tensor, Tensor]:
    """A one-hot map of the sea and blocks of all classes, `cells` strides a side, noise, a style and a height guide."""
    random = torch.Generator().manual_seed(seed)
    block = card.stride // 2
    blocks = torch.randint(len(CLASSES), (1, 2 * cells, 2 * cells), generator=random)
    blocks[:, :3] = WATER
    labels = blocks.repeat_interleave(block, 1).repeat_interleave(block, 2)
    noise = draw_noise(card.noise, 1, cells * card.stride, random)
    style = torch.randn(1, len(card.style), 1, 1, generator=random)
    known = torch.randint(2, (1, 1, cells, cells), generator=random)
    guide = torch.rand(1, GUIDE_CHANNELS * card.guided, cells, cells, generator=random) * known
    return one_hot(labels), noise, style, guide


def check_outputs(generator: TwoStepGenerator, card: Card, model: onnx.ModelProto) -> None:
    """Raise `ModelError` if any output of the ONNX differs from torch's by more than `TOLERANCE` on a test map."""
    inputs = example_inputs(card, _CELLS, _SEED)
    with torch.inference_mode():
        outputs = generator(*inputs)[: len(card.outputs)]
    expected = {name: output.numpy() for name, output in zip(card.outputs, outputs, strict=True)}
    difference = _difference(run_example(card, model), expected)
    if not difference <= TOLERANCE:
        raise ModelError(f"the ONNX differs from the trained network by {difference:.2g}: not written")


def check_cut(card: Card, model: onnx.ModelProto) -> None:
    """Raise `ModelError` if the model can't be cut where its card says.

    That is, if its coarse stage takes fine noise, its fine stage coarse noise, or if together they don't make what the
    whole does.
    """
    cut = card.cut
    assert cut is not None
    coarse_noise = [n.name for n in card.noise if n.stride >= cut.stride]
    fine_noise = [n.name for n in card.noise if n.stride < cut.stride]
    given = [name for name in card.inputs if name not in {n.name for n in card.noise}]
    extractor = Extractor(model)
    try:
        coarse = extractor.extract_model([*given, *coarse_noise], [cut.features])
        fine = extractor.extract_model([*given, *fine_noise, cut.features], list(card.outputs))
        for part in (coarse, fine):
            onnx.checker.check_model(part)
        parts = run_example(card, fine, run_example(card, coarse))
    except _CUT_ERRORS as e:
        reason = " ".join(str(e).split())
        raise ModelError(f"the network can't be cut in two at {cut.features!r} ({reason}): not written") from e
    difference = _difference(parts, run_example(card, model))
    if not difference <= TOLERANCE:
        raise ModelError(f"the network cut in two differs from the whole by {difference:.2g}: not written")


def run_example(
    card: Card, model: onnx.ModelProto, further: dict[str, NDArray[np.float32]] | None = None
) -> dict[str, NDArray[np.float32]]:
    """The outputs of a model with this card, or of a part of one, on a test map, by name; a part may take `further`."""
    session = open_session(model.SerializeToString(), "cpu")
    labels, noise, *optional = example_inputs(card, _CELLS, _SEED)
    tensors = zip(card.inputs, [labels, *noise, *(t for t in optional if t.shape[1])], strict=True)
    feeds = {name: tensor.numpy() for name, tensor in tensors} | (further or {})
    outputs = [o.name for o in session.get_outputs()]
    return dict(zip(outputs, session.run(outputs, {i.name: feeds[i.name] for i in session.get_inputs()}), strict=True))


def _difference(a: dict[str, NDArray[np.float32]], b: dict[str, NDArray[np.float32]]) -> float:
    return max(float(np.abs(values - b[name]).max()) for name, values in a.items())
