"""One model, several textures of the same land."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain import Model, TerrainError, generate, generate_to, generate_window, load_model
from spade_terrain.cli import main
from spade_terrain.generation import job, tiling
from spade_terrain.generation.coast import keep_topology, land_share
from spade_terrain.generation.pixels import Pixels
from spade_terrain.maps.read import open_map
from spade_terrain.palette import COLOURS, Labels, labels_to_image
from spade_terrain.terrain import Picture
from spade_terrain.window import Window


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(0).integers(0, 7, (10, 12), np.uint8).repeat(9, 0).repeat(9, 1)[:90, :107]


def test_the_texture_that_is_asked_for_is_made(labels: Labels, guided_model: Model) -> None:
    made = {name: generate(labels, texture=name, model=guided_model) for name in ("atlas", "satellite", "both")}
    default = generate(labels, model=guided_model)
    assert {name: terrain.texture_name for name, terrain in made.items()} == {
        "atlas": "atlas",
        "satellite": "satellite",
        "both": "satellite",
    }
    assert default.texture_name == "satellite"
    assert default.texture.tobytes() == made["satellite"].texture.tobytes() == made["both"].texture.tobytes()
    assert list(made["both"].beside) == ["atlas"]
    assert not default.beside
    for attribute in ("texture", "shaded"):
        atlas, beside = (getattr(picture, attribute) for picture in (made["atlas"], made["both"].beside["atlas"]))
        assert atlas.tobytes() == beside.tobytes()
        assert (atlas != getattr(made["satellite"], attribute)).mean() > 0.5
    assert len({terrain.height.tobytes() for terrain in made.values()}) == 1


def test_each_texture_is_the_networks_own_channels(guided_model: Model) -> None:
    labels = np.ones((64, 64), np.uint8)
    feeds = guided_model.feeds(guided_model.session, labels, 3, 0, 0)
    texture, _, shaded = guided_model.session.run(["texture", "height", "shaded"], feeds)
    pixels = guided_model.textured("both").run(labels, 3)
    for name, first in (("satellite", 3), ("atlas", 0)):
        picture = pixels.beside.get(name, pixels)
        for made, output in ((picture.texture, texture), (picture.shaded, shaded)):
            expected = np.moveaxis((output[0, first : first + 3] + 1) * 127.5, 0, -1)
            np.testing.assert_allclose(made, expected, atol=0.51)


def test_a_window_of_an_endless_world(guided_model: Model) -> None:
    def labels_at(x0: int, y0: int, width: int, height: int) -> Labels:
        return np.full((height, width), 2, np.uint8)

    both = generate_window(labels_at, 5, 9, 70, 40, texture="both", model=guided_model)
    atlas = generate_window(labels_at, 5, 9, 70, 40, texture="atlas", model=guided_model)
    assert both.beside["atlas"].shaded.tobytes() == atlas.shaded.tobytes()


@pytest.mark.parametrize(
    ("texture", "complaint"),
    [
        ("satellite", "the model 'tiny' has no `texture` 'satellite'; it has atlas"),
        ("both", "the model 'tiny' has but one `texture`, atlas"),
    ],
)
def test_a_model_that_lacks_it_says_so(
    texture: str, complaint: str, labels: Labels, tiny_model: Model, tmp_path: Path
) -> None:
    for call in (generate, lambda *args, **more: generate_to(args[0], tmp_path / "out", **more)):
        with pytest.raises(TerrainError) as caught:
            call(labels, texture=texture, model=tiny_model)
        assert str(caught.value).startswith(complaint)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_older_models_have_an_atlas(tiny_model: Model) -> None:
    labels = np.full((64, 64), 3, np.uint8)
    default, atlas = (generate(labels, texture=name, model=tiny_model) for name in (None, "atlas"))
    assert default.texture_name == atlas.texture_name == "atlas"
    assert default.texture.tobytes() == atlas.texture.tobytes()


def test_files_of_both(labels: Labels, guided_model_path: Path, tmp_path: Path) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    command = ["generate", str(tmp_path / "map.png"), "--model", str(guided_model_path), "--out", str(tmp_path / "out")]
    assert main([*command, "--texture", "both", "--format", "texture,terrain,geotiff,glb", "--for", "unity:129"]) == 0
    out = tmp_path / "out"
    names = {path.name for path in out.iterdir()}
    assert {"texture.png", "texture-atlas.png", "terrain.png", "terrain-atlas.png", "texture-atlas.tif"} <= names
    both = generate(labels, texture="both", model=load_model(guided_model_path))
    for suffix, picture in (("", both), ("-atlas", both.beside["atlas"])):
        for name, pixels in (("texture", picture.texture), ("terrain", picture.shaded)):
            assert np.asarray(Image.open(out / f"{name}{suffix}.png")).tobytes() == pixels.tobytes()
    about = json.loads((out / "terrain.json").read_text())
    assert about["texture"] == "satellite"
    assert about["files"]["texture.png"]["texture"] == about["files"]["texture.tif"]["texture"] == "satellite"
    assert about["files"]["terrain-atlas.png"]["texture"] == about["files"]["texture-atlas.tif"]["texture"] == "atlas"
    assert main([*command[:-1], str(tmp_path / "atlas"), "--texture", "atlas", "--format", "texture,glb"]) == 0
    assert (tmp_path / "atlas" / "texture.png").read_bytes() == (out / "texture-atlas.png").read_bytes()
    assert (tmp_path / "atlas" / "terrain.glb").read_bytes() != (out / "terrain.glb").read_bytes()
    assert json.loads((tmp_path / "atlas" / "terrain.json").read_text())["texture"] == "atlas"


def test_a_map_that_the_second_texture_would_overwrite(labels: Labels, guided_model: Model, tmp_path: Path) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "terrain-atlas.png")
    for texture in ("both", "satellite"):
        if texture == "both":
            with pytest.raises(TerrainError, match="would be written over"):
                generate_to(tmp_path / "terrain-atlas.png", tmp_path, ["terrain"], texture=texture, model=guided_model)
        else:
            generate_to(tmp_path / "terrain-atlas.png", tmp_path, ["terrain"], texture=texture, model=guided_model)


def _bytes(terrain: Any) -> list[bytes]:
    pictures = [terrain, *terrain.beside.values()]
    arrays = [terrain.height, terrain.labels, *(a for p in pictures for a in (p.texture, p.shaded))]
    return [np.asarray(a[:]).tobytes() for a in arrays]


def _stop_after(count: int, labels: Labels, model: Model, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin a run, and stop it when so many blocks are made."""
    left, make = count, tiling.generate_block

    def counted(*args: Any) -> Pixels:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return make(*args)

    with monkeypatch.context() as patched:
        patched.setattr(tiling, "generate_block", counted)
        with pytest.raises(KeyboardInterrupt), job.resumable_terrain(open_map(labels), out, model, 0):
            pass


