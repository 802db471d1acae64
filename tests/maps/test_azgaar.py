import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from spade_terrain import Model, TerrainError, generate
from spade_terrain.cli import main
from spade_terrain.maps.azgaar.read import read_cells
from spade_terrain.maps.read import open_map
from spade_terrain.palette import NAMES, Labels
from spade_terrain.window import Window
from tests.maps.azgaar_map import ISLAND, LAKE, OCEAN, Cell, export, polygons, save, save_export
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


def _written(kind: str, cell_at: Callable[[float, float], Cell], folder: Path) -> Path:
    """A map of a kind, such as `new json` or `old map`."""
    new = kind.startswith("new")
    if kind.endswith("json"):
        return save_export(export(WIDTH, HEIGHT, 8, cell_at, new=new), folder)
    text = "\r\n".join(save(WIDTH, HEIGHT, 8, cell_at, new=new))
    path = folder / "map.map"
    path.write_bytes(gzip.compress(text.encode()) if kind == "packed map" else text.encode())
    if kind == "coded map":
        path.write_bytes(b64encode(quote(text).encode()))
    return path


KINDS = ("new json", "old json", "new map", "old map", "packed map", "coded map")


@pytest.fixture(scope="module", params=KINDS)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(request.param, _island, tmp_path_factory.mktemp("azgaar"))


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
    assert set(read_cells(save_export(made, tmp_path)).labels) == {NAMES.index(name)}
    assert not [line for line in caplog.messages if "known" in line]


@pytest.mark.parametrize(
    ("height", "label"), [(19, WATER), (20, GRASS), (49, GRASS), (50, HILLS), (70, HILLS), (71, MOUNTAINS)]
)
def test_heights(height: int, label: int, tmp_path: Path) -> None:
    made = export(100, 100, 25, lambda x, y: (height, BIOMES.index("Grassland"), ISLAND), new=False)
    assert set(read_cells(save_export(made, tmp_path)).labels) == {label}


@pytest.mark.parametrize("new", [True, False])
def test_an_unknown_biome_goes_by_its_colour(new: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=new)
    if new:
        made["pack"]["biomes"][4] |= {"name": "Ash waste", "color": "#e0c0b0"}
        made["pack"]["biomes"].append({"i": 13, "name": "Not on the map", "color": "url(#hatch7)"})
    else:
        made["biomesData"]["name"][4], made["biomesData"]["color"][4] = "Ash waste", "#e0c0b0"
    path = save_export(made, tmp_path)
    assert set(read_cells(path).labels) == {DESERT}
    assert f"{path} has biomes that are not known; by its colour 'Ash waste' (#e0c0b0) is desert" in caplog.messages


def test_one_line_tells_of_all_biomes_that_are_not_known(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = export(100, 100, 10, lambda x, y: (30, 4 if x < 50 else 5, ISLAND), new=False)
    made["biomesData"]["name"][4:6], made["biomesData"]["color"][4:6] = ["Ash", "Fen"], ["#e0c0b0", "#7fad7b"]
    path = save_export(made, tmp_path)
    assert set(read_cells(path).labels) == {DESERT, FOREST}
    told = f"{path} has biomes that are not known; by its colour 'Ash' (#e0c0b0) is desert, 'Fen' (#7fad7b) is forest"
    assert [line for line in caplog.messages if "known" in line] == [told]


def test_land_never_becomes_water_by_its_colour(tmp_path: Path) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=True)
    made["pack"]["biomes"][4] |= {"name": "Blue moss", "color": "#118dd7"}
    assert WATER not in read_cells(save_export(made, tmp_path)).labels


def _skerries(x: float, y: float) -> Cell:
    """A small island in a wide sea."""
    land = np.hypot(x - 150, y - 100) < 30
    return (30, BIOMES.index("Taiga"), ISLAND) if land else (10, 0, OCEAN)


