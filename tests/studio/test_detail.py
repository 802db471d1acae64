"""Carved terrain, as the page shows it."""

import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from threading import Semaphore
from typing import Any

import numpy as np
import pytest

from spade_terrain.api import generate
from spade_terrain.drainage import detail as carved
from spade_terrain.export.sidecar import describe_lakes
from spade_terrain.generation.carving import Carving
from spade_terrain.generation.model import Model
from spade_terrain.palette import WATER, Labels
from spade_terrain.runtime.sessions import Stop
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.body import Deadlines
from spade_terrain.studio.messages.answers import River
from spade_terrain.studio.requests import MapRequest
from spade_terrain.studio.work.carving import describe_rivers
from spade_terrain.terrain import Terrain
from tests.studio.conftest import Client, Start, painted, request


@pytest.fixture(scope="module")
def labels() -> Labels:
    """Forest and mountains, a sea in the north, and a lake."""
    labels = np.full((64, 72), 2, np.uint8)
    labels[20:60, 50:] = 5
    labels[:16] = WATER
    labels[36:46, 20:32] = WATER
    return labels


@pytest.fixture(scope="module")
def expected(labels: Labels, tiny_model: Model) -> Terrain:
    return generate(labels, seed=3, model=tiny_model, detail=2)


def test_the_page_gets_what_generate_carves(client: Client, labels: Labels, expected: Terrain) -> None:
    path = client.begin("/api/detail", labels, seed=3, detail=2)
    state = client.finished(path)
    size = state["bytes"]
    assert state == {
        "state": "done", "done": 100, "of": 100, "doing": "texture", "error": None, "bytes": size, "seconds_left": None,
    }  # fmt: skip
    answer = client.get(f"{path}/terrain")
    assert len(answer.body) == size
    made = answer.container
    for name in ("texture", "height", "shaded", "labels"):
        np.testing.assert_array_equal(made.arrays[name], getattr(expected, name))
    water = expected.hydrology
    assert water is not None
    np.testing.assert_array_equal(made.arrays["rivers"], water.mask)
    assert made.header == {
        "width": 144, "height": 128, "detail": 2, "gsd": 1000,
        "lakes": json.loads(json.dumps(describe_lakes(water.lakes))),
        "rivers": _plain(describe_rivers(water.reaches, 2)),
    }  # fmt: skip


def test_rivers_of_the_map_have_their_names_unless_they_are_left_alone(client: Client, labels: Labels) -> None:
    courses = [{"line": [[60, 55], [40, 30], [40, 10]], "discharge": 900, "name": "Sill"}]
    found = []
    for left_alone in (False, True):
        path = client.begin("/api/detail", labels, seed=3, detail=2, courses=courses, sea_rivers=left_alone)
        client.finished(path)
        found.append([river["name"] for river in client.get(f"{path}/terrain").container.header["rivers"]])
    assert "Sill" in found[0]
    assert set(found[1]) == {None}


def test_sea_and_lakes_are_told_apart(client: Client, labels: Labels) -> None:
    path = client.begin("/api/detail", labels, seed=3, detail=2)
    client.finished(path)
    water = client.get(f"{path}/terrain").container.arrays["water"]
    assert (water[:24] == 1).mean() > 0.9
    assert (water[76:88, 44:60] == 2).all()
    assert (water[96:] == 0).all()
    path = client.begin("/api/detail", labels, seed=3, detail=2, sea_lakes=True)
    client.finished(path)
    water = client.get(f"{path}/terrain").container.arrays["water"]
    assert (water[76:88, 44:60] == 1).all()


def test_rivers_lie_on_the_map_largest_first_and_no_more_than_fit(expected: Terrain) -> None:
    water = expected.hydrology
    assert water is not None
    rivers = _plain(describe_rivers(water.reaches, 2))
    assert len(rivers) == len(water.reaches) > 5
    assert [river["discharge"] for river in rivers] == sorted((r["discharge"] for r in rivers), reverse=True)
    largest = max(water.reaches, key=lambda reach: reach.discharge)
    np.testing.assert_allclose(rivers[0]["line"], largest.points / 2, atol=0.006)
    thinned = describe_rivers(water.reaches, 8)[0].line
    assert len(thinned) == pytest.approx(len(largest.points) / 4, abs=2)
    np.testing.assert_allclose(thinned[-1], largest.points[-1] / 8, atol=0.006)
    few = _plain(describe_rivers(water.reaches, 2, most=2000))
    assert few == rivers[: len(few)]
    assert 0 < len(json.dumps(few)) <= 2500
    assert len(few) < len(rivers)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({}, "`detail` is missing"),
        ({"detail": None}, "`detail` is missing"),
        ({"detail": 3}, "`detail` is 3; choose one of 1, 2, 4, 8, 16"),
        ({"detail": "2"}, "`detail` is '2'"),
        ({"detail": 2, "draw_rivers": 1}, "`draw_rivers` is 1"),
        ({"detail": 2, "sea_lakes": "no"}, "`sea_lakes`"),
        ({"detail": 2, "client": ""}, "`client`"),
        ({"detail": 2, "style": {"x": 1}}, "no style 'x'"),
        ({"detail": 2, "map": {"width": 100, "height": 100}}, "send all of it"),
    ],
)
def test_what_makes_no_sense_is_refused(client: Client, labels: Labels, header: dict[str, Any], said: str) -> None:
    answer = client.send("/api/detail", request(labels, **header), {"labels": labels})
    assert answer.status == 400
    assert said in answer.error


