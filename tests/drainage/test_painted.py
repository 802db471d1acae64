import numpy as np
import pytest

from spade_terrain.drainage.painted import drained_lakes, painted_lakes
from spade_terrain.palette import Labels


@pytest.fixture
def labels() -> Labels:
    """Forest on the left and desert on the right, a sea with a bay that touches it at one corner, and two lakes."""
    labels = np.full((40, 60), 2, np.uint8)
    labels[:, 30:] = 4
    labels[:8] = 0
    labels[8, 20] = labels[9, 21] = 0  # the bay
    labels[15:25, 25:35] = 0
    labels[30, 5] = 0
    return labels


def test_lakes_are_water_that_none_leads_out_of(labels: Labels) -> None:
    lakes = painted_lakes(labels)
    expected = np.zeros(labels.shape, bool)
    expected[15:25, 25:35] = expected[30, 5] = True
    np.testing.assert_array_equal(lakes, expected)


@pytest.mark.parametrize("place", [(-1, 30), (20, 0), (20, -1)])
def test_water_at_any_border_is_sea(place: tuple[int, int]) -> None:
    labels = np.full((40, 60), 2, np.uint8)
    labels[place] = 0
    assert not painted_lakes(labels).any()


def test_lakes_become_the_land_of_their_nearest_shore(labels: Labels) -> None:
    lakes = painted_lakes(labels)
    filled = drained_lakes(labels, lakes)
    np.testing.assert_array_equal(filled[~lakes], labels[~lakes])
    assert filled[30, 5] == 2
    assert (filled[15:25, 25:30] == 2).all()
    assert (filled[15:25, 30:35] == 4).all()
