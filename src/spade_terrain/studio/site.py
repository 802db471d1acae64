"""The studio as a folder of static files, in which the page makes its terrain itself.

Beside the built page lie the model, cut into its two stages, the templates, an example, and `site.json`, which says
where these are and what they hash to. A page that finds a site named in its head uses that instead of a server.
"""

import gzip
import json
import re
import shutil
from base64 import b64encode
from hashlib import sha256, sha384
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from spade_terrain.card import Card
from spade_terrain.errors import FileInTheWayError, MissingFileError
from spade_terrain.generation.model import Model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.stages import stage_files
from spade_terrain.generation.tiling import blocks_of, generate_blocks
from spade_terrain.generation.winograd import with_fewer_multiplications
from spade_terrain.maps.project import pack_labels
from spade_terrain.palette import Labels
from spade_terrain.storage.files import total_bytes, whole_folder
from spade_terrain.studio.container import pack
from spade_terrain.studio.description import TEMPLATES, describe, template
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.page import MISSING
from spade_terrain.studio.messages.model import Choice
from spade_terrain.window import Window

FORMATS = ("texture", "terrain", "height", "r16", "raw", "obj", "glb", "stl")
"""What the page writes itself."""
SEED = 1
"""That of the page's first terrain."""
_SITE, _INDEX, _WORKER = "site.json", "index.html", "offline.js"
_CALLS = "docs.html"
"""The server's calls, of which a site has none."""
_FORMAT = 3
_AnyChoice = TypeVar("_AnyChoice", bound=Choice)
_CELL, _CELLS = 8, 12
"""Of the self-check: pixels a side of a cell, and cells a side of its map."""
_GRAPHICS = ("webgpu", "asyncify")
"""In the names of onnxruntime-web's scripts for WebGPU, which is loaded where a browser offers it."""
_STEP = np.float32(1 / 8)
"""Metres that the example's heights are rounded to: they pack to half."""
_CONTENT = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hashes}; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'"
)


def write_site(model: Model, folder: Path) -> int:
    """Write a site into `folder`, which is made, or replaced if a site is in it.

    Args:
        model: what the page will make terrain with; it has to be one that can be cut.
        folder: where to.

    Returns:
        Bytes of all its files.

    Raises:
        FileInTheWayError: something else is there.
        MissingFileError: this installation has no built page.
        ModelError: the model can't be cut.
        StorageError: the folder can't be written.

    """
    step = _fine_step(model.card)
    coarse, fine = stage_files(model, with_fewer_multiplications(model, step))
    _check_free(folder)
    with whole_folder(folder) as draft:
        _copy_page(draft)
        parts = {"coarse": coarse, "fine": fine}
        written = {name: _write(draft, f"model/{name}.onnx", data) for name, data in parts.items()}
        runtimes = [_said(draft, file) for file in sorted(draft.glob("assets/*.wasm"))]
        for name in TEMPLATES:
            _write(draft, f"templates/{name}.png", pack_labels(template(name)))
        example = _write(draft, "example.bin.gz", _example(model))
        site = {
            "format": _FORMAT,
            "capabilities": _capabilities(model),
            "model": {"card": json.loads(model.card.to_json()), "step": step, "runtimes": runtimes, **written},
            "example": {"choices": _choices(model), "file": example},
            "check": _self_check(model),
            "later": _later(draft),
        }
        _write(draft, _SITE, json.dumps(site, allow_nan=False, separators=(",", ":")).encode())
        _finish(draft)
        return total_bytes(draft)


