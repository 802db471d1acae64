"""Pictures of the layer of biomes of Azgaar's generator, read by the legend that ships for them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor, ImageDraw

from spade_terrain import MapError
from spade_terrain.maps.azgaar.read import read_cells
from spade_terrain.maps.legend import read_legend
from spade_terrain.maps.read import open_map
from spade_terrain.palette import NAMES
from tests.maps.azgaar_map import COLOURS, ISLAND, OCEAN, Cell, export, save_export
from tests.maps.azgaar_map import NAMES as BIOMES


def _all_biomes(x: float, y: float) -> Cell:
    """Twelve biomes, side by side on an island."""
    land = 20 < x < 380 and 20 < y < 180
    return (30, 1 + int((x - 20) / 30) % 12, ISLAND) if land else (10, 0, OCEAN)


@pytest.mark.parametrize("biome", range(len(BIOMES)), ids=BIOMES)
def test_each_biome_is_the_class_that_it_is_in_an_export(biome: int, tmp_path: Path) -> None:
    made = export(100, 100, 25, lambda x, y: (30, biome, ISLAND), new=True)
    (label,) = set(read_cells(save_export(made, tmp_path)).labels)
    (name,) = {c.name for c in read_legend(Path("azgaar")).colours if c.rgb == ImageColor.getrgb(COLOURS[biome])}
    assert name == NAMES[label]


def test_a_picture_of_biomes_is_as_its_export(tmp_path: Path) -> None:
    """Smooth edges and coastlines, as a browser draws them, too."""
    made = export(400, 200, 8, _all_biomes, new=True)
    rows = open_map(save_export(made, tmp_path), size=800)
    image = Image.new("RGB", (3200, 1600), COLOURS[0])
    for cell in made["pack"]["cells"]:
        corners = [8 * side for v in cell["v"] for side in made["pack"]["vertices"][v]["p"]]
        ImageDraw.Draw(image).polygon(corners, fill=COLOURS[cell["biome"]])
    ImageDraw.Draw(image).rectangle((160, 160, 3040, 1440), outline="#405866", width=4)
    image.resize((800, 400), Image.Resampling.BOX).save(tmp_path / "map.png")
    picture = open_map(tmp_path / "map.png", legend="azgaar")
    assert (picture.in_memory() == rows.in_memory()).mean() > 0.93  # borders of the export wander


def test_a_file_of_that_name_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(read_legend(Path("azgaar")).colours) > 20
    (tmp_path / "azgaar").write_text('forest = "#7fad7b"')
    assert len(read_legend(Path("azgaar")).colours) == 1
    (tmp_path / "azgaar").write_text("no legend")
    with pytest.raises(MapError, match="azgaar is not TOML"):
        read_legend(Path("azgaar"))


def test_its_name_is_in_messages(tmp_path: Path) -> None:
    Image.fromarray(np.full((64, 64, 3), (255, 0, 255), np.uint8)).save(tmp_path / "map.png")
    with pytest.raises(MapError, match="of the map is not in azgaar's colours"):
        open_map(tmp_path / "map.png", legend="azgaar").in_memory()


@pytest.mark.parametrize("quality", [None, 90])
def test_a_picture_of_biomes_read_by_the_palette(quality: int | None, tmp_path: Path) -> None:
    """The refusal names the legend that fits."""
    numbers = np.random.default_rng(1).integers(0, len(COLOURS), (6, 8)).repeat(24, 0).repeat(24, 1)
    picture = Image.fromarray(np.array([ImageColor.getrgb(colour) for colour in COLOURS], np.uint8)[numbers])
    path = tmp_path / ("map.jpg" if quality else "map.png")
    picture.save(path, quality=quality)
    with pytest.raises(MapError, match=r"; they are mostly those of azgaar's maps: read it with `legend` azgaar$"):
        open_map(path)
    assert set(np.unique(open_map(path, legend="azgaar").in_memory())) >= {0, 1, 2, 4, 6}


def test_other_pictures_are_not_taken_for_them(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (80, 80, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "map.png")
    for legend in (None, "azgaar"):
        with pytest.raises(MapError, match=r"; repaint it in these colours, or say with a `legend` what yours mean$"):
            open_map(tmp_path / "map.png", legend=legend).in_memory()
