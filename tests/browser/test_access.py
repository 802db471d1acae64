"""The page for everybody: by keyboard, on a phone, without WebGL, with a screen reader; and only this page."""

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Keep, Launch, NewTab, Open, watch
from tests.browser.studio_page import StudioPage
from tests.studio.process import Process

_AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def _serious(page: StudioPage) -> list[str]:
    """What axe-core finds that keeps people out."""
    page.tab.evaluate(_AXE.read_text())
    found = page.tab.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html']}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(quick_studio: Process, open_studio: Open, scheme: str) -> None:
    page = open_studio(quick_studio, color_scheme=scheme)
    assert _serious(page) == []
    page.view("Height")
    assert _serious(page) == []
    for button in ("New map", "Export", "Keyboard shortcuts"):
        page.button(button).click()
        assert _serious(page) == []
        page.tab.keyboard.press("Escape")


def test_from_start_to_export_by_keyboard(quick_studio: Process, open_studio: Open) -> None:
    page = open_studio(quick_studio)
    keys = page.tab.keyboard

    def go_to(label: str) -> None:
        """Press Tab until the focus is there."""
        for _ in range(60):
            keys.press("Tab")
            name = "(e) => e.ariaLabel || e.labels?.[0]?.innerText || e.innerText"
            if (page.tab.evaluate_handle("document.activeElement").evaluate(name) or "").startswith(label):
                return
        raise AssertionError(f"no Tab leads to {label}")

    keys.press("n")
    go_to("Valley")
    keys.press("Enter")
    expect(page.tab.get_by_label("Name of the map")).to_have_value("Valley")
    page.rest()
    keys.press("4")
    assert page.tab.get_by_label("Hills").is_checked()
    go_to("Elevation" if page.tab.get_by_label("Elevation").count() else "Sun from")
    keys.press("ArrowRight")
    page.rest()
    keys.press("e")
    go_to("Height map")
    keys.press("Space")
    with page.tab.expect_download() as begun:
        go_to("Make the ZIP")
        keys.press("Enter")
    with zipfile.ZipFile(begun.value.path()) as files:
        assert {"height.png", "terrain.glb"} <= set(files.namelist())
    assert not page.tab.get_by_role("dialog").is_visible()


def test_without_webgl_the_flat_views_work_and_it_says_so(
    quick_studio: Process, open_studio: Open, launch: Launch, person: NewTab
) -> None:
    with launch("--disable-3d-apis") as browser:
        page = open_studio(quick_studio, person(browser))
        expect(page.tab.get_by_text("This browser has no WebGL 2")).to_be_visible()
        page.button("Show the flat view").click()
        before = page.seen(page.see)
        page.tab.keyboard.press("1")
        page.stroke((0.3, 0.3), (0.7, 0.7))
        page.rest()
        assert (page.seen(page.see) != before).any()
        page.tab.mouse.move(*page.middle(page.see))
        expect(page.tab.locator(".readout")).to_contain_text(" m")
        assert _serious(page) == []


# What browsers keep from a page that came over HTTP from another machine, as that of `--host` does.
_FAR = "delete Crypto.prototype.randomUUID; delete Crypto.prototype.subtle; delete Navigator.prototype.locks;"
# A user who forbids pages to keep anything.
_FORBIDDEN = """
    const forbid = { get: () => { throw new DOMException("denied", "SecurityError"); } };
    for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(window, name, forbid);
"""


def test_a_page_of_another_machine(quick_studio: Process, open_studio: Open, person: NewTab) -> None:
    far = person()
    far.add_init_script(_FAR)
    page = open_studio(quick_studio, far)
    name = page.tab.get_by_label("Name of the map")
    name.fill("Far Isle")
    page.tab.reload()
    page.rest()
    expect(name).to_have_value("Far Isle")


def test_a_browser_that_keeps_nothing_says_so(quick_studio: Process, open_studio: Open, person: NewTab) -> None:
    private = person()
    private.add_init_script(_FORBIDDEN)
    page = open_studio(quick_studio, private)
    notice = page.tab.locator(".notice[role=alert]")
    expect(notice).to_contain_text("This browser keeps no work")
    page.tab.reload()  # its token was not lost
    page.rest()


