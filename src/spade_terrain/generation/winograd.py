"""A model whose 3 x 3 convolutions take half of the multiplications, for runtimes that know no such algorithm.

In WebAssembly onnxruntime multiplies matrices near the processor's limit, so only less work makes it faster. Winograd's
minimal filtering (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks", section 4.1) makes m rows of
a convolution from m + 2 convolutions of single rows, where the plain one takes 3 m: F(4, 3) halves the work, F(2, 3)
takes a third from it. It is done along rows alone, where it is made of slices and sums that cost little; columns are
filtered as before. The file's weights stay as they are: onnxruntime transforms them when it opens the model.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.generation.extract import extract, model_class
from spade_terrain.generation.model import Model
from spade_terrain.runtime.sessions import open_session

LEAST_CHANNELS = 16
"""That a convolution takes, and gives: with less of them the sums cost what the multiplications did."""
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_INT = 2  # AttributeProto.AttributeType
_END = np.iinfo(np.int64).max
_PLAIN = {"group": 1, "pads": 0, "strides": 1, "dilations": 1, "auto_pad": b"NOTSET"}
"""What attributes of a convolution have to be, if it has them."""


class _Scheme(NamedTuple):
    """F(m, 3): from input rows r0, r1, ... to v, and from their convolutions m0, m1, ... to output rows y0, y1, ...

    Attributes:
        weights: those of a kernel's rows in each convolution, times `over`, (m + 2, 3): the paper's G.
        before: the paper's B^T in steps of `a = b + 5 c`.
        after: its A^T, likewise.

    """

    weights: list[list[int]]
    over: int
    before: str
    after: str


_SCHEMES = {
    4: _Scheme(
        [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]],
        24,
        "t0 = r4 - 5 r2, t1 = r4 - 4 r2, t2 = r3 - 4 r1, t3 = r4 - 1 r2, t4 = r3 - 1 r1, t5 = r5 - 5 r3, "
        "v0 = t0 + 4 r0, v1 = t1 + 1 t2, v2 = t1 - 1 t2, v3 = t3 + 2 t4, v4 = t3 - 2 t4, v5 = t5 + 4 r1",
        "t6 = m1 + 1 m2, t7 = m1 - 1 m2, t8 = m3 + 1 m4, t9 = m3 - 1 m4, ta = m0 + 1 t6, tb = m5 + 1 t7, "
        "y0 = ta + 1 t8, y1 = t7 + 2 t9, y2 = t6 + 4 t8, y3 = tb + 8 t9",
    ),
    2: _Scheme(
        [[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]],
        2,
        "v0 = r0 - 1 r2, v1 = r1 + 1 r2, v2 = r2 - 1 r1, v3 = r1 - 1 r3",
        "t0 = m0 + 1 m1, t1 = m1 - 1 m2, y0 = t0 + 1 m2, y1 = t1 - 1 m3",
    ),
}
"""By the rows that they make at once."""


def with_fewer_multiplications(model: Model, step: int) -> bytes:
    """The file of a model that makes the same, but for roundings near 1e-6 of a value's range.

    Args:
        model: the model.
        step: of what heights of its fine stage's windows are multiples, map pixels; the card's stride, or less.

    Returns:
        An ONNX file's bytes, as `extract` takes them, with inputs and outputs as they were.

    """
    file = model_class().FromString(model.data)
    graph = file.graph
    typed = {value.name for value in graph.value_info}
    at_once = _rows_at_once(model, [name for name in _wide_convolutions(graph) if name in typed], step)
    nodes, tensors = list(graph.node), dict[str, NDArray[Any]]()
    graph.ClearField("node")
    for node in nodes:
        if m := at_once.get(node.output[0]):
            _Writer(graph, tensors, node).write(m)
        else:
            graph.node.add().CopyFrom(node)
    for name, values in tensors.items():
        kind = _INT64 if values.dtype == np.int64 else _FLOAT
        graph.initializer.add(name=name, dims=values.shape, data_type=kind, raw_data=values.tobytes())
    data: bytes = file.SerializeToString()
    return data


def _wide_convolutions(graph: Any) -> list[str]:
    """Names of what plain 3 x 3 convolutions of many channels make."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in shapes:  # weights are kept as half floats
            shapes[node.output[0]] = shapes[node.input[0]]
    return [node.output[0] for node in graph.node if node.op_type == "Conv" and _is_wide(node, shapes)]


