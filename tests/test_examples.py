from pathlib import Path

import numpy as np
import pytest
from paint import GUIDES, MAPS
from PIL import Image

from spade_terrain import generate
from spade_terrain.palette import NAMES, WATER, image_to_labels

EXAMPLES = Path(__file__).parents[1] / "examples"


def _shares(name: str) -> np.ndarray:
    labels = image_to_labels(np.asarray(Image.open(EXAMPLES / f"{name}.png")))  # an error if a colour isn't exact
    return np.bincount(labels.ravel(), minlength=len(NAMES)) / labels.size


def test_every_map_has_its_painter() -> None:
    assert {str(p.relative_to(EXAMPLES).with_suffix("")) for p in EXAMPLES.rglob("*.png")} == set(MAPS)


@pytest.mark.parametrize("name", MAPS)
def test_the_script_paints_the_map_again(name: str) -> None:
    painted = MAPS[name]()
    assert painted.shape == (512, 512)
    np.testing.assert_array_equal(painted, image_to_labels(np.asarray(Image.open(EXAMPLES / f"{name}.png"))))


@pytest.mark.parametrize("name", GUIDES)
def test_the_script_draws_the_guide_again(name: str) -> None:
    drawn = GUIDES[name]()
    np.testing.assert_array_equal(drawn, np.asarray(Image.open(EXAMPLES / f"{name}.tif")))
    labels = np.full((64, 64), NAMES.index("desert"), np.uint8)
    labels[:, 60:] = WATER
    terrain = generate(labels, guide=EXAMPLES / f"{name}.tif")
    assert terrain.height.max() > 0


@pytest.mark.parametrize("name", ["archipelago", "continent", "valley"])
def test_every_class_is_on_the_map(name: str) -> None:
    shares = _shares(name)
    assert shares.min() > 0.003
    assert shares[WATER] < 0.85


def test_the_other_maps_differ_in_what_they_ask() -> None:
    shares = {name: _shares(name) for name in MAPS if name.startswith("more/")}
    assert len(shares) == 9
    assert np.min(list(shares.values()), axis=0)[WATER] == 0  # one without any sea
    assert (np.mean(list(shares.values()), axis=0) > 0.02).all()  # all classes over the set
    assert all((share[share > 0] < 0.85).all() for share in shares.values())  # none of one class alone
