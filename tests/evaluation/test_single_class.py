from pathlib import Path

from spade_terrain.evaluation.single_class import repetition
from spade_terrain.generation.model import Model
from spade_terrain.world.dataset.loading import load


def test_each_class_of_land_beside_real_windows(tiny_model: Model, data: Path) -> None:
    figures, rows = repetition(tiny_model, load(data, "test"), 64, seed=0)
    assert list(figures) == ["grassland", "forest", "hills", "desert", "mountains", "tundra"]
    assert len(rows) == 6
    assert figures["tundra"]["real"] is None
    assert figures["tundra"]["real_windows"] == 0
    for peaks in figures.values():
        assert peaks["fake"] is not None
        assert 0 < peaks["fake"] < 1
