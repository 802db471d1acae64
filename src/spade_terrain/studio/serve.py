"""The server as a process: its socket, its token, its temporary folder, and the browser."""

import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from spade_terrain.errors import ParameterError, one_line
from spade_terrain.generation.model import Model
from spade_terrain.studio import LOOPBACK, PORT
from spade_terrain.studio.app import app_of
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.body import DEADLINES, Deadlines
from spade_terrain.studio.http.guard import Guard
from spade_terrain.studio.http.page import MISSING, Page
from spade_terrain.studio.http.protocol import PatientProtocol
from spade_terrain.studio.state import Studio
from spade_terrain.studio.work.scratch import scratch_folder

TOKEN_VARIABLE = "SPADE_TERRAIN_STUDIO_TOKEN"
"""Of the environment: a token to use, for a server that others start and stop; by default each start has a new one."""
_TRIES = 50
"""Ports that are tried, one after another."""
_SHORTEST_TOKEN = 16
_CONNECTIONS = 128
_HEAD = 1 << 15
"""Bytes of the largest head of a request."""


def serve(
    model: Model,
    *,
    host: str = LOOPBACK,
    port: int = PORT,
    browser: bool = True,
    say: Callable[[str], None] = print,
    deadlines: Deadlines = DEADLINES,
    parent: Path | None = None,
) -> None:
    """Serve the studio until the process is told to end.

    Args:
        model: what makes terrain.
        host: the address to be reached at; any but this machine's own lets others in.
        port: where to; if it is taken, the next that is free.
        browser: open the page in the user's browser.
        say: told the page's address, and what the user should know.
        deadlines: seconds that a client may take.
        parent: where the temporary folder is made; by default the system's place.

    Raises:
        ParameterError: the host or port can't be used.
        StorageError: the temporary folder can't be made.

    """
    page, token = Page.built(), _token()
    with listen(host, port) as listening, scratch_folder(parent) as folder:
        taken = listening.getsockname()[1]
        if port and taken != port:
            say(f"port {port} is taken, so this is port {taken}")
        if not _is_loopback(host):
            say(f"anybody who reaches {host} and knows this address can use the studio; it is not encrypted")
        if not page.is_there:
            say(MISSING)
        server = make_server(Studio(Engine(model), folder, page, deadlines), token, host, deadlines)
        address = f"http://{_in_url(host)}:{taken}/#token={token}"
        say(f"the studio is at {address}")
        say("Ctrl-C ends it; what is painted stays in the browser")
        if browser:  # it connects to a socket that listens already, and is answered when the server has started
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
        server.run(sockets=[listening])


def make_server(studio: Studio, token: str, host: str = LOOPBACK, deadlines: Deadlines = DEADLINES) -> uvicorn.Server:
    """The server of a studio, to be run on a socket of `listen`; arguments are as `serve` has them."""
    others = not _is_loopback(host)
    names = {"localhost", host, *([socket.gethostname(), socket.getfqdn()] if others else [])}
    config = uvicorn.Config(
        Guard(app_of(studio), token, names, limited=others),
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=deadlines.stall,  # type: ignore[arg-type]  # seconds, of which there may be parts
        timeout_graceful_shutdown=2,
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEAD,
    )
    return uvicorn.Server(config)


def _token() -> str:
    """The token of the environment, or a new one. Raises `ParameterError` if the former is too short to be secret."""
    given = os.environ.get(TOKEN_VARIABLE)
    if given is None:
        return secrets.token_urlsafe(24)
    if len(given) < _SHORTEST_TOKEN or not (given.isascii() and given.replace("-", "").replace("_", "").isalnum()):
        raise ParameterError(f"{TOKEN_VARIABLE} is no token; use {_SHORTEST_TOKEN} or more letters, digits, - and _")
    return given


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at the first free port from `port` on; any free one if it is 0.

    Raises `ParameterError` if the host is not this machine's, or no port can be used.
    """
    if not 0 <= port < 1 << 16:
        raise ParameterError(f"`port` is {port}; use a number from 0 to 65535")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as e:
        raise ParameterError(f"no `host` {host!r} is known here ({one_line(e)}); use an address of this machine") from e
    last: OSError | None = None
    for number in range(port, min(port + _TRIES, 1 << 16)):
        listening = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # else a port that a stopped server had is taken for minutes
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((place[0], number, *place[2:]))
            listening.listen(_CONNECTIONS)
        except OSError as e:
            listening.close()
            last = e
        else:
            return listening
    assert last is not None
    raise ParameterError(f"no `port` from {port} on can be used on {host} ({one_line(last)}); choose others") from last


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _in_url(host: str) -> str:
    """A host as it stands in an address that works on this machine."""
    shown = {"0.0.0.0": LOOPBACK, "::": "[::1]"}.get(host, host)
    return f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
