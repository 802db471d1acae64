from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from spade_terrain import Model, load_model
from spade_terrain.card import OUTPUTS
from spade_terrain.generation.winograd import with_fewer_multiplications
from spade_terrain.runtime.sessions import open_session


def _plain_convolutions(data: bytes) -> list[tuple[int, ...]]:
    """Shapes of 3 x 3 kernels."""
    graph = onnx.load_from_string(data).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    shapes |= {node.output[0]: shapes[node.input[0]] for node in graph.node if node.op_type == "Cast"}
    kernels = [shapes.get(node.input[1], ()) for node in graph.node if node.op_type == "Conv"]
    return [shape for shape in kernels if shape[2:] == (3, 3)]


def test_the_default_model_makes_the_same_with_half_of_the_work() -> None:
    model = load_model()
    data = with_fewer_multiplications(model, 16)
    onnx.checker.check_model(onnx.load_from_string(data))
    # What is left: few channels, or one row in a map of one stride.
    assert all(min(shape[:2]) < 16 or shape == (256, 256, 3, 3) for shape in _plain_convolutions(data))
    assert len(_plain_convolutions(data)) < len(_plain_convolutions(model.data)) - 10
    labels = np.random.default_rng(0).integers(0, 7, (3, 4), np.uint8).repeat(32, 0).repeat(32, 1)
    feeds = model.feeds(model.session, labels, seed=3, x0=64, y0=-32)
    plain = model.run_session(model.session, OUTPUTS, feeds)
    quick = model.run_session(open_session(data, "cpu"), OUTPUTS, feeds)
    for name, a, b in zip(OUTPUTS, quick, plain, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5, err_msg=name)
    assert len(data) < 1.01 * len(model.data)


def _model(tiny: Model, padding: int, **attributes: Any) -> Model:
    """A convolution of three times the labels, with so many pixels around them."""
    rng = np.random.default_rng(0)
    tensors = {
        "kernel": rng.normal(size=(16, 21, 3, 3)).astype(np.float32),
        "bias": np.arange(16, dtype=np.float32),
        "ends": np.array([0, 0, padding, padding] * 2),
    }
    nodes = [
        helper.make_node("Concat", ["labels"] * 3, ["many"], axis=1),
        helper.make_node("Pad", ["many", "ends"], ["padded"], mode="edge"),
        helper.make_node("Conv", ["padded", "kernel", "bias"], ["made"], **attributes),
    ]
    made = helper.make_tensor_value_info("made", TensorProto.FLOAT, [1, 16, "h", "w"])
    labels = helper.make_tensor_value_info("labels", TensorProto.FLOAT, [1, 7, "H", "W"])
    weights = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    graph = helper.make_graph(nodes, "one", [labels], [made], weights, value_info=[made])
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
    return replace(tiny, data=data)


# A map of one stride has 4 rows; without padding a convolution makes 2 of them, and 2 less of any map.
@pytest.mark.parametrize(("padding", "at_once"), [(1, 4), (0, 2), (2, 2)])
def test_each_scheme_is_exact(padding: int, at_once: int, tiny_model: Model) -> None:
    model = _model(tiny_model, padding)
    data = with_fewer_multiplications(model, tiny_model.card.stride)
    operators = Counter(node.op_type for node in onnx.load_from_string(data).graph.node)
    assert operators["Conv"] == at_once + 2
    labels = np.random.default_rng(1).integers(0, 7, (8, 12), np.uint8)
    plain, quick = (open_session(each, "cpu") for each in (model.data, data))
    feeds = model.feeds(plain, labels, seed=0, x0=0, y0=0)
    a, b = (model.run_session(session, ["made"], feeds)[0] for session in (plain, quick))
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize(
    "attributes", [{"pads": [1, 1, 1, 1]}, {"strides": [2, 2]}, {"dilations": [1, 2]}, {"auto_pad": "SAME_UPPER"}]
)
def test_other_convolutions_are_left_alone(attributes: dict[str, Any], tiny_model: Model) -> None:
    model = _model(tiny_model, 1, **attributes)
    assert onnx.load_from_string(with_fewer_multiplications(model, 4)) == onnx.load_from_string(model.data)


def test_a_model_of_few_channels_is_left_alone(tiny_model: Model) -> None:
    data = with_fewer_multiplications(tiny_model, 4)
    assert onnx.load_from_string(data) == onnx.load_from_string(tiny_model.data)
