"""From a trained run, or a model of an earlier version, to one ONNX file with its card."""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from spade_terrain.card import GUIDE_INPUT, LABELS_INPUT, METADATA_KEY, OUTPUTS, STYLE_INPUT, Card, Cut
from spade_terrain.errors import DataError
from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.two_step import TwoStepGenerator
from spade_terrain.storage.files import whole_file
from spade_terrain.training import checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.export.onnx_check import check_cut, check_outputs, example_inputs
from spade_terrain.training.networks import generator_for

FEATURES = "features"
"""Name of the tensor between the network's coarse and its fine stage."""
HALF = "_half"
"""What the names of weights that are stored as float16 end in, behind those of the networks' parameters."""

_BIG = 1024  # weights of fewer elements are not worth halving


def export(run: Path, path: Path, *, name: str, metrics: Mapping[str, Any] | None = None) -> Card:
    """Write the moving average of a run's generator to `path`, as `write_model` does.

    The card quotes `metrics`, what an evaluation of the run measured.

    Raises `TerrainError` if the run holds no checkpoint, and what `write_model` does.
    """
    tensors, facts = checkpoint.load_checkpoint(run / checkpoint.FILE)
    config = Config.from_json(facts["config"])
    network = generator_for(config)
    network.load_state_dict(checkpoint.select("ema", tensors))
    training = {**facts, "config": config.to_json(), "images": facts["steps"] * config.batch}
    return write_model(network, path, name=name, textures=config.textures, training=training, metrics=metrics or {})


def write_model(
    network: TwoStepGenerator,
    path: Path,
    *,
    name: str,
    textures: tuple[str, ...],
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> Card:
    """Write a generator to `path` as ONNX, with float16 weights and float32 arithmetic, and return its card.

    Big weights of `network` are rounded to float16 in place.

    Raises `ModelError` if onnxruntime and torch, or the network whole and cut in two, differ by more than 1e-3 anywhere
    on a test map (a difference in the outputs, which span -1 to 1), `TerrainError` if `path` can't be written; then
    nothing is.
    """
    _round_to_half(network)
    network.eval().requires_grad_(False)
    generator = network.generator
    card = Card(
        name=name,
        stride=generator.stride,
        halo=generator.halo,
        noise=generator.noise_inputs,
        cut=Cut(FEATURES, generator.features_stride, generator.fine_halo),
        textures=textures,
        default_texture=textures[-1],
        class_colours=generator.class_colours,
        guided=generator.guided,
        style=network.style,
        height_code=HEIGHT_CODE,
        training=training,
        metrics=metrics,
    )
    with whole_file(path) as draft:
        model = _halve_weights(_means_by_convolution(_to_onnx(network, card)))
        onnx.checker.check_model(model)
        check_outputs(network, card, model)
        check_cut(card, model)
        draft.write_bytes(model.SerializeToString())
    return card


def read_report(path: Path) -> dict[str, Any]:
    """Read the `report.json` of an evaluation. Raises `DataError` if it can't be read."""
    try:
        figures: dict[str, Any] = json.loads(path.read_text())
        return figures
    except (OSError, ValueError) as e:
        raise DataError(f"{path} can't be read as a report.json of `spade-terrain evaluate`") from e


@contextmanager
def _with_features(network: TwoStepGenerator) -> Iterator[None]:
    """In the block, `network` returns texture, height, shaded terrain and the features between its stages."""
    generator = network.generator
    features: list[Tensor] = []
    block = generator.blocks[generator.strides.index(generator.features_stride)]
    hooks = [
        block.register_forward_hook(lambda _module, _inputs, output: features.append(output)),
        network.register_forward_hook(lambda _module, _inputs, outputs: (*outputs[: len(OUTPUTS)], features.pop())),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _to_onnx(network: TwoStepGenerator, card: Card) -> onnx.ModelProto:
    labels, noise, style, guide = example_inputs(card, 8, seed=0)
    axes: dict[int, Any] = {0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    with _quiet_exporter(), _with_features(network):
        program = torch.onnx.export(
            network,
            (labels, noise, style, guide),
            input_names=[LABELS_INPUT, *(n.name for n in card.noise), STYLE_INPUT, GUIDE_INPUT],
            output_names=[*card.outputs, FEATURES],
            dynamic_shapes=(axes, [axes] * len(noise), {0: torch.export.Dim.DYNAMIC}, axes),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    model.graph.value_info.append(model.graph.output.pop())  # of the features: their type stays
    for empty in [i for i in model.graph.input if i.name not in card.inputs]:  # no style, no guide
        model.graph.input.remove(empty)
    for message in (model, model.graph, *model.graph.node, *model.graph.value_info):
        del message.metadata_props[:]  # paths and lines of the source that each layer comes from
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


def _means_by_convolution(model: onnx.ModelProto) -> onnx.ModelProto:
    """Make means over C channels by convolutions whose weights are 1 / C: onnxruntime has no quick mean over them.

    Those of the pixel normalisation would be 6% of a model's time.
    """
    graph = model.graph
    given = {weight.name: weight for weight in graph.initializer}
    shapes = {value.name: value.type.tensor_type.shape.dim for value in graph.value_info}
    axes = {}
    for node in graph.node:
        if node.op_type == "ReduceMean" and numpy_helper.to_array(given[node.input[1]]).tolist() == [1]:
            made_of, axis = node.input
            channels = shapes[made_of][1].dim_value
            weight = f"mean_of_{channels}"
            if weight not in given:
                given[weight] = numpy_helper.from_array(np.full((1, channels, 1, 1), 1 / channels, np.float32), weight)
                graph.initializer.append(given[weight])
            axes[axis] = given[axis]
            node.CopyFrom(helper.make_node("Conv", [made_of, weight], node.output, name=node.name))
    read = {name for node in graph.node for name in node.input}
    for axis in (weight for name, weight in axes.items() if name not in read):
        graph.initializer.remove(axis)
    return model


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
