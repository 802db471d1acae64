import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import DataError, MissingFileError, ParameterError
from spade_terrain.evaluation import evaluate as module
from spade_terrain.evaluation.carved.evaluate import measure_pieces
from spade_terrain.evaluation.options import EvaluationOptions
from spade_terrain.generation.model import Model
from spade_terrain.palette import Labels
from spade_terrain.world.pictures import write_image

Carved = Callable[[list[Labels]], dict[str, object]]


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pieces at 125 m: slopes that fall to the sea in the west, each with a hollow of 40 x 40 pixels."""
    folder = tmp_path_factory.mktemp("fine")
    rng = np.random.default_rng(1)
    for number in range(2):
        heights = np.tile(np.maximum(np.arange(560) - 80, 0) * 3.0, (560, 1)) + rng.uniform(0, 1, (560, 560))
        heights[:, :80] = 0
        heights[200:240, 300:340] = heights[200:240, 300:340].min() - 20
        write_image(folder / f"{number}.png", np.rint(10 * heights).astype(np.uint16))
    return folder


@pytest.fixture(scope="module")
def maps() -> list[Labels]:
    """A coast with mountains and a lake."""
    labels = np.full((64, 64), 2, np.uint8)
    labels[:, 30:] = 5
    labels[:16] = 0
    labels[40:46, 20:28] = 0
    return [labels, labels[:, ::-1].copy()]


def _figures(tiny_model: Model, maps: list[Labels], fine: Path | None) -> dict[str, object]:
    return module._carved_land(tiny_model, EvaluationOptions(size=64, detail=4, fine=fine))(maps)


def test_carved_land_is_measured_beside_real_land(tiny_model: Model, maps: list[Labels], fine: Path) -> None:
    figures = _figures(tiny_model, maps, fine)
    assert (figures["detail"], figures["carved_crops"], figures["real_pieces"]) == (4, 2, 2)
    land, streams = figures["carved_land"], figures["carved_classes"]
    assert isinstance(land, dict)
    assert isinstance(streams, dict)
    assert land["hollow_share"]["fake"] == 0
    assert land["hollow_share"]["enlarged"] > 0.02
    # At 500 m the hollow has 100 pixels, the land 140 x 120.
    assert land["hollow_share"]["real"] == pytest.approx(100 / (140 * 120), rel=0.05)
    assert land["hollow_share"]["within"] == 0
    assert land["mean_fill_m"]["real"] == pytest.approx(13 * 100 / (140 * 120), rel=0.1)  # its lowest rim is 13 m up
    assert land["mean_slope"]["real"] == pytest.approx(3 / 125, rel=0.05)
    assert land["mean_slope"]["real_least"] <= land["mean_slope"]["real"] <= land["mean_slope"]["real_most"]
    octaves = [name for name in land if name.startswith("relief_over")]
    assert octaves[0] == "relief_over_1_to_2_km_m"
    assert octaves[-1] == "relief_over_16_to_32_km_m"
    assert 0 < land["land_moved_at_20_km_share"]["fake"] < 0.05
    assert land["land_moved_at_20_km_share"]["real"] is None
    assert streams["forest"]["streams_km_per_km2"] > 0.1
    assert streams["desert"]["streams_km_per_km2"] is None
    assert streams["real_land"]["streams_km_per_km2"] > 0.1
    assert streams["forest"]["mean_slope"] < streams["land"]["mean_slope"] < streams["mountains"]["mean_slope"]
    assert streams["real_land"]["mean_slope"] == pytest.approx(land["mean_slope"]["real"], rel=0.01)
    assert _figures(tiny_model, maps, fine) == figures


def test_without_real_land_its_columns_are_empty(tiny_model: Model, maps: list[Labels]) -> None:
    figures = _figures(tiny_model, maps[:1], None)
    land = figures["carved_land"]
    assert isinstance(land, dict)
    assert all(row["real"] is row["within"] is None for row in land.values())


def test_the_command_carves_and_tells(
    tiny_model_path: Path, data: Path, fine: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    few = ["--crops", "2", "--size", "64", "--detail", "2", "--fine", str(fine)]
    assert main(["evaluate", str(tiny_model_path), str(data), "--out", str(tmp_path / "report"), *few]) == 0
    figures = json.loads((tmp_path / "report" / "report.json").read_text())
    assert figures["format"] == 4
    assert figures["carved_land"]["hollow_share"]["fake"] == 0
    for text in (capfd.readouterr().out, (tmp_path / "report" / "report.html").read_text()):
        for words in ("Carved land", "hollow share", "Drainage density", "relief over 4 to 8 km (metres)"):
            assert words in text


def test_what_can_not_be_measured(tmp_path: Path, fine: Path) -> None:
    def refused(detail: int, folder: Path, gsd: float = 2000.0) -> None:
        measure_pieces(detail, EvaluationOptions(size=64, detail=detail, fine=folder), gsd)

    with pytest.raises(ParameterError, match=r"`fine` is compared with carved land: give `detail`, too"):
        EvaluationOptions(fine=fine)
    with pytest.raises(ParameterError, match=r"`detail` is 3; choose one of 1, 2, 4, 8, 16"):
        refused(3, fine)
    with pytest.raises(ParameterError, match=r"pixels are 31.25 m, and those of `fine` 125 m"):
        refused(16, fine, 500.0)
    with pytest.raises(MissingFileError, match=r"no such folder: .*nowhere"):
        refused(4, tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no PNG of land"):
        refused(4, tmp_path)
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(DataError, match=r"a\.png is damaged"):
        refused(4, tmp_path)
    write_image(tmp_path / "a.png", np.zeros((64, 64), np.uint16))
    with pytest.raises(DataError, match=r"a\.png is too small: 16 x 16 pixels of 500 m"):
        refused(4, tmp_path)
