"""How long a page waits for the studio's server, and whether it lives through many pages.

Run `python benchmarks/studio.py`, with `--minutes 10` for twenty pages in turn over so long. Linux only: it reads the
server's memory from /proc. With `--browser` it measures what a person waits for instead: the page in Chromium, headless
and drawn in software, on the same cores as the server; with `--static` of a site without a server, whose page makes the
land itself (`--one-thread`: as where the host sends no headers and forbids service workers).
"""

import argparse
import gzip
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

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
        self.address = f"http://127.0.0.1:{port}/#token={token}"

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


class _Quiet(SimpleHTTPRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def site() -> Iterator[str]:
    """The address of a site on a plain host of files."""
    from spade_terrain import load_model
    from spade_terrain.studio.site import write_site

    with tempfile.TemporaryDirectory() as folder:
        print(f"{write_site(load_model(), Path(folder) / 'site') / 1e6:.1f} MB in the site's folder")
        said = json.loads((Path(folder) / "site" / "site.json").read_text())["model"]
        first = [said["coarse"], said["fine"], *(each for each in said["runtimes"] if "asyncify" not in each["path"])]
        packed = sum(len(gzip.compress((Path(folder) / "site" / each["path"]).read_bytes())) for each in first)
        print(f"{packed / 1e6:.1f} MB of runtime and model as gzip, without WebGPU")
        handler = partial(_Quiet, directory=folder)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever).start()
            yield f"http://127.0.0.1:{server.server_address[1]}/site/"
            server.shutdown()


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


# Of every stroke, and of Enter, milliseconds from its end until its surroundings are seen, and until the whole land is.
# The page itself takes the time: from outside it is known only after drawings that come later. States pass into the
# page's `data-live`, and what they stand for is seen with the next frame.
WATCH = """
window.strokes = [];
const ended = () => strokes.push({ end: performance.now() });
addEventListener("pointerup", ended, true);
addEventListener("keydown", ({ key }) => key === "Enter" && ended(), true);
let before = null;
new MutationObserver(() => {
    const state = document.querySelector("[data-live]")?.dataset.live;
    const stroke = strokes.at(-1);
    if (state === before) return;
    const what = before === "preview" ? "preview" : state === "ready" ? "whole" : null;
    before = state;
    if (!what || !stroke) return;
    requestAnimationFrame(() => setTimeout(() => { stroke[what] ??= performance.now() - stroke.end; }));
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-live"] });
"""
# One that painted what was there already makes no land.
OVER = """() => {
    const { end, whole } = strokes.at(-1);
    const state = document.querySelector("[data-live]").dataset.live;
    return whole !== undefined || (state === "ready" && performance.now() - end > 1000);
}"""
# When something of the page was first seen, and how much had come until then.
FIRST = """() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
    const come = performance.getEntriesByType("resource").filter((each) => each.responseEnd <= paint);
    return { paint, bytes: come.reduce((sum, each) => sum + each.encodedBodySize, 0) };
}"""
MEMORY = "async () => (await performance.measureUserAgentSpecificMemory()).bytes"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
STROKE_EVENTS = ("pointerdown", "pointermove", "pointerup")


