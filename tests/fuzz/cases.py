"""Commands with something wrong in them: damaged files and strange options, each drawn by a number alone."""

import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from PIL import Image

from spade_terrain.card import METADATA_KEY
from spade_terrain.palette import CLASSES, labels_to_image
from tests.conftest import CARD, tiny_onnx
from tests.maps.azgaar_map import ISLAND, OCEAN, export

KINDS = ("picture", "azgaar", "legend", "model", "card", "options")
_PICTURES = ("PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG")
_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    float("nan"),
    float("inf"),
    10**30,
    "",
    "x",
    "é" * 50,
    [],
    {},
    [[]],
    2**31,
    0.5,
]
_NUMBERS = ["0", "-1", "1", "1e308", "nan", "inf", "-inf", "1e-308", "x", "", "9" * 50, "2", "64", "1.5"]
_OPTIONS = {
    "--seed": _NUMBERS,
    "--scale": ["0", "-1", "2", "10000", "x", "9" * 30],
    "--size": ["0", "64", "-1", "99999999", "x"],
    "--relief": _NUMBERS,
    "--vertical-scale": _NUMBERS,
    "--playable-km": _NUMBERS,
    "--triangles": _NUMBERS,
    "--format": ["", ",", "texture", "glb", "stl", "obj,obj", "x", "height,geotiff", "exr", "rivers"],
    "--for": ["", "unity", "unity:33", "unity:0", "unity:x", "worldpainter:64", "godot,godot", ":", "blender"],
    "--preview": ["", "png", "gif,png", "x"],
    "--style": ["", "x", "elevation=", "elevation=nan", "elevation=9", "=1", "x=1"],
    "--device": ["", "cpu", "cuda", "x"],
    "--out": ["", "/dev/null", "/proc/out", "a/../b", "a" * 300],
    "--legend": ["", "/dev/null", "/", "none.toml"],
    "--detail": ["0", "2", "3", "x", "-4", "9" * 30],
    "--sea-lakes": [],
    "--sea-rivers": [],
    "--no-draw-rivers": [],
    "--wander": [],
    "--resume": [],
}


def write_case(seed: int, folder: Path) -> tuple[str, list[str]]:
    """Write the files of a case into `folder`; returns its kind and the command's arguments."""
    draw = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    model = tiny_onnx()
    map_ = folder / "map.png"
    map_.write_bytes(_picture(draw, "PNG"))
    more: list[str] = ["--format", draw.choice(["texture", "height", "texture,glb"])]
    if kind == "picture":
        name = draw.choice(_PICTURES)
        map_ = folder / f"map.{name.lower()}"
        map_.write_bytes(_mutated(draw, _picture(draw, name)))
    elif kind == "azgaar":
        map_ = folder / "map.json"
        map_.write_bytes(_text(draw, json.dumps(_spoilt(draw, _export(draw)))))
    elif kind == "legend":
        legend = "".join(f'{c.name} = "#{bytes(c.rgb).hex()}"\n' for c in CLASSES)
        (folder / "legend.toml").write_bytes(_mutated(draw, legend.encode()))
        more += ["--legend", str(folder / "legend.toml")]
    elif kind == "card":
        card = _text(draw, json.dumps(_spoilt(draw, json.loads(CARD.to_json())))).decode(errors="replace")
        onnx.helper.set_model_props(model, {METADATA_KEY: card})
    elif kind == "options":
        for flag in draw.sample(sorted(_OPTIONS), draw.randint(1, 3)):
            more += [flag, *([draw.choice(_OPTIONS[flag])] if _OPTIONS[flag] else [])]
    data = model.SerializeToString()
    (folder / "model.onnx").write_bytes(_mutated(draw, data) if kind == "model" else data)
    return kind, ["generate", str(map_), "--out", str(folder / "out"), "--model", str(folder / "model.onnx"), *more]


def _export(draw: random.Random) -> dict[str, Any]:
    def cell_at(x: float, y: float) -> tuple[int, int, int]:
        return (40, 6, ISLAND) if 20 < x < 70 else (10, 0, OCEAN)

    return export(96, 80, 12.0, cell_at, new=draw.random() < 0.5)


def _picture(draw: random.Random, name: str) -> bytes:
    side = draw.randint(64, 90)
    labels = np.random.default_rng(draw.getrandbits(32)).integers(0, 7, (8, 8), np.uint8)
    painted = np.kron(labels, np.ones((12, 12), np.uint8))[:side, :80]
    image = Image.fromarray(painted if draw.random() < 0.2 else labels_to_image(painted))
    file = io.BytesIO()
    image.save(file, name)
    return file.getvalue()


def _mutated(draw: random.Random, data: bytes) -> bytes:
    """Bytes with some flipped, cut out, repeated or put in, mostly near the start, where the headers are."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(max(1, min(len(changed), draw.choice([64, 512, len(changed)]) or 1)))
        change = draw.randrange(4)
        if change == 0 and changed:
            changed[min(at, len(changed) - 1)] = draw.choice([0, 255, 127, draw.randrange(256)])
        elif change == 1:
            del changed[at : at + draw.choice([1, 4, 100, len(changed)])]
        elif change == 2:
            changed[at:at] = changed[at : at + draw.choice([1, 4, 100])]
        else:
            changed[at:at] = draw.randbytes(draw.choice([1, 4, 30]))
    return bytes(changed)


def _text(draw: random.Random, text: str) -> bytes:
    chance = draw.random()
    if chance < 0.1:
        return b"[" * 100_000
    if chance < 0.2:
        return text.replace("1", "1" * 5000, 1).encode()
    return _mutated(draw, text.encode()) if chance < 0.4 else text.encode()


def _spoilt(draw: random.Random, document: Any) -> Any:
    """A document with one value somewhere in it that is another, or is gone."""
    place = document
    while isinstance(place, dict | list) and place:
        key = draw.choice(sorted(place)) if isinstance(place, dict) else draw.randrange(len(place))
        if not isinstance(place[key], dict | list) or not place[key] or draw.random() < 0.3:
            if draw.random() < 0.2:
                del place[key]
            else:
                place[key] = draw.choice(_VALUES)
            break
        place = place[key]
    return document
