import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from spade_terrain import Model, TerrainError, generate
from spade_terrain.maps.azgaar import read_export
from spade_terrain.maps.read import open_map
from spade_terrain.palette import NAMES, Labels
from tests.maps.azgaar_map import ISLAND, LAKE, OCEAN, Cell, export
from tests.maps.azgaar_map import NAMES as BIOMES

WATER, GRASS, FOREST, HILLS, DESERT, MOUNTAINS, TUNDRA = range(7)
WIDTH, HEIGHT = 300, 200


def _island(x: float, y: float) -> Cell:
    """An island with a lake, a desert in the north, a forest in the south and a mountain within hills in the east."""
    if (x - 60) ** 2 + (y - 100) ** 2 < 20**2:
        return 19, 0, LAKE
    if not (20 < x < 280 and 20 < y < 180):
        return 10, 0, OCEAN
    away = np.hypot(x - 210, y - 100)
    biome = "Hot desert" if y < 100 else "Taiga"
    return (85 if away < 22 else 60 if away < 50 else 30), BIOMES.index(biome), ISLAND


def _classes_at(labels: Labels, *places: tuple[int, int]) -> list[int]:
    scale = labels.shape[1] / WIDTH
    return [int(labels[int(y * scale), int(x * scale)]) for x, y in places]


PLACES = ((150, 8), (60, 100), (120, 50), (120, 150), (250, 100), (210, 100))
CLASSES = [WATER, WATER, DESERT, FOREST, HILLS, MOUNTAINS]


def _save(made: dict[str, Any], folder: Path) -> Path:
    path = folder / "map.json"
    path.write_text(json.dumps(made))
    return path


@pytest.fixture(scope="module", params=[True, False], ids=["new", "old"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _save(export(WIDTH, HEIGHT, 8, _island, new=request.param), tmp_path_factory.mktemp("azgaar"))


@pytest.mark.parametrize(
    ("size", "scale", "shape"), [(None, 1, (200, 300)), (750, 1, (500, 750)), (150, 3, (300, 450))]
)
def test_biomes_heights_and_lakes_become_classes(
    path: Path, size: int | None, scale: int, shape: tuple[int, int]
) -> None:
    rows = open_map(path, scale, size=size)
    assert rows.shape == shape
    labels = rows.in_memory()
    assert labels.shape == shape
    assert labels.dtype == np.uint8
    assert _classes_at(labels, *PLACES) == CLASSES
    for label, share in ((DESERT, 0.25), (FOREST, 0.25), (WATER, 1 - 260 * 160 / 60_000 + 0.02), (MOUNTAINS, 0.025)):
        assert (labels == label).mean() == pytest.approx(share, abs=0.06)


def test_borders_are_soft(path: Path) -> None:
    """Edges of cells are straight, and that of an enlarged picture goes up in stairs; coasts do neither."""
    labels = open_map(path, size=1200).in_memory()
    contours, _ = cv2.findContours((labels != WATER).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    coast = max(contours, key=len)[:, 0]
    steps = np.diff(coast, axis=0)
    runs = np.diff(np.flatnonzero(np.any(steps[1:] != steps[:-1], axis=1)))
    assert np.mean(runs) < 4
    assert np.quantile(runs, 0.99) < 20  # a cell is 32 pixels wide


def test_the_seed_bends_borders(path: Path) -> None:
    a, again, b = (open_map(path, seed=seed).in_memory() for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, again)
    assert 0.001 < (a != b).mean() < 0.2


@pytest.mark.parametrize(
    ("biome", "name"),
    [
        ("Marine", "water"),
        ("Cold desert", "desert"),
        ("Savanna", "grassland"),
        ("Grassland", "grassland"),
        ("Wetland", "grassland"),
        ("Tropical seasonal forest", "forest"),
        ("Temperate deciduous forest", "forest"),
        ("Tropical rainforest", "forest"),
        ("Temperate rainforest", "forest"),
        ("Tundra", "tundra"),
        ("Glacier", "tundra"),
    ],
)
def test_every_biome_has_its_class(biome: str, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = export(100, 100, 25, lambda x, y: (30, BIOMES.index(biome), ISLAND), new=True)
    assert set(read_export(_save(made, tmp_path)).labels) == {NAMES.index(name)}
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("height", "label"), [(19, WATER), (20, GRASS), (49, GRASS), (50, HILLS), (70, HILLS), (71, MOUNTAINS)]
)
def test_heights(height: int, label: int, tmp_path: Path) -> None:
    made = export(100, 100, 25, lambda x, y: (height, BIOMES.index("Grassland"), ISLAND), new=False)
    assert set(read_export(_save(made, tmp_path)).labels) == {label}


@pytest.mark.parametrize("new", [True, False])
def test_an_unknown_biome_goes_by_its_colour(new: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=new)
    if new:
        made["pack"]["biomes"][4] |= {"name": "Ash waste", "color": "#e0c0b0"}
        made["pack"]["biomes"].append({"i": 13, "name": "Not on the map", "color": "url(#hatch7)"})
    else:
        made["biomesData"]["name"][4], made["biomesData"]["color"][4] = "Ash waste", "#e0c0b0"
    path = _save(made, tmp_path)
    assert set(read_export(path).labels) == {DESERT}
    assert caplog.messages == [f"{path}: the biome 'Ash waste' is not known; by its colour #e0c0b0 it becomes desert"]


def test_land_never_becomes_water_by_its_colour(tmp_path: Path) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=True)
    made["pack"]["biomes"][4] |= {"name": "Blue moss", "color": "#118dd7"}
    assert WATER not in read_export(_save(made, tmp_path)).labels


def test_a_cell_without_corners_takes_no_room(tmp_path: Path) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=True)
    drawn, _ = read_export(_save(made, tmp_path)).draw(100)
    made["pack"]["cells"].append({**made["pack"]["cells"][0], "v": [], "h": 80})
    np.testing.assert_array_equal(read_export(_save(made, tmp_path)).draw(100)[0], drawn)


def _changed(change: Callable[[dict[str, Any]], object]) -> str:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=True)
    change(made)
    return json.dumps(made)


