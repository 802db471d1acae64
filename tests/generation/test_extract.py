from pathlib import Path

import numpy as np
import onnx
import onnx.utils
import onnxruntime
import pytest

from spade_terrain import load_model
from spade_terrain.card import OUTPUTS
from spade_terrain.errors import ModelError
from spade_terrain.generation.extract import extract, upstream


@pytest.fixture
def data(tiny_model_path: Path) -> bytes:
    return tiny_model_path.read_bytes()


def test_upstream(data: bytes) -> None:
    graph = onnx.load_from_string(data).graph
    inputs = {"labels", "noise_4", "noise_1"}
    assert upstream(graph, ["texture"]).read & inputs == inputs
    assert upstream(graph, ["features"]).read & inputs == {"labels", "noise_4"}
    assert upstream(graph, ["texture"], ["features"]).read & inputs == {"labels", "noise_1"}
    assert upstream(graph, ["features"], ["features"]) == (set(), set())


def _assert_as_onnx_extracts_it(data: bytes, outputs: list[str], given: list[str]) -> None:
    part = onnx.load_from_string(extract(data, outputs, given))
    onnx.checker.check_model(part)
    whole = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    read = upstream(whole.graph, outputs, given).read
    inputs = [*given, *(i.name for i in whole.graph.input if i.name in read)]
    expected = onnx.utils.Extractor(whole).extract_model(inputs, outputs).graph
    assert list(part.graph.node) == list(expected.node)
    tensors, others = ({i.name: i for i in graph.initializer} for graph in (part.graph, expected))
    assert tensors == others
    assert [i.name for i in part.graph.input] == inputs
    assert [o.name for o in part.graph.output] == outputs
    assert part.opset_import == whole.opset_import


@pytest.mark.parametrize(
    ("outputs", "given"), [(["features"], []), (["texture", "height"], ["features"]), (["height"], [])]
)
def test_a_part_is_what_onnx_extracts(outputs: list[str], given: list[str], data: bytes) -> None:
    _assert_as_onnx_extracts_it(data, outputs, given)


def test_parts_of_the_default_model_are_what_onnx_extracts() -> None:
    data = load_model().data
    _assert_as_onnx_extracts_it(data, ["features"], [])
    _assert_as_onnx_extracts_it(data, list(OUTPUTS), ["features"])


def test_tensors_that_the_file_does_not_describe(data: bytes) -> None:
    for outputs, given in ((["no such"], []), (["grown"], []), (["height"], ["grown"])):
        with pytest.raises(ModelError, match=r"the model has no tensor '(no such|grown)', or no type for it"):
            extract(data, outputs, given)


def test_the_parts_make_the_whole(data: bytes) -> None:
    random = np.random.default_rng(0)
    feeds = {
        name: random.random((1, channels, 64 // stride, 64 // stride), np.float32)
        for name, channels, stride in [("labels", 7, 1), ("noise_4", 2, 4), ("noise_1", 1, 1)]
    }

    def run(model: bytes, outputs: list[str]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        made: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]
        made = session.run(outputs, {i.name: feeds[i.name] for i in session.get_inputs()})
        return made

    whole = run(data, ["texture", "height"])
    feeds["features"] = run(extract(data, ["features"]), ["features"])[0]
    parts = run(extract(data, ["texture", "height"], ["features"]), ["texture", "height"])
    for a, b in zip(parts, whole, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
