import gzip
import http.client
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from spade_terrain.api import generate
from spade_terrain.generation.model import Model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.stages import SplitModel
from spade_terrain.runtime.sessions import Stop, StoppedError
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.requests import MapRequest
from spade_terrain.window import Window
from tests.studio.conftest import Answer, Client, Start, container, painted, request


def test_the_whole_is_what_generate_makes(client: Client, tiny_model: Model) -> None:
    labels = painted(70, 101)
    made = client.terrain(labels, seed=3).container
    expected = generate(labels, seed=3, model=tiny_model)
    for name in ("texture", "height", "shaded"):
        np.testing.assert_array_equal(made.arrays[name], getattr(expected, name))
    assert made.header["min_m"] == made.arrays["height"].min()
    assert made.header["max_m"] == made.arrays["height"].max()
    wanted = {"width": 101, "height": 70, "x": 0, "y": 0, "turn": 1, "seed": 3, "texture": "atlas", "style": {}}
    assert wanted.items() <= made.header.items()


def test_the_whole_after_a_preview_takes_no_second_coarse_stage(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    make = SplitModel.run_coarse

    def counted(*args: Any) -> Any:
        runs.append(1)
        return make(*args)

    monkeypatch.setattr(SplitModel, "run_coarse", counted)
    labels = painted(64, 64)
    for window in ({"x": 20, "y": 20, "width": 20, "height": 20}, None):
        assert client.terrain(labels, window=window).status == 200
    assert len(runs) == 1


@pytest.mark.parametrize("place", [(0, 0, 33, 20), (37, 21, 50, 44), (100, 60, 20, 40), (119, 99, 1, 1)])
def test_a_window_equals_its_part_of_the_whole(client: Client, place: tuple[int, int, int, int]) -> None:
    labels = painted(100, 120)
    whole = client.terrain(labels).container
    x, y, width, height = place
    made = client.terrain(labels, window={"x": x, "y": y, "width": width, "height": height}).container
    assert [made.header[name] for name in ("x", "y", "width", "height")] == list(place)
    for name, array in made.arrays.items():
        np.testing.assert_array_equal(array, whole.arrays[name][y : y + height, x : x + width])


def test_a_window_takes_no_more_of_the_map_than_the_model_says(client: Client) -> None:
    labels, halo = painted(400, 400), client.get("/api/model").json["halo"]
    whole = client.terrain(labels).container
    x, y, side = 151, 170, 37
    left, top = x - halo, y - halo
    assert left > 0
    left, top = left // 4 * 4, top // 4 * 4
    part = labels[top : -(-(y + side + halo) // 4) * 4, left : -(-(x + side + halo) // 4) * 4]
    asked = {"window": {"x": x, "y": y, "width": side, "height": side}, "map": {"width": 400, "height": 400}}
    made = client.terrain(part, **asked, origin={"x": left, "y": top}).container
    np.testing.assert_array_equal(made.arrays["height"], whole.arrays["height"][y : y + side, x : x + side])
    short = client.terrain(labels[y : y + side, x : x + side], **asked, origin={"x": x, "y": y})
    assert short.status == 400
    assert f"give {halo} pixels around it" in short.error


def test_pixels_of_another_size_make_lower_land(client: Client) -> None:
    labels = painted(64, 64)
    usual, fine = (client.terrain(labels, gsd=gsd).container.arrays["height"] for gsd in (None, 250))
    assert fine.max() == pytest.approx(usual.max() / 4)
    window = {"x": 0, "y": 0, "width": 30, "height": 30}
    part = client.terrain(labels, gsd=250, window=window).container.arrays["height"]
    np.testing.assert_array_equal(part, fine[:30, :30])


def test_gzip_is_read(client: Client) -> None:
    labels = painted(64, 64)
    body = gzip.compress(container(request(labels), {"labels": labels}))
    packed = client.ask("POST", "/api/terrain", body, Content_Encoding="gzip")
    assert packed.body == client.terrain(labels).body


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width": 65}, "`labels`"),
        ({"width": 4096}, "`width` is 4096"),
        ({"width": "64"}, "`width` is '64'"),
        ({"seed": 2**64}, "`seed`"),
        ({"seed": 1.5}, "`seed`"),
        ({"style": {"elevation": 1}}, "no style 'elevation'"),
        ({"style": []}, "`style`"),
        ({"texture": "oil"}, "no `texture` 'oil'; it has atlas"),
        ({"client": ""}, "`client`"),
        ({"client": "x" * 65}, "`client`"),
        ({"turn": -1}, "`turn`"),
        ({"turn": None}, "`turn`"),
        ({"gsd": 0}, "`gsd`"),
        ({"window": {"x": 0, "y": 0, "width": 65, "height": 1}}, "not inside the map"),
        ({"window": {"x": 0, "y": 0, "width": 0, "height": 1}}, "`window.width`"),
        ({"window": {"x": 0}}, "`window.y` is missing"),
        ({"origin": {"x": 1, "y": 0}}, "not inside 64 x 64"),
        ({"map": {"width": 32, "height": 64}}, "32 x 64 pixels; make its sides 64 to 2048"),
        ({"map": {"width": 100, "height": 100}}, "send all of it"),
    ],
)
def test_requests_that_make_no_sense_are_refused(client: Client, change: dict[str, Any], said: str) -> None:
    answer = client.terrain(painted(64, 64), **{"client": "refused", **change})
    assert answer.status == 400
    assert said in answer.error


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({}, "`labels` is missing"),
        ({"labels": np.zeros((64, 65), np.uint8)}, "`labels`"),
        ({"labels": np.zeros((64, 64), np.uint16)}, "`labels`"),
        ({"labels": np.full((64, 64), 7, np.uint8)}, "holds 7; use 0 to 6"),
        ({"labels": painted(64, 64), "guide": np.zeros((65, 1), np.float32)}, "`guide`"),
        ({"labels": painted(64, 64), "guide": np.zeros(64, np.float32)}, "`guide`"),
        ({"labels": painted(64, 64), "guide": np.full((2, 2), np.inf, np.float32)}, "beyond 100 km"),
        ({"labels": painted(64, 64), "guide": np.zeros((2, 2), np.float32)}, "takes no `guide`"),
    ],
)
def test_arrays_that_make_no_sense_are_refused(client: Client, arrays: dict[str, Any], said: str) -> None:
    answer = client.send("/api/terrain", request(painted(64, 64)), arrays)
    assert answer.status == 400
    assert said in answer.error


