"""Files of a terrain as one ZIP: made by a worker, told of while it is made, kept until it is fetched."""

import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spade_terrain.errors import TerrainError
from spade_terrain.export import check_formats, write
from spade_terrain.export.presets import chosen
from spade_terrain.runtime.sessions import Stop, StoppedError
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.refusals import RefusedError, busy
from spade_terrain.studio.requests import Files, MapRequest

MOST_WAITING = 4
"""Exports that may wait or be at work."""
MOST_KEPT = 8
"""Exports whose ZIP is kept; the oldest goes first."""
_PACKED = (".png", ".webp", ".gif", ".tif", ".exr")
"""What is compressed already."""


@dataclass
class Export:
    """One export; its worker alone changes it.

    Attributes:
        steps: the terrain, each format and preset, and the ZIP.
        done: how many of them are finished.
        doing: the name of what is being made.
        state: `working`, `done` or `failed`.
        error: why it failed, in one line.
        size: bytes of the ZIP.
        archive: where that is, once it is done.

    """

    folder: Path
    steps: int
    stop: Stop = field(default_factory=Stop)
    done: int = -1
    doing: str = "waiting"
    state: str = "working"
    error: str | None = None
    size: int | None = None
    future: "Future[None] | None" = None

    @property
    def archive(self) -> Path:
        """The ZIP."""
        return self.folder / "terrain.zip"

    def step(self, doing: str) -> None:
        """One step more is done, and this is next."""
        self.stop.check()
        self.done, self.doing = self.done + 1, doing

    def describe(self) -> dict[str, Any]:
        """What the page is told."""
        done = self.steps if self.state == "done" else max(self.done, 0)
        return {
            "state": self.state,
            "done": done,
            "of": self.steps,
            "doing": self.doing,
            "error": self.error,
            "bytes": self.size,
        }


class Exports:
    """All exports of a server, used from one event loop.

    Args:
        engine: what makes terrain.
        folder: where files are written; each export has a folder in it.
        failed: told of an exception that is no `TerrainError`.

    """

    def __init__(self, engine: Engine, folder: Path, failed: Callable[[Exception], None]) -> None:
        self._engine, self._folder, self._failed = engine, folder, failed
        self._pool = ThreadPoolExecutor(1, "export")
        self._exports: dict[str, Export] = {}

    def start(self, request: MapRequest, files: Files) -> str:
        """Begin to make files of a map; returns a name to ask for them by.

        Raises `TerrainError` if the request makes no sense, `RefusedError` if too many wait.
        """
        height, width = request.bounds.shape
        names = check_formats(files.formats, height, width, files.options)
        tools = chosen(files.options, height, width)
        self._engine.ordered(request)
        if sum(export.state == "working" for export in self._exports.values()) >= MOST_WAITING:
            raise busy("other exports")
        while len(self._exports) >= MOST_KEPT:
            self.free(next(name for name, export in self._exports.items() if export.state != "working"))
        export = Export(Path(tempfile.mkdtemp(dir=self._folder)), len(names) + len(tools) + 2)
        name = secrets.token_urlsafe(9)
        self._exports[name] = export
        export.future = self._pool.submit(self._make, export, request, files)
        return name

    def get(self, name: str) -> Export:
        """An export by its name. Raises `RefusedError` if there is none."""
        if name not in self._exports:
            raise RefusedError(404, "there is no such export, or it was freed; export again")
        return self._exports[name]

    def free(self, name: str) -> None:
        """End an export if it is at work, and remove its files. Raises as `get`."""
        export = self.get(name)
        del self._exports[name]
        export.stop.set()
        assert export.future is not None
        export.future.cancel()
        export.future.add_done_callback(lambda _: shutil.rmtree(export.folder, ignore_errors=True))

    def close(self) -> None:
        """End all."""
        for name in list(self._exports):
            self.free(name)
        self._pool.shutdown(cancel_futures=True)

    def _make(self, export: Export, request: MapRequest, files: Files) -> None:
        try:
            export.step("terrain")
            terrain = self._engine.terrain(request, export.stop)
            inner = export.folder / "files"
            paths = write(terrain, inner, files.formats, files.options, tell=export.step)
            export.step("terrain.zip")
            _zip(export.archive, paths, export.stop)
            export.size, export.state = export.archive.stat().st_size, "done"
        except StoppedError:
            export.state, export.error = "failed", "it was stopped"
        except TerrainError as e:
            export.state, export.error = "failed", str(e)
        except Exception as e:
            self._failed(e)
            export.state, export.error = "failed", "the server failed; its terminal says more"
        finally:
            if export.state != "done":
                shutil.rmtree(export.folder, ignore_errors=True)


def _zip(archive: Path, paths: list[Path], stop: Stop) -> None:
    """Move files into a ZIP, each removed as soon as it is in."""
    with zipfile.ZipFile(archive, "w", compresslevel=1) as target:
        for path in paths:
            stop.check()
            kind = zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
            target.write(path, path.name, kind)
            path.unlink()
