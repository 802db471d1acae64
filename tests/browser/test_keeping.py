"""Work that outlives its tab, its browser's tab and its server."""

import signal
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import NewTab, Open
from tests.browser.studio_page import StudioPage
from tests.studio.process import Process, running

_TOKEN = "a-token-of-the-tests"


def _painted(page: StudioPage) -> None:
    """Begin a map of one's own."""
    page.new(128)
    page.tab.keyboard.press("6")
    page.stroke((0.2, 0.2), (0.6, 0.4))


def test_nothing_is_lost_when_the_page_is_loaded_again(quick_studio: Process, open_studio: Open) -> None:
    page = open_studio(quick_studio)
    _painted(page)
    labels = page.labels()
    page.tab.get_by_label("Name of the map").fill("Isle of Reload")
    page.tab.get_by_label("Seed", exact=True).fill("77")
    page.tab.keyboard.press("Enter")
    page.tab.reload()  # at once: nothing waits until it has been kept
    page.rest()
    np.testing.assert_array_equal(page.labels(), labels)
    assert page.tab.get_by_label("Name of the map").input_value() == "Isle of Reload"
    assert page.tab.get_by_label("Seed", exact=True).input_value() == "77"


def test_nothing_is_lost_when_a_tab_crashes(quick_studio: Process, open_studio: Open, person: NewTab) -> None:
    somebody = person()
    page = open_studio(quick_studio, somebody)
    _painted(page)
    labels = page.labels()
    page.tab.wait_for_timeout(1500)  # work is kept 0.4 s after the last change
    with page.tab.expect_event("crash"), pytest.raises(Error):
        page.tab.goto("chrome://crash")
    page.tab.close()
    np.testing.assert_array_equal(open_studio(quick_studio, somebody).labels(), labels)


def test_the_page_goes_on_when_its_server_was_killed_and_is_started_again(
    tiny_model_path: Path, tmp_path: Path, open_studio: Open
) -> None:
    with running(tiny_model_path, tmp_path, "--port", "0", token=_TOKEN) as killed:
        page = open_studio(killed)
        _painted(page)
        page.rest()
        killed.end(signal.SIGKILL)
    page.stroke((0.7, 0.7), (0.8, 0.8))
    status = page.tab.locator(".status[role=alert]")
    expect(status).to_contain_text("does not answer. Start it again with `spade-terrain studio`; nothing is lost.")
    with running(tiny_model_path, tmp_path, "--port", str(killed.port), token=_TOKEN):
        page.rest()  # by itself
        assert page.labels()[int(0.75 * 128), int(0.75 * 128)] == 5
        page.stroke((0.2, 0.8), (0.3, 0.8))
        page.rest()


def test_a_page_takes_the_new_token_of_a_server_that_was_started_again(
    tiny_model_path: Path, tmp_path: Path, open_studio: Open, person: NewTab
) -> None:
    somebody = person()
    with running(tiny_model_path, tmp_path, "--port", "0") as killed:
        page = open_studio(killed, somebody)
        killed.end(signal.SIGKILL)
    status = page.tab.locator(".status[role=alert]")
    with running(tiny_model_path, tmp_path, "--port", str(killed.port)) as again:
        page.tab.keyboard.press("d")
        expect(status).to_contain_text("the token is missing or not this server's")
        open_studio(again, somebody)  # as the new server does
        page.rest()


def test_an_export_that_its_server_did_not_live_through_says_so(
    tiny_model_path: Path, tmp_path: Path, open_studio: Open
) -> None:
    with running(tiny_model_path, tmp_path, "--port", "0", token=_TOKEN) as killed:
        page = open_studio(killed)
        page.button("Export").click()
        dialog = page.tab.get_by_role("dialog")
        dialog.get_by_text("STL", exact=True).click()
        killed.process.send_signal(signal.SIGSTOP)  # or it might be through before it is killed
        page.button("Make the ZIP").click()
        dialog.get_by_role("progressbar").wait_for()
        killed.end(signal.SIGKILL)
    expect(dialog.get_by_role("alert")).to_contain_text("does not answer")
    with (
        running(tiny_model_path, tmp_path, "--port", str(killed.port), token=_TOKEN),
        page.tab.expect_download() as got,
    ):
        page.button("Make the ZIP").click()
    assert got.value.suggested_filename == "Continent.zip"


def test_two_pages_at_once_keep_to_their_own(quick_studio: Process, open_studio: Open, person: NewTab) -> None:
    somebody = person()
    first, second = open_studio(quick_studio, somebody), open_studio(quick_studio, somebody)
    untouched = second.labels()
    _painted(first)
    second.tab.keyboard.press("5")
    second.stroke((0.1, 0.1), (0.2, 0.1))
    for page in (first, second):
        page.rest()
    of_first, of_second = first.labels(), second.labels()
    assert of_first.shape != of_second.shape
    assert (of_second != untouched).any()
    for page, labels in ((second, of_second), (first, of_first)):
        page.tab.reload()
        page.rest()
        np.testing.assert_array_equal(page.labels(), labels)
