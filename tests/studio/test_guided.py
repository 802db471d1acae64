"""A model of two textures that follows rough heights."""

import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from spade_terrain.api import generate
from spade_terrain.generation.model import Model, load_model
from spade_terrain.studio.engine import Engine
from tests.conftest import CARD, tiny_onnx
from tests.maps.azgaar_map import ISLAND, OCEAN, export
from tests.studio.conftest import Client, Start, painted, request

LABELS = painted(100, 120)
GUIDE = np.random.default_rng(1).uniform(0, 5000, (25, 30)).astype(np.float32)
GUIDE[:4, :9] = np.nan


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("model") / "guided.onnx"
    style = ("elevation", "relief", "lightness", "greenness")
    card = replace(CARD, textures=("atlas", "satellite"), default_texture="satellite", guided=True, style=style)
    onnx.save(tiny_onnx(card), path)
    return load_model(path)


@pytest.fixture(scope="module")
def page(start: Start, guided: Model) -> Iterator[Client]:
    with start(Engine(guided)) as page:
        yield page


def test_what_it_can_do_is_told(page: Client) -> None:
    model = page.get("/api/model").json
    assert (model["textures"], model["default_texture"], model["guided"]) == (["atlas", "satellite"], "satellite", True)


@pytest.mark.parametrize("texture", ["atlas", "satellite", None])
@pytest.mark.parametrize("guide", [GUIDE, None])
def test_texture_and_guide_go_through(
    page: Client, guided: Model, texture: str | None, guide: NDArray[np.float32] | None
) -> None:
    arrays: dict[str, NDArray[Any]] = {"labels": LABELS} if guide is None else {"labels": LABELS, "guide": guide}
    made = page.send("/api/terrain", request(LABELS, texture=texture, style={"relief": 1}), arrays).container
    expected = generate(LABELS, seed=7, texture=texture, guide=guide, style={"relief": 1}, model=guided)
    for name in ("texture", "height", "shaded"):
        np.testing.assert_array_equal(made.arrays[name], getattr(expected, name))
    assert made.header["texture"] == (texture or "satellite")
    assert made.header["style"] == expected.style


def test_a_window_follows_the_guide_as_the_whole_does(page: Client) -> None:
    window = {"x": 31, "y": 42, "width": 40, "height": 30}
    for gsd in (None, 500):
        header = request(LABELS, gsd=gsd)
        whole = page.send("/api/terrain", header, {"labels": LABELS, "guide": GUIDE}).container
        part = page.send("/api/terrain", {**header, "window": window}, {"labels": LABELS, "guide": GUIDE}).container
        np.testing.assert_array_equal(part.arrays["height"], whole.arrays["height"][42:72, 31:71])


def test_a_part_of_map_and_guide_is_enough(page: Client) -> None:
    labels, guide = painted(200, 240), np.random.default_rng(2).uniform(0, 5000, (50, 60)).astype(np.float32)
    whole = page.send("/api/terrain", request(labels), {"labels": labels, "guide": guide}).container
    left, top = 80, 60
    part: dict[str, NDArray[Any]] = {"labels": labels[top:, left:], "guide": guide[top // 4 :, left // 4 :]}
    place = {"origin": {"x": left, "y": top}, "map": {"width": 240, "height": 200}}
    window = {"x": 131, "y": 112, "width": 40, "height": 30}
    made = page.send("/api/terrain", request(part["labels"], window=window, **place), part).container
    np.testing.assert_array_equal(made.arrays["height"], whole.arrays["height"][112:142, 131:171])


def test_files_say_what_guided_them(page: Client) -> None:

    header = request(LABELS, texture="atlas", formats=["texture"])
    answer = page.send("/api/export", header, {"labels": LABELS, "guide": GUIDE})
    path = f"/api/export/{answer.json['job']}"
    assert page.finished(path)["state"] == "done"
    with zipfile.ZipFile(BytesIO(page.get(f"{path}/zip").body)) as archive:
        sidecar = json.loads(archive.read("terrain.json"))
    assert "the studio's guide" in json.dumps(sidecar)


def test_a_guide_that_knows_nothing_is_none(page: Client, client: Client) -> None:
    nothing = np.full((2, 2), np.nan, np.float32)
    for one in (page, client):
        made = one.send("/api/terrain", request(LABELS), {"labels": LABELS, "guide": nothing})
        assert made.body == one.terrain(LABELS).body


def test_a_project_makes_the_same_on_the_command_line(page: Client, guided: Model, tmp_path: Path) -> None:
    arrays: dict[str, NDArray[Any]] = {"labels": LABELS, "guide": GUIDE}
    header = request(LABELS, texture="atlas", seed=3, style={"relief": -1}, settings={})
    (tmp_path / "a.spadeproj").write_bytes(page.send("/api/project", header, arrays).body)
    made = page.send("/api/terrain", header, arrays).container
    own = generate(tmp_path / "a.spadeproj", model=guided)
    np.testing.assert_array_equal(own.height, made.arrays["height"])
    np.testing.assert_array_equal(own.texture, made.arrays["texture"])
    other = generate(tmp_path / "a.spadeproj", model=guided, texture="satellite", guide=False)
    assert other.texture_name == "satellite"
    assert not np.array_equal(other.height, own.height)
    assert generate(tmp_path / "a.spadeproj", model=guided, scale=2).height.shape == (200, 240)


def test_an_azgaar_export_brings_its_heights_to_a_model_that_follows_them(page: Client, client: Client) -> None:
    atlas = export(300, 200, 10, lambda x, y: (50, 6, ISLAND) if x > 150 else (5, 0, OCEAN), new=True)
    data = gzip.compress(json.dumps(atlas).encode())
    read = page.ask("POST", "/api/import", data, X_File_Name="a.json.gz").container.arrays
    assert np.nanmax(read["guide"]) > 0
    assert all(a <= b for a, b in zip(read["guide"].shape, read["labels"].shape, strict=True))
    assert "guide" not in client.ask("POST", "/api/import", data, X_File_Name="a.json.gz").container.arrays