def _check_free(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise FileInTheWayError(f"{folder} is a file; choose another name for the site's folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _SITE).is_file():
        raise FileInTheWayError(f"{folder} has files that are no site; choose a new or empty folder")


def _copy_page(draft: Path) -> None:
    page = files("spade_terrain.studio") / "page"
    if not (page / _INDEX).is_file():
        raise MissingFileError(MISSING)
    with as_file(page) as folder:
        shutil.copytree(folder, draft, dirs_exist_ok=True)
    _drop_calls(draft)


def _drop_calls(draft: Path) -> None:
    """Take away the page of the server's calls, and what it loads that nothing else names."""
    page = draft / _CALLS
    loaded = {draft / path for path in re.findall(r'"\./(assets/[^"]+)"', page.read_text(encoding="utf-8"))}
    page.unlink()
    texts = {file: file.read_text(encoding="utf-8") for file in (draft / _INDEX, *draft.glob("assets/*.*js"))}
    while own := {
        file for file in loaded if not any(file.name in text for other, text in texts.items() if other != file)
    }:
        loaded -= own
        for file in own:  # what only these name goes next
            texts.pop(file, None)
            file.unlink()


def _write(draft: Path, name: str, data: bytes) -> dict[str, Any]:
    """Write a file; returns what the page checks it by."""
    file = draft / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    return _said(draft, file)


def _said(draft: Path, file: Path) -> dict[str, Any]:
    data = file.read_bytes()
    return {"path": file.relative_to(draft).as_posix(), "bytes": len(data), "integrity": _integrity(data)}


def _integrity(data: bytes) -> str:
    return f"sha384-{b64encode(sha384(data).digest()).decode()}"


def _fine_step(card: Card) -> int:
    """Of what sides of the fine stage's windows in the page are multiples, map pixels: its features' stride, twice.

    So windows fit strokes closely, and rows are enough for the larger scheme of `winograd`.
    """
    stride = card.stride if card.cut is None else 2 * card.cut.stride
    return stride if card.stride % stride == 0 else card.stride


def _capabilities(model: Model) -> dict[str, Any]:
    """What the page is told of the model: it makes some files only, and none that water carves."""
    said = describe(Engine(model))
    own = {
        "formats": [_choice(each, f"--format {each.name}{' --detail 4' * each.detail}") for each in said.formats],
        "presets": [_choice(each, f"--for {each.name}") for each in said.presets],
        "details": [],
        "details_lacking": f"Valleys, rivers and finer land take the program: {_by_program('--detail 4')}.",
        "largest_detail": 0,
        "legends": [],
    }
    return said.model_copy(update=own).model_dump(mode="json")


def _choice(choice: _AnyChoice, orders: str) -> _AnyChoice:
    """What the page says of files: how the program makes those that it does not make itself."""
    return choice.model_copy(update={"lacking": None if choice.name in FORMATS else _by_program(orders)})


def _by_program(orders: str) -> str:
    return f"save the project, then `spade-terrain generate land.spadeproj --out land {orders}`"


def _choices(model: Model) -> dict[str, Any]:
    """What the page begins with."""
    return {"seed": SEED, "style": dict.fromkeys(model.card.style, 0), "texture": model.textures[0]}


def _example(model: Model) -> bytes:
    """The first template's terrain, to be shown before the model is there."""
    labels: Labels = template(TEMPLATES[0])
    pixels = _terrain(model, labels)
    height = np.rint(pixels.height / _STEP) * _STEP
    np.maximum(height, _STEP, out=height, where=pixels.height > 0)
    arrays = {"labels": labels, "texture": pixels.texture, "height": height, "shaded": pixels.shaded}
    header = {"x": 0, "y": 0, "width": labels.shape[1], "height": labels.shape[0]}
    return gzip.compress(b"".join(pack(header, arrays)), 9, mtime=0)


def _self_check(model: Model) -> dict[str, Any]:
    """A small map of cells, and what the middle of each has to come out as, for a runtime to be used."""
    rows, columns = (np.arange(_CELLS) * side // _CELLS + side // (2 * _CELLS) for side in template(TEMPLATES[0]).shape)
    cells = template(TEMPLATES[0])[np.ix_(rows, columns)]
    pixels = _terrain(model, cells.repeat(_CELL, 0).repeat(_CELL, 1))
    middles = (slice(_CELL // 2, None, _CELL),) * 2
    return {
        "cells": ["".join(map(str, row)) for row in cells.tolist()],
        "cell": _CELL,
        "heights": pixels.height[middles].ravel().round(3).astype(float).tolist(),
        "texture": pixels.texture[middles].ravel().tolist(),
    }


def _later(draft: Path) -> list[str]:
    """What the page loads last, to have it without a network: all but what it begins with, and WebGPU's runtime."""
    names = (file.relative_to(draft).as_posix() for file in sorted(draft.rglob("*")) if file.is_file())
    begun = (_INDEX, _WORKER, ".wasm", ".onnx")
    return [name for name in names if not name.endswith(begun) and not any(word in name for word in _GRAPHICS)]


def _terrain(model: Model, labels: Labels) -> Pixels:
    """What the page makes of a map with what it begins with."""
    choices = _choices(model)
    plain = model.styled(choices["style"]).textured(choices["texture"])
    pixels, whole = Pixels.empty(labels.shape), Window(0, 0, labels.shape[1], labels.shape[0])
    for block, part in generate_blocks(plain, labels, SEED, blocks_of(labels.shape)):
        part.write_to(pixels, block.place(whole))
    return pixels


def _finish(draft: Path) -> None:
    """Name the site, the hashes and the policy in the page's head, and the version in its service worker."""
    scripts = {
        f"./{file.relative_to(draft).as_posix()}": _integrity(file.read_bytes())
        for file in sorted(draft.glob("assets/*.*js"))
    }
    imports = json.dumps({"integrity": scripts})
    inline = f"'sha256-{b64encode(sha256(imports.encode()).digest()).decode()}'"
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{_CONTENT.format(hashes=inline)}" />\n'
        f'    <meta name="studio-site" content="{_SITE}" />\n'
        f'    <script type="importmap">{imports}</script>\n    '
    )
    index = (draft / _INDEX).read_text(encoding="utf-8")
    index = re.sub(
        r'(?<=<meta charset="utf-8" />\n)\s*', lambda gap: gap[0] + head, index, count=1, flags=re.IGNORECASE
    )
    index = re.sub(r'(?:src|href)="(\./assets/[^"]+)"', lambda link: f"{link[0]}{_checked(draft, link[1])}", index)
    (draft / _INDEX).write_text(index, encoding="utf-8")
    worker = draft / _WORKER
    shell = [file.relative_to(draft).as_posix() for file in sorted(draft.rglob("*")) if file.is_file()]
    version = sha256("".join(f"{name} {sha256((draft / name).read_bytes()).hexdigest()}\n" for name in shell).encode())
    worker.write_text(
        worker.read_text(encoding="utf-8").replace("__VERSION__", version.hexdigest()[:16]), encoding="utf-8"
    )


def _checked(draft: Path, link: str) -> str:
    """The attribute by which a browser checks what the head links to; fonts and pictures have none."""
    if not link.endswith((".js", ".css")):
        return ""
    return f' integrity="{_integrity((draft / link).read_bytes())}"'
