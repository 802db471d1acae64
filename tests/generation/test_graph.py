from pathlib import Path

import numpy as np
import onnx
import onnx.utils
import onnxruntime
import pytest

from spade_terrain.generation.graph import Graph


@pytest.fixture
def data(tiny_model_path: Path) -> bytes:
    return tiny_model_path.read_bytes()


def test_reads_what_onnx_reads(data: bytes) -> None:
    graph, expected = Graph(data), onnx.load_from_string(data).graph
    assert [(n.op_type, n.inputs, n.outputs) for n in graph.nodes] == [
        (n.op_type, tuple(n.input), tuple(n.output)) for n in expected.node
    ]


def test_needs(data: bytes) -> None:
    graph = Graph(data)
    assert graph.needs(["texture"]) == {"labels", "noise_4", "noise_1"}
    assert graph.needs(["coarse"]) == {"labels", "noise_4"}
    assert graph.needs(["texture"], ["coarse"]) == {"labels", "noise_1"}
    assert graph.needs(["coarse"], ["coarse"]) == set()


@pytest.mark.parametrize(
    ("outputs", "given"), [(["coarse"], []), (["texture", "height"], ["coarse"]), (["height"], [])]
)
def test_a_part_is_what_onnx_extracts(outputs: list[str], given: list[str], data: bytes) -> None:
    graph = Graph(data)
    part = onnx.load_from_string(graph.part(outputs, given))
    onnx.checker.check_model(part)
    whole = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    inputs = [*given, *sorted(graph.needs(outputs, given))]
    expected = onnx.utils.Extractor(whole).extract_model(inputs, outputs).graph
    assert [n.output for n in part.graph.node] == [n.output for n in expected.node]
    assert {i.name for i in part.graph.initializer} == {i.name for i in expected.initializer}
    assert [i.name for i in part.graph.input] == inputs
    assert [o.name for o in part.graph.output] == outputs
    assert part.opset_import == whole.opset_import


def test_the_parts_make_the_whole(data: bytes) -> None:
    random, graph = np.random.default_rng(0), Graph(data)
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
    feeds["coarse"] = run(graph.part(["coarse"]), ["coarse"])[0]
    for a, b in zip(run(graph.part(["texture", "height"], ["coarse"]), ["texture", "height"]), whole, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
