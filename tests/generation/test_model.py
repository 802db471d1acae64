import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from spade_terrain.card import METADATA_KEY, OUTPUTS, Card, NoiseInput
from spade_terrain.errors import ModelError, TerrainError
from spade_terrain.generation.model import Model, load_model
from spade_terrain.generation.stages import try_stages
from spade_terrain.palette import CLASSES, WATER, Labels
from spade_terrain.runtime.sessions import Stop, StoppedError
from tests.conftest import tiny_onnx


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(2).integers(0, 7, (12, 16), np.uint8).repeat(8, 0).repeat(8, 1)


def test_shapes_types_and_ranges(tiny_model: Model, labels: Labels) -> None:
    texture, height, shaded, beside = tiny_model.run(labels, seed=1)
    assert not beside
    assert texture.shape == shaded.shape == (96, 128, 3)
    assert height.shape == (96, 128)
    assert texture.dtype == shaded.dtype == np.uint8
    assert height.dtype == np.float32
    assert texture.flags.c_contiguous
    assert shaded.flags.c_contiguous
    assert height.min() >= 0
    assert height.max() <= 9000
    assert texture.std() > 10


def test_the_sea_is_exactly_zero(tiny_model: Model, labels: Labels) -> None:
    height = tiny_model.run(labels, seed=1)[1]
    assert (height[labels == WATER] == 0).all()
    assert height[labels != WATER].mean() > 100


