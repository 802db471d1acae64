"""Where a model is cut in two. That the stages make the whole, windows show (`test_tiling`)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from spade_terrain import Model, generate, load_model
from spade_terrain.card import METADATA_KEY, Cut
from spade_terrain.errors import ModelError
from spade_terrain.generation.stages import KeptFeatures, split_model
from tests.conftest import CARD, old_card


def _with_card(path: Path, card: str) -> Path:
    model = onnx.load(path)
    helper.set_model_props(model, {METADATA_KEY: card})
    onnx.save(model, path)
    return path


def test_the_tiny_model(tiny_model: Model) -> None:
    split = split_model(tiny_model)
    assert {i.name for i in split.coarse.get_inputs()} == {"labels", "noise_4"}
    assert {i.name for i in split.fine.get_inputs()} == {"features", "labels", "noise_1"}
    assert split.cut.halo == 4


def test_the_default_model() -> None:
    """Cut before the block at a stride of 4. Its fine stage, followed down by hand, reaches 4 features."""
    model = load_model()
    split = split_model(model)
    coarse, fine = ({i.name for i in session.get_inputs()} for session in (split.coarse, split.fine))
    assert split.cut == Cut("features", stride=8, halo=32)
    assert coarse == {"labels", "height_guide", "noise_32", "noise_16", "noise_8", "style"}
    assert fine == {"features", "labels", "noise_4", "noise_2", "noise_1", "style"}
    assert model.card.halo == 224


def test_features_are_made_once_for_the_same_window(tiny_model: Model) -> None:
    runs: list[object] = []

    class Counting:
        def run(self, *args: object) -> object:
            runs.append(args)
            return split_model(tiny_model).coarse.run(*args)

        def get_inputs(self) -> object:
            return split_model(tiny_model).coarse.get_inputs()

    split, kept = replace(split_model(tiny_model), coarse=Counting()), KeptFeatures()
    labels = np.zeros((64, 64), np.uint8)
    first = kept.of(split, labels, 1, 0, 0)
    assert kept.of(split, labels.copy(), 1, 0, 0) is first
    assert len(runs) == 1
    for other in ((labels + 1, 1, 0, 0), (labels + 1, 2, 0, 0), (labels + 1, 2, 32, 0), (labels + 1, 2, 32, 32)):
        made = kept.of(split, *other)
        np.testing.assert_array_equal(made, split_model(tiny_model).run_coarse(*other))
    assert len(runs) == 5


def test_a_model_is_cut_once_whatever_style_is_asked_for() -> None:
    model = load_model()
    first, styled = split_model(model), split_model(model.styled({"relief": 1.5}))
    assert styled.fine is first.fine
    assert styled.model.fixed_style == {"relief": 1.5}


@pytest.mark.parametrize(
    ("cut", "complaint"),
    [
        (Cut("features", 1, 4), "'tiny' can't be cut where its card says"),  # noise_4 would be fine
        (Cut("labels", 4, 4), "'tiny' can't be cut where its card says"),
        (Cut("relief", 4, 4), "no tensor 'relief', or no type for it"),
        (Cut("none", 4, 4), "no tensor 'none'"),
    ],
)
def test_a_card_that_names_a_wrong_place(cut: Cut, complaint: str, tiny_model_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(tiny_model_path.read_bytes())
    model = load_model(_with_card(path, replace(CARD, cut=cut).to_json()))
    with pytest.raises(ModelError, match=f"{complaint}.*; export"):
        split_model(model)


def test_a_model_of_format_1(tiny_model: Model, tiny_model_path: Path, tmp_path: Path) -> None:
    """It makes what it made; a map that takes windows is told the command that converts it."""
    path = tmp_path / "model.onnx"
    path.write_bytes(tiny_model_path.read_bytes())
    old = load_model(_with_card(path, old_card(CARD)))
    assert old.card == replace(CARD, cut=None)
    labels = np.random.default_rng(0).integers(0, 7, (800, 800), np.uint8)
    small = labels[:70, :90]
    assert generate(small, model=old).height.tobytes() == generate(small, model=tiny_model).height.tobytes()
    with pytest.raises(ModelError, match=r"'tiny' was exported by an earlier version .* `spade-terrain export OLD"):
        generate(labels, model=old)
