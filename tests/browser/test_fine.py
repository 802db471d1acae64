"""Land that water carves on request, and its rivers."""

import numpy as np
from playwright.sync_api import expect

from tests.browser.conftest import Keep, Open
from tests.browser.studio_page import StudioPage
from tests.studio.process import Process

_CARVED = 180_000
"""Milliseconds that carving may take on a machine that others keep busy."""


def test_fine_land_and_its_rivers(studio: Process, open_studio: Open, picture: Keep) -> None:
    page = open_studio(studio)
    tab = page.tab
    live = page.seen(page.see)
    page.view("Rivers")
    page.button("Find the rivers").click()
    expect(tab.get_by_role("progressbar", name="Fine land")).to_be_visible()
    expect(tab.get_by_text("Drag a line for its profile")).to_be_visible()
    tab.wait_for_function("() => !document.querySelector('.fine progress')", timeout=_CARVED)
    expect(page.button("Find the rivers")).to_be_hidden()
    x, y = _on_a_river(page)
    tab.mouse.move(x, y)
    expect(tab.locator(".readout")).to_contain_text("m³/s")
    picture(page, "studio-rivers")
    page.view("3D")
    page.see.wait_for()
    page.frames()
    fine = page.seen(page.see)
    assert (np.abs(fine - live).max(axis=2) > 20).mean() > 0.01
    picture(page, "studio-fine")

    page.stroke((0.5, 0.5), (0.6, 0.5))
    page.view("Rivers")
    expect(page.button("Find the rivers")).to_be_visible()
    page.button("Undo").click()
    expect(page.button("Find the rivers")).to_be_hidden()


def test_carving_is_as_the_switches_say_and_can_be_cancelled(studio: Process, open_studio: Open) -> None:
    page = open_studio(studio)
    page.tab.get_by_role("radio", name="8×", exact=True).check(force=True)
    page.tab.get_by_role("switch", name="Rivers at sea level").check(force=True)
    with page.tab.expect_request("**/api/detail") as asked:
        page.button("Make it fine").click()
    body = asked.value.post_data_buffer or b""
    assert b'"detail":8,"sea_rivers":true' in body
    assert b"sea_lakes" not in body  # as the server has it
    page.button("Cancel").click()
    expect(page.button("Make it fine")).to_be_visible()
    expect(page.tab.get_by_role("alert")).to_have_count(0)


def _on_a_river(page: StudioPage) -> tuple[float, float]:
    """Where on the screen a large river is: the darkest of what is blue in the middle of the view, CSS pixels."""
    box = page.see.bounding_box()
    assert box is not None
    seen = page.seen(page.see)
    height, width = seen.shape[:2]
    middle = seen[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
    blue = np.where(middle[..., 2] > middle[..., 0] + 60, middle.sum(axis=2), 1000)
    row, column = np.unravel_index(blue.argmin(), blue.shape)
    return box["x"] + int(column) + width // 4, box["y"] + int(row) + height // 4
