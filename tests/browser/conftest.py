"""Chromium, studios for it to open, and what no page may do: errors, violations of its policy, calls to other hosts."""

import os
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Playwright,
    Request,
    ViewportSize,
    sync_playwright,
)

from spade_terrain.studio.http.page import MISSING, Page
from tests.browser.studio_page import StudioPage
from tests.studio.process import Process, running

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
REQUIRED = "SPADE_TERRAIN_BROWSER"
"""Of the environment: `required` where these tests may not be skipped."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",  # there is none for root in a container
    "--disable-background-networking",
    "--disable-gpu",  # drawing all of the page in software is quicker than drawing for a graphics card in software
    "--use-angle=swiftshader",  # the same pixels on every machine, with or without a graphics card
    "--enable-unsafe-swiftshader",
]
DESKTOP: ViewportSize = {"width": 1280, "height": 680}
LARGE: ViewportSize = {"width": 1440, "height": 900}
"""Of pictures."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="keep pictures of the page in docs/pictures")


def _chromium() -> str:
    """The system's Chromium; without it, or without a page for it to open, the tests skip or fail."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    lacking = None if found else f"none of {', '.join(NAMES)} is installed"
    lacking = lacking or (None if Page.built().is_there else MISSING)
    if lacking and os.environ.get(REQUIRED) == "required":
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


Launch = Callable[..., Browser]


@pytest.fixture(scope="session")
def launch(playwright: Playwright) -> Launch:
    """Starts a browser, with further flags."""
    path = _chromium()

    def launched(*flags: str) -> Browser:
        return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])

    return launched


@pytest.fixture(scope="session")
def browser(launch: Launch) -> Iterator[Browser]:
    with launch() as started:
        yield started


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A studio of the model that is shipped."""
    with running(None, tmp_path_factory.mktemp("studio"), "--port", "0") as process:
        yield process


@pytest.fixture(scope="session")
def quick_studio(tiny_model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A studio whose land takes no time, and looks like none."""
    with running(tiny_model_path, tmp_path_factory.mktemp("quick"), "--port", "0") as process:
        yield process


NewTab = Callable[..., BrowserContext]


@pytest.fixture
def person(browser: Browser) -> Iterator[NewTab]:
    """Makes people who have never seen the page: browsers' profiles, with options as `Browser.new_context` has them."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def made(by: Browser = browser, **options: Any) -> BrowserContext:
        usual = {"viewport": DESKTOP, "color_scheme": "light", "reduced_motion": "reduce"}
        context = by.new_context(**{**usual, **options})
        contexts.append(context)
        watch(context, faults)
        return context

    yield made
    for context in contexts:
        context.close()
    assert faults == []


def watch(context: BrowserContext, faults: list[str]) -> None:
    """Write down what a page has no reason to do."""

    def asked(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:")):
            faults.append(f"asks another host: {request.url}")

    def said(message: ConsoleMessage) -> None:
        # Of each call that fails Chromium itself writes a line; what the page makes of it is tested.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            faults.append(message.text)

    context.set_default_timeout(60_000)
    context.on("request", asked)
    context.on("console", said)
    context.on("weberror", lambda error: faults.append(str(error.error)))


Open = Callable[..., StudioPage]


@pytest.fixture
def open_studio(person: NewTab) -> Open:
    """Opens a studio's page, of somebody new if no context is given, and waits for its land."""

    def opened(process: Process, context: BrowserContext | None = None, **options: Any) -> StudioPage:
        page = StudioPage((context or person(**options)).new_page())
        page.tab.goto(process.address)
        page.rest()
        return page

    return opened


Keep = Callable[[StudioPage, str], None]


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Keep:
    """Keeps what is seen now as docs/pictures/NAME.jpg, with `--pictures`."""

    def kept(page: StudioPage, name: str) -> None:
        if not request.config.getoption("--pictures"):
            return
        size = page.tab.viewport_size
        assert size is not None
        if size == DESKTOP:
            page.tab.set_viewport_size(LARGE)
        page.tab.evaluate("() => document.querySelector('.inspector').scrollTo(0, 0)")
        page.frames()
        page.settle()
        seen = Image.open(BytesIO(page.tab.screenshot())).convert("RGB")
        seen.save(PICTURES / f"{name}.jpg", quality=88, optimize=True, progressive=True)
        page.tab.set_viewport_size(size)
        page.frames()

    return kept
