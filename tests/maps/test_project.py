import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spade_terrain import MapError, MissingFileError, Model, ParameterError, generate, open_map
from spade_terrain.maps.project import Orders, Project, pack_project, read_project
from spade_terrain.maps.read import orders_of
from spade_terrain.palette import Labels


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(1).integers(0, 7, (80, 70), np.uint8)


@pytest.fixture
def project(labels: Labels, tmp_path: Path) -> Path:
    path = tmp_path / "Land.SpadeProj"
    path.write_bytes(pack_project(Project(labels, Orders(seed=-5, gsd=100, model="tiny", settings={"fog": True}))))
    return path


def test_it_is_a_map(project: Path, labels: Labels) -> None:
    rows = open_map(project)
    np.testing.assert_array_equal(rows.in_memory(), labels)
    assert rows.gsd == 100
    assert open_map(project, 2).shape == (160, 140)
    assert open_map(project, 2).gsd == 50
    assert open_map(project, gsd=30).gsd == 30


def test_its_orders_hold_unless_others_are_given(project: Path, labels: Labels, tiny_model: Model) -> None:
    assert orders_of(project) == read_project(project).orders
    own, other = generate(project, model=tiny_model), generate(project, model=tiny_model, seed=0)
    assert (own.seed, other.seed, own.gsd) == (-5, 0, 100)
    np.testing.assert_array_equal(own.height, generate(labels, model=tiny_model, seed=-5, gsd=100).height)


def test_another_model_is_told_of(
    labels: Labels, tiny_model: Model, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.spadeproj").write_bytes(pack_project(Project(labels, Orders(model="older"))))
    with caplog.at_level(logging.WARNING):
        generate(tmp_path / "a.spadeproj", model=tiny_model)
    assert "made with the model 'older'; 'tiny' is used" in caplog.text


def test_other_maps_have_the_usual_orders(labels: Labels, tmp_path: Path) -> None:
    Image.fromarray(labels).save(tmp_path / "map.png")
    assert orders_of(labels) == orders_of(tmp_path / "map.png") == Orders()


def test_the_same_project_gives_the_same_bytes(labels: Labels) -> None:
    assert pack_project(Project(labels, Orders())) == pack_project(Project(labels, Orders()))


def test_what_is_for_other_maps_is_refused(project: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="a project knows its classes"):
        open_map(project, legend="azgaar")
    with pytest.raises(ParameterError, match="`size` is for Azgaar"):
        open_map(project, size=99)
    with pytest.raises(MissingFileError, match="no such file"):
        generate(tmp_path / "none.spadeproj")
    (tmp_path / "empty.spadeproj").touch()
    with pytest.raises(MapError, match=r"empty\.spadeproj is not a project"):
        generate(tmp_path / "empty.spadeproj")
