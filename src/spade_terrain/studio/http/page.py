"""The built page: its files, read once at the start, so that no path of a request ever reaches the disk."""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Self

from starlette.requests import Request
from starlette.responses import Response

from spade_terrain.studio.http.refusals import RefusedError

_INDEX = "index.html"
_PACKED = ("text/", "application/json", "image/svg+xml", "application/manifest+json")
"""Media types that gzip makes smaller."""
_OF_SITES = ".wasm"
"""What only a page without a server takes: the model's runtime, larger than all else together."""
MISSING = (
    "this installation came without the studio's page: in a clone, build it with `npm ci && npm run build` in web/; "
    "else reinstall spade-terrain"
)


@dataclass(frozen=True)
class _File:
    data: bytes
    media_type: str

    @cached_property
    def packed(self) -> bytes | None:
        """The file packed by gzip, where that makes it smaller."""
        return gzip.compress(self.data, 6, mtime=0) if self.media_type.startswith(_PACKED) else None


class Page:
    """The files of a page, by their path in it."""

    def __init__(self, contents: dict[str, _File]) -> None:
        self._files = contents

    @classmethod
    def of(cls, folder: Traversable) -> Self:
        """The page that was built into a folder; one without files if there is none."""
        return cls(dict(_walk(folder, ""))) if folder.is_dir() else cls({})

    @classmethod
    def built(cls) -> Self:
        """The page that was built into this package."""
        return cls.of(files("spade_terrain.studio") / "page")

    @property
    def is_there(self) -> bool:
        """Whether there is a page."""
        return _INDEX in self._files

    async def answer(self, request: Request) -> Response:
        """The file that a request names. Raises `RefusedError` if there is none."""
        if not self.is_there:
            raise RefusedError(503, MISSING)
        path = request.url.path.removeprefix("/") or _INDEX
        file = self._files.get(path) or self._files.get(f"{path}.html")
        if file is None:
            raise RefusedError(404, "the studio has no such page; open / instead")
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", "") and file.packed is not None:
            return Response(file.packed, media_type=file.media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(file.data, media_type=file.media_type, headers=headers)


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, _File]]:
    found: list[tuple[str, _File]] = []
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            found += _walk(entry, f"{name}/")
        elif not name.endswith(_OF_SITES):
            found.append((name, _read(entry)))
    return found


def _read(entry: Traversable) -> _File:
    data = entry.read_bytes()
    kind = (
        _TYPES.get(entry.name.rpartition(".")[2]) or mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
    )
    return _File(data, kind)


_TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "html": "text/html",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
"""Those that browsers insist on, which a system's own table may have wrong."""
