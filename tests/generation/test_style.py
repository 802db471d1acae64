import dataclasses
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import generate, load_model
from spade_terrain.api import generate_window
from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.generation import job
from spade_terrain.generation.model import Model
from spade_terrain.maps.read import open_map
from spade_terrain.palette import NAMES, labels_to_image
from tests.conftest import CARD, tiny_onnx

STYLE = ("elevation", "relief", "lightness", "greenness")
FOREST = np.full((96, 128), NAMES.index("forest"), np.uint8)


@pytest.fixture(scope="module")
def styled_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("styled") / "styled.onnx"
    onnx.save(tiny_onnx(dataclasses.replace(CARD, style=STYLE)), path)
    return path


@pytest.fixture
def styled(styled_path: Path) -> Model:
    return load_model(styled_path)


def test_the_seed_draws_a_style_that_is_normal_over_the_seeds(styled: Model) -> None:
    drawn = np.array([list(styled.style(seed).values()) for seed in range(2000)])
    assert drawn.shape == (2000, 4)
    np.testing.assert_allclose(drawn.mean(0), 0, atol=0.08)
    np.testing.assert_allclose(drawn.std(0), 1, atol=0.06)
    assert np.abs(drawn).max() <= 3
    assert np.abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.08
    assert styled.style(7) == styled.style(7)


def test_what_is_ordered_is_fixed_and_the_rest_is_drawn(styled: Model) -> None:
    ordered = styled.styled({"relief": 1.5})
    for seed in (1, 2):
        expected = styled.style(seed) | {"relief": 1.5}
        assert ordered.style(seed) == expected
        assert dict(generate(FOREST, seed=seed, model=ordered).style) == expected
    assert styled.styled({}) is styled


def test_a_style_changes_the_terrain_and_its_own_changes_nothing(styled: Model) -> None:
    plain = generate(FOREST, seed=3, model=styled)
    assert generate(FOREST, seed=3, style=styled.style(3), model=styled).height.tobytes() == plain.height.tobytes()
    for name in STYLE:
        other = generate(FOREST, seed=3, style={name: -styled.style(3)[name]}, model=styled)
        assert (other.texture != plain.texture).any(), name


def test_all_windows_have_the_style_of_the_whole(styled: Model) -> None:
    style = {"elevation": 2.0}
    labels = np.random.default_rng(0).integers(0, 7, (1000, 1100), np.uint8)
    whole = generate(labels, seed=5, style=style, model=styled)  # larger than one window

    def labels_at(x0: int, y0: int, width: int, height: int) -> NDArray[np.uint8]:
        rows, columns = (np.arange(start, start + n) for start, n in ((y0, height), (x0, width)))
        around: NDArray[np.uint8] = labels[np.ix_(rows.clip(0, 999), columns.clip(0, 1099))]
        return around

    part = generate_window(labels_at, 400, 300, 90, 70, seed=5, style=style, model=styled)
    np.testing.assert_allclose(part.height, whole.height[300:370, 400:490], atol=0.9)
    assert part.style == whole.style


@pytest.mark.parametrize(
    ("style", "complaint"),
    [
        ({"height": 1.0}, "the model 'tiny' has no style 'height'; it knows elevation, relief, lightness, greenness"),
        ({"relief": 3.5}, "the style relief = 3.5 is out of range; use -3 to 3"),
        ({"relief": float("nan")}, "the style relief = nan is out of range"),
    ],
)
def test_a_style_that_cannot_be_had_is_refused(style: dict[str, float], complaint: str, styled: Model) -> None:
    with pytest.raises(TerrainError, match=complaint):
        generate(FOREST, style=style, model=styled)


def test_a_model_without_style_says_so(tiny_model: Model) -> None:
    assert generate(FOREST, model=tiny_model).style == {}
    with pytest.raises(TerrainError, match="the model 'tiny' has no style 'relief'; it knows none at all"):
        generate(FOREST, style={"relief": 1}, model=tiny_model)


def test_the_command_takes_a_style_and_the_sidecar_tells_it(styled_path: Path, tmp_path: Path) -> None:
    Image.fromarray(labels_to_image(FOREST)).save(tmp_path / "map.png")
    command = ["generate", str(tmp_path / "map.png"), "--out", str(tmp_path / "out"), "--model", str(styled_path)]
    assert main([*command, "--format", "height", "--style", "elevation=1.5,greenness=-1"]) == 0
    told = json.loads((tmp_path / "out" / "terrain.json").read_text())["style"]
    assert list(told) == list(STYLE)
    assert (told["elevation"], told["greenness"]) == (1.5, -1)


def test_a_style_that_is_no_list_of_orders_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["generate", "map.png", "--out", "out", "--style", "elevation"])
    assert "'elevation' is no NAME=X, such as elevation=1.5,greenness=-1" in capsys.readouterr().err


def test_a_run_of_another_style_is_not_resumed(styled: Model, tmp_path: Path) -> None:
    rows = open_map(np.zeros((600, 1100), np.uint8))

    def make(style: dict[str, float]) -> None:
        with job.resumable_terrain(rows, tmp_path, styled.styled(style), 0, resume=True):
            raise RuntimeError("stop")

    for style in ({"relief": 1.0}, {"relief": 1.0}):
        with pytest.raises(RuntimeError, match="stop"):
            make(style)
    with pytest.raises(TerrainError, match="another"):
        make({"relief": 2.0})
