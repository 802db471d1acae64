from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from spade_terrain import generate, load_model
from spade_terrain.card import Card, Cut
from spade_terrain.cli import main
from spade_terrain.errors import ModelError, TerrainError
from spade_terrain.generation.tiling import generate_blocks
from spade_terrain.networks.generator import SEA_GAIN
from spade_terrain.palette import WATER
from spade_terrain.runtime.sessions import open_session
from spade_terrain.training.checkpoint import FILE, save_checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.engine import launch
from spade_terrain.training.export import onnx_check, onnx_file
from spade_terrain.training.export.onnx_check import check_cut, example_inputs
from spade_terrain.training.networks import generator_for
from spade_terrain.training.state import trainer_state
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.window import Window


def test_generation_takes_the_file(model_file: Path) -> None:
    model = load_model(model_file)
    assert (model.card.name, model.card.stride) == ("little", 4)
    assert (model.card.halo, model.card.cut) == (28, Cut("features", stride=4, halo=16))
    assert model.card.training["images"] == 14
    assert model.card.metrics == {"slopes": 1.5}
    labels = np.random.default_rng(0).integers(0, 7, (70, 93), dtype=np.uint8)
    terrain = generate(labels, seed=1, model=model)
    assert terrain.texture.shape == (70, 93, 3)
    assert (terrain.height[labels == WATER] == 0).all()
    assert (terrain.height[labels != WATER] > 0).all()


def test_a_map_in_windows_is_the_whole(model_file: Path) -> None:
    model = load_model(model_file)
    labels = np.random.default_rng(0).integers(0, 7, (96, 128), dtype=np.uint8)
    whole, blocks = model.run(labels, 3), [Window(0, 0, 64, 96), Window(64, 0, 128, 96)]
    for block, terrain in generate_blocks(model, labels, 3, blocks, window=32):
        expected = whole.crop(block.place(Window(0, 0, 128, 96)))
        np.testing.assert_allclose(terrain.height, expected.height, rtol=0, atol=0.9)
        np.testing.assert_allclose(terrain.texture.astype(int), expected.texture, atol=1)


def test_the_file_says_nothing_of_the_place_where_it_was_made(model_file: Path) -> None:
    assert __file__.removesuffix("tests/training/export/test_onnx_file.py").encode() not in model_file.read_bytes()
    model = onnx.load(model_file)
    assert [o.name for o in model.graph.output] == ["texture", "height", "shaded"]
    assert [i.name for i in model.graph.input] == ["labels", "noise_4", "noise_2", "noise_1", "style"]


def test_any_window_of_the_ground_equals_the_whole(model_file: Path) -> None:
    model = load_model(model_file)
    halo = model.card.halo
    labels = np.random.default_rng(0).integers(0, 7, (2 * halo + 48, 3 * halo + 64), dtype=np.uint8)
    whole = model.run(labels, seed=9, x0=-8, y0=20)
    part = model.run(labels[:, halo:], seed=9, x0=-8 + halo, y0=20)
    inside, same = np.s_[halo:-halo, halo:-halo], np.s_[halo:-halo, 2 * halo : -halo]
    np.testing.assert_allclose(part.height[inside], whole.height[same], atol=1e-4 * 9000)
    for made, wanted in ((part.texture, whole.texture), (part.shaded, whole.shaded)):
        np.testing.assert_allclose(made[inside].astype(int), wanted[same], atol=1)


