"""Where a model is cut in two, and how far its fine stage looks. That the stages make the whole, windows show."""

from pathlib import Path

import onnx
import pytest
from onnx import helper

from spade_terrain import Model, TerrainError, load_model
from spade_terrain.generation.stages import split


def test_the_tiny_model(tiny_model: Model) -> None:
    stages = split(tiny_model)
    assert stages.features == "coarse"
    assert {i.name for i in stages.coarse.get_inputs()} == {"labels", "noise_4"}
    assert {i.name for i in stages.fine.get_inputs()} == {"coarse", "labels", "noise_1"}
    assert stages.halo == 4  # a fine 3 x 3 convolution reaches 1 pixel


def test_the_default_model() -> None:
    """Cut before the block at a stride of 4. Its fine stage, followed down by hand, reaches 28 pixels."""
    model = load_model()
    stages = split(model)
    coarse, fine = ({i.name for i in session.get_inputs()} for session in (stages.coarse, stages.fine))
    assert coarse == {"labels", "noise_32", "noise_16", "noise_8", "style"}
    assert fine == {stages.features, "labels", "noise_4", "noise_2", "noise_1", "style"}
    assert stages.halo == 32
    assert model.card.halo > stages.halo


def test_a_model_without_a_place_to_cut(tiny_model_path: Path, tmp_path: Path) -> None:
    """The coarse noise reaches the fine stage by a second way too."""
    model = onnx.load(tiny_model_path)
    nodes = list(model.graph.node)
    resize = next(n for n in nodes if n.op_type == "Resize")
    again = helper.make_node("Conv", ["coarse_in", "coarse_weight"], ["again"], pads=[1, 1, 1, 1])
    grown = helper.make_node("Add", ["coarse", "again"], ["both"])
    second = onnx.NodeProto()
    second.CopyFrom(resize)
    second.input[0], second.output[0] = "both", "grown_both"
    fine_in = next(n for n in nodes if n.output[0] == "fine_in")
    mixed = helper.make_node("Mul", ["grown", "grown_both"], ["mixed"])
    fine_in.input[0] = "mixed"
    place = nodes.index(resize)
    del model.graph.node[:]
    model.graph.node.extend([*nodes[: place + 1], again, grown, second, mixed, *nodes[place + 1 :]])
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(TerrainError, match="the model 'tiny' can't be run in windows"):
        split(load_model(tmp_path / "model.onnx"))
