"""The studio without a server: files from a plain host, terrain from the browser itself."""

import json
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect

from spade_terrain import Model, Terrain, generate, load_model
from spade_terrain.cli import main
from spade_terrain.maps.read import open_map
from spade_terrain.studio.site import write_site
from tests.browser.conftest import Launch, NewTab, Open
from tests.browser.studio_page import StudioPage

_EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = [pytest.mark.xdist_group("browser")]


class Host(NamedTuple):
    """A plain host of files: it sends no header of ours, and packs nothing."""

    address: str
    folder: Path
    asked: list[str]


class _Quiet(SimpleHTTPRequestHandler):
    def __init__(self, asked: list[str], *args: Any, **options: Any) -> None:
        self._asked = asked
        super().__init__(*args, **options)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self._asked.append(self.path)


@contextmanager
def _hosting(model: Model, root: Path) -> Iterator[Host]:
    """A site at a path of its own."""
    asked: list[str] = []
    (root / "maps").mkdir()
    write_site(model, root / "maps" / "studio")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, asked, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Host(f"http://127.0.0.1:{server.server_address[1]}/maps/studio/", root / "maps" / "studio", asked)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The site of the model that is shipped."""
    with _hosting(load_model(), tmp_path_factory.mktemp("host")) as started:
        yield started


@pytest.fixture(scope="module")
def quick_host(tiny_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One whose land takes no time, and looks like none."""
    with _hosting(tiny_model, tmp_path_factory.mktemp("quick host")) as started:
        yield started


def _zip(page: StudioPage, *formats: str) -> dict[str, bytes]:
    """What the page exports in these formats alone."""
    page.button("Export").click()
    dialog = page.tab.get_by_role("dialog")
    dialog.get_by_text(formats[0], exact=True).first.wait_for()
    for box in dialog.locator("label.choice").all():
        name = box.locator("strong").inner_text()
        box.get_by_role("checkbox").set_checked(name in formats)
    with page.tab.expect_download() as begun:
        page.button("Make the ZIP").click()
    with zipfile.ZipFile(begun.value.path()) as files:
        assert files.testzip() is None
        return {name: files.read(name) for name in files.namelist()}


def _colours(png: bytes) -> NDArray[np.int16]:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"), np.int16)


def _metres(files: dict[str, bytes]) -> NDArray[np.float64]:
    about = json.loads(files["terrain.json"])["files"]["height.png"]
    metres: NDArray[np.float64] = np.asarray(Image.open(BytesIO(files["height.png"]))) * about["metres_per_unit"]
    return metres


def _check_same(files: dict[str, bytes], terrain: Terrain) -> None:
    """The page's terrain is the program's: heights to 1e-3 of their range, colours but for roundings."""
    metres = _metres(files)
    assert np.abs(metres - terrain.height).max() < 1e-3 * terrain.height.max()
    np.testing.assert_array_equal(metres > 0, terrain.height > metres.max() / 65535 / 2)
    for name, colours in (("texture.png", terrain.texture), ("terrain.png", terrain.shaded)):
        off = np.abs(_colours(files[name]) - colours.astype(np.int16))
        assert off.max() <= 1
        assert (off > 0).mean() < 1e-3


def test_the_terrain_is_the_programs_map_by_map(host: Host, open_studio: Open) -> None:
    page = open_studio(host)
    assert page.tab.evaluate("crossOriginIsolated")  # so there are threads, which this host knows nothing of
    plain = load_model().styled(dict.fromkeys(load_model().card.style, 0))
    # The first is the example that comes with the site; painted on, it is the browser's.
    page.stroke((0.4, 0.4), (0.55, 0.45))
    page.rest()
    files = _zip(page, "Texture", "Shaded map", "Height map")
    _check_same(files, generate(page.labels(), model=plain, seed=1))
    page.new(128)
    page.tab.keyboard.press("6")
    page.stroke((0.2, 0.3), (0.8, 0.6))
    page.tab.get_by_label("Seed", exact=True).fill("4000000000")
    page.tab.keyboard.press("Enter")
    page.rest()
    files = _zip(page, "Texture", "Shaded map", "Height map")
    _check_same(files, generate(page.labels(), model=plain, seed=4000000000))


def test_the_page_writes_what_other_programs_read(host: Host, open_studio: Open, tmp_path: Path) -> None:
    page = open_studio(host)
    page.new(128)
    page.tab.keyboard.press("6")
    page.stroke((0.3, 0.3), (0.7, 0.7))
    page.rest()
    files = _zip(page, "GLB", "OBJ", "STL", "Height, r16", "Height map")
    mesh = trimesh.load(BytesIO(files["terrain.glb"]), file_type="glb", force="mesh")
    assert isinstance(mesh, trimesh.Trimesh)
    assert len(mesh.vertices) == 128 * 128
    units = np.frombuffer(files["height.r16"], "<u2").reshape(128, 128)
    np.testing.assert_array_equal(units, np.asarray(Image.open(BytesIO(files["height.png"]))))
    block = trimesh.load(BytesIO(files["terrain.stl"]), file_type="stl", force="mesh")
    assert isinstance(block, trimesh.Trimesh)
    assert block.is_watertight
    assert files["terrain.obj"].count(b"\nv ") == 128 * 128
    page.project().save_as(tmp_path / "land.spadeproj")
    out = tmp_path / "land"
    assert main(["generate", str(tmp_path / "land.spadeproj"), "--out", str(out), "--format", "height"]) == 0
    height = {name: (out / name).read_bytes() for name in ("height.png", "terrain.json")}
    assert np.abs(_metres(height) - _metres(files)).max() < 1e-3 * _metres(files).max()