@pytest.mark.parametrize("with_spacing", [True, False])
@pytest.mark.parametrize("size", [150, 300, 600, 1500])
def test_coasts_lie_where_the_cells_are_though_the_open_sea_is_left_out(
    size: int, with_spacing: bool, tmp_path: Path
) -> None:
    """Of few cells on a large map each is still small, and its borders keep within a part of it."""
    made = export(WIDTH, HEIGHT, 8, _skerries, new=True)
    cells = made["pack"]["cells"]
    made["pack"]["cells"] = [cell for cell in cells if np.hypot(cell["p"][0] - 150, cell["p"][1] - 100) < 50]
    if not with_spacing:
        del made["grid"]["spacing"]
    labels = open_map(save_export(made, tmp_path), size=size).in_memory()
    truth = polygons(made, size)
    land = labels != WATER
    assert (land & truth).sum() / (land | truth).sum() > 0.9  # an island of 44 cells is nearly all coast


@pytest.mark.parametrize("cell", [(15, 0, LAKE), (30, 4, LAKE)])
def test_lakes_keep_their_shapes(cell: Cell, tmp_path: Path) -> None:
    made = export(WIDTH, HEIGHT, 8, lambda x, y: cell if 100 < x < 200 and 60 < y < 140 else (30, 4, ISLAND), new=True)
    labels = open_map(save_export(made, tmp_path), size=900).in_memory()
    assert (labels == WATER).mean() == pytest.approx(100 * 80 / 60_000, abs=0.015)
    assert (labels[210:390, 330:570] == WATER).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [None, 600])
def test_the_scale_of_the_map(kind: str, size: int | None, tmp_path: Path) -> None:
    assert open_map(_written(kind, _island, tmp_path), size=size).gsd == pytest.approx(5000 * 300 / (size or 300))
    assert open_map(_written(kind, _island, tmp_path), 2, size=size).gsd == pytest.approx(2500 * 300 / (size or 300))


@pytest.mark.parametrize(
    ("unit", "metres"), [("mi", 1609.344), ("km", 1000), ("lg", 4828.032), ("vr", 1066.8), ("nmi", 1852), ("nlg", 5556)]
)
@pytest.mark.parametrize("scale", [3, "3", 0.5])
def test_units(unit: str, metres: float, scale: float | str, tmp_path: Path) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=True)
    made["settings"] |= {"distanceUnit": unit, "distanceScale": scale}
    assert open_map(save_export(made, tmp_path), size=400).gsd == pytest.approx(float(scale) * metres / 4)


def test_one_line_tells_what_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=True)
    path = save_export(made, tmp_path)
    read_cells(path)
    assert caplog.messages == [f"{path} has more than is used yet: levels of lakes"]
    caplog.clear()
    made["pack"]["rivers"], made["pack"]["features"] = [{"i": 1}], [0, {"type": "ocean"}, {"type": "island"}]
    made["settings"]["distanceUnit"] = "day's ride"
    assert open_map(save_export(made, tmp_path)).gsd is None
    scale = 'the scale (its unit is "day\'s ride", not mi, km, lg, vr, nmi, nlg)'
    assert caplog.messages == [f"{path} has more than is used yet: {scale}, rivers"]


@pytest.mark.parametrize("from_frame", [True, False])
def test_exports_that_do_not_tell_their_size(from_frame: bool, tmp_path: Path) -> None:
    """Those from before May 2024."""
    made = export(WIDTH, HEIGHT, 8, _island, new=False)
    del made["info"]["width"], made["info"]["height"]
    if not from_frame:
        del made["grid"]["boundary"]
    rows = open_map(save_export(made, tmp_path))
    assert rows.shape == (HEIGHT, WIDTH)
    assert _classes_at(rows.in_memory(), *PLACES) == CLASSES


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
    for size, pixels in ((70_000, "70000 x 46667"), (10**9, "1000000000 x 666666667")):
        with pytest.raises(TerrainError, match=f"{pixels} pixels, and sides of 65536 are the most"):
            open_map(path, size=size)


