"""A part of an ONNX graph as a model of its own, so that a network can be run in two stages.

The core install has onnxruntime but not onnx, whose `Extractor` does the same; so this reads just as much of the
format as it takes. Numbers of fields are those of onnx.proto; see https://protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO = 1, 5, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT, _NODE_OP_TYPE = 1, 2, 4
_TENSOR_NAME, _VALUE_NAME = 8, 1
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a message: its number, what is in it if that is bytes, and all its bytes as they were."""

    number: int
    content: bytes
    raw: bytes


@dataclass(frozen=True)
class Node:
    """One operation: the tensors that it reads and writes, by name."""

    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    raw: bytes


class Graph:
    """The graph of an ONNX model.

    Args:
        model: the bytes of the file, which onnxruntime has accepted. Operations that hold graphs themselves (`If`,
            `Loop`) are not looked into.

    """

    def __init__(self, model: bytes) -> None:
        self._around = [f for f in _fields(model) if f.number != _MODEL_GRAPH]
        self._fields = list(_fields(_one(model, _MODEL_GRAPH)))
        self.nodes = [_node(f) for f in self._fields if f.number == _GRAPH_NODE]
        self.outputs = tuple(_text(f.content, _VALUE_NAME) for f in self._fields if f.number == _GRAPH_OUTPUT)
        kinds = (_GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO)
        self._values = {_text(f.content, _VALUE_NAME): f.content for f in self._fields if f.number in kinds}
        self._inputs = {_text(f.content, _VALUE_NAME) for f in self._fields if f.number == _GRAPH_INPUT}

    def needs(self, outputs: Iterable[str], given: Iterable[str] = ()) -> set[str]:
        """The graph's inputs that it takes to make `outputs` if the tensors `given` are there already."""
        given = set(given)
        return self._upstream(outputs, given)[1] & (self._inputs - given)

    def part(self, outputs: Iterable[str], given: Iterable[str] = ()) -> bytes:
        """The model that makes `outputs`, and takes the tensors `given` as further inputs: the bytes of its file."""
        outputs, given = list(outputs), list(given)
        nodes, tensors = self._upstream(outputs, set(given))
        inputs = [*given, *sorted(tensors & (self._inputs - set(given)))]
        graph = b"".join(
            [
                *(f.raw for f in self._fields if self._is_kept(f, tensors)),
                *(_field(_GRAPH_NODE, self.nodes[i].raw) for i in nodes),
                *(_field(_GRAPH_INPUT, self._value(name)) for name in inputs),
                *(_field(_GRAPH_OUTPUT, self._value(name)) for name in outputs),
            ]
        )
        return b"".join(f.raw for f in self._around) + _field(_MODEL_GRAPH, graph)

    def _upstream(self, outputs: Iterable[str], given: set[str]) -> tuple[list[int], set[str]]:
        """Places of the nodes that it takes to make `outputs`, and the names of all that they read."""
        wanted, nodes = set(outputs) - given, []
        for i in reversed(range(len(self.nodes))):  # nodes stand in an order in which they can be run
            if not wanted.isdisjoint(self.nodes[i].outputs):
                nodes.append(i)
                wanted |= set(self.nodes[i].inputs) - given
        return nodes[::-1], wanted

    def _is_kept(self, field: Field, tensors: set[str]) -> bool:
        if field.number == _GRAPH_INITIALIZER:
            return _text(field.content, _TENSOR_NAME) in tensors
        return field.number not in (_GRAPH_NODE, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO)

    def _value(self, name: str) -> bytes:
        """Name, type and shape of a tensor; of one that the file says nothing of, float32 `(N, C, H, W)`."""
        # type { tensor_type { elem_type: FLOAT shape { dim {} dim {} dim {} dim {} } } }
        image = _field(2, _field(1, bytes([_VARINT | 1 << 3, 1]) + _field(2, 4 * _field(1, b""))))
        return self._values.get(name) or _field(_VALUE_NAME, name.encode()) + image


def _node(field: Field) -> Node:
    names: dict[int, list[str]] = {_NODE_INPUT: [], _NODE_OUTPUT: []}
    for f in _fields(field.content):
        if f.number in names:
            names[f.number].append(f.content.decode())
    op_type = _text(field.content, _NODE_OP_TYPE)
    return Node(op_type, tuple(names[_NODE_INPUT]), tuple(names[_NODE_OUTPUT]), field.content)


def _fields(message: bytes) -> Iterator[Field]:
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        kind, content = key & 7, b""
        if kind == _VARINT:
            at = _varint(message, at)[1]
        elif kind == _BYTES:
            size, at = _varint(message, at)
            content = message[at : at + size]
            at += size
        else:
            at += {_FIXED_64: 8, _FIXED_32: 4}[kind]
        yield Field(key >> 3, content, message[start:at])


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Read the number at `at`, seven bits a byte, the lowest first: the number, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _field(number: int, content: bytes) -> bytes:
    head, size = bytearray([number << 3 | _BYTES]), len(content)
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    head.append(size)
    return bytes(head) + content


def _one(message: bytes, number: int) -> bytes:
    return next((f.content for f in _fields(message) if f.number == number), b"")


def _text(message: bytes, number: int) -> str:
    return _one(message, number).decode()
