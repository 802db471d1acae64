import io
import os
import random
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch._dynamo.exc import TorchDynamoException

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.training.checkpoint import FILE, load_checkpoint
from spade_terrain.training.engine import launch
from spade_terrain.training.run import loop
from spade_terrain.world.dataset.patches import Patches
from tests.training.conftest import TINY, write_set

EFFICIENTNET = Path(__file__).parents[3] / "weights" / "efficientnet_lite0.safetensors"
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


def _train(data: Path, run: Path, *flags: str) -> int:
    return main(["train", str(data), "--out", str(run), "--no-compile", *flags])


def _logged(run: Path, scalar: str) -> list[int]:
    """The steps of a scalar that TensorBoard shows."""
    events = EventAccumulator(str(run / "tensorboard")).Reload()
    return [event.step for event in events.Scalars(scalar)]


def test_a_run_trains_stops_in_time_and_goes_on(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert _train(data, run, *TINY, "--max-steps", "25") == 0
    told = capsys.readouterr().err
    assert "training without projected heads" in told
    assert [line.split("  ")[:2] for line in told.splitlines() if "images/s" in line] == [["step 20", "images 40"]]
    assert load_checkpoint(run / FILE)[1]["steps"] == 25
    assert _logged(run, "discriminator/loss") == _logged(run, "D:G") == [20]
    sheet = cv2.imread(str(run / "samples" / "0000025.png"))
    assert sheet is not None
    assert sheet.shape == (48, 9 * 48, 3)

    assert _train(data, run) == 2
    assert "give --resume" in capsys.readouterr().err
    assert _train(data, run, "--resume", "--crop", "64") == 2
    assert "begun with --crop 32" in capsys.readouterr().err
    assert load_checkpoint(run / FILE)[1]["steps"] == 25
    assert _train(data, run, "--resume", "--max-steps", "41") == 0
    assert load_checkpoint(run / FILE)[1]["steps"] == 41
    assert _logged(run, "discriminator/loss") == [20, 40]
    assert _train(data, run, "--resume", "--max-minutes", "0.02") == 0
    assert load_checkpoint(run / FILE)[1]["steps"] > 41


def test_a_set_without_an_index_shows_what_it_trains_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "index.json").unlink()
    assert _train(data, tmp_path / "run", *TINY, "--max-steps", "1") == 0
    told = capsys.readouterr().err
    assert f"{data} holds no patches of the split 'val': sample sheets show patches that it trains on" in told
    sheet = cv2.imread(str(tmp_path / "run" / "samples" / "0000001.png"))
    assert sheet is not None
    assert sheet.shape == (3 * 48, 9 * 48, 3)
    # Map, textures, height, both shaded, and the real ground: terrain, satellite picture, height.
    for column, kind in ((0, "i2"), (6, "t"), (7, "s")):
        real = cv2.imread(str(data / f"0002_{kind}.png"))
        assert real is not None
        assert (sheet[96:, column * 48 : (column + 1) * 48] == real).all(), kind
    for column in (1, 2, 4, 5):  # colours
        assert (np.ptp(sheet[:, column * 48 : (column + 1) * 48], 2) > 0).any()
    for column in (3, 8):  # heights
        assert (np.ptp(sheet[:, column * 48 : (column + 1) * 48], 2) == 0).all()


