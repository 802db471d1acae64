"""From a trained run to one ONNX file with its card."""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from spade_terrain.card import METADATA_KEY, Card
from spade_terrain.errors import TerrainError
from spade_terrain.files import whole_file
from spade_terrain.palette import CLASSES, WATER
from spade_terrain.training import checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.data import one_hot
from spade_terrain.training.maker import HEIGHT_CODE, TerrainMaker, draw_noise

TOLERANCE = 1e-3
HALF = "_half"
"""What the names of weights that are stored as float16 end in, behind those of the networks' parameters."""

_BIG = 1024  # weights of fewer elements are not worth halving


def export(run: Path, path: Path, *, name: str, metrics: Mapping[str, Any] | None = None) -> Card:
    """Write the moving average of a run's generator to `path` as ONNX, with float16 weights and float32 arithmetic.

    The card quotes `metrics`, what an evaluation of the run measured.

    Raises `TerrainError` if the run holds no checkpoint, or if onnxruntime and torch differ by more than 1e-3
    anywhere on a test map (a difference in the outputs, which span -1 to 1), or if `path` can't be written; then
    nothing is.
    """
    tensors, facts = checkpoint.load_checkpoint(run / checkpoint.FILE)
    config = Config.from_json(facts["config"])
    maker = TerrainMaker(config)
    maker.load_state_dict(checkpoint.select("average", tensors))
    _round_to_half(maker)
    maker.eval().requires_grad_(False)
    generator = maker.generator
    card = Card(
        name=name,
        stride=generator.stride,
        halo=generator.halo,
        noise=generator.noise_inputs,
        style=maker.style,
        height_code=HEIGHT_CODE,
        training={**facts, "config": config.to_json(), "images": facts["steps"] * config.batch},
        metrics=metrics or {},
    )
    with whole_file(path) as draft:
        model = _halve_weights(_to_onnx(maker, card))
        onnx.checker.check_model(model)
        data = model.SerializeToString()
        difference = _difference(maker, card, data)
        if not difference <= TOLERANCE:
            raise TerrainError(f"the ONNX differs from the trained network by {difference:.2g}: not written")
        draft.write_bytes(data)
    return card


def read_report(path: Path) -> dict[str, Any]:
    """Read the `report.json` of an evaluation. Raises `TerrainError` if it can't be read."""
    try:
        figures: dict[str, Any] = json.loads(path.read_text())
        return figures
    except (OSError, ValueError) as e:
        raise TerrainError(f"{path} can't be read as a report.json of `spade-terrain evaluate`") from e


def _test_inputs(card: Card, cells: int, seed: int) -> tuple[Tensor, list[Tensor], Tensor]:
    """A one-hot map of the sea and blocks of all classes, `cells` strides a side, noise and a style."""
    random = torch.Generator().manual_seed(seed)
    block = card.stride // 2
    blocks = torch.randint(len(CLASSES), (1, 2 * cells, 2 * cells), generator=random)
    blocks[:, :3] = WATER
    labels = blocks.repeat_interleave(block, 1).repeat_interleave(block, 2)
    noise = draw_noise(card.noise, 1, cells * card.stride, random)
    return one_hot(labels), noise, torch.randn(1, len(card.style), 1, 1, generator=random)


def _to_onnx(maker: TerrainMaker, card: Card) -> onnx.ModelProto:
    labels, noise, style = _test_inputs(card, 8, seed=0)
    axes: dict[int, Any] = {0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    with _quiet_exporter():
        program = torch.onnx.export(
            maker,
            (labels, noise, style),
            input_names=card.inputs,
            output_names=["texture", "height", "shaded"],
            dynamic_shapes=(axes, [axes] * len(noise), {0: torch.export.Dim.DYNAMIC}),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    del model.metadata_props[:]
    helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    return model


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keeps back what torch's exporter tells of itself: that it goes without torchvision, and a deprecated call."""

    def matters(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("torchvision is not installed")

    registration = logging.getLogger("torch.onnx._internal.exporter._registration")
    registration.addFilter(matters)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)
            yield
    finally:
        registration.removeFilter(matters)


def _round_to_half(module: nn.Module) -> None:
    """Round big weights to float16 in place, so that torch and the file hold the same numbers."""
    for p in module.parameters():
        if p.numel() >= _BIG:
            p.data = p.data.half().float()


def _halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store big float32 weights as float16 and cast them back when the model is loaded."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) >= _BIG:
            half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name + HALF)
            casts.append(helper.make_node("Cast", [half.name], [weight.name], to=TensorProto.FLOAT))
            weight.CopyFrom(half)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def _difference(maker: TerrainMaker, card: Card, data: bytes) -> float:
    """The largest difference of any output between torch and onnxruntime, on a map of another size."""
    labels, noise, style = _test_inputs(card, 5, seed=1)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    given = zip(card.inputs, [labels, *noise, *([style] if card.style else [])], strict=True)
    made = session.run(None, {k: v.numpy() for k, v in given})
    with torch.inference_mode():
        expected = maker(labels, noise, style)
    return max(float(np.abs(m - e.numpy()).max()) for m, e in zip(made, expected, strict=True))
