import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
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


def test_generate_writes_the_formats_asked_for(painted: Path, tiny_model_path: Path, tmp_path: Path) -> None:
    args = ["generate", str(painted), "--model", str(tiny_model_path), "--out"]
    assert main([*args, str(tmp_path / "a"), "--format", "glb,r16", "--triangles", "500", "--relief", "2"]) == 0
    assert {p.name for p in (tmp_path / "a").iterdir()} == {"terrain.glb", "height.r16", "terrain.json"}
    assert main([*args, str(tmp_path / "b"), "--for", "unity:65,unreal", "--playable-km", "4"]) == 0
    assert {"unity.txt", "unreal.txt"} < {p.name for p in (tmp_path / "b").iterdir()}
    assert not (tmp_path / "b" / "texture.png").exists()


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--format", "texture,jpeg"], "no such format: 'jpeg'"),
        (["--for", "unity:1000"], "unity takes sides of 33"),
        (["--relief", "0"], "--relief is 0"),
        (["--playable-km", "-3"], "--playable-km is -3"),
        (["--triangles", "1"], "--triangles is 1"),
        (["--preview", "mp4"], "--preview mp4"),
        (["--for", "worldpainter", "--playable-km", "40"], "--for worldpainter --playable-km 40: worldpainter takes"),
        (["--scale", "0"], "--scale is 0"),
    ],
)
def test_outputs_that_can_not_be_made(
    flags: list[str | Path], word: str, painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # No such model either: it is not looked for before the outputs are known to be possible.
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out", "--model", tmp_path / "none.onnx"]
    _check_refused([*args, *flags], word, tmp_path, capfd)


def test_ctrl_c_is_one_line(
    painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spade_terrain.api.load_model", stopped)
    assert main(["generate", str(painted), "--out", str(tmp_path / "out")]) == 130
    assert capfd.readouterr().err == "spade-terrain: stopped\n"
    assert not (tmp_path / "out").exists()


def test_no_such_map(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    args: list[str | Path] = ["generate", tmp_path / "none.png", "--out", tmp_path / "out"]
    _check_refused(args, "no such file", tmp_path, capfd)


def test_a_map_that_is_no_image(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "map.png").write_text("no image")
    args: list[str | Path] = ["generate", tmp_path / "map.png", "--out", tmp_path / "out"]
    _check_refused(args, "not an image", tmp_path, capfd)


def test_foreign_colours(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    painted = _save(np.full((64, 64, 3), (90, 140, 210), np.uint8), tmp_path / "map.png")
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out"]
    _check_refused(args, "100.0% of the map is not in the palette's colours", tmp_path, capfd)


def test_a_legend(painted: Path, tiny_model_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    legend = tmp_path / "legend.toml"
    legend.write_text('water = "#118dd7"\nforest = ["#e1e39b", "#7fad7b", "#b97a57", "#e6c8b5", "#969696", "#c1beaf"]')
    args: list[str | Path] = ["generate", painted, "--model", tiny_model_path, "--legend", legend]
    assert main([*map(str, args), "--out", str(tmp_path / "out"), "--format", "masks"]) == 0
    capfd.readouterr()
    legend.write_text('water = "#118dd7"\nforest = "#118dd7"')
    _check_refused([*args, "--out", tmp_path / "other"], "twice, to water and to forest", tmp_path, capfd)
    _check_refused(["generate", painted, "--size", "300", "--out", tmp_path / "other"], "--size", tmp_path, capfd)


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
    assert re.fullmatch(r"spade-terrain.*: .*; see spade-terrain.* --help\n", err)


def test_the_version_is_that_of_the_package(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as e:
        main(["--version"])
    assert e.value.code == 0
    assert capfd.readouterr() == (f"spade-terrain {version('spade-terrain')}\n", "")


@pytest.mark.parametrize("command", [[], ["generate"], ["world"], ["world", "build"], ["train"], ["export"]])
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys\n"
        "from spade_terrain.cli import main\n"
        f"try: main({[*command, '--help']!r})\n"
        "except SystemExit as e: assert e.code == 0\n"
        "heavy = {'numpy', 'onnxruntime', 'PIL', 'torch', 'rasterio', 'sklearn', 'cv2', 'rich'} & set(sys.modules)\n"
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


def test_generate_enlarges_the_map(painted: Path, tiny_model_path: Path, tmp_path: Path) -> None:
    args = ["generate", str(painted), "--out", str(tmp_path / "out"), "--model", str(tiny_model_path), "--scale", "2"]
    assert main([*args, "--format", "texture", "--device", "cpu"]) == 0
    with Image.open(tmp_path / "out" / "texture.png") as texture:
        assert texture.size == (162, 144)


def test_generate_lets_borders_wander(painted: Path, tiny_model_path: Path, tmp_path: Path) -> None:
    made: list[NDArray[np.uint8]] = []
    for flags in ([], ["--wander"]):
        out = tmp_path / f"out{len(made)}"
        args = ["generate", str(painted), "--out", str(out), "--model", str(tiny_model_path), "--format", "texture"]
        assert main([*args, "--device", "cpu", *flags]) == 0
        with Image.open(out / "texture.png") as texture:
            made.append(np.asarray(texture))
    assert made[0].shape == made[1].shape
    assert (made[0] != made[1]).any()


def test_a_scale_that_makes_too_large_a_map(painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out", "--scale", "1000"]
    _check_refused(args, "81000 x 72000 pixels, and sides of 65536 are the most", tmp_path, capfd)


@pytest.mark.parametrize(("device", "word"), [("cuda", "no cuda"), ("abacus", "no device is called 'abacus'")])
def test_a_device_that_is_not_there(
    device: str, word: str, painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import onnxruntime

    if device == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out", "--device", device]
    _check_refused(args, word, tmp_path, capfd)


def test_an_unfinished_run_in_the_way(painted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out" / "spade-terrain-unfinished").mkdir(parents=True)
    args: list[str | Path] = ["generate", painted, "--out", tmp_path / "out"]
    _check_refused(args, "add --resume", tmp_path, capfd)
