import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from spade_terrain.export.formats import FORMATS
from spade_terrain.export.presets import PRESETS
from spade_terrain.generation.model import Model
from spade_terrain.studio.description import PRESET_TEXTS
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.work import exporting, jobs
from tests.studio.conftest import Client, Start, painted, request

UNCARVED = [name for name, of in FORMATS.items() if not of.carved]


def test_all_files_come_in_one_zip_that_others_open(client: Client) -> None:
    labels = painted(64, 80)
    names = {"formats": UNCARVED, "presets": [preset.name for preset in PRESETS]}
    path = client.export(labels, seed=5, **names, options={"playable_km": 4, "vertical_scale": None})
    state = client.finished(path)
    assert state == {
        "state": "done",
        "done": len(UNCARVED) + len(PRESETS) + 2,
        "of": len(UNCARVED) + len(PRESETS) + 2,
        "doing": "terrain.zip",
        "error": None,
        "bytes": state["bytes"],
        "seconds_left": None,
    }
    answer = client.get(f"{path}/zip")
    assert answer.headers["content-type"] == "application/zip"
    assert len(answer.body) == state["bytes"]
    with zipfile.ZipFile(BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert {name.split("/")[0] for name in files if "/" in name} == {"terrain.zarr"}
    sidecar = json.loads(files["terrain.json"])
    assert sidecar["seed"] == 5
    assert sidecar["playable_km"] == 4
    assert set(sidecar["files"]) == {name.split("/")[0] for name in files}
    terrain = client.terrain(labels, seed=5).container.arrays
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(files["texture.png"]))), terrain["texture"])
    heights = np.asarray(Image.open(BytesIO(files["height.png"]))).astype(float)
    np.testing.assert_allclose(heights / 65535 * terrain["height"].max(), terrain["height"], atol=0.1)
    scene = trimesh.load(BytesIO(files["terrain.glb"]), file_type="glb")
    assert scene.extents.max() == pytest.approx(4000, rel=0.02)


def test_every_format_and_preset_is_told_of(client: Client) -> None:
    model = client.get("/api/model").json
    offered = [entry["name"] for entry in model["formats"]]
    assert sorted(offered) == sorted(FORMATS)
    assert offered[0] == "glb"  # what most come for
    assert [entry["name"] for entry in model["presets"]] == [p.name for p in PRESETS] == list(PRESET_TEXTS)
    assert {entry["lacking"] for entry in model["formats"]} == {None}
    assert sorted(entry["name"] for entry in model["formats"] if not entry["detail"]) == sorted(UNCARVED)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({}, "choose at least one"),
        ({"formats": ["dwg"]}, "no such format: 'dwg'"),
        ({"formats": ["../../etc/passwd"]}, "no such format"),
        ({"presets": ["maya"]}, "maya: no such tool"),
        ({"presets": ["unity:3"]}, "unity takes sides"),
        ({"formats": "glb"}, "`formats`"),
        ({"formats": ["glb"], "options": {"playable_km": 0}}, "playable_km` is 0, and should be greater than 0"),
        ({"formats": ["glb"], "options": {"playable_km": 1e9}}, "`playable_km` is"),
        ({"formats": ["glb"], "options": {"triangles": 1}}, "`triangles` is 1"),
        ({"formats": ["glb"], "style": {"x": 1}}, "no style 'x'"),
        ({"formats": ["rivers"]}, "`formats` rivers: only terrain that is made with `detail` has it"),
        ({"formats": ["glb"], "options": {"detail": 3}}, "`detail` is 3; choose one of"),
        ({"formats": ["glb"], "options": {"sea_lakes": True}}, "`sea_lakes` is of terrain that water carves"),
    ],
)
def test_exports_that_make_no_sense_are_refused(client: Client, header: dict[str, object], said: str) -> None:
    labels = painted(64, 64)
    answer = client.send("/api/export", request(labels, **header), {"labels": labels})
    assert answer.status == 400
    assert said in answer.error


@pytest.mark.parametrize("name", ["none", "..", "%2e%2e", "..%2f..", "%00"])
def test_other_names_are_no_exports(client: Client, name: str) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/zip")):
        assert client.ask(method, f"/api/export/{name}{path}").status in (404, 405)


def test_a_freed_export_leaves_nothing(client: Client) -> None:
    path = client.export(painted(64, 64), formats=["height"])
    assert client.finished(path)["state"] == "done"
    before = set(client.folder.iterdir())
    assert client.ask("DELETE", path).status == 204
    assert len(before - set(client.folder.iterdir())) == 1
    assert client.get(path).status == client.get(f"{path}/zip").status == 404


def test_an_export_can_be_stopped(start: Start, tiny_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is made, and while it waits; what they had written goes."""
    from threading import Event

    begun, go_on = Event(), Event()

    class Waiting(Engine):
        def terrain(self, request, stop, *others):  # type: ignore[no-untyped-def]
            begun.set()
            assert go_on.wait(30)
            return super().terrain(request, stop, *others)

    with start(Waiting(tiny_model)) as client:
        first = client.export(painted(64, 64), formats=["height"])
        assert begun.wait(30)
        second = client.export(painted(64, 64), formats=["height"])
        assert client.get(second).json["doing"] == "waiting"
        assert client.get(f"{first}/zip").status == 409
        for path in (second, first):
            assert client.ask("DELETE", path).status == 204
        go_on.set()
        last = client.export(painted(64, 64), formats=["height"])
        assert client.finished(last)["state"] == "done"
        assert [len(list(folder.iterdir())) for folder in client.folder.iterdir()] == [2]
    assert list(client.folder.iterdir()) == []


def test_no_more_exports_wait_than_there_may(start: Start, tiny_model: Model) -> None:
    from threading import Event

    go_on = Event()

    class Waiting(Engine):
        def terrain(self, request, stop, *others):  # type: ignore[no-untyped-def]
            assert go_on.wait(30)
            return super().terrain(request, stop, *others)

    labels = painted(64, 64)
    with start(Waiting(tiny_model)) as client:
        paths = [client.export(labels, formats=["height"]) for _ in range(jobs.MOST_WAITING)]
        answer = client.send("/api/export", request(labels, formats=["height"]), {"labels": labels})
        assert answer.status == 503
        assert "try again in a moment" in answer.error
        go_on.set()
        assert {client.finished(path)["state"] for path in paths} == {"done"}


def test_the_oldest_goes_when_there_are_many(client: Client) -> None:
    paths = []
    for _ in range(jobs.MOST_KEPT + 1):
        paths.append(client.export(painted(64, 64), formats=["height"]))
        client.finished(paths[-1])
    assert [client.get(path).status for path in (paths[0], paths[1], paths[-1])] == [404, 200, 200]
    assert len(list(client.folder.iterdir())) <= jobs.MOST_KEPT


def test_what_fails_says_why(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(path: Path, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "_zip", full_disk)
    state = client.finished(client.export(painted(64, 64), formats=["height"]))
    assert state["state"] == "failed"
    assert state["error"] == "the export can't be written: No space left on device; free some space, or set TMPDIR"