def test_a_model_of_two_textures_takes_a_height_guide_and_makes_both(one_texture: Config, tmp_path: Path) -> None:
    config = replace(one_texture, satellite=True, guided=True)
    trainer = Trainer(config, launch("cpu", bfloat16=False), None, None)
    for p in trainer.ema.parameters():
        p.data = (p + 0.05 * torch.randn(p.shape)).detach().half().float()  # as big ones are stored
    means = torch.linspace(-0.9, 0.9, 7 * 6).view(7, 6)
    trainer.ema.generator.set_class_colours(means)
    save_checkpoint(tmp_path / FILE, *trainer_state(trainer))
    card = onnx_file.export(tmp_path, tmp_path / "two.onnx", name="two")
    model = onnx.load(tmp_path / "two.onnx")
    assert Card.from_json(next(p.value for p in model.metadata_props)) == card
    assert (card.textures, card.default_texture, card.guided) == (("atlas", "satellite"), "satellite", True)
    colours = card.colours_of("satellite")
    assert colours[1:].tolist() == ((means[1:, 3:] + 1) * 127.5).round().int().tolist()
    sea = torch.tanh(SEA_GAIN * trainer.ema.generator.sea[0, 3:, 0, 0])
    assert colours[WATER].tolist() == ((sea + 1) * 127.5).round().int().tolist()
    assert [i.name for i in model.graph.input] == card.inputs
    read = {name for node in model.graph.node for name in node.input}
    assert not [node for node in model.graph.node if node.op_type == "ReduceMean"]
    assert read >= {weight.name for weight in model.graph.initializer}
    assert card.inputs[-1] == "height_guide"
    # What it makes of a map of another size, and of another guide.
    labels, noise, style, guide = example_inputs(card, 7, seed=4)
    assert guide.shape == (1, 2, 7, 7)
    assert guide.std() > 0.1
    session = open_session(model.SerializeToString(), "cpu")
    made = []
    for given in (guide, torch.zeros_like(guide)):
        inputs = zip(card.inputs, [labels, *noise, style, given], strict=True)
        made.append(session.run(list(card.outputs), {name: tensor.numpy() for name, tensor in inputs}))
        with torch.inference_mode():
            expected = trainer.ema(labels, noise, style, given)
        assert [tuple(m.shape) for m in made[-1]] == [(1, 6, 28, 28), (1, 1, 28, 28), (1, 6, 28, 28)]
        for own, other in zip(made[-1], expected[:3], strict=True):
            np.testing.assert_allclose(own, other, rtol=0, atol=1e-4)
    assert np.abs(made[0][1] - made[1][1]).max() > 1e-3


def test_a_model_takes_no_input_that_it_has_no_use_for(one_texture: Config, tmp_path: Path) -> None:
    """A guide and no style; a style and no guide are above."""
    config = replace(one_texture, channels=(8,), style=False, guided=True)  # one block, so that tracing is quick
    card = onnx_file.write_model(
        generator_for(config), tmp_path / "m.onnx", name="m", textures=config.textures, training={}, metrics={}
    )
    assert [i.name for i in onnx.load(tmp_path / "m.onnx").graph.input] == card.inputs
    assert card.inputs == ["labels", "noise_2", "noise_1", "height_guide"]


def test_big_weights_are_stored_in_half(model_file: Path) -> None:
    model = onnx.load(str(model_file))
    sizes = {w.name: (w.data_type, int(np.prod(w.dims))) for w in model.graph.initializer}
    halves = [n for kind, n in sizes.values() if kind == onnx.TensorProto.FLOAT16]
    assert halves
    assert all(n < 1024 for kind, n in sizes.values() if kind == onnx.TensorProto.FLOAT)


def test_a_file_that_differs_from_the_network_is_not_written(
    run_folder: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(*_: object) -> onnx.ModelProto:
        model = onnx.load(model_file)
        for weight in model.graph.initializer:
            if weight.data_type == onnx.TensorProto.FLOAT and len(weight.dims) == 4:
                weight.CopyFrom(onnx.numpy_helper.from_array(np.zeros(weight.dims, np.float32), weight.name))
        return model

    monkeypatch.setattr(onnx_file, "_to_onnx", spoilt)
    monkeypatch.setattr(onnx_file, "_halve_weights", lambda model: model)
    with pytest.raises(TerrainError, match="differs from the trained network"):
        onnx_file.export(run_folder, tmp_path / "model.onnx", name="spoilt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("cut", "complaint"),
    [
        (Cut("features", 2, 16), "can't be cut in two at 'features'"),  # the fine noise comes in further down
        (Cut("height", 4, 16), "can't be cut in two at 'height'"),
        (Cut("none", 4, 16), "can't be cut in two at 'none'"),
    ],
)
def test_a_cut_that_is_none_is_noticed(cut: Cut, complaint: str, model_file: Path) -> None:
    card = replace(load_model(model_file).card, cut=cut)
    with pytest.raises(ModelError, match=f"{complaint} .*: not written"):
        check_cut(card, onnx.load(model_file))


def test_stages_that_differ_from_the_whole_are_noticed(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = count()  # another map each time
    monkeypatch.setattr(onnx_check, "example_inputs", lambda card, cells, _: example_inputs(card, cells, next(seeds)))
    with pytest.raises(ModelError, match="cut in two differs from the whole by"):
        check_cut(load_model(model_file).card, onnx.load(model_file))


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no checkpoint"):
        onnx_file.export(tmp_path, tmp_path / "model.onnx", name="none")


def test_a_report_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(TerrainError, match="can't be read as a report"):
        onnx_file.read_report(tmp_path / "report.json")


def test_a_place_that_cannot_be_written_is_one_line(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run_folder), str(tmp_path / "missing" / "model.onnx")]) == 2
    error = capsys.readouterr().err
    assert "can't write" in error
    assert "No such file or directory" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
