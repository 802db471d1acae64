from contextlib import closing
from threading import Thread
from typing import Any
from wsgiref.simple_server import make_server

import pytest

from spade_terrain.cluster.reach import is_served


@pytest.mark.parametrize(("there", "served"), [("200 OK", True), ("404 Not Found", False)])
def test_a_page_that_is_not_there_is_not_told(there: str, served: bool) -> None:
    """Dask gives an address in any case, with --no-dashboard too."""

    def application(environ: Any, start: Any) -> list[bytes]:
        start(there, [])
        return [b""]

    server = make_server("127.0.0.1", 0, application)
    with closing(server.socket):
        answering = Thread(target=server.handle_request)
        answering.start()
        assert is_served(f"http://127.0.0.1:{server.server_port}/status") == served
        answering.join()
    assert not is_served(f"http://127.0.0.1:{server.server_port}/status")