def test_on_disk_resumed_and_in_memory_are_the_same(
    labels: Labels, guided_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiling, "BLOCK", 32)
    monkeypatch.setattr(tiling, "WHOLE", 64 * 64)
    both = guided_model.textured("both")
    expected = _bytes(generate(labels, model=both))
    _stop_after(5, labels, both, tmp_path, monkeypatch)
    with (
        pytest.raises(TerrainError, match="unfinished run with another texture"),
        job.resumable_terrain(open_map(labels), tmp_path, guided_model, 0, resume=True),
    ):
        pass
    with job.resumable_terrain(open_map(labels), tmp_path, both, 0, resume=True) as made:
        assert _bytes(made) == expected
    _stop_after(5, labels, both, tmp_path, monkeypatch)
    (tmp_path / job.FOLDER / "texture-atlas.raw").write_bytes(b"")
    with (
        pytest.raises(TerrainError, match="is damaged"),
        job.resumable_terrain(open_map(labels), tmp_path, both, 0, resume=True),
    ):
        pass


def test_coasts_are_mended_in_every_texture() -> None:
    random = np.random.default_rng(1)
    labels = (random.random((20, 20)) < 0.6).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    height = np.where(random.random((80, 80)) < 0.5, 0, 50).astype(np.float32) * labels
    texture, shaded = random.integers(0, 256, (2, 80, 80, 3), np.uint8)
    pixels = Pixels(texture.copy(), height, shaded.copy(), {"other": Picture(texture.copy(), shaded.copy())})
    keep_topology(pixels, labels, land_share(labels), Window(0, 0, 80, 80), 0, 2000.0, [COLOURS, COLOURS])
    assert (pixels.texture != texture).any()
    assert (pixels.shaded != shaded).any()
    assert pixels.beside["other"].texture.tobytes() == pixels.texture.tobytes()
    assert pixels.beside["other"].shaded.tobytes() == pixels.shaded.tobytes()


@pytest.mark.parametrize("name", ["both", "../atlas", "Atlas", "a b", "x" * 33])
def test_names_that_files_cannot_have(name: str, guided_model: Model) -> None:
    with pytest.raises(TerrainError, match="`textures` has"):
        type(guided_model.card).from_json(replace(guided_model.card, textures=("atlas", name)).to_json())
