import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.palette import NAMES
from spade_terrain.training.checkpoint import FILE, load_checkpoint
from spade_terrain.world.dataset import Patches, write_patch

TINY = ["--channels", "8", "8", "--guide-channels", "4", "--head-channels", "4", "--discriminator-channels", "4"]
TINY += ["--discriminator-scales", "1", "--crop", "32", "--perceptual-crop", "32", "--batch", "2"]


@pytest.fixture
def data(tmp_path: Path, patches: Patches) -> Path:
    """A data set of three training patches and one to look at."""
    folder = tmp_path / "data"
    folder.mkdir()
    entries = []
    for i, split in enumerate(("train", "train", "val")):
        metres = patches.height[i] * np.float32(patches.metres_per_unit)
        write_patch(folder, f"{i:04}", patches.terrain[i], metres, patches.labels[i])
        entries.append({"name": f"{i:04}", "split": split})
    index = {"format": 1, "metres_per_unit": patches.metres_per_unit, "classes": NAMES, "patches": entries}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def _train(data: Path, run: Path, *flags: str) -> int:
    return main(["train", str(data), "--out", str(run), "--no-compile", *flags])


def test_a_run_trains_stops_in_time_and_goes_on(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert _train(data, run, *TINY, "--max-steps", "25") == 0
    assert "without the perceptual loss" in capsys.readouterr().err
    assert load_checkpoint(run / FILE)[1]["steps"] == 25
    assert [json.loads(line)["step"] for line in (run / "log.jsonl").read_text().splitlines()] == [20]
    sheet = cv2.imread(str(run / "samples" / "0000025.png"))
    assert sheet is not None
    assert sheet.shape == (48, 6 * 48, 3)

    assert _train(data, run) == 2
    assert "give --resume" in capsys.readouterr().err
    assert _train(data, run, "--resume", "--crop", "64") == 2
    assert "begun with --crop 32" in capsys.readouterr().err
    assert load_checkpoint(run / FILE)[1]["steps"] == 25
    assert _train(data, run, "--resume", "--max-steps", "41") == 0
    assert load_checkpoint(run / FILE)[1]["steps"] == 41
    assert _train(data, run, "--resume", "--max-minutes", "0.02") == 0
    assert load_checkpoint(run / FILE)[1]["steps"] > 41


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--resume"], "no checkpoint"),
        (["--vgg", "nowhere"], "no VGG-19 weights"),
        (["--crop", "33"], "--crop must be"),
    ],
)
def test_bad_flags_leave_no_run_behind(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], complaint: str
) -> None:
    assert _train(data, tmp_path / "run", *TINY, *flags) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_damaged_data_is_named(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "0001_h.png").write_bytes(b"no picture")
    assert _train(data, tmp_path / "run", *TINY) == 2
    assert "0001_h.png" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
