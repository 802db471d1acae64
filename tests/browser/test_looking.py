"""How the land is looked at."""

import numpy as np
from playwright.sync_api import expect

from tests.browser.conftest import Keep, Open
from tests.studio.process import Process


def test_walking(studio: Process, open_studio: Open, picture: Keep) -> None:
    page = open_studio(studio)
    page.slide("Sun from", 150)
    page.slide("Sun height", 24)
    above = page.seen(page.see)
    page.button("Walk").click()
    page.frames()
    standing = page.seen(page.see)
    assert (standing != above).any()
    x, y = page.middle(page.see)
    page.tab.mouse.move(x, y)
    page.tab.mouse.down()
    page.tab.mouse.move(x - 180, y, steps=6)  # looks to the west
    page.tab.mouse.up()
    looking = page.seen(page.see)
    for _ in range(20):  # who walks takes as many steps as there are frames, of which a slow machine draws few
        page.tab.keyboard.down("w")
        page.tab.wait_for_timeout(700)
        page.tab.keyboard.up("w")
        page.park()
        if np.abs(page.seen(page.see) - looking).mean() > 1:
            break
    for one, other in ((looking, standing), (page.seen(page.see), looking)):
        assert np.abs(one - other).mean() > 1
    picture(page, "studio-walk")
    page.button("Fly around").click()
    page.park()
    np.testing.assert_allclose(page.seen(page.see), above, atol=2)


def test_a_dark_page_and_a_profile(studio: Process, open_studio: Open, picture: Keep) -> None:
    page = open_studio(studio, color_scheme="dark")
    assert page.seen(page.tab.locator("header")).mean() < 80
    page.tab.keyboard.press("5")
    picture(page, "studio-dark")
    page.view("Height")
    x, y = page.middle(page.see)
    page.tab.mouse.move(x - 140, y)
    page.tab.mouse.down()
    page.tab.mouse.move(x + 140, y, steps=4)
    page.tab.mouse.up()
    expect(page.tab.get_by_role("img", name="Profile of")).to_be_visible()
    page.button("Theme: auto").click()
    page.frames()
    assert page.seen(page.tab.locator("header")).mean() > 200
