"""The command as a process: what it says, where it listens, and what it leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spade_terrain.cli import main
from spade_terrain.studio.serve import listen
from tests.studio.conftest import Client, painted
from tests.studio.process import ADDRESS, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where temporary folders go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_it_serves_ends_and_leaves_nothing(tiny_model_path: Path, folder: Path) -> None:
    with running(tiny_model_path, folder, "--port", "0") as studio:
        assert studio.host == "127.0.0.1"
        assert len(studio.token) >= 32
        assert studio.page.terrain(painted(64, 64)).status == 200
        assert studio.page.finished(studio.page.export(painted(64, 64), formats=["height"]))["state"] == "done"
        assert len(list(folder.iterdir())) == 1
        assert studio.end(signal.SIGINT) == 130
    assert list(folder.iterdir()) == []


def test_after_a_kill_the_next_one_sweeps_up_and_goes_on(tiny_model_path: Path, folder: Path) -> None:
    with running(tiny_model_path, folder, "--port", "0", token="x" * 20) as studio:
        port = studio.page.port
        before = studio.page.terrain(painted(64, 64))
        studio.page.export(painted(512, 512), formats=["obj", "glb", "stl"])
        studio.end(signal.SIGKILL)
    (left,) = folder.iterdir()
    with running(tiny_model_path, folder, "--port", str(port), token="x" * 20) as studio:
        assert studio.page.port == port
        assert studio.page.terrain(painted(64, 64)).body == before.body
        assert left not in folder.iterdir()
        with running(tiny_model_path, folder, "--port", str(port)) as second:
            assert second.page.port != port
            assert f"port {port} is taken, so this is port {second.page.port}" in second.said
            assert len(list(folder.iterdir())) == 2  # it sweeps nobody's who is alive
            assert second.token != studio.token
            assert Client(port, folder, {"X-Studio-Token": second.token}).get("/api/health").status == 401
            assert second.page.get("/api/health").status == 200


def test_what_others_left_and_what_only_looks_like_ours_stays(tiny_model_path: Path, folder: Path) -> None:
    (folder / "spade-terrain-studio-mine").mkdir()
    (folder / "spade-terrain-studio-mine" / "map.png").touch()
    (folder / "precious").mkdir()
    (folder / "precious" / ".lock").touch()
    (folder / "spade-terrain-studio-link").symlink_to(folder / "precious")
    with running(tiny_model_path, folder, "--port", "0") as studio:
        assert studio.end() == 143
    assert (folder / "spade-terrain-studio-mine" / "map.png").exists()
    assert (folder / "precious" / ".lock").exists()


def test_a_host_that_others_reach_is_told_of(tiny_model_path: Path, folder: Path) -> None:
    with running(tiny_model_path, folder, "--port", "0", "--host", "0.0.0.0") as studio:
        assert any(line.startswith("anybody who reaches 0.0.0.0 and knows this address") for line in studio.said)
        assert studio.host == "127.0.0.1"
        assert studio.page.get("/api/health").status == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "none.onnx"], "no such model: none.onnx"),
        (["--port", "65536"], "--port is 65536"),
        (["--port", "-1"], "--port is -1"),
        (["--host", "no.such.host.invalid"], "no --host 'no.such.host.invalid'"),
        (["--host", "192.0.2.1"], "can be used on 192.0.2.1"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tiny_model_path: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    model = [] if "--model" in arguments else ["--model", str(tiny_model_path)]
    assert main(["studio", "--no-browser", *model, *arguments]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert said in line


@pytest.mark.parametrize("token", ["", "short", "with spaces in it, too", "é" * 20])
def test_a_token_that_is_no_secret_is_refused(
    tiny_model_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("SPADE_TERRAIN_STUDIO_TOKEN", token)
    assert main(["studio", "--no-browser", "--port", "0", "--model", str(tiny_model_path)]) == 2
    assert "16 or more letters" in capfd.readouterr().err


def test_the_next_free_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with listen("127.0.0.1", port) as second:
            assert second.getsockname()[1] > port
            with pytest.raises(OSError, match="in use"), socket.socket() as third:
                third.bind(("127.0.0.1", port))


def test_the_browser_opens_the_page_with_its_token(
    tiny_model_path: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that writes down where it was sent."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/seen.part\nmv {tmp_path}/seen.part {tmp_path}/seen\n')
    script.chmod(0o755)
    environment = {**os.environ, "BROWSER": str(script), "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "spade_terrain.cli", "studio", "--port", "0", "--model", str(tiny_model_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            address = next(found[0] for line in process.stdout if (found := ADDRESS.search(line)))
            while not (tmp_path / "seen").exists():
                assert process.poll() is None
                time.sleep(0.05)
            assert f"the studio is at {(tmp_path / 'seen').read_text().strip()}" == address
        finally:
            process.send_signal(signal.SIGTERM)
