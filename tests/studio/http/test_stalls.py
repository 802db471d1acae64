"""Clients who stall, say too much, or speak no HTTP: each gets an answer or is put out, and the server lives."""

import socket
import time
from collections.abc import Iterator

import pytest

from spade_terrain.studio.http.body import CONTAINER, Deadlines
from tests.studio.conftest import TOKEN, Client, Start, container, painted, request


@pytest.fixture(scope="module")
def hasty(start: Start) -> Iterator[Client]:
    """A page of a server without patience."""
    with start(deadlines=Deadlines(stall=0.5, body=2, drain=0.5)) as page:
        yield page


def _connect(client: Client, head: str, body: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", client.port), timeout=60)
    connection.sendall(head.replace("\n", "\r\n").encode() + body)
    return connection


def _post(path: str, *headers: str) -> str:
    return "\n".join([f"POST {path} HTTP/1.1", "Host: localhost", f"X-Studio-Token: {TOKEN}", *headers, "", ""])


def _all(connection: socket.socket) -> bytes:
    """What is said until the connection is closed or reset."""
    said = b""
    try:
        while piece := connection.recv(1 << 16):
            said += piece
    except ConnectionResetError:
        pass
    return said


def _alive(client: Client) -> bool:
    return client.get("/api/health").status == 200


def test_a_body_that_comes_to_a_stop(hasty: Client) -> None:
    with _connect(hasty, _post("/api/terrain", "Content-Length: 1000"), b"SPADE") as connection:
        said = _all(connection)
    assert said.startswith(b"HTTP/1.1 408")
    assert b"came to a stop" in said
    assert _alive(hasty)


def test_a_body_that_never_ends(hasty: Client) -> None:
    """A byte now and then keeps no request open."""
    with _connect(hasty, _post("/api/import", "Transfer-Encoding: chunked")) as connection:
        connection.settimeout(0.1)
        said = b""
        while not said:
            try:
                said = connection.recv(1 << 16)
            except TimeoutError:
                connection.sendall(b"1\r\nx\r\n")
    assert said.startswith(b"HTTP/1.1 408")
    assert _alive(hasty)


@pytest.mark.parametrize("encoding", ["Content-Length: 99999999999", "Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large(hasty: Client, encoding: str) -> None:
    with _connect(hasty, _post("/api/terrain", encoding)) as connection:
        piece = b"x" * (1 << 20)
        if "chunked" in encoding:
            piece = b"100000\r\n" + piece + b"\r\n"
        for _ in range((CONTAINER >> 20) + 1):
            connection.sendall(piece)
        said = _all(connection)
    assert said.startswith(b"HTTP/1.1 413")
    assert b"over 32 MB" in said
    assert _alive(hasty)


def test_a_head_that_comes_to_a_stop(hasty: Client) -> None:
    for head in ("", "POST /api/terrain HTTP/1.1\nHost: loc"):
        with _connect(hasty, head) as connection:
            assert _all(connection) == b""
    assert _alive(hasty)


def test_a_head_that_stops_after_another_request(hasty: Client) -> None:
    with _connect(hasty, f"GET /api/health HTTP/1.1\nHost: localhost\nX-Studio-Token: {TOKEN}\n\n") as connection:
        said = b""
        while not said.endswith(b"}"):
            said += connection.recv(1 << 16)
        connection.sendall(b"GET /api/he")
        assert _all(connection) == b""
    assert _alive(hasty)


def test_a_head_without_end(hasty: Client) -> None:
    with _connect(hasty, "GET / HTTP/1.1\nX: " + "x" * (1 << 17)) as connection:
        assert _all(connection).startswith(b"HTTP/1.1 400")
    assert _alive(hasty)


@pytest.mark.parametrize(
    "said", ["\x16\x03\x01\0\n\n", "GET\n\n", "SPADE\0\n\n", "GET / HTTP/1.1\nContent-Length: -1\n\n"]
)
def test_what_is_no_http(hasty: Client, said: str) -> None:
    with _connect(hasty, said) as connection:
        assert _all(connection).startswith(b"HTTP/1.1 400")
    assert _alive(hasty)


def test_a_client_that_does_not_read(hasty: Client) -> None:
    """It is put out, instead of its answer being held for it."""
    labels = painted(1024, 1024)
    body = container(request(labels), {"labels": labels})
    connection = socket.socket()
    with connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", hasty.port))
        connection.sendall(_post("/api/terrain", f"Content-Length: {len(body)}").replace("\n", "\r\n").encode() + body)
        said = connection.recv(100, socket.MSG_WAITALL)
        time.sleep(3)  # longer than the server's patience
        said += _all(connection)
    assert said.startswith(b"HTTP/1.1 200")
    assert len(said) < 10 * labels.size  # the answer's arrays
    assert _alive(hasty)


def test_a_body_in_an_unknown_code(hasty: Client) -> None:
    answer = hasty.ask("POST", "/api/terrain", b"x", Content_Encoding="br")
    assert answer.status == 415
    for body in (b"x", b"\x1f\x8b", b""):
        answer = hasty.ask("POST", "/api/terrain", body, Content_Encoding="gzip")
        assert answer.status == 400
        assert "gzip" in answer.error


@pytest.mark.parametrize("body", [b"", b"{}", b'{"width": 64}', b"\0" * 100])
@pytest.mark.parametrize("path", ["terrain", "export", "project"])
def test_a_body_that_is_no_container(hasty: Client, path: str, body: bytes) -> None:
    answer = hasty.ask("POST", f"/api/{path}", body)
    assert answer.status == 400
    assert "not a container" in answer.error
