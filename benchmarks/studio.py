"""How long a page waits for the studio's server, and whether it lives through many pages: without a browser.

Run `python benchmarks/studio.py`, with `--minutes 10` for twenty pages in turn over so long. Linux only: it reads the
server's memory from /proc.
"""

import argparse
import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from spade_terrain.maps.image import read_map
from spade_terrain.palette import Labels
from spade_terrain.studio.container import pack

MAP = Path(__file__).parents[1] / "examples" / "continent.png"
BRUSH = 12
PREVIEW = 160
"""Pixels a side of the window around a stroke that is shown first."""
PAGES = 20


class Server:
    """A studio in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int, token: str) -> None:
        self.process, self._port, self._headers = process, port, {"X-Studio-Token": token}

    def terrain(self, labels: Labels, **header: Any) -> tuple[int, float]:
        """The status of a request for terrain, and the seconds until all of the answer is there."""
        start = time.perf_counter()
        sides = {"width": labels.shape[1], "height": labels.shape[0]}
        body = b"".join(bytes(part) for part in pack({"seed": 1, **sides, **header}, {"labels": labels}))
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection.request("POST", "/api/terrain", body, self._headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, time.perf_counter() - start

    def megabytes(self) -> int:
        """Its memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024  # type: ignore[index]


@contextmanager
def serving() -> Iterator[Server]:
    command = [sys.executable, "-m", "spade_terrain.cli", "studio", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = next(m for line in process.stdout if (m := re.search(r":(\d+)/#token=(\S+)", line)))
            yield Server(process, int(found[1]), found[2])
        finally:
            process.terminate()


def dab(labels: Labels, rng: np.random.Generator) -> tuple[int, int]:
    """Paint a round of one class somewhere; returns where."""
    y, x = (int(rng.integers(BRUSH, side - BRUSH)) for side in labels.shape)
    rows, columns = np.ogrid[: labels.shape[0], : labels.shape[1]]
    labels[(rows - y) ** 2 + (columns - x) ** 2 <= BRUSH**2] = rng.integers(0, 7)
    return x, y


def around(x: int, y: int, labels: Labels) -> dict[str, int]:
    """The window of a preview."""
    height, width = labels.shape
    left, top = (min(max(at - PREVIEW // 2, 0), side - PREVIEW) for at, side in ((x, width), (y, height)))
    return {"x": left, "y": top, "width": PREVIEW, "height": PREVIEW}


def tell(what: str, times: list[float]) -> None:
    print(f"{what:<52} median {np.median(times):5.2f} s   p95 {np.percentile(times, 95):5.2f} s")


def strokes(server: Server, count: int) -> None:
    """A page that paints: after each stroke its surroundings first, then the whole; and strokes that interrupt."""
    rng, labels = np.random.default_rng(0), read_map(MAP)
    turns = iter(range(10**6))

    def ask(**header: Any) -> float:
        status, took = server.terrain(labels, client="painter", turn=next(turns), **header)
        assert status == 200, status
        return took

    ask(), ask(window=around(0, 0, labels))  # both are compiled and warm
    previews, wholes, interrupting = [], [], []
    for _ in range(count):
        place = around(*dab(labels, rng), labels)
        previews.append(ask(window=place))
        wholes.append(previews[-1] + ask())
    for _ in range(count):
        whole = threading.Thread(
            target=server.terrain, args=[labels], kwargs={"client": "painter", "turn": next(turns)}
        )
        whole.start()
        time.sleep(rng.uniform(0.05, 0.5))
        interrupting.append(ask(window=around(*dab(labels, rng), labels)))
        whole.join()
    tell(f"stroke to {PREVIEW} x {PREVIEW} around it", previews)
    tell("stroke to the whole 512 x 512, preview included", wholes)
    tell("stroke to preview, while the whole is being made", interrupting)


def many(server: Server, minutes: float) -> None:
    """Pages in turn, each painting its own map and waiting for its preview."""
    start, said = time.monotonic(), threading.Lock()
    times: list[float] = []
    wrong: list[int] = []
    memory: list[int] = []

    def page(number: int) -> None:
        rng, labels = np.random.default_rng(number), read_map(MAP)
        turn = 0
        while time.monotonic() - start < 60 * minutes:
            turn += 1
            window = around(*dab(labels, rng), labels) if turn % 5 else None
            status, took = server.terrain(labels, client=f"page {number}", turn=turn, window=window)
            with said:
                times.append(took)
                memory.append(server.megabytes())
                if status != 200:
                    wrong.append(status)

    threads = [threading.Thread(target=page, args=[number]) for number in range(PAGES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    part = max(len(memory) // 5, 1)
    tell(f"{PAGES} pages, {len(times)} requests, {len(wrong)} errors", times)
    print(f"memory, most of the first fifth {max(memory[:part])} MB, of the last {max(memory[-part:])} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=1)
    args = parser.parse_args()
    with serving() as server:
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
        strokes(server, args.strokes)
        many(server, args.minutes)


if __name__ == "__main__":
    main()
