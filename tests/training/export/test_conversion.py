from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from spade_terrain import generate, load_model
from spade_terrain.card import METADATA_KEY, Card, Cut
from spade_terrain.cli import main
from spade_terrain.errors import ModelError
from spade_terrain.training.export import onnx_file
from spade_terrain.training.export.conversion import convert
from tests.conftest import old_card


@pytest.fixture(scope="module")
def old(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as an earlier version exported it: a card of format 1, a halo that is too wide, another name inside."""
    model = onnx.load(model_file)
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = ["add_421" if name == "features" else name for name in names]
    helper.set_model_props(model, {METADATA_KEY: old_card(replace(load_model(model_file).card, halo=36))})
    path = tmp_path_factory.mktemp("old") / "old.onnx"
    onnx.save(model, path)
    return path


def test_the_command_converts_a_file(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.onnx"
    assert main(["export", str(old), str(new)]) == 0
    assert capsys.readouterr().out == f"{new}\n"
    before, after = load_model(old), load_model(new)
    colours = after.card.class_colours
    assert np.shape(colours) == (1, 7, 3)
    assert after.card == replace(before.card, halo=28, cut=Cut("features", 4, 16), class_colours=colours)
    weights, others = ({w.name: w for w in onnx.load(path).graph.initializer} for path in (old, new))
    assert weights == others
    labels = np.random.default_rng(0).integers(0, 7, (800, 800), np.uint8)
    small = labels[:64, :70]
    assert (
        generate(small, seed=3, model=before).height.tobytes() == generate(small, seed=3, model=after).height.tobytes()
    )
    with pytest.raises(ModelError, match="was exported by an earlier version"):
        generate(labels, model=before)
    assert generate(labels, model=after).height.shape == (800, 800)


def test_a_new_name_and_new_metrics(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def traced(_: object, card: Card) -> onnx.ModelProto:
        """The graph that the file holds, which the test above traces anew: tracing takes a quarter of a minute."""
        model = onnx.load(old)
        for node in model.graph.node:
            for names in (node.input, node.output):
                names[:] = ["features" if name == "add_421" else name for name in names]
        helper.set_model_props(model, {METADATA_KEY: card.to_json()})
        return model

    monkeypatch.setattr(onnx_file, "_to_onnx", traced)
    (tmp_path / "report.json").write_text('{"slopes": 2.5}')
    flags = ["--name", "new", "--report", str(tmp_path / "report.json")]
    assert main(["export", str(old), str(tmp_path / "new.onnx"), *flags]) == 0
    card = load_model(tmp_path / "new.onnx").card
    assert (card.name, card.metrics) == ("new", {"slopes": 2.5})


def test_a_model_file_has_no_discriminator_to_keep(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(old), str(tmp_path / "new.onnx"), "--discriminator", str(tmp_path / "judge")]) == 2
    assert "give --discriminator with a run's folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_of_other_networks_is_not_converted(old: Path, tiny_model_path: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not say how it was trained"):
        convert(tiny_model_path, tmp_path / "new.onnx")
    model = onnx.load(old)
    sea = next(w for w in model.graph.initializer if w.name == "generator.sea")
    sea.CopyFrom(numpy_helper.from_array(np.full((1, 3, 1, 1), 0.1, np.float32), "generator.sea"))
    head = next(n for n in model.graph.node if "generator.sea" in n.input)
    head.op_type = "Add"  # this version multiplies
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="differs from the trained network"):
        convert(tmp_path / "other.onnx", tmp_path / "new.onnx")
    sea.name = "generator.ocean"
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match=r"lacks generator\.sea: it is of other networks"):
        convert(tmp_path / "other.onnx", tmp_path / "new.onnx")
    assert not (tmp_path / "new.onnx").exists()