def test_generate_takes_an_export(path: Path, tiny_model: Model) -> None:
    terrain = generate(path, seed=3, model=tiny_model, size=120)
    assert terrain.labels.shape == (80, 120)
    assert (terrain.height[terrain.labels == WATER] == 0).all()


def test_heights_of_land_in_metres(path: Path) -> None:
    rows = open_map(path, size=600)
    assert rows.heights is not None
    metres = rows.heights.window(Window(0, 0, 600, 400))
    places = [(35, 40), (120, 50), (150, 150), (250, 100), (210, 100)]
    assert [float(metres[2 * y, 2 * x]) for x, y in places] == [*3 * [(30 - 18) ** 2], (60 - 18) ** 2, (85 - 18) ** 2]
    assert np.isnan(metres[[16, 200], [300, 120]]).all()  # the sea, the lake
    assert rows.heights.guide.range_m == ((30 - 18) ** 2, (85 - 18) ** 2)
    labels = rows.in_memory()
    assert np.isnan(metres[labels == WATER]).mean() > 0.95
    assert np.isnan(metres[labels != WATER]).mean() < 0.05


@pytest.mark.parametrize("kind", ["new json", "old map"])
@pytest.mark.parametrize("exponent", ["1.8", 2.2])
def test_the_exponent_is_the_maps(kind: str, exponent: float | str, tmp_path: Path) -> None:
    if kind == "new json":
        made = export(100, 100, 25, lambda x, y: (70, 4, ISLAND), new=True)
        made["settings"]["heightExponent"] = exponent
        path = save_export(made, tmp_path)
    else:
        records = save(100, 100, 25, lambda x, y: (70, 4, ISLAND), new=False)
        records[1] = f"km|5|square|ft|{exponent}"  # feet are for labels alone
        path = tmp_path / "map.map"
        path.write_bytes("\r\n".join(records).encode())
    heights = open_map(path).heights
    assert heights is not None
    assert heights.guide.range_m == pytest.approx(2 * [52 ** float(exponent)], rel=1e-5)


def test_without_an_exponent_heights_are_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = export(100, 100, 25, lambda x, y: (30, 4, ISLAND), new=True)
    del made["settings"]["heightExponent"]
    assert open_map(save_export(made, tmp_path)).heights is None
    assert caplog.messages[0].endswith("has more than is used yet: heights, levels of lakes")


def test_the_land_follows_the_maps_heights(
    guided_model: Model, tiny_model: Model, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _written("new json", _island, tmp_path)
    taken = "map.json: the land follows (h - 18)^2 metres of its cells' heights, up to 4,489 m"
    not_taken = "map.json: its heights are not used, since the model 'tiny' takes none"
    by_default = generate(path, model=guided_model)
    assert taken in caplog.messages
    assert by_default.guide == open_map(path).heights.guide  # type: ignore[union-attr]
    caplog.clear()
    without = generate(path, guide=False, model=guided_model)
    other = generate(path, guide=np.full((200, 300), 50.0), model=guided_model)
    assert not any("heights" in line for line in caplog.messages)
    assert without.guide is None
    assert len({t.height.tobytes() for t in (by_default, without, other)}) == 3
    assert generate(path, model=tiny_model).guide is None
    assert not_taken in caplog.messages


def test_heights_left_out_on_the_command_line(guided_model_path: Path, tmp_path: Path) -> None:
    path = _written("new json", _island, tmp_path)
    command = ["generate", str(path), "--model", str(guided_model_path), "--format", "height", "--size", "150", "--out"]
    for name, more, source in (("a", [], "map.json"), ("b", ["--no-guide"], None)):
        assert main([*command, str(tmp_path / name), *more]) == 0
        guide = json.loads((tmp_path / name / "terrain.json").read_text())["guide"]
        assert (guide and guide["source"]) == source
    with pytest.raises(SystemExit) as stopped:
        main([*command, str(tmp_path / "c"), "--no-guide", "--guide", "x.png"])
    assert stopped.value.code == 2