def _is_wide(node: Any, shapes: dict[str, tuple[int, ...]]) -> bool:
    shape = shapes.get(node.input[1], ())
    plain = all(
        value == _PLAIN[attribute.name]
        for attribute in node.attribute
        if attribute.name in _PLAIN
        for value in attribute.ints or [attribute.s or attribute.i]
    )
    return plain and shape[2:] == (3, 3) and min(shape[:2]) >= LEAST_CHANNELS


def _rows_at_once(model: Model, names: list[str], step: int) -> dict[str, int]:
    """By convolution the rows that a scheme can make at once, whatever a window's height: of those that have one.

    How far apart a convolution's rows lie is looked up by making a map of one stride.
    """
    if not names:
        return {}
    side, cut = model.card.stride, model.card.cut
    session = open_session(extract(model.data, names), model.device)
    feeds = model.feeds(session, np.zeros((side, side), np.uint8), seed=0, x0=0, y0=0)
    at_once = {}
    for name, values in zip(names, model.run_session(session, names, feeds), strict=True):
        apart = side / values.shape[2]
        rows = (step if cut and apart < cut.stride else side) / apart
        if m := next((m for m in _SCHEMES if rows % m == 0), None):
            at_once[name] = m
    return at_once


class _Writer:
    """Writes the nodes that stand in for a convolution into a graph."""

    def __init__(self, graph: Any, tensors: dict[str, NDArray[Any]], convolution: Any) -> None:
        self._graph, self._tensors = graph, tensors
        self._image, self._kernel, *self._bias = convolution.input
        self._made = convolution.output[0]

    def write(self, m: int) -> None:
        """All of them: `m` rows at once."""
        scheme = _SCHEMES[m]
        for i in range(m + 2):
            ends = self._tensor([i - m - 1 if i <= m else _END])  # each has as many rows as there are steps of m
            self._node("Slice", [self._image, self._tensor([i]), ends, self._tensor([2]), self._tensor([m])], f"r{i}")
        self._sums(scheme.before)
        for i, weights in enumerate(scheme.weights):
            sums = self._tensor(np.array([weights], np.float32) / np.float32(scheme.over))
            self._node("MatMul", [sums, self._kernel], f"k{i}")  # (Co, Ci, 1, 3)
            bias = self._bias if i == 1 else []  # the one that all rows get once
            self._node("Conv", [self._name(f"v{i}"), self._name(f"k{i}"), *bias], f"m{i}")
        self._sums(scheme.after)
        self._interleave(m)

    def _sums(self, steps: str) -> None:
        for step in steps.split(", "):
            name, _, first, sign, factor, second = step.split()
            other = self._name(second)
            if factor != "1":
                self._node("Mul", [other, self._tensor(np.float32(factor))], f"{name}_")
                other = self._name(f"{name}_")
            self._node("Add" if sign == "+" else "Sub", [self._name(first), other], name)

    def _interleave(self, m: int) -> None:
        """Row i of each of the `m` outputs after another: (N, C, H / m, W) to (N, C, H, W)."""
        self._node("Shape", [self._name("y0")], "shape")
        self._node("Slice", [self._name("shape"), self._tensor([3]), self._tensor([4])], "width")
        self._node("Concat", [self._tensor([0, 0, -1]), self._name("width")], "whole", axis=0)
        self._node("Concat", [self._name(f"y{i}") for i in range(m)], "rows", axis=3)
        self._node("Reshape", [self._name("rows"), self._name("whole")], "")

    def _name(self, local: str) -> str:
        return f"{self._made}/{local}" if local else self._made

    def _tensor(self, values: list[int] | NDArray[np.float32] | np.float32) -> str:
        """The name of a constant."""
        array = np.array(values, None if isinstance(values, list) else np.float32)
        name = f"winograd {array.tolist()}"
        self._tensors[name] = array
        return name

    def _node(self, operator: str, inputs: list[str], output: str, axis: int | None = None) -> None:
        node = self._graph.node.add(op_type=operator, input=inputs, output=[self._name(output)])
        if axis is not None:
            node.attribute.add(name="axis", i=axis, type=_INT)