def test_a_picture_is_read_and_enlarged_as_the_program_does_it(
    quick_host: Host, open_studio: Open, tmp_path: Path
) -> None:
    with Image.open(_EXAMPLES / "continent.png") as sharp:
        sharp.convert("RGB").resize((300, 240), Image.Resampling.LANCZOS).save(tmp_path / "smooth.png")
    page = open_studio(quick_host)
    page.drop(tmp_path / "smooth.png")
    expect(page.tab.locator(".notice > span")).to_contain_text("read as the nearest class around it")
    np.testing.assert_array_equal(page.labels(), open_map(tmp_path / "smooth.png").in_memory())
    page.button("New map").click()
    twice = page.button("2 times 600 × 480")
    expect(twice).to_be_in_viewport(ratio=1)  # of a low screen, before anything is scrolled
    twice.click()
    expect(page.tab.locator(".notice > span")).to_contain_text("It is 600 × 480 pixels now")
    enlarged = open_map(tmp_path / "smooth.png", scale=2, seed=1).in_memory()
    np.testing.assert_array_equal(page.labels(), enlarged)


def test_it_works_without_a_network_once_it_was_there(host: Host, open_studio: Open, person: NewTab) -> None:
    context = person()
    page = open_studio(host, context)
    page.stroke((0.4, 0.4), (0.5, 0.4))
    page.rest()  # so the model is loaded
    page.stroke((0.7, 0.6), (0.8, 0.6))
    page.rest()
    page.view("Texture")
    painted = page.seen(page.see)
    context.set_offline(True)
    before = len(host.asked)
    page.tab.reload()
    page.rest()
    page.view("Texture")
    # Land that a stroke hardly changed was kept; now all of it is new.
    assert np.abs(page.seen(page.see) - painted).max() <= 1
    page.stroke((0.6, 0.4), (0.5, 0.5))
    page.rest()
    # Whether there is a newer site, the browser itself looks up past what it emulates.
    assert [path for path in host.asked[before:] if not path.endswith("/offline.js")] == []


def _wait_until_all_is_kept(page: StudioPage) -> None:
    """Wait for the last of what is loaded for later."""
    assert page.tab.evaluate("""async () => {
        for (let tries = 0; tries < 1000; tries++) {
            if (await caches.match("templates/valley.png")) return true;
            await new Promise((done) => setTimeout(done, 50));
        }
    }""")


def test_without_a_network_it_does_what_it_was_never_asked_for_before(
    quick_host: Host, open_studio: Open, person: NewTab, tmp_path: Path
) -> None:
    context = person()
    page = open_studio(quick_host, context)
    _wait_until_all_is_kept(page)
    context.set_offline(True)
    assert set(_zip(page, "Height, r16")) == {"height.r16", "terrain.json"}
    Image.open(_EXAMPLES / "continent.png").convert("RGB").resize((300, 240), 0).save(tmp_path / "map.png")
    page.drop(tmp_path / "map.png")
    expect(page.tab.locator(".notice > span")).to_have_text("Opened map.")
    page.button("New map").click()
    page.button("Valley").click()
    expect(page.tab.locator(".notice > span")).to_have_text("Opened Valley.")


def test_a_newer_site_leaves_pages_of_the_one_before_whole(
    tiny_model: Model, open_studio: Open, tmp_path: Path
) -> None:
    with _hosting(tiny_model, tmp_path) as host:
        index, files = host.folder / "index.html", next(host.folder.glob("assets/files-*.js"))
        long_ago = index.stat().st_mtime - 1e7  # so that browsers keep it for days, as hosts say no other
        os.utime(index, (long_ago, long_ago))
        page = open_studio(host)
        _wait_until_all_is_kept(page)
        files.unlink()  # a newer page's has another name
        index.write_text(index.read_text().replace("</head>", '<meta name="newer" content="" /></head>'))
        worker = host.folder / "offline.js"
        page.tab.evaluate("caches.open('of another page of this host')")
        version = page.tab.evaluate("async () => (await caches.keys())[0].split(' ').at(-1)")
        worker.write_text(worker.read_text().replace(version, "newer"))
        page.tab.evaluate("""async () => {
            const taken = new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done));
            await (await navigator.serviceWorker.ready).update();
            await taken;
        }""")
        assert set(_zip(page, "Height, r16")) == {"height.r16", "terrain.json"}
        page.tab.reload()
        page.rest()
        assert page.tab.locator("meta[name=newer]").count() == 1
        kept = page.tab.evaluate("caches.keys()")
        assert kept == ["of another page of this host", f"studio {host.address} newer"]