def in_browser(address: str, count: int, *, threads: bool = True) -> None:
    """A person who paints, and who waits for the land after each stroke; then large strokes on a larger map."""
    from playwright.sync_api import Page, sync_playwright

    rng = np.random.default_rng(0)

    def stroke(page: Page, moves: int) -> None:
        box = page.locator("section[aria-label=Paint] > canvas").bounding_box()
        assert box is not None
        x, y = (box["x"] + rng.uniform(0.3, 0.7) * box["width"], box["y"] + rng.uniform(0.3, 0.65) * box["height"])
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + rng.uniform(-40, 40), y + rng.uniform(-40, 40), steps=moves)
        page.mouse.up()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        workers: Literal["allow", "block"] = "allow" if threads else "block"
        context = browser.new_context(viewport={"width": 1440, "height": 900}, service_workers=workers)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_selector("[data-live=ready]")
        first = page.evaluate(FIRST)
        print(f"first paint {first['paint'] / 1000:.2f} s after {first['bytes'] / 1e3:.0f} kB as the host sends them")
        isolated = page.evaluate("crossOriginIsolated")
        memory: list[int] = []
        for number in range(count):
            page.keyboard.press(str(rng.integers(1, 8)))
            stroke(page, 8)
            page.wait_for_function(OVER)
            if isolated and number + 1 in (count // 5, count):
                memory.append(megabytes(page))
        if isolated:
            print(f"memory of the page {memory[0]} MB after {count // 5} strokes, {memory[-1]} MB after {count}")
        seen = [each for each in page.evaluate("strokes") if "whole" in each]
        tell(
            "end of a stroke to its surroundings on the screen",
            [each.get("preview", each["whole"]) / 1000 for each in seen],
        )
        tell("end of a stroke to the whole 512 x 512 on the screen", [each["whole"] / 1000 for each in seen])

        for side in (256, 512):
            tell(f"a new seed to the whole of {side} x {side}", seeds(page, side))

        page.get_by_role("button", name="New map", exact=True).click()
        page.get_by_role("button", name="1024 × 1024").click()
        page.wait_for_selector("[data-live=ready]")
        page.get_by_label("Size", exact=True).fill("764")  # 200 pixels, the largest brush
        browser.start_tracing(page=page, categories=["devtools.timeline"])
        for _ in range(12):
            page.keyboard.press(str(rng.integers(1, 8)))
            stroke(page, 12)
        script = script_times(browser.stop_tracing())
        print(f"{len(script)} events of strokes at 1,024 x 1,024: script of the longest {max(script):.1f} ms")
        browser.close()


def seeds(page: Any, side: int) -> list[float]:
    """Seconds from the choice of seeds until all of a map of but land, the most work, is there for each."""
    page.get_by_role("button", name="New map", exact=True).click()
    page.get_by_role("button", name=f"{side} × {side}").click()
    page.wait_for_selector("[data-live=ready]")
    for key in "2f":  # a class of land, and the tool that fills
        page.keyboard.press(key)
    page.locator("section[aria-label=Paint] > canvas").click()
    page.keyboard.press("b")  # the brush, for those that come after
    page.wait_for_selector("[data-live]:not([data-live=ready])", state="attached")
    page.wait_for_selector("[data-live=ready]", state="attached")
    times = []
    for seed in range(2, 8):
        field = page.get_by_label("Seed", exact=True)
        field.fill(str(seed))
        time.sleep(1)  # what a person looks at is drawn by then
        field.press("Enter")
        page.wait_for_function("() => strokes.at(-1).whole !== undefined")
        times.append(page.evaluate("strokes.at(-1).whole") / 1000)
    return times


def megabytes(page: Any) -> int:
    """Memory of a page and its workers, without what no one holds any more."""
    return int(page.evaluate(MEMORY) / 1e6)


def script_times(trace: bytes) -> list[float]:
    """Milliseconds of processor time that each event of a stroke took, of one of Chromium's traces."""
    events = json.loads(trace)["traceEvents"]
    dispatched = [e for e in events if e["name"] == "EventDispatch" and e["args"]["data"]["type"] in STROKE_EVENTS]
    return [e.get("tdur", e["dur"]) / 1000 for e in dispatched]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--static", action="store_true")
    parser.add_argument("--one-thread", action="store_true")
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    if args.static:
        with site() as address:
            in_browser(address, args.strokes, threads=not args.one_thread)
        return
    with serving() as server:
        if args.browser:
            in_browser(server.address, args.strokes)
        else:
            strokes(server, args.strokes)
            many(server, args.minutes)


if __name__ == "__main__":
    main()