def test_a_window_with_its_halo_equals_the_whole(tiny_model: Model, labels: Labels) -> None:
    halo = tiny_model.card.halo
    whole = tiny_model.run(labels, seed=9, x0=-40, y0=400)
    window = tiny_model.run(labels[16:80, 24:104], seed=9, x0=-40 + 24, y0=400 + 16)
    inside, same = np.s_[halo:-halo, halo:-halo], np.s_[16 + halo : 80 - halo, 24 + halo : 104 - halo]
    np.testing.assert_allclose(window[0][inside].astype(int), whole[0][same], atol=1)
    np.testing.assert_allclose(window[1][inside], whole[1][same], rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(window[2][inside].astype(int), whole[2][same], atol=1)


def test_noise_belongs_to_the_ground(tiny_model: Model, labels: Labels) -> None:
    here, there = (tiny_model.run(labels, seed=0, x0=x0)[1] for x0 in (0, 4))
    assert (here != there).any()


@pytest.mark.parametrize(
    ("sides", "x0", "y0"), [((66, 64), 0, 0), ((64, 66), 0, 0), ((64, 64), 2, 0), ((64, 64), 0, -1)]
)
def test_off_the_stride(tiny_model: Model, sides: tuple[int, int], x0: int, y0: int) -> None:
    with pytest.raises(ValueError, match="not multiples of 4"):
        tiny_model.run(np.zeros(sides, np.uint8), 0, x0, y0)


def test_an_unchanged_file_is_opened_once(tiny_model_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(tiny_model_path.read_bytes())
    first = load_model(path)
    assert load_model(str(path)) is first
    renamed = onnx.load(path)
    helper.set_model_props(renamed, {METADATA_KEY: replace(first.card, name="again").to_json()})
    onnx.save(renamed, path)
    assert load_model(path).card.name == "again"


def _with_card(path: Path, card: str) -> bytes:
    model = onnx.load(path)
    helper.set_model_props(model, {METADATA_KEY: card})
    return bytes(model.SerializeToString())


def _card(**changes: object) -> str:
    fields = {
        "name": "odd",
        "stride": 4,
        "halo": 8,
        "noise": (NoiseInput("noise_4", 4, 2), NoiseInput("noise_1", 1, 1)),
    }
    return Card(**{**fields, **changes}).to_json()  # type: ignore[arg-type]


BAD_FILES: list[tuple[Callable[[Path], bytes], str]] = [
    (lambda path: b"", "not an ONNX model"),
    (lambda path: b"a model, in words", "not an ONNX model"),
    (lambda path: path.read_bytes()[:2000], "not an ONNX model"),
    (lambda path: path.read_bytes().replace(METADATA_KEY.encode()[:4], b"\xff" * 4), "not an ONNX model"),
    (lambda path: path.read_bytes().replace(b"noise_4", b"noise_\xff"), "not an ONNX model"),
    (lambda path: _with_card(path, "[]"), "card can't be read"),
    (lambda path: _with_card(path, '{"format": 4}'), "newer version"),
    (lambda path: _with_card(path, _card(noise=())), "does not fit its card"),
    (lambda path: _with_card(path, _card(noise=(NoiseInput("noise_4", 4, 3), NoiseInput("noise_1", 1, 1)))), "not fit"),
    (lambda path: _with_card(path, _card(outputs=(*OUTPUTS, "texture_2"))), "does not fit its card"),
    (lambda path: _with_card(path, _card(classes=CLASSES[::-1])), "does not fit its card or the palette"),
]


@pytest.mark.parametrize(("content", "match"), BAD_FILES)
def test_files_that_are_no_models(
    content: Callable[[Path], bytes],
    match: str,
    tiny_model_path: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "model.onnx").write_bytes(content(tiny_model_path))
    with pytest.raises(TerrainError, match=match) as caught:
        load_model(tmp_path / "model.onnx")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_without_a_card(cardless_model_path: Path) -> None:
    with pytest.raises(TerrainError, match="without our card"):
        load_model(cardless_model_path)


def test_no_such_model(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match=r"no such model: .*none\.onnx"):
        load_model(tmp_path / "none.onnx")
    with pytest.raises(TerrainError, match="is a folder, not a model"):
        load_model(tmp_path)


def test_a_model_that_fails_at_work(tiny_model_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its card is ours, but what it says of the noise is not true."""
    card = _card(noise=(NoiseInput("noise_4", 2, 2), NoiseInput("noise_1", 1, 1)))
    (tmp_path / "model.onnx").write_bytes(_with_card(tiny_model_path, card))
    with pytest.raises(TerrainError, match="model 'odd' failed on 64 x 64 pixels") as caught:
        load_model(tmp_path / "model.onnx").run(np.zeros((64, 64), np.uint8), 0)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("weights", "values"),
    [("fine_weight", np.nan), ("coarse_weight", np.inf), ("one", np.nan)],
)
@pytest.mark.filterwarnings("error")
def test_a_model_whose_weights_are_damaged(weights: str, values: float, tmp_path: Path, labels: Labels) -> None:
    """It loads, but what it makes is no terrain: at once, and in windows."""
    loaded = load_model(_damaged(weights, values, tmp_path / "model.onnx"))
    with pytest.raises(ModelError, match="the model 'tiny' is damaged: its output"):
        loaded.run(labels, 0)
    with pytest.raises(ModelError, match="the model 'tiny' is damaged: its output"):
        try_stages(loaded)


def test_a_model_that_makes_too_few_channels(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not fit its card"):
        load_model(_damaged("channels", [2, 2, 3], tmp_path / "model.onnx"))


def _damaged(weights: str, values: float | list[int], path: Path) -> Path:
    """The tiny model with other values in one of its weights."""
    model = tiny_onnx()
    constant = next(tensor for tensor in model.graph.initializer if tensor.name == weights)
    array = numpy_helper.to_array(constant)
    constant.CopyFrom(numpy_helper.from_array(np.broadcast_to(values, array.shape).astype(array.dtype), weights))
    onnx.save(model, path)
    return path


def test_generation_needs_neither_torch_nor_onnx() -> None:
    code = (
        "import sys; from spade_terrain import load_model; from spade_terrain.generation.stages import split_model\n"
        "split_model(load_model()); sys.exit(bool({'torch', 'onnx'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_run_is_ended_from_another_thread(tiny_model: Model, labels: Labels) -> None:
    stop = Stop()
    stoppable = replace(tiny_model, stop=stop)
    np.testing.assert_array_equal(stoppable.run(labels, 1).height, tiny_model.run(labels, 1).height)
    stop.check()
    stop.set()
    with pytest.raises(StoppedError):
        stoppable.run(labels, 1)
    tiny_model.run(labels, 1)  # others with the same session go on