def test_long_words_push_nothing_off_the_page(quick_studio: Process, open_studio: Open, tmp_path: Path) -> None:
    page = open_studio(quick_studio)
    wide = page.tab.evaluate("innerWidth")
    with zipfile.ZipFile(page.project().path()) as saved:
        files = {name: saved.read(name) for name in saved.namelist()}
    orders = json.loads(files["project.json"])
    assert orders["model"] == "tiny"
    orders |= {"model": "m" * 200, "settings": {"name": "x" * 5000}}
    with zipfile.ZipFile(tmp_path / "long.spadeproj", "w") as project:
        project.writestr("map.png", files["map.png"])
        project.writestr("project.json", json.dumps(orders))
    page.drop(tmp_path / "long.spadeproj")
    expect(page.tab.get_by_label("Name of the map")).to_have_value("x" * 80)
    expect(page.tab.locator(".notice")).to_contain_text("with tiny its land differs")
    back = page.button("Go back").bounding_box()
    assert back is not None
    assert back["x"] + back["width"] < wide
    page.tab.route("**/api/terrain", lambda route: route.fulfill(status=400, json={"error": "it is wrong, " * 30}))
    page.tab.get_by_label("Seed", exact=True).fill("9")
    page.tab.keyboard.press("Enter")
    expect(page.tab.locator(".status[role=alert]")).to_contain_text("it is wrong")
    export = page.button("Export").bounding_box()
    assert export is not None
    assert export["x"] + export["width"] <= wide


def test_a_phone(studio: Process, open_studio: Open, person: NewTab, picture: Keep) -> None:
    page = open_studio(studio, person(**_PHONE))
    tab = page.tab
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    for part in tab.locator(
        "header :is(button, input.name), section[aria-label=Paint] :is(button, input, canvas)"
    ).all():
        box = part.bounding_box()
        if box is not None and part.is_visible():
            assert box["x"] >= -1, part
            assert box["x"] + box["width"] <= 361, part
    before = page.labels()
    box = page.paint.bounding_box()
    assert box is not None
    across = [[(box["x"] + part * box["width"], box["y"] + 0.4 * box["height"])] for part in (0.3, 0.5, 0.7)]
    tab.get_by_label("Mountains").check(force=True)
    page.touch(tab.context.new_cdp_session(tab), *across)
    page.rest()
    painted = page.labels()
    assert set(painted[painted != before]) == {5}
    page.park()
    picture(page, "studio-phone-paint")
    tab.get_by_role("radio", name="See").check(force=True)
    page.frames()
    expect(page.see).to_be_visible()
    expect(page.paint).to_be_hidden()
    assert _serious(page) == []
    picture(page, "studio-phone-see")
    tab.set_viewport_size({"width": 320, "height": 640})
    for name in ("New map", "Export"):
        page.button(name).click()
        dialog = tab.get_by_role("dialog")
        assert dialog.evaluate("(dialog) => dialog.scrollWidth - dialog.clientWidth") == 0, name
        tab.keyboard.press("Escape")


def test_what_a_page_may_not_do_is_seen_and_stopped(quick_studio: Process, browser: Browser) -> None:
    """Else the checks after each of these tests would check nothing."""
    context, faults = browser.new_context(), list[str]()
    watch(context, faults)
    tab = context.new_page()
    tab.goto(quick_studio.address)
    tab.wait_for_selector("[data-live=ready]", state="attached")
    assert faults == []
    tab.evaluate("() => { const i = new Image(); i.src = 'https://elsewhere.invalid/a.png'; document.body.append(i); }")
    tab.evaluate("() => { const s = document.createElement('script'); s.text = '1'; document.body.append(s); }")
    tab.wait_for_timeout(500)
    context.close()
    assert any("Content Security Policy" in fault and "elsewhere" in fault for fault in faults)
    assert any("Content Security Policy" in fault and "script" in fault for fault in faults)
