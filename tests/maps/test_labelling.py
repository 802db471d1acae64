from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from spade_terrain.errors import TerrainError
from spade_terrain.maps.labelling import label_stripes
from spade_terrain.maps.legend import PALETTE
from spade_terrain.palette import COLOURS, Labels, labels_to_image


def _image() -> NDArray[np.uint8]:
    """Blurred, with specks in quite other colours."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 7, (30, 5), np.uint8).repeat(12, 0).repeat(12, 1)
    image = np.array(Image.fromarray(labels_to_image(labels)).filter(ImageFilter.GaussianBlur(2)))
    image[rng.random(labels.shape) < 0.02] = (250, 0, 0)
    return image


IMAGE = _image()


def _read(image: NDArray[np.uint8], cuts: list[int]) -> Labels:
    stripes: Iterator[NDArray[np.uint8]] = iter(np.split(image, cuts))
    return np.concatenate(list(label_stripes(stripes, PALETTE, image.shape[:2], "map.png")))


WHOLE = _read(IMAGE, [])


@given(cuts=st.sets(st.integers(1, len(IMAGE) - 1), max_size=8))
@settings(deadline=None, max_examples=15)
def test_stripes_make_no_difference(cuts: set[int]) -> None:
    np.testing.assert_array_equal(_read(IMAGE, sorted(cuts)), WHOLE)


def test_one_line_tells_what_was_not_exact(caplog: pytest.LogCaptureFixture) -> None:
    image = labels_to_image(np.zeros((100, 100), np.uint8)).copy()
    image[:3] += 2
    _read(image, [50])
    image[90, :20] = (250, 0, 0)
    _read(image, [50])
    first, second = caplog.messages
    assert first == (
        "map.png: 300 pixels (3.0%) are not exactly in the palette's colours; "
        "each was read as the nearest class around it"
    )
    assert second.startswith("map.png: 320 pixels (3.2%)")
    assert second.endswith(
        ". Far from them all, 0.2% of the map is not in the palette's colours: the commonest is RGB (250, 0, 0), "
        "nearest to hills (185, 122, 87)"
    )


def test_too_much_in_other_colours() -> None:
    image = np.full((200, 100, 3), COLOURS[2])
    image[100:104] = (250, 0, 0)
    image[110:130] = (250, 0, 250)
    match = r"^12\.0% of the map is not in the palette's colours: the commonest is RGB \(250, 0, 250\), .*`legend`"
    with pytest.raises(TerrainError, match=match) as caught:
        _read(image, [])
    assert "\n" not in str(caught.value)
    with pytest.raises(TerrainError, match=r"^at least \d+\.\d% of the map"):
        _read(image, [195])
