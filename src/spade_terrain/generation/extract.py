"""A part of an ONNX model as a model of its own.

The core install has onnxruntime, and with it protobuf, but not onnx, whose `onnx.utils.Extractor` does the same. So
those fields of ONNX's messages that this takes are declared here, by their numbers in onnx.proto; protobuf carries all
others along as they are.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from spade_terrain.errors import ModelError

_ONE, _MANY = 1, 3  # FieldDescriptorProto.LABEL_OPTIONAL and LABEL_REPEATED
_MESSAGE = 11  # FieldDescriptorProto.TYPE_MESSAGE
_TYPES = {"int64": 3, "int32": 5, "string": 9, "bytes": 12}  # likewise
_MESSAGES: dict[str, list[tuple[str, int, int, str]]] = {
    "Model": [("graph", 7, _ONE, "Graph")],
    "Graph": [
        ("node", 1, _MANY, "Node"),
        ("initializer", 5, _MANY, "Tensor"),
        ("input", 11, _MANY, "ValueInfo"),
        ("output", 12, _MANY, "ValueInfo"),
        ("value_info", 13, _MANY, "ValueInfo"),
    ],
    "Node": [
        ("input", 1, _MANY, "string"),
        ("output", 2, _MANY, "string"),
        ("op_type", 4, _ONE, "string"),
        ("attribute", 5, _MANY, "Attribute"),
    ],
    "Attribute": [
        ("name", 1, _ONE, "string"),
        ("i", 3, _ONE, "int64"),
        ("s", 4, _ONE, "bytes"),
        ("ints", 8, _MANY, "int64"),
        ("type", 20, _ONE, "int32"),
    ],
    "Tensor": [
        ("dims", 1, _MANY, "int64"),
        ("data_type", 2, _ONE, "int32"),
        ("name", 8, _ONE, "string"),
        ("raw_data", 9, _ONE, "bytes"),
    ],
    "ValueInfo": [("name", 1, _ONE, "string")],
}
"""Of each message the fields: name, number, label, and of which type or message it is."""


class Upstream(NamedTuple):
    """What it takes to make some tensors of a graph.

    Attributes:
        made: names of all tensors that come out of the nodes that have to run.
        read: names of all tensors that go into them, the graph's inputs and weights included.

    """

    made: set[str]
    read: set[str]


def upstream(graph: Any, outputs: Iterable[str], given: Iterable[str] = ()) -> Upstream:
    """Follow `outputs` up to the graph's inputs and weights, or to tensors that are `given`.

    Args:
        graph: a `GraphProto`, onnx's or this module's; nodes stand in an order in which they can be run. Nodes that
            hold graphs themselves (`If`, `Loop`) are not looked into.
        outputs: names of tensors.
        given: names of tensors that need not be made.

    """
    given = set(given)
    made: set[str] = set()
    wanted = set(outputs) - given
    for node in reversed(graph.node):
        if not wanted.isdisjoint(node.output):
            made.update(node.output)
            wanted.update(set(node.input) - given)
    return Upstream(made, wanted)


def extract(model: bytes, outputs: Iterable[str], given: Iterable[str] = ()) -> bytes:
    """The part of a model that makes the tensors `outputs`, with the tensors `given` as further inputs.

    Args:
        model: an ONNX file's bytes, which onnxruntime has accepted.
        outputs: names of the part's outputs.
        given: names of tensors that the part takes instead of making them.

    Returns:
        The part as an ONNX file's bytes.

    Raises:
        ModelError: the file does not say of which type one of these tensors is.

    """
    outputs, given = list(outputs), list(given)
    part = model_class().FromString(model)
    graph = part.graph
    made, read = upstream(graph, outputs, given)
    types = {value.name: value for field in ("input", "output", "value_info") for value in getattr(graph, field)}
    inputs = [*given, *(value.name for value in graph.input if value.name in read)]
    if unknown := {*inputs, *outputs} - set(types):
        raise ModelError(f"the model has no tensor {min(unknown)!r}, or no type for it; export the model again")
    _keep(graph.node, lambda node: not made.isdisjoint(node.output))
    _keep(graph.initializer, lambda tensor: tensor.name in read)
    for field, names in (("input", inputs), ("output", outputs), ("value_info", [])):
        graph.ClearField(field)
        getattr(graph, field).extend(types[name] for name in names)
    data: bytes = part.SerializeToString()
    return data


def _keep(messages: Any, wanted: Callable[[Any], bool]) -> None:
    for i in reversed(range(len(messages))):
        if not wanted(messages[i]):
            del messages[i]


@cache
def model_class() -> Any:
    """The class of the message `ModelProto`, as far as `_MESSAGES` declares it."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    file = FileDescriptorProto(name="onnx_graph.proto", package="graph", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, label, of in fields:
            typed = {"type": _TYPES[of]} if of in _TYPES else {"type": _MESSAGE, "type_name": f".graph.{of}"}
            message.field.add(name=field, number=number, label=label, **typed)
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("graph.Model"))
