"""What a person does on the studio's page, and sees there."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import CDPSession, Download, Locator, Page

from spade_terrain.palette import Labels, image_to_labels

# What covers the painted map's sides on a wide pane, CSS pixels.
LEFT, RIGHT, TOP, BOTTOM = 84, 28, 28, 108


class StudioPage:
    """A tab that shows the studio."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.paint = tab.locator("section[aria-label=Paint] > canvas")
        self.see = tab.locator("section[aria-label=See] > canvas")

    def rest(self) -> None:
        """Wait until the land is that of the map."""
        self.tab.wait_for_selector("[data-live=ready]", state="attached")
        self.frames()

    def frames(self) -> None:
        """Wait until what has changed is drawn."""
        self.tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def settle(self) -> None:
        """Wait until the land in 3D has smooth edges, too, as it has when it is at rest."""
        self.tab.wait_for_function("() => !document.querySelector('canvas[data-edges=rough]')")
        self.frames()

    def park(self) -> None:
        """Take pointer and focus away from everything, so that nothing is marked by them."""
        self.tab.mouse.move(5, 5)
        self.tab.evaluate("() => document.activeElement.blur()")
        self.frames()

    def button(self, name: str) -> Locator:
        return self.tab.get_by_role("button", name=name, exact=True)

    def view(self, name: str) -> None:
        self.tab.get_by_role("radio", name=name, exact=True).check(force=True)
        self.park()

    def slide(self, name: str, value: int) -> None:
        self.tab.get_by_label(name, exact=True).fill(str(value))
        self.park()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the map is on the screen, CSS pixels; places are parts of its sides, of a square map."""
        box = self.paint.bounding_box()
        assert box is not None
        wide, high = box["width"] - LEFT - RIGHT, box["height"] - TOP - BOTTOM
        side = min(wide, high)
        left, top = box["x"] + LEFT + (wide - side) / 2, box["y"] + TOP + (high - side) / 2
        return left + x * side, top + y * side

    def middle(self, part: Locator) -> tuple[float, float]:
        """The middle of a part of the page, CSS pixels."""
        box = part.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def stroke(self, *places: tuple[float, float]) -> None:
        """Draw with the mouse from place to place."""
        self.tab.mouse.move(*self.at(*places[0]))
        self.tab.mouse.down()
        for place in places[1:]:
            self.tab.mouse.move(*self.at(*place), steps=6)
        self.tab.mouse.up()
        self.park()

    def touch(self, fingers: CDPSession, *steps: list[tuple[float, float]]) -> None:
        """Draw with fingers: each step is where they are then."""
        for kind, step in [("touchStart", steps[0]), *(("touchMove", step) for step in steps[1:]), ("touchEnd", [])]:
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(step)]
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def new(self, size: int) -> None:
        """Begin with open sea."""
        self.button("New map").click()
        self.button(f"{size} × {size} {size * 2:,} km wide").click()
        self.rest()
        self.park()

    def seen(self, part: Locator) -> NDArray[np.int16]:
        """The pixels of a part of the page, with what lies over it: int16 RGB (H, W, 3), 0 to 255."""
        self.settle()
        return np.asarray(Image.open(BytesIO(part.screenshot())).convert("RGB"), np.int16)

    def project(self) -> Download:
        """Save the project."""
        with self.tab.expect_download() as begun:
            self.button("Save the project").click()
        return begun.value

    def labels(self) -> Labels:
        """What is painted, as the saved project has it."""
        with zipfile.ZipFile(self.project().path()) as project:
            picture = Image.open(BytesIO(project.read("map.png"))).convert("RGB")
        return image_to_labels(np.asarray(picture))

    def drop(self, path: Path) -> None:
        """Drop a file on the page."""
        files = self.tab.evaluate_handle(
            """([name, bytes]) => {
                const dropped = new DataTransfer();
                dropped.items.add(new File([new Uint8Array(bytes)], name));
                return dropped;
            }""",
            [path.name, list(path.read_bytes())],
        )
        for event in ("dragover", "drop"):
            self.tab.dispatch_event("body", event, {"dataTransfer": files})
