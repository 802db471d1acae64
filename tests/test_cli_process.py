"""The command as a process: signals, closed pipes, full disks, consoles without letters."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spade_terrain.cli import main
from spade_terrain.palette import labels_to_image

SLOW = (  # its first file never gets ready
    "import sys, time\n"
    "from spade_terrain.cli import main\n"
    "from spade_terrain.export.rasters import pictures\n"
    "def write(job):\n"
    "    (job.folder / 'texture.png').touch()\n"
    "    print('begun', flush=True)\n"
    "    time.sleep(60)\n"
    "pictures.write_texture = write\n"
    "sys.exit(main(sys.argv[1:]))"
)
COMMAND = "import sys; from spade_terrain.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def args(tiny_model_path: Path, tmp_path: Path) -> list[str]:
    labels = np.random.default_rng(0).integers(0, 7, (8, 9), np.uint8).repeat(9, 0).repeat(9, 1)
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    out = tmp_path / "out"
    map_, model = str(tmp_path / "map.png"), str(tiny_model_path)
    return ["generate", map_, "--out", str(out), "--model", model, "--format", "texture"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_drafts(number: int, args: list[str], tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        run.send_signal(number)
        _, err = run.communicate()
    assert (run.returncode, err) == (128 + number, "spade-terrain: stopped\n")
    assert not (tmp_path / "out").exists()


def test_a_signal_that_is_ignored_stays_so(args: list[str], tmp_path: Path) -> None:
    program = SLOW.replace("time.sleep(60)", "time.sleep(1); job.folder.joinpath('texture.png').unlink(); return {}")
    with subprocess.Popen(
        [sys.executable, "-c", f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{program}", *args],
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.send_signal(signal.SIGHUP)
        run.communicate()
    assert run.returncode == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("stdout", ["closed pipe", "/dev/full"])
def test_nobody_reads_the_list_of_files(stdout: str, unbuffered: str, args: list[str], tmp_path: Path) -> None:
    if stdout == "/dev/full":
        target = os.open(stdout, os.O_WRONLY)
    else:
        reader, target = os.pipe()
        os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *args],
        stdout=target,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        check=False,
    )
    os.close(target)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "texture.png").exists()


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(closed: str, args: list[str], tmp_path: Path) -> None:
    command = shlex.join([sys.executable, "-c", COMMAND, *args])
    assert subprocess.run(["sh", "-c", f"{command} {closed}"], check=False).returncode == 0
    Image.open(tmp_path / "out" / "texture.png").load()
    refused = shlex.join([sys.executable, "-c", COMMAND, "generate", "none.png", "--out", str(tmp_path)])
    done = subprocess.run(["sh", "-c", f"{refused} {closed}"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")


def test_nobody_reads_the_help() -> None:
    reader, target = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "generate", "--help"], stdout=target, stderr=subprocess.PIPE, check=False
    )
    os.close(target)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_console_that_lacks_letters(args: list[str], tmp_path: Path) -> None:
    args[args.index("--out") + 1] = str(tmp_path / "地図")
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *args],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u5730\u56f3" in done.stdout
    assert (tmp_path / "地図" / "texture.png").exists()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "the memory does not suffice; free some, or give it less to do at once"),
        (ImportError("libGL.so.1: no such\n file"), "a library can't be loaded (libGL.so.1: no such file); install it"),
        (OSError(5, "Input/output error", "/a"), "the system refuses a file (/a: Input/output error); check rights"),
    ],
)
def test_what_may_be_raised_anywhere_is_one_line(
    error: Exception,
    line: str,
    args: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr("spade_terrain.api.load_model", fail)
    assert main(args) == 2
    err = capfd.readouterr().err
    assert err.startswith(f"spade-terrain: {line}")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("library", ["numpy", "PIL", "onnxruntime"])
@pytest.mark.parametrize("fault", ["ImportError", "OSError", "AttributeError", "RuntimeError", "SystemError"])
def test_a_library_that_fails_while_it_is_loaded(library: str, fault: str, args: list[str], tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / f"{library}.py").write_text(f"raise {fault}('wrong ABI')")
    program = f"import sys; sys.path.insert(0, {str(tmp_path / 'broken')!r}); {COMMAND}"
    done = subprocess.run([sys.executable, "-c", program, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"spade-terrain: {library} can't be loaded (wrong ABI)" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_fault_of_the_program_is_not_hidden(args: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise AttributeError("a bug")

    monkeypatch.setattr("spade_terrain.api.load_model", fail)
    with pytest.raises(AttributeError, match="a bug"):
        main(args)


def test_an_empty_name(args: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*args, "--out", ""])
    assert capfd.readouterr().err == (
        "spade-terrain generate: argument --out: '' is no name of a file or folder; give one; "
        "see spade-terrain generate --help\n"
    )


def test_a_world_stage_that_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spade_terrain.world.build import build

    def stop(*args: object, **options: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr(build, "build", stop)
    args = ["world", "build", "--terrain", "t", "--height", "h", "--out", str(tmp_path / "set")]
    assert main(args) == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_comes_while_something_is_finalized_is_not_lost(number: int, args: list[str]) -> None:
    """Python ignores exceptions there."""
    program = (
        "import os, sys, time\n"
        "from spade_terrain import api\n"
        "from spade_terrain.cli import main\n"
        "class Finalized:\n"
        "    def __del__(self):\n"
        f"        os.kill(os.getpid(), {int(number)})\n"
        "def load_model(*args):\n"
        "    Finalized()\n"
        "    time.sleep(60)\n"
        "api.load_model = load_model\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 128 + number
    assert done.stderr == "spade-terrain: stopped\n"