BAD = {
    "cut short": (_changed(lambda made: None)[:-100], "is not JSON, or was cut short .*export it again"),
    "no JSON": ("a map, in words", "is not JSON"),
    "nested too deep": ("[" * 100_000, "is not JSON"),
    "a list": ("[1, 2]", "is not an export of Azgaar's Fantasy Map Generator"),
    "of another program": ('{"info": {"width": 3}, "pack": {"cells": []}}', "is not an export of Azgaar's"),
    "minimal": (_changed(lambda made: made["pack"].pop("cells")), "is not the full export; choose Export, JSON, full"),
    "of cells": (_changed(lambda made: made.pop("pack")), "is not the full export"),
    "without a width": (_changed(lambda made: made["info"].pop("width")), "is not as Azgaar's .*'width'"),
    "without cells": (_changed(lambda made: made["pack"]["cells"].clear()), "is not as Azgaar's"),
    "without biomes": (_changed(lambda made: made["pack"].pop("biomes")), "is not as Azgaar's .*'biomesData'"),
    "of no height": (_changed(lambda made: made["info"].update(height=0)), "is not as Azgaar's"),
    "of no known width": (_changed(lambda made: made["info"].update(width=float("nan"))), "is not as Azgaar's"),
    "with text for a height": (_changed(lambda made: made["pack"]["cells"][3].update(h="x")), "is not as Azgaar's"),
    "with a wrong corner": (_changed(lambda made: made["pack"]["cells"][3]["v"].append(9999)), "is not as Azgaar's"),
    "with a wrong biome": (_changed(lambda made: made["pack"]["cells"][3].update(biome=77)), "is not as Azgaar's"),
    "with a hatched biome": (
        _changed(lambda made: made["pack"]["biomes"][4].update(name="Ash", color="url(#hatch7)")),
        "a biome 'Ash' that is not known, of the colour url.*; give it a plain colour",
    ),
}


@pytest.mark.parametrize(("text", "match"), BAD.values(), ids=BAD.keys())
def test_files_that_are_no_full_exports(text: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(text)
    with pytest.raises(TerrainError, match=match) as caught:
        open_map(tmp_path / "map.json")
    assert "\n" not in str(caught.value)
    assert "MapError" not in str(caught.value)  # one of ours is not taken for a damaged file


def test_what_does_not_go_together(path: Path, tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no such file"):
        open_map(tmp_path / "none.json")
    with pytest.raises(TerrainError, match="`legend` is for painted maps"):
        open_map(path, legend="legend.toml")
    with pytest.raises(TerrainError, match="`size` is for Azgaar exports"):
        open_map(np.zeros((64, 64), np.uint8), size=100)
    for size in (0, -5, 63):
        with pytest.raises(TerrainError, match="sides of at least 64"):
            open_map(path, size=size)
    with pytest.raises(TerrainError, match="70000 x 46667 pixels, and sides of 65536 are the most"):
        open_map(path, size=70_000)


def test_generate_takes_an_export(path: Path, tiny_model: Model) -> None:
    terrain = generate(path, seed=3, model=tiny_model, size=120)
    assert terrain.labels.shape == (80, 120)
    assert (terrain.height[terrain.labels == WATER] == 0).all()
