import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain.cli import main
from spade_terrain.maps.read import open_map
from spade_terrain.palette import labels_to_image
from tests.studio.conftest import Client, container, painted, request


def _project(client: Client, **header: Any) -> bytes:
    labels = painted(64, 72)
    guide = np.array([[np.nan, 1234.5], [0, 8000]], np.float32)
    answer = client.send("/api/project", request(labels, **header), {"labels": labels, "guide": guide})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/zip"
    return answer.body


def test_a_project_comes_back(client: Client) -> None:
    settings = {"sun": [315, 45], "name": "Île"}
    courses = [{"line": [[3, 5.5], [70, 60]], "discharge": 900, "name": "Sill"}]
    orders: dict[str, Any] = {"style": {"elevation": 1.5}, "texture": "satellite", "gsd": 500, "model": "m"}
    orders |= {"settings": settings, "courses": courses}
    made = client.ask("POST", "/api/project/open", _project(client, seed=2**63, **orders)).container
    assert {"width": 72, "height": 64, "seed": 2**63, **orders} == made.header
    np.testing.assert_array_equal(made.arrays["labels"], painted(64, 72))
    np.testing.assert_array_equal(made.arrays["guide"], np.array([[np.nan, 1234.5], [0, 8000]], np.float32))


def test_other_programs_open_what_is_in_it(client: Client) -> None:
    with zipfile.ZipFile(BytesIO(_project(client, seed=5))) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("project.json"))["seed"] == 5
        picture = Image.open(BytesIO(archive.read("map.png"))).convert("RGB")
        np.testing.assert_array_equal(np.asarray(picture), labels_to_image(painted(64, 72)))
        assert np.asarray(Image.open(BytesIO(archive.read("guide.tif"))))[0, 1] == 1234.5


def test_generate_makes_the_terrain_that_the_page_shows(client: Client, tiny_model_path: Path, tmp_path: Path) -> None:
    labels = painted(64, 72)
    data = client.send("/api/project", request(labels, seed=11), {"labels": labels}).body
    (tmp_path / "land.spadeproj").write_bytes(data)
    arguments = ["generate", str(tmp_path / "land.spadeproj"), "--model", str(tiny_model_path), "--format", "texture"]
    assert main([*arguments, "--out", str(tmp_path / "own")]) == 0
    assert main([*arguments, "--out", str(tmp_path / "other"), "--seed", "12"]) == 0
    own, other = (np.asarray(Image.open(tmp_path / name / "texture.png")) for name in ("own", "other"))
    np.testing.assert_array_equal(own, client.terrain(labels, seed=11).container.arrays["texture"])
    np.testing.assert_array_equal(other, client.terrain(labels, seed=12).container.arrays["texture"])


def test_rivers_of_a_project_are_those_of_the_map(client: Client, tmp_path: Path) -> None:
    courses = [{"line": [[3, 5.5], [70, 60]], "discharge": 900, "name": "Sill"}]
    (tmp_path / "land.spadeproj").write_bytes(_project(client, courses=courses))
    for scale in (1, 2):
        (course,) = open_map(tmp_path / "land.spadeproj", scale).courses or ()
        assert course.points.tolist() == [[3 * scale, 5.5 * scale], [70 * scale, 60 * scale]]
        assert (course.discharge, course.name) == (900, "Sill")


@pytest.mark.parametrize(
    "wrong", [{}, {"line": [[1, 2]]}, {"line": [[1, 2], [3]]}, {"line": [[1, 2], [3, 1e9]]}, {"name": ""}]
)
def test_rivers_that_are_none_are_refused(client: Client, wrong: dict[str, Any]) -> None:
    labels, river = painted(64, 64), {"line": [[1, 2], [3, 4]], "discharge": 1, "name": "Sill"}
    answer = client.send("/api/project", request(labels, courses=[river | wrong if wrong else {}]), {"labels": labels})
    assert answer.status == 400
    assert "`courses` is" in answer.error
    assert "not a list of rivers" in answer.error


def test_a_part_of_a_map_is_no_project(client: Client) -> None:
    labels = painted(64, 64)
    answer = client.send("/api/project", request(labels, map={"width": 99, "height": 99}), {"labels": labels})
    assert answer.status == 400
    assert "send all of it" in answer.error


def _zip(**files: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return file.getvalue()


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


_MAP = _png(Image.fromarray(labels_to_image(painted(64, 64))))
_JSON = b'{"format": 1}'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a project"),
        (b"PK\3\4" + b"\0" * 100, "not a project"),
        (_zip(project_json=_JSON, map_png=_MAP)[:-30], "not a project"),
        (_zip(project_json=_JSON), "has no map.png"),
        (_zip(map_png=_MAP), "has no project.json"),
        (_zip(project_json=b"{", map_png=_MAP), "project.json can't be read"),
        (_zip(project_json=b"[" * 100_000, map_png=_MAP), "project.json can't be read"),
        (_zip(project_json=b'{"format": 2}', map_png=_MAP), "newer version"),
        (_zip(project_json=b'{"format": 1, "seed": "x"}', map_png=_MAP), "`seed` is 'x'"),
        (_zip(project_json=b'{"format": 1, "style": {"relief": "x"}}', map_png=_MAP), "`style`"),
        (_zip(project_json=_JSON + b" " * (2 << 20), map_png=_MAP), "project.json is too large"),
        (_zip(project_json=_JSON, map_png=b"\0" * (65 << 20)), "map.png is too large"),
        (_zip(project_json=_JSON, map_png=_MAP[:100]), "map.png can't be read"),
        (_zip(project_json=_JSON, map_png=_png(Image.new("1", (60_000, 60_000)))), "pixels, too many"),
        (_zip(project_json=_JSON, map_png=_png(Image.new("RGB", (64, 64), (1, 2, 3)))), "not in the palette"),
        (_zip(project_json=_JSON, map_png=_MAP, guide_tif=_MAP), "guide.tif"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_what_is_no_project_is_refused(client: Client, data: bytes, said: str) -> None:
    answer = client.ask("POST", "/api/project/open", data)
    assert answer.status == 400
    assert said in answer.error


def test_settings_have_to_fit(client: Client) -> None:
    labels = painted(64, 64)
    body = container(request(labels, settings=[1]), {"labels": labels})
    answer = client.ask("POST", "/api/project", body)
    assert answer.status == 400
    assert "`settings`" in answer.error