def test_a_set_without_satellite_pictures_trains_one_texture_and_says_so(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert _train(data, tmp_path / "two", *TINY, "--max-steps", "1") == 0
    assert "one texture" not in capsys.readouterr().err
    for file in data.glob("*_s.png"):
        file.unlink()
    assert _train(data, run, *TINY, "--max-steps", "1") == 0
    assert "the set has no satellite pictures: training one texture" in capsys.readouterr().err.splitlines()
    textures = [len(load_checkpoint(tmp_path / name / FILE)[0]["ema.generator.sea"][0]) for name in ("run", "two")]
    assert textures == [3, 6]
    sheet = cv2.imread(str(run / "samples" / "0000001.png"))
    assert sheet is not None
    assert sheet.shape == (48, 6 * 48, 3)
    assert _train(data, run, "--resume", "--max-steps", "2") == 0
    capsys.readouterr()
    assert _train(data, tmp_path / "two", "--resume", "--max-steps", "2") == 2
    assert capsys.readouterr().err.count("the networks make a satellite texture: give a set that was built with") == 1
    assert load_checkpoint(tmp_path / "two" / FILE)[1]["steps"] == 1


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--resume"], "no checkpoint"),
        (["--vgg", "nowhere"], "no VGG-19 weights"),
        (["--efficientnet", "nowhere"], "no weights at nowhere: give another --efficientnet"),
        (["--efficientnet", str(EFFICIENTNET)], "--crop 32 is none that EfficientNet can take"),
        (["--crop", "33"], "--crop must be"),
        (["--crop", "64"], "--crop 64 is too large"),
        (["--batch", "3"], "2 training patches are too few"),
        (["--accumulate", "3"], "--batch 2 can't be shared out evenly"),
        (["--accumulate", "0"], "--accumulate must be at least 1"),
        (["--device", "cuda:99"], "--device cuda:99 can't be used"),
        (["--init", "nowhere"], "no model at nowhere"),
        (["--init-discriminator", "nowhere"], "--init-discriminator goes with --init"),
        (["--init", "nowhere", "--resume"], "give one of the two"),
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


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"no picture"), lambda file: file.unlink()])
def test_data_with_a_damaged_or_missing_file(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    damage(data / "0001_h.png")
    assert _train(data, tmp_path / "run", *TINY, "--vgg", str(_vgg(tmp_path))) == 2
    error = capsys.readouterr().err
    assert "0001_h.png" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_dry_run_shows_the_configuration_and_writes_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert _train(data, tmp_path / "run", *TINY, "--dry-run") == 0
    out, err = capsys.readouterr()
    assert "crop = 32" in out.splitlines()
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("step")] == [
        "step 1",
        "step 2",
        "step 3",
    ]
    assert {"satellite = True", "guided = True"} <= set(out.splitlines())
    assert all(f"generator/{name} " in out for name in ("guide", "land"))
    assert "M parameters" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_keeps_the_last_checkpoint(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    small_disk: Callable[[], AbstractContextManager[None]],
) -> None:
    run = tmp_path / "run"
    assert _train(data, run, *TINY, "--max-steps", "2") == 0
    capsys.readouterr()
    with small_disk():
        assert _train(data, run, "--resume", "--max-steps", "4") == 2
    assert f"can't write {run / FILE}: File too large" in capsys.readouterr().err.splitlines()[-1]
    assert load_checkpoint(run / FILE)[1]["steps"] == 2
    assert not list(run.glob("*.part"))


def test_nan_stops_the_run_and_keeps_the_last_checkpoint(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert _train(data, run, *TINY, "--max-steps", "2") == 0
    capsys.readouterr()
    spoilt = {k: torch.full_like(v, float("nan")) for k, v in _vgg_weights().items()}
    assert _train(data, run, "--resume", "--max-steps", "9", "--vgg", str(_vgg(tmp_path, spoilt))) == 2
    assert "generator/perceptual is nan: stopped" in capsys.readouterr().err.splitlines()[-1]
    assert load_checkpoint(run / FILE)[1]["steps"] == 2


def test_killed_at_any_moment_it_goes_on_as_if_never_stopped(data: Path, tmp_path: Path) -> None:
    steps, moment = 400, random.Random()
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    flags = [*TINY, "--no-bfloat16", "--checkpoint-minutes", "1e-9", "--max-steps", str(steps)]
    command = [sys.executable, "-m", "spade_terrain.cli", "train", str(data), "--out", str(killed), "--no-compile"]
    process = subprocess.Popen([*command, *flags], stderr=subprocess.DEVNULL, env=ONE_THREAD)
    while not (killed / FILE).exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(moment.uniform(0, 0.5))
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    at = load_checkpoint(killed / FILE)[1]["steps"]
    assert 0 < at < steps
    assert _train(data, killed, "--no-bfloat16", "--resume", "--max-steps", str(at + 5)) == 0
    assert _train(data, straight, *TINY, "--no-bfloat16", "--max-steps", str(at + 5)) == 0
    (expected, facts), (tensors, facts_2) = load_checkpoint(straight / FILE), load_checkpoint(killed / FILE)
    assert facts == facts_2
    assert expected.keys() == tensors.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, tensors[name]), f"{name}, killed after step {at}"


