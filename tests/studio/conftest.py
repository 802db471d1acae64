"""A real server on a free port, and a page's requests of it."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.generation.model import Model
from spade_terrain.palette import Labels
from spade_terrain.studio.container import Container, pack, unpack
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.body import DEADLINES, Deadlines
from spade_terrain.studio.http.page import Page
from spade_terrain.studio.serve import listen, make_server
from spade_terrain.studio.state import Studio

TOKEN = "a-token-of-the-tests"


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The one line of a refusal."""
        assert self.headers["content-type"] == "application/json"
        assert list(self.json) == ["error"]
        line: str = self.json["error"]
        assert line
        assert "\n" not in line
        return line

    @property
    def container(self) -> Container:
        assert self.status == 200, self.body
        return unpack(self.body)


@dataclass(frozen=True)
class Client:
    """A page of the server at a port."""

    port: int
    folder: Path
    headers: Mapping[str, str] = field(default_factory=lambda: {"X-Studio-Token": TOKEN})

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {**self.headers, **named})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, **headers)

    def send(self, path: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Answer:
        return self.ask("POST", path, container(header, arrays))

    def terrain(self, labels: Labels, **header: Any) -> Answer:
        return self.send("/api/terrain", request(labels, **header), {"labels": labels})

    def export(self, labels: Labels, **header: Any) -> str:
        """Begin an export; returns its path."""
        return self.begin("/api/export", labels, **header)

    def begin(self, path: str, labels: Labels, **header: Any) -> str:
        """Begin a job; returns its path."""
        answer = self.send(path, request(labels, **header), {"labels": labels})
        assert answer.status == 202, answer.body
        return f"{path}/{answer.json['job']}"

    def finished(self, path: str) -> Any:
        """The state of a job when it is over."""
        while (state := self.get(path).json)["state"] == "working":
            time.sleep(0.02)
        return state


def container(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    return b"".join(bytes(part) for part in pack(header, arrays))


def request(labels: Labels, **header: Any) -> dict[str, Any]:
    """The header of a request for a map, with some fields of its own."""
    sides = {"width": labels.shape[1], "height": labels.shape[0]}
    return {**sides, "seed": 7, "style": {}, "client": "a page", "turn": 1, **header}


def painted(height: int, width: int, seed: int = 0) -> Labels:
    """A map of patches of 8 pixels."""
    classes = np.random.default_rng(seed).integers(0, 7, (-(-height // 8), -(-width // 8)), dtype=np.uint8)
    return np.kron(classes, np.ones((8, 8), np.uint8))[:height, :width]


Start = Callable[..., AbstractContextManager[Client]]


@pytest.fixture(scope="session")
def start(tiny_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts a server of a tiny model, or of another engine, for a block."""

    @contextmanager
    def started(
        engine: Engine | None = None,
        deadlines: Deadlines = DEADLINES,
        page: Page | None = None,
        host: str = "127.0.0.1",
    ) -> Iterator[Client]:
        folder = tmp_path_factory.mktemp("server")
        studio = Studio(engine or Engine(tiny_model), folder, page or Page({}), deadlines)
        server = make_server(studio, TOKEN, host, deadlines)
        with listen("127.0.0.1", 0) as listening:
            thread = threading.Thread(target=server.run, args=[[listening]])
            thread.start()
            try:
                yield Client(listening.getsockname()[1], folder)
            finally:
                server.should_exit = True
                thread.join(30)
            assert not thread.is_alive()

    return started


@pytest.fixture(scope="session")
def client(start: Start) -> Iterator[Client]:
    """A page of a server that all tests of a process share."""
    with start() as page:
        yield page