def test_where_storage_is_full_the_page_works_with_the_network(quick_host: Host, open_studio: Open) -> None:
    page = open_studio(quick_host)
    origin = page.tab.evaluate("origin")
    tools = page.tab.context.new_cdp_session(page.tab)
    tools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "cache_storage"})
    tools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1000})
    page.tab.reload()
    page.stroke((0.4, 0.4), (0.5, 0.4))
    page.rest()


def test_a_model_that_the_host_changed_is_refused(host: Host, open_studio: Open) -> None:
    file = host.folder / "model" / "fine.onnx"
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    try:
        page = StudioPage(open_studio(host).tab)
        page.stroke((0.4, 0.4), (0.5, 0.4))
        expect(page.tab.get_by_role("alert")).to_contain_text("model/fine.onnx can't be loaded")
    finally:
        file.write_bytes(data)


def test_without_webgl_the_flat_views_work(host: Host, launch: Launch, open_studio: Open, person: NewTab) -> None:
    with launch("--disable-gpu", "--disable-3d-apis") as browser:
        context = person(browser)
        page = open_studio(host, context)
        page.stroke((0.4, 0.4), (0.5, 0.4))
        page.rest()
        context.close()


GPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
"""A graphics card that is none, and slow."""


def _memory(page: StudioPage) -> float:
    """Bytes that the page itself holds; what its worker holds, `benchmarks/studio.py --static` measures, in minutes."""
    tools = page.tab.context.new_cdp_session(page.tab)
    tools.send("HeapProfiler.collectGarbage")
    usage: dict[str, float] = tools.send("Runtime.getHeapUsage")
    return usage["usedSize"] + usage["embedderHeapUsedSize"] + usage["backingStorageSize"]


def _runs(page: StudioPage, words: str) -> None:
    """Wait until the page says that its land is made so."""
    expect(page.tab.locator("[data-live]")).to_have_attribute("title", re.compile(words), timeout=60_000)


def test_a_webgpu_that_makes_something_else_is_not_used(
    quick_host: Host, launch: Launch, open_studio: Open, person: NewTab
) -> None:
    manifest = quick_host.folder / "site.json"
    said = manifest.read_text()
    changed = json.loads(said)
    changed["check"]["heights"][0] += 0.01 * max(changed["check"]["heights"])
    manifest.write_text(json.dumps(changed))
    try:
        with launch(*GPU) as browser:
            context = person(browser)
            page = open_studio(quick_host, context)
            _runs(page, "on . threads; WebGPU has not passed its self-test")
            assert any("asyncify" in path for path in quick_host.asked)
            page.stroke((0.4, 0.4), (0.5, 0.4))
            page.rest()
            context.close()
    finally:
        manifest.write_text(said)


def test_little_is_loaded_until_something_is_seen_and_no_webgpu_without_one(
    quick_host: Host, open_studio: Open
) -> None:
    before = len(quick_host.asked)
    page = open_studio(quick_host)
    _runs(page, "on . threads$")
    assert not any("asyncify" in path for path in quick_host.asked[before:])
    seen = page.tab.evaluate("""() => {
        const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
        const come = performance.getEntriesByType("resource").filter((each) => each.responseEnd <= paint);
        return come.reduce((sum, each) => sum + each.encodedBodySize, 0);
    }""")
    assert 0 < seen < 300_000


def test_a_browser_without_service_workers_has_one_thread_and_is_told(quick_host: Host, open_studio: Open) -> None:
    page = open_studio(quick_host, service_workers="block")
    _runs(page, "on one thread, which is slower")
    page.stroke((0.4, 0.4), (0.5, 0.4))
    page.rest()


def test_on_a_slow_processor_strokes_are_followed(quick_host: Host, open_studio: Open) -> None:
    page = open_studio(quick_host)
    page.tab.context.new_cdp_session(page.tab).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    before = page.labels()
    page.stroke((0.3, 0.4), (0.6, 0.5))
    page.rest()
    assert (page.labels() != before).any()


def test_fifty_strokes_take_no_more_memory_than_ten(
    quick_host: Host, launch: Launch, open_studio: Open, person: NewTab
) -> None:
    # Without the view in three dimensions, which takes most of the time where it is drawn in software.
    with launch("--disable-3d-apis") as browser:
        context = person(browser)
        page = open_studio(quick_host, context)
        page.new(256)
        memory = []
        for number in range(1, 51):
            page.tab.keyboard.press(str(1 + number % 7))
            page.stroke((0.3 + 0.008 * number, 0.4), (0.5, 0.35 + 0.004 * number))
            if number in (10, 50):
                page.rest()
                memory.append(_memory(page))
        assert memory[1] < 1.1 * memory[0]
        context.close()
