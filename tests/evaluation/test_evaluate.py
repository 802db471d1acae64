import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.cluster.scheduler import Scheduler
from spade_terrain.errors import ParameterError
from spade_terrain.evaluation import generated, real_baseline
from spade_terrain.evaluation.evaluate import evaluate
from spade_terrain.evaluation.options import EvaluationOptions
from spade_terrain.evaluation.report.tables import as_text
from spade_terrain.evaluation.report.write import page
from spade_terrain.generation.model import Model
from spade_terrain.palette import Labels
from spade_terrain.terrain import Terrain
from spade_terrain.world.dataset.folder import INDEX, KINDS
from spade_terrain.world.dataset.loading import load

FEW = EvaluationOptions(crops=12, size=64)


def _run(*args: str | Path) -> int:
    return main(["evaluate", *(str(a) for a in args)])


def test_the_command_writes_the_report_and_prints_the_figures(
    tiny_model_path: Path,
    data: Path,
    vgg_file: Callable[[int], Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(real_baseline, "HALF_SPLITS", 1)  # quicker
    few: list[str | Path] = ["--crops", "6", "--size", "64", "--vgg", vgg_file(16)]
    assert _run(tiny_model_path, data, "--out", tmp_path / "a", *few) == 0
    printed = capfd.readouterr().out
    assert printed.startswith("model tiny: 6 crops of 64 x 64 pixels")
    figures = json.loads((tmp_path / "a" / "report.json").read_text())
    for section in ("realism", "fid", "kid", "spectrum", "octaves", "heights_m", "slopes_m_per_km"):
        for distance in figures[section].values():
            assert distance.keys() - {"difference"} == {"distance", "real_baseline", "ratio"}
    for section in ("realism", "fid", "kid"):
        for name in ("terrain", "height"):
            assert figures[section][name]["ratio"] > 0
    assert figures["left_out"] == {}
    assert figures["variety"]["terrain"]["between_seeds"] > 0
    for table in (
        "Realism",
        "FID",
        "KID",
        "Spectrum",
        "Octaves",
        "Heights",
        "Median",
        "Shadow leak",
        "Label agreement",
        "Drainage",
        "Coast",
        "Variety",
        "Repetition",
    ):
        assert table in printed
    html = (tmp_path / "a" / "report.html").read_text()
    assert html.count("data:image/svg+xml") == 2
    assert html.count("data:image/") > 30
    # Nothing is fetched from anywhere.
    assert not re.findall(r"https?://|<script|<link|url\(", html)
    assert _run(tiny_model_path, data, "--out", tmp_path / "b", *few) == 0
    for name in ("report.json", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_workers_of_a_cluster_find_the_same(
    tiny_model_path: Path, data: Path, two_workers: Scheduler, vgg_file: Callable[[int], Path], tmp_path: Path
) -> None:
    few: list[str | Path] = ["--crops", "6", "--size", "64", "--vgg", vgg_file(5)]
    assert _run(tiny_model_path, data, "--out", tmp_path / "here", *few) == 0
    cluster = ["--cluster", str(two_workers._client.scheduler.address)]
    assert _run(tiny_model_path, data, "--out", tmp_path / "there", *few, *cluster) == 0
    for name in ("report.json", "report.html"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_without_weights_realism_is_left_out_and_said_so(tiny_model_path: Path, data: Path) -> None:
    evaluation = evaluate(tiny_model_path, data, FEW)
    assert evaluation.figures["realism"] is None
    for text in (as_text(evaluation.figures), page(evaluation)):
        for section in ("Realism", "FID", "KID"):
            assert f"{section} is left out: no VGG-19 weights were given" in text


def test_with_the_first_layers_alone_fid_and_kid_are_left_out_and_said_so(
    tiny_model_path: Path, data: Path, vgg_file: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real_baseline, "HALF_SPLITS", 1)  # quicker
    evaluation = evaluate(tiny_model_path, data, EvaluationOptions(crops=6, size=64, vgg=vgg_file(5)))
    assert evaluation.figures["realism"]["height"]["ratio"] > 0
    assert evaluation.figures["fid"] is evaluation.figures["kid"] is None
    for text in (as_text(evaluation.figures), unescape(page(evaluation))):
        assert "Realism is left out" not in text
        for section in ("FID", "KID"):
            assert f"{section} is left out: the weights end before VGG-19's last convolution" in text


def test_the_real_terrain_again_is_perfect(tiny_model_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patches = load(data, "test")
    size = FEW.size
    real = {
        patches.labels[p, y : y + size, x : x + size].tobytes(): (p, y, x)
        for p in range(6) for y in range(97 - size) for x in range(97 - size)
    }  # fmt: skip

    def look_up(labels: Labels, *, seed: int, guide: None, model: Model) -> Terrain:
        p, y, x = real[labels.tobytes()]
        place = np.s_[p, y : y + size, x : x + size]
        height = patches.height[place] * np.float32(patches.metres_per_unit)
        plain = np.full_like(patches.terrain[place], 128)
        return Terrain(plain, height, patches.terrain[place], labels, seed, "real")

    monkeypatch.setattr(generated, "generate", look_up)
    figures = evaluate(tiny_model_path, data, FEW).figures
    for section in ("spectrum", "octaves", "heights_m", "slopes_m_per_km"):
        for name, distance in figures[section].items():
            assert distance["distance"] in ({None} if distance["real_baseline"] is None else {0.0}), (section, name)
    assert figures["heights_m"]["land"]["real_baseline"] > 0
    for section in ("drainage", "coast"):
        assert all(row["fake"] == row["real"] is not None for row in figures[section].values())
    assert all(shares["fake"] == shares["real"] for shares in figures["label_agreement"].values())
    assert figures["shadow_leak"]["texture"] == {"315": 0, "45": 0}
    assert figures["shadow_leak"]["terrain"] == figures["shadow_leak"]["real"]
    assert figures["shadow_leak"]["real"]["315"] > 0.1
    assert figures["variety"]["height_m"] == {"between_seeds": 0, "to_real": 0, "ratio": None}


def test_real_terrain_of_another_split_is_measured_too(
    tiny_model_path: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # A set whose training places are its test places once more: drawn alike, they are 0 away.
    twins = Path(shutil.copytree(data, tmp_path / "twins"))
    index = json.loads((twins / INDEX).read_text())
    for entry in [e for e in index["patches"] if e["split"] == "test"]:
        for kind in KINDS:
            shutil.copy(twins / f"{entry['name']}_{kind}.png", twins / f"1{entry['name']}_{kind}.png")
        index["patches"].append({"name": f"1{entry['name']}", "split": "val"})
    (twins / INDEX).write_text(json.dumps(index))
    evaluation = evaluate(tiny_model_path, twins, replace(FEW, reference_split="val"))
    assert capfd.readouterr().err == ""  # no progress where there is no terminal
    figures = json.loads(json.dumps(evaluation.figures))  # the worst octave is a row of its own
    alone = evaluate(tiny_model_path, data, FEW).figures
    assert (figures.pop("reference_split"), alone.pop("reference_split")) == ("val", None)
    for section in ("spectrum", "octaves", "heights_m", "slopes_m_per_km"):
        for name, distance in figures[section].items():
            away = None if distance["real_baseline"] is None else 0
            shared = distance.pop("reference_distance"), distance.pop("reference_share")
            assert shared == (away, None), (section, name)
    for section in ("medians_m", "drainage", "coast"):
        assert all(row.pop("reference") == row["real"] for row in figures[section].values())
    assert figures == alone


def test_another_split_has_a_column_in_text_and_page(tiny_model_path: Path, data: Path) -> None:
    evaluation = evaluate(tiny_model_path, data, EvaluationOptions(crops=3, size=64, reference_split="train"))
    assert evaluation.figures["heights_m"]["land"]["reference_share"] > 0
    assert as_text(evaluation.figures).count("ratio  real train  share of it") == 4
    assert "relative  real train" in as_text(evaluation.figures)
    assert page(evaluation).count("<th>ratio</th><th>real train</th><th>share of it</th>") == 4
    assert "<h3>Targets</h3>" in page(evaluation)


def test_seeds_choose_other_places(tiny_model_path: Path, data: Path) -> None:
    def heights(seed: int) -> Any:
        return evaluate(tiny_model_path, data, EvaluationOptions(crops=3, size=64, seed=seed)).figures["heights_m"][
            "land"
        ]

    assert heights(1) != heights(2)


@pytest.mark.parametrize(
    ("options", "word"),
    [({"crops": 1}, "`crops`"), ({"size": 63}, "`size`"), ({"seed": -1}, "`seed`")],
)
def test_options_out_of_range(options: dict[str, int], word: str) -> None:
    with pytest.raises(ParameterError, match=word):
        EvaluationOptions(**options)  # type: ignore[arg-type]


def test_refused_in_one_line(
    tiny_model_path: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "out"
    refused: list[tuple[str, list[str | Path]]] = [
        ("no such model", [tmp_path / "none.onnx", data, "--out", out]),
        ("no such folder", [tiny_model_path, tmp_path / "none", "--out", out]),
        ("--size 256 is too large", [tiny_model_path, data, "--out", out]),
        ("no patches of the split 'val'", [tiny_model_path, data, "--out", out, "--split", "val"]),
        ("no patches of the split 'val'", [tiny_model_path, data, "--out", out, "--size", "64", "--beside", "val"]),
        (
            "no patches of the split 'val'",
            [tiny_model_path, data, "--out", out, "--size", "64", "--reference-split", "val"],
        ),
        ("--reference-split test is the split", [tiny_model_path, data, "--out", out, "--beside", "test"]),
        ("larger split or more --crops", [tiny_model_path, data, "--out", out, "--split", "train", "--size", "64"]),
        (str(tmp_path / "file"), [tiny_model_path, data, "--out", tmp_path / "file"]),
    ]
    for word, args in refused:
        assert _run(*args) == 2
        err = capfd.readouterr().err
        assert word in err
        assert err.count("\n") == 1
    assert not out.exists()


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from spade_terrain.cli import main\n"
        "try: main(['evaluate', '--help'])\n"
        "except SystemExit as e: assert e.code == 0\n"
        "libraries = {'numpy', 'onnxruntime', 'PIL', 'torch', 'rasterio', 'sklearn', 'cv2', 'matplotlib', 'jinja2'}\n"
        "heavy = libraries & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_texture_has_its_leak_and_its_pictures(guided_model_path: Path, data: Path) -> None:
    evaluation = evaluate(guided_model_path, data, FEW)
    assert evaluation.figures["shadow_leak"].keys() == {"texture", "texture_satellite", "terrain", "real"}
    shown = evaluation.crops[0].pictures
    assert shown["generated satellite texture"] is not None
    assert shown["real satellite picture"] is None  # the set has none


def test_real_heights_as_the_guide(guided_model_path: Path, tiny_model_path: Path, data: Path) -> None:
    guided = evaluate(guided_model_path, data, replace(FEW, real_guide=True)).figures
    free = evaluate(guided_model_path, data, FEW).figures
    assert free["guide"] is None
    assert guided["guide"]["cells"]["median_error_m"] > 0
    assert guided["heights_m"] != free["heights_m"]
    text = as_text(guided)
    assert "correlation with the guide at 64 km" in text
    assert "Height guide" in text
    with pytest.raises(ParameterError, match="takes no `guide`"):
        evaluate(tiny_model_path, data, replace(FEW, real_guide=True))