def _started(data: Path, run: Path) -> subprocess.Popen[str]:
    """A run in a process of its own, which is at its steps."""
    command = [sys.executable, "-m", "spade_terrain.cli", "train", str(data), "--out", str(run), "--no-compile", *TINY]
    process = subprocess.Popen(command, env=ONE_THREAD, text=True, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert any(line.startswith("step 20") for line in iter(process.stderr.readline, ""))
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_one_more_breaks_nothing_off(number: int, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = _started(data, run)
    process.send_signal(number)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"saved {run / FILE}" in told
    assert load_checkpoint(run / FILE)[1]["steps"] > 0
    assert not list(run.glob("*.lock"))


def test_a_terminal_that_is_closed_saves(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    ours, its = os.openpty()
    control = f"import fcntl, os, sys; fcntl.ioctl(2, {termios.TIOCSCTTY}, 0); os.execv(sys.executable, sys.argv[1:])"
    command = [sys.executable, "-m", "spade_terrain.cli", "train", str(data), "--out", str(run), "--no-compile", *TINY]
    process = subprocess.Popen(
        [sys.executable, "-c", control, *command],
        stdin=its, stdout=its, stderr=its, env=ONE_THREAD, start_new_session=True,
    )  # fmt: skip
    os.close(its)
    shown = b""
    while b" images " not in shown:
        shown += os.read(ours, 10_000)
    os.close(ours)
    assert process.wait(60) == 0
    assert load_checkpoint(run / FILE)[1]["steps"] > 0
    assert (run / "samples").is_dir()


def test_a_configuration_that_is_somebodys_own_stays(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.json"
    for content in ("{}", "[1]", '{"name": "a website"}', "no JSON", "[" * 100_000):
        file.write_text(content)
        assert _train(data, tmp_path, *TINY, "--max-steps", "1") == 2
        assert f"{file} is not of a run, and would be written over" in capsys.readouterr().err
        assert file.read_text() == content
        assert not (tmp_path / FILE).exists()


def test_two_processes_take_the_same_steps_as_one_with_their_batch(wide_patches: Patches, tmp_path: Path) -> None:
    data, one, two = write_set(tmp_path / "data", wide_patches), tmp_path / "one", tmp_path / "two"
    flags = [
        *TINY,
        "--crop",
        "64",
        "--efficientnet",
        str(EFFICIENTNET),
        "--no-bfloat16",
        "--device",
        "cpu",
        "--max-steps",
        "3",
        "--vgg",
        str(_vgg(tmp_path)),
    ]
    flags += ["--r1-weight", "0.1", "--r1-every", "2", "--translation", "0.2", "--labelmix-weight", "1"]
    assert _train(data, one, *flags) == 0
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = ["-m", "spade_terrain.cli", "train", str(data), "--out", str(two), "--no-compile", *flags]
    told = subprocess.run([*torchrun, *command], env=ONE_THREAD, stderr=subprocess.PIPE, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    assert told.stderr.count("saved") == 1
    (expected, facts), (tensors, facts_2) = load_checkpoint(one / FILE), load_checkpoint(two / FILE)
    assert facts == facts_2
    assert facts["generator_steps"] == 2
    for name, tensor in expected.items():
        if name.endswith("exp_avg"):  # of beta 0: the last step's gradients
            # Those of the logits' bias cancel, but for rounding.
            near = max(1e-4 * tensor.abs().max().item(), 1e-7)
            torch.testing.assert_close(tensors[name], tensor, rtol=1e-3, atol=near)
        elif name.startswith(("generator.", "discriminator.")) and not name.endswith("logits.bias"):
            torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("flags", "able", "expected"),
    [
        ((), True, "bfloat16"),
        ((), False, "float32"),
        (("--bfloat16",), False, "bfloat16"),
        (("--no-bfloat16",), True, "float32"),
    ],
)
def test_it_multiplies_in_what_the_device_is_fast_at(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, ...],
    expected: str,
    *,
    able: bool,
) -> None:
    taken = []

    def launching(device: str, *, bfloat16: bool) -> Fabric:
        taken.append(bfloat16)
        return launch(device, bfloat16=bfloat16)

    monkeypatch.setattr(loop, "multiplies_bfloat16", lambda device: able)
    monkeypatch.setattr(loop, "launch", launching)
    assert _train(data, tmp_path / "run", *TINY, *flags, "--device", "cpu", "--dry-run") == 0
    assert taken == [expected == "bfloat16"]
    assert f"patches on cpu in {expected}; " in capsys.readouterr().err


def test_on_a_terminal_it_is_one_line(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("TERM", "xterm")
    assert _train(data, tmp_path / "run", *TINY, "--max-steps", "30") == 0
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).split("30 of 30 steps")[1]  # without colours
    assert "images 60" in last
    assert "images/s" in last
    assert "0:00:00 left" in last


def test_what_stops_the_compiler_is_one_line() -> None:
    told = r"^can't compile \(no g\+\+\): set another TORCHINDUCTOR_CACHE_DIR, or switch `compile` off$"
    with pytest.raises(TerrainError, match=told), loop._one_line_compile_errors():
        raise TorchDynamoException("no g++\n\na long story")


def _vgg_weights() -> dict[str, torch.Tensor]:
    """Those of VGG-19's first convolution."""
    return {"features.0.weight": torch.randn(64, 3, 3, 3), "features.0.bias": torch.zeros(64)}


def _vgg(folder: Path, weights: dict[str, torch.Tensor] | None = None) -> Path:
    save_file(weights or _vgg_weights(), folder / "vgg.safetensors")
    return folder / "vgg.safetensors"
