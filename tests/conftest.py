import json
import math
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from filelock import FileLock
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from spade_terrain.card import METADATA_KEY, Card, Cut, HeightCode, NoiseInput
from spade_terrain.cluster.address import open_cluster
from spade_terrain.cluster.executor import Executor
from spade_terrain.generation.model import Model, load_model

CARD = Card(
    name="tiny",
    stride=4,
    halo=8,  # a fine 3 x 3 convolution reaches 1 pixel, which is of one coarse pixel; a coarse one the next
    noise=(NoiseInput("noise_4", 4, 2), NoiseInput("noise_1", 1, 1)),
    cut=Cut("features", 4, 4),
    height_code=HeightCode(9000.0),
)

MadeOnce = Callable[[str, Callable[[Path], object]], Path]
"""The fixture `made_once`: the name of a folder and what makes it to the folder."""


def old_card(card: Card) -> str:
    """A card's JSON in format 1."""
    fields = json.loads(card.to_json()) | {"format": 1}
    later = ("cut", "outputs", "textures", "default_texture", "class_colours", "guided")
    return json.dumps({name: value for name, value in fields.items() if name not in later})


def tiny_onnx(card: Card | None = CARD) -> onnx.ModelProto:
    """A model that keeps the contract, small enough to read: two local convolutions of labels and noise.

    With a card that names four numbers of a style, they are added to what the first makes. With one that is guided, the
    first reads the guide, too, and with one of several textures the second makes so many.

    Noise is rounded to eighths and weights are multiples of 1/64, so that no sum is ever rounded, in whatever order its
    terms are added: what the model makes is the same to the last bit on every machine.
    """

    def weights(*shape: int) -> NDArray[np.float64]:
        words = np.arange(1, math.prod(shape) + 1, dtype=np.uint32) * np.uint32(0x9E3779B1)
        return ((words >> 27).astype(np.float64) - 16).reshape(shape) / 64  # -1/4 .. 15/64

    def rounded(name: str) -> list[onnx.NodeProto]:
        return [
            helper.make_node("Mul", [name, "eight"], [f"{name}_eighths"]),
            helper.make_node("Round", [f"{name}_eighths"], [f"{name}_whole"]),
            helper.make_node("Div", [f"{name}_whole", "eight"], [f"{name}_rounded"]),
        ]

    def constant(name: str, values: object, dtype: type = np.float32) -> onnx.TensorProto:
        return numpy_helper.from_array(np.asarray(values, dtype), name)

    guided, textures = card is not None and card.guided, len(card.textures) if card is not None else 1
    constants = [
        constant("coarse_weight", weights(4, 11 if guided else 9, 3, 3)),
        constant("fine_weight", weights(6 * textures + 1, 12, 3, 3)),
        constant("scales", [1, 1, 4, 4]),
        constant("one", 1),
        constant("minus_one", -1),
        constant("eight", 8),
        constant("zero_index", [0], np.int64),
        constant("one_index", [1], np.int64),
        constant("channels", [3 * textures, 1, 3 * textures], np.int64),
    ]
    nodes = [
        *rounded("noise_4"),
        *rounded("noise_1"),
        helper.make_node("AveragePool", ["labels"], ["pooled"], kernel_shape=[4, 4], strides=[4, 4]),
        *(rounded("height_guide") if guided else []),
        helper.make_node(
            "Concat", ["pooled", "noise_4_rounded"] + ["height_guide_rounded"] * guided, ["coarse_in"], axis=1
        ),
        helper.make_node("Conv", ["coarse_in", "coarse_weight"], ["plain"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["plain", "style"], ["features"])
        if card is not None and card.style
        else helper.make_node("Identity", ["plain"], ["features"]),
        helper.make_node(
            "Resize",
            ["features", "", "scales"],
            ["grown"],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
        helper.make_node("Concat", ["grown", "labels", "noise_1_rounded"], ["fine_in"], axis=1),
        helper.make_node("Conv", ["fine_in", "fine_weight"], ["fine"], pads=[1, 1, 1, 1]),
        helper.make_node("Clip", ["fine", "minus_one", "one"], ["all"]),
        helper.make_node("Split", ["all", "channels"], ["texture", "relief", "shaded"], axis=1),
        # On water the code is -1, which is 0 m.
        helper.make_node("Slice", ["labels", "zero_index", "one_index", "one_index"], ["water"]),
        helper.make_node("Sub", ["one", "water"], ["land"]),
        helper.make_node("Mul", ["relief", "land"], ["land_relief"]),
        helper.make_node("Sub", ["land_relief", "water"], ["height"]),
    ]

    def tensor(name: str, channels: int, stride: int = 1) -> onnx.ValueInfoProto:
        sides = [f"H/{stride}", f"W/{stride}"] if stride > 1 else ["H", "W"]
        shape: list[str | int | None] = ["N", channels, *sides]
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    inputs = [tensor("labels", 7), tensor("noise_4", 2, 4), tensor("noise_1", 1)]
    if card is not None and card.style:
        inputs.append(helper.make_tensor_value_info("style", TensorProto.FLOAT, ["N", len(card.style), 1, 1]))
    if guided:
        inputs.append(tensor("height_guide", 2, 4))
    outputs = [tensor("texture", 3 * textures), tensor("height", 1), tensor("shaded", 3 * textures)]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants, value_info=[tensor("features", 4, 4)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    if card is not None:
        helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    return model


@pytest.fixture(scope="session")
def tiny_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file that keeps the contract of a model, in kilobytes."""
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    onnx.save(tiny_onnx(), path)
    return path


@pytest.fixture(scope="session")
def tiny_model(tiny_model_path: Path) -> Model:
    return load_model(tiny_model_path)


GUIDED_CARD = replace(CARD, name="guided", textures=("atlas", "satellite"), default_texture="satellite", guided=True)


@pytest.fixture(scope="session")
def guided_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two textures, by default the second, that takes rough heights."""
    path = tmp_path_factory.mktemp("model") / "guided.onnx"
    onnx.save(tiny_onnx(GUIDED_CARD), path)
    return path


@pytest.fixture(scope="session")
def guided_model(guided_model_path: Path) -> Model:
    return load_model(guided_model_path)


@pytest.fixture(scope="session")
def cardless_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good ONNX file, but somebody else's."""
    path = tmp_path_factory.mktemp("model") / "cardless.onnx"
    onnx.save(tiny_onnx(card=None), path)
    return path


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MadeOnce:
    """Gives the folder of a name, which one of the test processes makes for all: for what takes long.

    It calls what makes it with an empty folder, which is moved to its place. Tests may read it, never change it.
    """
    alone = worker_id == "master"
    shared = tmp_path_factory.mktemp("shared") if alone else tmp_path_factory.getbasetemp().parent

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        made, draft = shared / name, shared / f"{name}.draft"
        with FileLock(shared / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir()
                make(draft)
                draft.rename(made)
        return made

    return folder


@pytest.fixture(scope="session")
def two_workers() -> Iterator[Executor]:
    """Two processes with a Dask scheduler; tests may kill the processes, which come again."""
    with open_cluster("local:2") as executor:
        assert executor is not None
        yield executor


@contextmanager
def _small_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk() -> Callable[[], AbstractContextManager[None]]:
    """A block in which no file can grow past 1,000 bytes, as on a disk that fills up.

    It must not outlast the test: pytest's own output may go to a file.
    """
    return _small_disk
