"""Serves the files of a folder on this machine, or parts of them, as GDAL asks for: `range_server.py FOLDER`.

A process of its own, because rasterio lets no other thread of its process run while it waits for an answer.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[1])


class Handler(BaseHTTPRequestHandler):
    """Answers HEAD and GET, with one range of bytes."""

    def do_HEAD(self) -> None:
        """Only how long it is."""
        self._start()

    def do_GET(self) -> None:
        """The file, or a part."""
        self.wfile.write(self._start())

    def _start(self) -> bytes:
        file = FOLDER / self.path.partition("?")[0].strip("/")
        if not file.is_file():
            self.send_error(404)
            return b""
        data = file.read_bytes()
        wanted = self.headers.get("Range")
        if wanted:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            part = data[int(first) : int(last or len(data)) + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
            data = part
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        return data

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
