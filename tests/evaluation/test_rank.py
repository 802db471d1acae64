import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spade_terrain import load_model
from spade_terrain.cli import main
from spade_terrain.evaluation.crops import draw_crops, real_patch
from spade_terrain.evaluation.generated import generate_crop
from spade_terrain.world.dataset.loading import load


def _run(*args: str | Path | int) -> int:
    return main(["rank", *(str(a) for a in args)])


def test_each_pair_is_real_and_generated_terrain_of_one_map(
    tiny_model_path: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        assert _run(tiny_model_path, data, "--out", tmp_path / folder, "--pairs", 12, "--size", 64) == 0
    a, b = ({p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()} for folder in ("a", "b"))
    assert a == b
    pictures = {f"{number:03d}_{side}.png" for number in range(1, 13) for side in ("left", "right")}
    assert a.keys() == pictures | {"index.html", "key.js"}
    assert str(tmp_path / "a" / "index.html") in capfd.readouterr().out
    key = re.findall(r'^  "(left|right)",$', (tmp_path / "a" / "key.js").read_text(), re.M)
    assert len(key) == 12
    assert set(key) == {"left", "right"}
    patches, model = load(data, "test"), load_model(tiny_model_path)
    for number, crop in enumerate(draw_crops(patches.labels, 12, 64, 0)):
        real = real_patch(patches, crop)
        fake = generate_crop(model, real.labels, 0, number).shaded
        shown = {
            side: np.asarray(Image.open(tmp_path / "a" / f"{number + 1:03d}_{side}.png")) for side in ("left", "right")
        }
        np.testing.assert_array_equal(shown.pop(key[number]), real.terrain)
        np.testing.assert_array_equal(shown.popitem()[1], fake)


def test_the_page_shows_all_pairs_and_does_not_know_the_key(tiny_model_path: Path, data: Path, tmp_path: Path) -> None:
    pages = []
    for seed in (0, 1):
        out = tmp_path / str(seed)
        assert _run(tiny_model_path, data, "--out", out, "--pairs", 12, "--size", 64, "--seed", seed) == 0
        pages.append((out / "index.html").read_text())
    assert pages[0] == pages[1]
    assert (tmp_path / "0" / "key.js").read_text() != (tmp_path / "1" / "key.js").read_text()
    assert set(re.findall(r'src="([^"]+)"', pages[0])) == {p.name for p in (tmp_path / "0").glob("*.png")}
    assert pages[0].count('type="radio"') == 24
    # Nothing is fetched from anywhere, and the key only once it is asked for.
    assert not re.findall(r"https?://|<link|url\(|<script src", pages[0])
    assert 'script.src = "key.js"' in pages[0]


def test_refused_in_one_line(
    tiny_model_path: Path, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    refused: list[tuple[str, list[str | int]]] = [
        ("--pairs must be from 1", ["--pairs", 0]),
        ("--size must be at least 64", ["--size", 32]),
        ("--seed must be from 0", ["--seed", -1]),
        ("no patches of the split 'val'", ["--size", 64, "--split", "val"]),
    ]
    for word, args in refused:
        assert _run(tiny_model_path, data, "--out", out, *args) == 2
        err = capfd.readouterr().err
        assert word in err
        assert err.count("\n") == 1
    assert not out.exists()
