"""Maps of the real generator, versions 1.147.1 and 1.99.15."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spade_terrain.maps.azgaar.read import read_cells
from spade_terrain.maps.read import open_map
from spade_terrain.palette import WATER
from tests.maps.azgaar_map import polygons

SAMPLES = Path(__file__).parents[3] / "shared" / "azgaar"

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the maps are not beside the repository (shared/azgaar)")


@cache
def _export(name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(gzip.decompress((SAMPLES / f"{name}.json.gz").read_bytes()))
    return made


@pytest.mark.parametrize("size", [1280, 2048, 4096])
@pytest.mark.parametrize("name", ["default", "old"])
def test_land_is_where_the_generator_draws_it(name: str, size: int) -> None:
    rows = open_map(SAMPLES / f"{name}.json.gz", size=size)
    land, truth = rows.in_memory() != WATER, polygons(_export(name), size)
    assert (land & truth).sum() / (land | truth).sum() > 0.965
    assert rows.gsd == pytest.approx(_export(name)["settings"]["distanceScale"] * 1609.344 * 1280 / size)


def test_a_saved_map_is_as_its_export() -> None:
    saved, exported = (open_map(SAMPLES / f"default.{kind}.gz", size=2048) for kind in ("map", "json"))
    assert (saved.in_memory() == exported.in_memory()).mean() > 0.999
    assert saved.gsd == exported.gsd


def test_cells_of_a_saved_map_are_those_of_the_export() -> None:
    saved, exported = (read_cells(SAMPLES / f"default.{kind}.gz") for kind in ("map", "json"))
    for cells in (saved, exported):
        assert len(cells.sites) == len(_export("default")["pack"]["cells"])
    order = [np.lexsort(cells.sites.T) for cells in (saved, exported)]
    # Halves of tenths may be rounded the other way.
    np.testing.assert_allclose(saved.sites[order[0]], exported.sites[order[1]], atol=0.11)
