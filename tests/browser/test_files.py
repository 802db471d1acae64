"""Files that come in by drop, and the ZIP that goes out, read by programs that know nothing of this one."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import trimesh
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Keep, Open
from tests.browser.studio_page import StudioPage
from tests.maps.azgaar_map import ISLAND, OCEAN, export
from tests.studio.process import Process


def _notice(page: StudioPage) -> str:
    """What the page says of a file."""
    return page.tab.locator(".notice > span").inner_text()


def test_an_azgaar_export_is_dropped(quick_studio: Process, open_studio: Open, tmp_path: Path) -> None:
    path = tmp_path / "Realm of Tests.json"
    made = export(300, 200, 10, lambda x, y: (50, 6, ISLAND) if x > 150 else (5, 0, OCEAN), new=True)
    path.write_text(json.dumps(made))
    page = open_studio(quick_studio)
    page.drop(path)
    expect(page.tab.get_by_label("Name of the map")).to_have_value("Realm of Tests")
    assert _notice(page).startswith("Opened Realm of Tests.")
    page.rest()
    labels = page.labels()
    assert labels.shape[1] == labels.shape[0] * 1.5
    west, east = np.split(labels, [labels.shape[1] // 2], axis=1)
    assert (west == 0).mean() > 0.9
    assert (east == 3).mean() > 0.9
    page.button("Go back").click()
    expect(page.tab.get_by_label("Name of the map")).to_have_value("Continent")


def test_what_is_no_map_is_refused_in_words(quick_studio: Process, open_studio: Open, tmp_path: Path) -> None:
    page = open_studio(quick_studio)
    for name, data in (("notes.txt", b"not a map"), ("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(40))):
        (tmp_path / name).write_bytes(data)
        page.drop(tmp_path / name)
        expect(page.tab.get_by_role("alert")).to_contain_text(name)
    expect(page.tab.get_by_label("Name of the map")).to_have_value("Continent")


def test_a_project_comes_back_as_it_was_saved(quick_studio: Process, open_studio: Open, tmp_path: Path) -> None:
    page = open_studio(quick_studio)
    page.new(128)
    page.tab.keyboard.press("3")
    page.stroke((0.2, 0.2), (0.8, 0.8))
    page.tab.get_by_label("Seed", exact=True).fill("41")
    page.tab.keyboard.press("Enter")
    labels = page.labels()
    page.project().save_as(tmp_path / "kept.spadeproj")
    other = open_studio(quick_studio)
    other.drop(tmp_path / "kept.spadeproj")
    expect(other.tab.get_by_label("Seed", exact=True)).to_have_value("41")
    np.testing.assert_array_equal(other.labels(), labels)


def test_the_zip_holds_what_other_programs_read(studio: Process, open_studio: Open, picture: Keep) -> None:
    page = open_studio(studio)
    page.button("Export").click()
    for name in ("Unreal", "Texture", "Height map", "GeoTIFF"):
        page.tab.get_by_role("dialog").get_by_text(name, exact=True).click()
    picture(page, "studio-export")
    page.tab.keyboard.press("Escape")
    page.new(128)
    page.tab.keyboard.press("6")
    page.stroke((0.3, 0.3), (0.7, 0.7))
    page.rest()
    labels = page.labels()
    page.button("Export").click()  # what was chosen is chosen
    with page.tab.expect_download() as begun:
        page.button("Make the ZIP").click()
    assert begun.value.suggested_filename == "Untitled.zip"
    with zipfile.ZipFile(begun.value.path()) as files:
        assert files.testzip() is None
        read = {name: files.read(name) for name in files.namelist()}

    size = labels.shape[0]
    meta = json.loads(read["terrain.json"])
    texture = Image.open(BytesIO(read["texture.png"]))
    assert (texture.size, texture.mode) == ((size, size), "RGB")
    with rasterio.MemoryFile(read["height.tif"]) as file, file.open() as raster:
        metres = raster.read(1)
    assert metres.shape == labels.shape
    assert (metres[labels == 0] == 0).all()
    assert metres[labels == 5].mean() > 200
    grey = np.asarray(Image.open(BytesIO(read["height.png"]))).astype(np.float64)
    np.testing.assert_allclose(grey / 65535 * metres.max(), metres, atol=1)
    mesh: Any = trimesh.load(BytesIO(read["terrain.glb"]), file_type="glb", process=False, force="mesh")
    assert len(mesh.vertices) == size * size
    assert mesh.extents[1] > 0
    assert meta["seed"] == 1
    assert Image.open(BytesIO(read["unreal-height.png"])).size == (127, 127)
