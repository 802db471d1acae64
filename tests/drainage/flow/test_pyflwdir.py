"""Sums and orders as another library has them: pyflwdir."""

import numpy as np
import pytest

from spade_terrain.drainage.carve import carve
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import add_downstream
from spade_terrain.drainage.flow.streams import strahler_orders
from spade_terrain.palette import Labels

pyflwdir = pytest.importorskip("pyflwdir")

# D8 codes by (rows down, columns right).
CODES = {(0, 1): 1, (1, 1): 2, (1, 0): 4, (1, -1): 8, (0, -1): 16, (-1, -1): 32, (-1, 0): 64, (-1, 1): 128, (0, 0): 0}


def test_areas_and_orders_agree(island: tuple[Field, Labels]) -> None:
    drained = carve(*island, seed=5, detail=1, gsd=2000.0)
    rows, columns = np.divmod(np.arange(drained.height.size), 80)
    down, right = drained.receivers // 80 - rows, drained.receivers % 80 - columns
    codes = np.array([CODES[int(y), int(x)] for y, x in zip(down, right, strict=True)], np.uint8).reshape(64, 80)
    theirs = pyflwdir.from_array(codes, ftype="d8")
    cells = add_downstream(drained.order, drained.receivers, np.ones_like(drained.height))
    np.testing.assert_array_equal(theirs.upstream_area("cell").ravel(), cells)
    channels = cells >= 4
    orders = strahler_orders(drained.order, drained.receivers, channels)
    expected = theirs.stream_order("strahler", mask=channels.reshape(64, 80)).ravel()
    np.testing.assert_array_equal(orders[channels], expected[channels])
