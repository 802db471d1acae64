import runpy
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.generation.maps import read_map
from spade_terrain.palette import WATER

EXAMPLES = Path(__file__).parents[1] / "examples"
PAINTERS = runpy.run_path(str(EXAMPLES / "paint.py"))["MAPS"]


def test_every_map_has_its_painter() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.png")} == set(PAINTERS)


@pytest.mark.parametrize("name", PAINTERS)
def test_the_script_paints_the_map_again(name: str) -> None:
    labels = read_map(EXAMPLES / f"{name}.png")
    assert labels.shape == (512, 512)
    np.testing.assert_array_equal(PAINTERS[name](), labels)


@pytest.mark.parametrize("name", PAINTERS)
def test_every_class_is_on_the_map(name: str) -> None:
    shares = np.bincount(read_map(EXAMPLES / f"{name}.png").ravel(), minlength=7) / 512**2
    assert shares.min() > 0.003
    assert shares[WATER] < 0.85
