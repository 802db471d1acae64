import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spade_terrain.cli import main
from spade_terrain.palette import labels_to_image


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    labels = np.random.default_rng(0).integers(0, 7, (8, 9), np.uint8).repeat(9, 0).repeat(9, 1)
    return _save(labels_to_image(labels), tmp_path / "map.png")


def _save(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], path: Path) -> Path:
    Image.fromarray(image).save(path)
    return path


def _check_refused(args: list[str | Path], word: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, one line on stderr with `word` in it, and not a file more or less in `folder`."""
    before = sorted(folder.rglob("*"))
    assert main([str(a) for a in args]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("spade-terrain: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert word in err
    assert sorted(folder.rglob("*")) == before


def test_generate_writes_files_and_lists_them(
    painted: Path, tiny_model_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a" / "b"
    assert main(["generate", str(painted), "--out", str(out), "--seed", "7", "--model", str(tiny_model_path)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == {str(path) for path in out.iterdir()}
    assert len(lines) == len(list(out.iterdir())) > 3
    assert all(line.endswith(("kB", " B", "MB")) for line in lines)
    with Image.open(out / "texture.png") as texture:
        assert texture.size == (81, 72)


def test_generate_again_gives_the_same_bytes(painted: Path, tiny_model_path: Path, tmp_path: Path) -> None:
    for folder in ("first", "again"):
        main(["generate", str(painted), "--out", str(tmp_path / folder), "--model", str(tiny_model_path)])
    first, again = ({p.name: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in ("first", "again"))
    assert first == again


def test_no_such_map(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    args: list[str | Path] = ["generate", tmp_path / "none.png", "--out", tmp_path / "out"]
    _check_refused(args, "no such file", tmp_path, capfd)


def test_a_map_that_is_no_image(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "map.png").write_text("no image")
    args: list[str | Path] = ["generate", tmp_path / "map.png", "--out", tmp_path / "out"]
    _check_refused(args, "not an image", tmp_path, capfd)


def test_foreign_colours(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    painted = _save(np.full((64, 64, 3), (20, 140, 210), np.uint8), tmp_path / "map.png")
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out"]
    _check_refused(args, "100.0% of the map is not in the palette's colours", tmp_path, capfd)


def test_a_side_under_64(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    painted = _save(labels_to_image(np.zeros((64, 63), np.uint8)), tmp_path / "map.png")
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out"]
    _check_refused(args, "63 x 64 pixels", tmp_path, capfd)


@pytest.mark.parametrize("out", ["file", "file/below", "map.png"])
def test_output_that_can_not_be_written(
    out: str, painted: Path, tiny_model_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / out, "--model", tiny_model_path]
    _check_refused(args, str(tmp_path / out.split("/")[0]), tmp_path, capfd)
    assert (tmp_path / "file").read_text() == "in the way"


def test_no_such_model(painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out", "--model", tmp_path / "none.onnx"]
    _check_refused(args, "no such model", tmp_path, capfd)


def test_a_model_that_is_not_onnx(painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out", "--model", painted]
    _check_refused(args, "not an ONNX model", tmp_path, capfd)


def test_a_model_that_is_not_ours(
    painted: Path, cardless_model_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out", "--model", cardless_model_path]
    _check_refused(args, "without our card", tmp_path, capfd)


def test_a_seed_of_more_than_64_bits(painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out", "--seed", str(2**64)]
    _check_refused(args, "64 bits", tmp_path, capfd)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["no-such-command"],
        ["generate"],
        ["generate", "map.png"],
        ["generate", "map.png", "--out", "out", "--seed", "seven"],
        ["generate", "map.png", "--out", "out", "--seed", "1.5"],
        ["world"],
    ],
)
def test_wrong_arguments(args: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as e:
        main(args)
    assert e.value.code == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "usage: spade-terrain" in err
    assert "error: " in err


@pytest.mark.parametrize("command", [[], ["generate"], ["world"], ["world", "build"], ["train"], ["export"]])
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys\n"
        "from spade_terrain.cli import main\n"
        f"try: main({[*command, '--help']!r})\n"
        "except SystemExit as e: assert e.code == 0\n"
        "heavy = {'numpy', 'onnxruntime', 'PIL', 'torch', 'rasterio', 'sklearn', 'cv2'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: spade-terrain")


def test_the_installed_command(painted: Path, tiny_model_path: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [
        Path(sys.executable).with_name("spade-terrain"),
        "generate",
        painted,
        "--out",
        tmp_path / "out",
    ]
    done = subprocess.run([*command, "--model", tiny_model_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(tmp_path / "out" / "texture.png") in done.stdout
    refused = subprocess.run(
        [*command, "--model", painted], capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "80"}
    )
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