def test_what_is_too_large_or_all_water_is_refused(
    client: Client, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = painted(64, 520)
    answer = client.send("/api/detail", request(large, detail=8), {"labels": large})
    assert answer.status == 400
    assert "4160 x 512 pixels of this map, and 4096 a side are the most that can be shown" in answer.error
    sea = np.zeros((64, 64), np.uint8)
    answer = client.send("/api/detail", request(sea, detail=2), {"labels": sea})
    assert answer.status == 400
    assert "all water" in answer.error
    monkeypatch.setattr(carved, "free_memory", lambda: 1e5)
    for path, wanted in (("/api/detail", {"detail": 2}), ("/api/export", {"options": {"detail": 2}})):
        answer = client.send(path, request(labels, formats=["height"], **wanted), {"labels": labels})
        assert answer.status == 503
        assert "choose less detail" in answer.error


def test_memory_that_runs_out_is_told_of(client: Client, labels: Labels, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_little(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(carved, "carve", too_little)
    state = client.finished(client.begin("/api/detail", labels, detail=2))
    assert state["state"] == "failed"
    assert "too little memory" in state["error"]


def _plain(rivers: list[River]) -> list[dict[str, Any]]:
    return [river.model_dump(mode="json") for river in rivers]


@dataclass(frozen=True)
class _SlowEngine(Engine):
    """Carves the terrain of seed 1 for ever, telling of it; and counts how many it has begun and ended."""

    begun: Semaphore = field(default_factory=lambda: Semaphore(0))
    ended: Semaphore = field(default_factory=lambda: Semaphore(0))

    def terrain(
        self, request: MapRequest, stop: Stop, carving: Carving | None, told: Callable[[str, float], None]
    ) -> Terrain:
        if request.orders.seed != 1:
            return super().terrain(request, stop, carving, told)
        self.begun.release()
        try:
            told("carving", 10)
            while True:
                time.sleep(0.01)
                told("carving", 25)
        finally:
            self.ended.release()


@pytest.fixture
def slow(tiny_model: Model) -> _SlowEngine:
    return _SlowEngine(tiny_model)


def test_progress_is_told_and_a_stroke_does_not_wait(start: Start, slow: _SlowEngine, labels: Labels) -> None:
    with start(slow) as client:
        first, second = (client.begin("/api/detail", labels, seed=1, detail=2, client=name) for name in "ab")
        assert slow.begun.acquire(timeout=30)
        while (state := client.get(first).json)["done"] < 25:
            pass
        assert (state["state"], state["done"], state["of"], state["doing"]) == ("working", 25, 100, "carving")
        assert state["seconds_left"] > 0
        waiting = client.get(second).json
        assert (waiting["doing"], waiting["done"], waiting["seconds_left"]) == ("waiting", 0, None)
        assert client.get(f"{first}/terrain").status == 409
        assert client.terrain(labels).status == 200
        assert client.finished(client.export(labels, formats=["height"]))["state"] == "done"


def test_a_job_that_is_ended_lets_the_next_go_on(start: Start, slow: _SlowEngine, labels: Labels) -> None:
    with start(slow) as client:
        first = client.begin("/api/detail", labels, seed=1, detail=2)
        assert slow.begun.acquire(timeout=30)
        assert client.ask("DELETE", first).status == 204
        assert slow.ended.acquire(timeout=30)
        for method, path in (("GET", first), ("GET", f"{first}/terrain"), ("DELETE", first)):
            assert client.ask(method, path).status == 404
        assert client.finished(client.begin("/api/detail", labels, detail=2))["state"] == "done"
        assert len(list(client.folder.iterdir())) == 1


def test_a_later_job_of_a_page_ends_the_one_before(start: Start, slow: _SlowEngine, labels: Labels) -> None:
    with start(slow) as client:
        first = client.begin("/api/detail", labels, seed=1, detail=2)
        other = client.begin("/api/detail", labels, seed=1, detail=2, client="another")
        second = client.begin("/api/detail", labels, seed=2, detail=2)
        assert slow.ended.acquire(timeout=30)
        assert client.get(first).status == 404
        assert client.get(other).json["state"] == "working"
        client.ask("DELETE", other)
        assert client.finished(second)["state"] == "done"


def test_a_job_of_a_page_that_has_gone_ends(start: Start, slow: _SlowEngine, labels: Labels) -> None:
    with start(slow, Deadlines(lease=1)) as client:
        left = client.begin("/api/detail", labels, seed=1, detail=2, client="gone")
        assert slow.begun.acquire(timeout=30)
        looked_at = client.begin("/api/detail", labels, seed=1, detail=2)
        while not slow.ended.acquire(timeout=0.1):
            assert client.get(looked_at).status == 200
        assert client.get(left).status == 404
        assert client.get(looked_at).status == 200
        assert slow.ended.acquire(timeout=30)  # nor did it keep its lease
    assert list(client.folder.iterdir()) == []


def test_files_of_carved_terrain(client: Client, labels: Labels, expected: Terrain) -> None:
    order = {"formats": ["height", "rivers"], "options": {"detail": 2, "draw_rivers": False, "sea_lakes": None}}
    path = client.export(labels, seed=3, **order)
    state = client.finished(path)
    assert (state["state"], state["done"], state["of"]) == ("done", 13, 13)
    with zipfile.ZipFile(BytesIO(client.get(f"{path}/zip").body)) as archive:
        sidecar = json.loads(archive.read("terrain.json"))
        rivers = json.loads(archive.read("rivers.geojson"))
    assert (sidecar["detail"], sidecar["width_px"]) == (2, 144)
    assert expected.hydrology is not None
    assert len(rivers["features"]) == len(expected.hydrology.reaches)
