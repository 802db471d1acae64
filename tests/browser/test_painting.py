"""Strokes and the land that they change."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import CLASSES
from tests.browser.conftest import Keep, Open
from tests.studio.process import Process

_LABEL = {c.name: label for label, c in enumerate(CLASSES)}
_HALO = 256 + 32
"""Pixels around an edit that the shipped model lets it change, and those that windows are rounded by."""
_NEAR = 96
"""Pixels around an edit in which it can be seen."""
_SEEN = 24
"""Of 255: a difference that is seen at once."""
_SAME = 2
"""Of 255: gradients, and what is blurred behind panels, are dithered."""


def test_a_stroke_changes_the_land_there_and_nowhere_far_away(
    studio: Process, open_studio: Open, picture: Keep
) -> None:
    page = open_studio(studio)
    picture(page, "studio-light")
    labels = page.labels()
    solid = page.seen(page.see)
    page.view("Shaded")
    shaded = page.seen(page.see)
    page.view("Map")
    flat = page.seen(page.see)

    page.tab.keyboard.press("6")
    page.stroke((0.06, 0.6), (0.1, 0.75))
    page.rest()

    painted = page.labels()
    rows, columns = np.nonzero(painted != labels)
    assert set(painted[rows, columns]) == {_LABEL["mountains"]}
    on_screen = _box(page.seen(page.see) - flat)
    scale = (on_screen[2] - on_screen[0]) / (columns.max() - columns.min())
    page.view("Shaded")
    changed = page.seen(page.see) - shaded
    assert np.abs(changed[on_screen[1] : on_screen[3], on_screen[0] : on_screen[2]]).mean() > 10
    assert _reach(_box(changed), on_screen) <= _HALO * scale
    assert _reach(_box(changed, _SEEN), on_screen) <= _NEAR * scale
    page.view("3D")
    changed = page.seen(page.see) - solid
    assert _box(changed, _SEEN)[2] < 0.4 * changed.shape[1]


_Box = tuple[int, int, int, int]
"""Left, top, right and bottom."""


def _box(difference: NDArray[np.int16], least: int = _SAME) -> _Box:
    """Around what differs by more than that."""
    rows, columns = np.nonzero((np.abs(difference) > least).any(-1))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def _reach(box: _Box, other: _Box) -> int:
    """Pixels that a box reaches out of another one."""
    return max(other[0] - box[0], other[1] - box[1], box[2] - other[2], box[3] - other[3])


def test_the_sun_moves_and_the_lit_side_changes(studio: Process, open_studio: Open) -> None:
    page = open_studio(studio)
    page.new(128)
    page.tab.keyboard.press("6")
    page.slide("Sun height", 30)
    page.stroke((0.5, 0.15), (0.5, 0.85))
    page.rest()
    page.slide("Sun from", 270)
    from_west = page.seen(page.see).sum(-1)
    page.slide("Sun from", 90)
    from_east = page.seen(page.see).sum(-1)
    brighter = from_west - from_east
    ridge = np.abs(brighter) > 30
    columns = np.nonzero(ridge)[1]
    middle = int(np.median(columns))
    west, east = brighter[:, :middle], brighter[:, middle:]
    assert west[ridge[:, :middle]].mean() > 15
    assert east[ridge[:, middle:]].mean() < -15


def test_undo_and_redo(quick_studio: Process, open_studio: Open) -> None:
    page = open_studio(quick_studio)
    start, land = page.labels(), page.seen(page.see)
    assert page.button("Undo").is_disabled()
    page.tab.keyboard.press("1")
    page.stroke((0.3, 0.3), (0.6, 0.6))
    page.tab.keyboard.press("7")
    page.stroke((0.6, 0.3), (0.3, 0.6))
    page.rest()
    both, land_of_both = page.labels(), page.seen(page.see)
    assert (both != start).sum() > 2000

    page.button("Undo").click()
    tundra = (both == _LABEL["tundra"]) & (start != _LABEL["tundra"])
    assert tundra.any()
    assert _LABEL["tundra"] not in page.labels()[tundra]
    page.tab.keyboard.press("Control+z")
    page.rest()
    np.testing.assert_array_equal(page.labels(), start)
    np.testing.assert_allclose(page.seen(page.see), land, atol=_SAME)
    assert page.button("Undo").is_disabled()

    page.tab.keyboard.press("Control+Shift+z")
    page.button("Redo").click()
    page.rest()
    np.testing.assert_array_equal(page.labels(), both)
    np.testing.assert_allclose(page.seen(page.see), land_of_both, atol=_SAME)


def test_drawing_with_touch(quick_studio: Process, open_studio: Open) -> None:
    """One finger draws; two move the map and draw nothing."""
    page = open_studio(quick_studio, has_touch=True)
    page.new(256)
    page.tab.keyboard.press("6")
    fingers = page.tab.context.new_cdp_session(page.tab)
    page.touch(fingers, [page.at(0.25, 0.5)], [page.at(0.5, 0.5)], [page.at(0.75, 0.5)])
    page.rest()
    labels = page.labels()
    rows, columns = np.nonzero(labels == _LABEL["mountains"])
    assert abs(int(rows.min() + rows.max()) // 2 - 128) <= 2
    np.testing.assert_allclose([columns.min() + 12, columns.max() - 12], [64, 192], atol=3)

    before = page.seen(page.paint)
    apart = [[page.at(0.45, y), page.at(0.55, y)] for y in (0.3, 0.35, 0.45)]
    page.touch(fingers, *apart)
    page.frames()
    assert (page.seen(page.paint) != before).any()
    np.testing.assert_array_equal(page.labels(), labels)
