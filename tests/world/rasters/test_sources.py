import hashlib
import io
import re
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.world.rasters import sources
from spade_terrain.world.rasters.raster import open_raster
from spade_terrain.world.rasters.sources import SOURCES, Source, fetch

BODY = bytes(range(256)) * 8000
SHA = hashlib.sha256(BODY).hexdigest()


class Server:
    """A local server of `files`; a file whose name begins with `short` breaks off in the middle."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"world.tif": BODY, "short.tif": BODY}
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path[1:]
                outer.requests.append(name)
                if name not in outer.files:
                    self.send_error(404)
                    return
                body = outer.files[name]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if name.startswith("short") else body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the library's name
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def source(self, name: str, sha256: str | None = SHA, raster: str | None = None) -> dict[str, Source]:
        """A table of one source, "it"."""
        return {"it": Source(f"http://127.0.0.1:{self.http.server_port}/{name}", sha256, raster)}

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def check_refused(table: dict[str, Source], out: Path, message: str) -> None:
    """One clear line, and no file more or less than before."""
    before = names(out)
    with pytest.raises(TerrainError, match=message) as e:
        fetch("it", out, table)
    assert "\n" not in str(e.value)
    assert names(out) == before


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name, body in files.items():
            z.writestr(name.replace("__", "/") + ".tif", body)
    return buffer.getvalue()


def test_a_file_is_downloaded_once(server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "folder"
    path = fetch("it", out, server.source("world.tif"))
    assert path == out / "world.tif"
    assert path.read_bytes() == BODY
    assert path.stat().st_mode & 0o777 == 0o644
    assert names(out) == ["world.tif"]
    assert capfd.readouterr() == ("", "")
    assert fetch("it", out, server.source("world.tif")) == path
    assert server.requests == ["world.tif"]


def test_a_terminal_shows_how_much_is_here(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    fetch("it", tmp_path, server.source("world.tif"))
    assert re.search(r"2 of 2 MB .*world\.tif", capsys.readouterr().err)


def test_a_damaged_file_is_downloaded_again(server: Server, tmp_path: Path) -> None:
    path = fetch("it", tmp_path, server.source("world.tif"))
    path.write_bytes(BODY[:-1])
    assert fetch("it", tmp_path, server.source("world.tif")).read_bytes() == BODY
    assert server.requests == ["world.tif"] * 2


def test_a_wrong_checksum_leaves_no_file(server: Server, tmp_path: Path) -> None:
    check_refused(server.source("world.tif", "0" * 64), tmp_path, "another checksum than expected, 0000.*try again")


def test_a_wrong_checksum_leaves_the_file_that_was_there(server: Server, tmp_path: Path) -> None:
    (tmp_path / "world.tif").write_bytes(b"mine")
    check_refused(server.source("world.tif", "0" * 64), tmp_path, "another checksum")
    assert (tmp_path / "world.tif").read_bytes() == b"mine"


@pytest.mark.parametrize("sha256", [SHA, None])
def test_a_download_that_breaks_off_leaves_no_file(server: Server, tmp_path: Path, sha256: str | None) -> None:
    check_refused(server.source("short.tif", sha256), tmp_path, r"short.tif broke off.*try again")


def test_a_missing_page_is_named(server: Server, tmp_path: Path) -> None:
    check_refused(server.source("none.tif"), tmp_path, r"none.tif answers 404 Not Found; .*moved.*by hand")


def test_no_server(server: Server, tmp_path: Path) -> None:
    server.stop()
    check_refused(server.source("world.tif"), tmp_path, r"can't reach http://127.*check the connection")


def test_an_unknown_checksum_is_noted_and_must_match_later(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = server.source("world.tif", None)
    path = fetch("it", tmp_path, table)
    assert f"SHA-256 {SHA}" in capfd.readouterr().err
    assert (tmp_path / "world.tif.sha256").read_text() == f"{SHA}  world.tif\n"
    fetch("it", tmp_path, table)
    assert server.requests == ["world.tif"]
    path.unlink()
    server.files["world.tif"] = BODY + b"?"
    check_refused(table, tmp_path, r"another checksum .*delete .*world.tif.sha256 if there is a new version")


def test_a_picture_of_the_world_is_told_where_it_lies(server: Server, tmp_path: Path) -> None:
    pixels = np.zeros((60, 120, 3), np.uint8)
    pixels[:30] = (10, 20, 30)  # BGR, the northern half
    server.files["world.png"] = cv2.imencode(".png", pixels)[1].tobytes()
    table = {"it": replace(server.source("world.png", None)["it"], picture=True)}
    path = fetch("it", tmp_path, table)
    with ExitStack() as stack:
        dataset, _ = open_raster(stack, str(path))
        assert dataset.crs.to_epsg() == 4326
        assert tuple(dataset.bounds) == (-180, -90, 180, 90)
        assert dataset.read(1)[[0, -1], 0].tolist() == [30, 0]
    assert names(tmp_path) == ["world.png", "world.png.aux.xml", "world.png.sha256"]


def test_what_should_be_a_picture_and_is_none_is_named(server: Server, tmp_path: Path) -> None:
    table = {"it": replace(server.source("world.tif", SHA)["it"], picture=True)}
    with pytest.raises(TerrainError, match=r"world\.tif is no picture; delete it and try again"):
        fetch("it", tmp_path, table)
    assert names(tmp_path) == ["world.tif"]


def test_an_archive_is_unpacked(server: Server, tmp_path: Path) -> None:
    server.files["a.zip"] = zipped(read=b"me", deep__grid=b"heights")
    table = server.source("a.zip", None, "grid.tif")
    path = fetch("it", tmp_path, table)
    assert path == tmp_path / "it" / "deep" / "grid.tif"
    assert path.read_bytes() == b"heights"
    assert fetch("it", tmp_path, table) == path
    assert server.requests == ["a.zip"]
    assert names(tmp_path) == ["a.zip", "a.zip.sha256", "it", "it/deep", "it/deep/grid.tif", "it/read.tif"]


def test_a_damaged_archive_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.files["a.zip"] = zipped(grid=b"heights" * 100)[:-40]
    check_refused(server.source("a.zip", None, "grid.tif"), tmp_path, "a.zip was damaged and is deleted")


def test_an_archive_without_the_raster_is_named(server: Server, tmp_path: Path) -> None:
    server.files["a.zip"] = zipped(other=b"")
    with pytest.raises(TerrainError, match=r"holds no grid\.tif"):
        fetch("it", tmp_path, server.source("a.zip", None, "grid.tif"))


def test_a_folder_that_cant_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    check_refused(server.source("world.tif"), tmp_path / "file" / "out", "can't write to .*file/out")


def test_the_command_prints_the_raster(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sources.SOURCES, "it", server.source("world.tif")["it"])
    assert main(["world", "fetch", "it", "--out", str(tmp_path)]) == 0
    assert capfd.readouterr().out == f"{tmp_path / 'world.tif'}\n"
    assert main(["world", "fetch", "mars", "--out", str(tmp_path)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("spade-terrain: there is no source 'mars'; there are natural-earth, ")
    assert err.count("\n") == 1


def test_every_source_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "sources.md").read_text()
    for name, source in SOURCES.items():
        assert f"spade-terrain world fetch {name} --out" in text
        assert source.url in text
        assert source.sha256 is None or source.sha256 in text
