"""Who may ask: this machine's own page, and nobody who only knows the address.

Any page on the web can send requests to 127.0.0.1, and a name of its own can be made to lead there (DNS rebinding). So
the Host has to be ours, the Origin, where there is one, the same, and everything but the page's own files takes the
token that was printed at the start.
"""

import hmac
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spade_terrain.studio.http.refusals import RefusedError

TOKEN_HEADER = "x-studio-token"
_API = "/api/"
_CONTENT = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _CONTENT,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_RATE, _BURST = 10.0, 60.0
"""Requests a second, and at once, from one address of others."""
_ADDRESSES = 1000


class Guard:
    """An ASGI application around another that lets in whom it may, and puts safe headers on every answer.

    Args:
        app: the other one.
        token: what requests to the API have to know.
        names: host names that are ours, without a port, besides addresses: of those that are no names, any is.
        limited: whether others than this machine are let in: then requests of one address are limited in number, and
            the page may have come by TLS from a proxy before us.

    """

    def __init__(self, app: ASGIApp, token: str, names: Iterable[str], *, limited: bool = False) -> None:
        self._app, self._token = app, token
        self._names = {name.lower() for name in names}
        self._rates = _Rates() if limited else None
        self._schemes = ("http", "https") if limited else ("http",)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            self._check(scope)
        except RefusedError as e:
            response = JSONResponse({"error": e.message}, e.status)
            await response(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        """Raise `RefusedError` if a request is none of ours."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise RefusedError(421, "this address is not the studio's; open the one that was printed at its start")
        if self._rates:
            self._rates.check(scope["client"][0] if scope["client"] else "")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in [f"{scheme}://{host}".lower() for scheme in self._schemes]:
            raise RefusedError(403, "the request comes from another page; use the studio's own")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and scope["path"].startswith(_API):
            raise RefusedError(403, "the request comes from another page; use the studio's own")
        if scope["path"].startswith(_API) and not self._knows_token(headers):
            raise RefusedError(
                401, "the token is missing or not this server's; open the address that it printed at its start"
            )

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._names or _is_address(name)

    def _knows_token(self, headers: Headers) -> bool:
        given = headers.get(TOKEN_HEADER, "")
        return hmac.compare_digest(given.encode(), self._token.encode())


class _Rates:
    """How many requests each address may still send: a bucket that fills by `_RATE` a second, up to `_BURST`."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Count a request. Raises `RefusedError` if it is one too many."""
        now = time.monotonic()
        left, before = self._left.get(address, (_BURST, now))
        left = min(_BURST, left + (now - before) * _RATE)
        refused = left < 1  # and is not counted: who asks again too early is not put off for ever
        self._left[address] = (left - (not refused), now)
        self._left.move_to_end(address)
        while len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        if refused:
            raise RefusedError(429, f"that is more than {_RATE:g} requests a second; wait a moment")


def _is_address(name: str) -> bool:
    """Whether a host is an address: no name that somebody could make to lead here."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