@dataclass(frozen=True)
class _SlowEngine(Engine):
    """Makes the terrain of seed 1 until it is stopped."""

    begun: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def window(self, request: MapRequest, window: Window, stop: Stop) -> Pixels:
        if request.orders.seed != 1:
            return super().window(request, window, stop)
        self.begun.set()
        try:
            while True:
                stop.check()
                threading.Event().wait(0.01)
        except StoppedError:
            self.stopped.set()
            raise


@pytest.fixture
def slow(tiny_model: Model) -> _SlowEngine:
    return _SlowEngine(tiny_model)


def _in_thread(answers: dict[str, Answer], name: str, page: Client, /, **header: Any) -> threading.Thread:
    def ask() -> None:
        answers[name] = page.terrain(painted(64, 64), **header)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_the_newest_of_a_page_wins(start: Start, slow: _SlowEngine) -> None:
    answers: dict[str, Answer] = {}
    with start(slow) as client:
        old = _in_thread(answers, "old", client, seed=1, turn=4)
        assert slow.begun.wait(30)
        assert client.terrain(painted(64, 64), turn=5).status == 200
        old.join(30)
        late = client.terrain(painted(64, 64), turn=3)
    assert slow.stopped.is_set()
    assert [answers["old"].status, late.status] == [409, 409]
    assert answers["old"].error == late.error == "superseded"


def test_who_waits_is_superseded_at_once_and_others_keep_their_place(start: Start, slow: _SlowEngine) -> None:
    answers: dict[str, Answer] = {}
    with start(slow) as client:
        first = _in_thread(answers, "first", client, client="a", seed=1)
        assert slow.begun.wait(30)
        waiting = _in_thread(answers, "waiting", client, client="b", turn=1)
        while client.terrain(painted(64, 64), client="b", turn=0).status != 409:  # until turn 1 has arrived
            pass
        newer = _in_thread(answers, "newer", client, client="b", turn=2)
        waiting.join(30)
        assert answers["waiting"].error == "superseded"
        assert "newer" not in answers
        _in_thread(answers, "first's next", client, client="a", turn=2).join(30)
        newer.join(30)
        first.join(30)
    assert {name: answer.status for name, answer in answers.items()} == {
        "waiting": 409,
        "first": 409,
        "newer": 200,
        "first's next": 200,
    }


def test_a_closed_connection_ends_the_work(start: Start, slow: _SlowEngine) -> None:
    labels = painted(64, 64)
    with start(slow) as client:
        connection = http.client.HTTPConnection("127.0.0.1", client.port)
        body = container(request(labels, seed=1), {"labels": labels})
        connection.request("POST", "/api/terrain", body, dict(client.headers))
        assert slow.begun.wait(30)
        connection.close()
        assert slow.stopped.wait(30)
        assert client.terrain(labels, turn=2).status == 200


def test_two_pages_paint_at_once(client: Client, tiny_model: Model) -> None:
    """Each gets its own terrain, whole, in the order of its turns."""
    wrong: list[object] = []

    def page(number: int) -> None:
        for turn in range(10):
            labels = painted(64, 80, seed=100 * number + turn)
            made = client.terrain(labels, client=f"page {number}", turn=turn, seed=turn).container
            if not np.array_equal(made.arrays["height"], generate(labels, seed=turn, model=tiny_model).height):
                wrong.append((number, turn))

    threads = [threading.Thread(target=page, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
