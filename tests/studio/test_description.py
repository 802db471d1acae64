import sys
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.generation.model import Model
from spade_terrain.maps.read import open_map
from spade_terrain.palette import CLASSES
from spade_terrain.studio.description import describe
from spade_terrain.studio.engine import Engine
from tests.studio.conftest import Client

ROOT = Path(__file__).parents[2]


def test_the_page_is_told_what_the_model_can_do(client: Client) -> None:
    model = client.get("/api/model").json
    expected = {
        "name": "tiny",
        "gsd": 2000,
        "stride": 4,
        "textures": ["atlas"],
        "default_texture": "atlas",
        "guided": False,
        "style": [],
        "style_limit": 3,
        "max_size": 2048,
        "max_window": 1024,
        "details": [1, 2, 4, 8, 16],
        "details_lacking": None,
        "largest_detail": 4096,
        "legends": ["azgaar"],
        "classes": [{"name": c.name, "rgb": list(c.rgb)} for c in CLASSES],
    }
    assert expected.items() <= model.items()


def test_templates_are_the_examples(client: Client) -> None:
    templates = client.get("/api/model").json["templates"]
    assert {"name": "valley", "label": "Valley", "width": 512, "height": 512} in templates
    for template in templates:
        labels = client.get(f"/api/templates/{template['name']}").container.arrays["labels"]
        assert labels.shape == (template["height"], template["width"])
    valley = client.get("/api/templates/valley").container.arrays["labels"]
    np.testing.assert_array_equal(valley, open_map(ROOT / "examples" / "valley.png").in_memory())


@pytest.mark.parametrize("name", ["none", "..%2f..%2fmodels%2fdefault", "valley.png", "%00"])
def test_templates_that_there_are_not(client: Client, name: str) -> None:
    answer = client.get(f"/api/templates/{name}")
    assert answer.status == 404
    assert answer.error


def test_without_numba_nothing_is_carved(tiny_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    model = describe(Engine(tiny_model))
    assert model.details == []
    install = "which is not installed; pip install 'spade-terrain[drainage]'"
    assert model.details_lacking == f"fine land takes numba, {install}"
    lacking = {entry.name: entry.lacking for entry in model.formats}
    assert lacking["height"] is None
    assert lacking["rivers"] == f"takes numba, {install}"  # beside its name
