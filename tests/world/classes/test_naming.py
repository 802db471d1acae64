from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.palette import NAMES
from spade_terrain.world.classes.cells import FEATURES
from spade_terrain.world.classes.clustering import Clustering
from spade_terrain.world.classes.naming import draft, read_naming

CLUSTERING = Clustering(np.zeros((6, 2), np.float32), np.array([0, 0, 1, 1, 1, 2], np.uint8))
RELIEF = (5, 10, 100, 400, 1000, 2000)


def features() -> np.ndarray:
    vectors = np.zeros((6, len(FEATURES)), np.float32)
    vectors[:, FEATURES.index("relief_20km")] = np.sqrt(RELIEF)
    vectors[:, FEATURES.index("L_6km")] = 80
    return vectors


def write(folder: Path, classes: str, split: str = "", fingerprint: str = CLUSTERING.fingerprint) -> Path:
    path = folder / "classes.toml"
    path.write_text(f'fingerprint = "{fingerprint}"\n{split}\n[classes]\n{classes}\n')
    return path


SPLIT = '[[split]]\nclusters = [1]\nfeature = "relief_20km"\nat = [330, 850]'
CLASSES = '0 = "desert"\n1a = "desert"\n1b = "hills"\n1c = "mountains"\n2 = "mountains"'


def test_clusters_are_merged_split_and_named(tmp_path: Path) -> None:
    labels = read_naming(write(tmp_path, CLASSES, SPLIT)).apply(CLUSTERING, features())
    assert [NAMES[i] for i in labels] == ["desert", "desert", "desert", "hills", "mountains", "mountains"]
    assert labels.dtype == np.uint8


def test_a_feature_that_is_no_root_is_cut_in_its_own_unit(tmp_path: Path) -> None:
    split = '[[split]]\nclusters = [0, 1, 2]\nfeature = "L_6km"\nat = [79.9]'
    rows = '0b = "tundra"\n1b = "forest"\n2b = "hills"'
    labels = read_naming(write(tmp_path, rows, split)).apply(CLUSTERING, features())
    assert [NAMES[i] for i in labels] == ["tundra"] * 2 + ["forest"] * 3 + ["hills"]


def test_a_draft_lists_every_cluster_and_names_none(tmp_path: Path) -> None:
    path = tmp_path / "classes.toml"
    path.write_text(draft(CLUSTERING, ["flat", "rough", "steep"]))
    assert '1 = ""  # rough' in path.read_text()
    with pytest.raises(TerrainError, match="0 is ''"):
        read_naming(path)
    path.write_text(path.read_text().replace('""', '"forest"'))
    assert (read_naming(path).apply(CLUSTERING, features()) == NAMES.index("forest")).all()


@pytest.mark.parametrize(
    ("classes", "split", "complaint"),
    [
        ('0 = "swamp"', "", "0 is 'swamp'"),
        ('0 = "water"', "", "0 is 'water'"),
        ('0 = "hills"\n0 = "hills"', "", "no file of names"),
        (CLASSES, SPLIT.replace("relief_20km", "latitude"), "no feature 'latitude'"),
        (CLASSES, SPLIT.replace("330, 850", "850, 330"), "has to rise"),
        (CLASSES, SPLIT.replace("330, 850", ""), "has to rise"),
        (CLASSES, SPLIT + "\n" + SPLIT, "split twice"),
        (CLASSES, SPLIT.replace("at", "where"), "no file of names"),
    ],
)
def test_what_can_be_wrong_with_a_file(tmp_path: Path, classes: str, split: str, complaint: str) -> None:
    with pytest.raises(TerrainError, match=complaint):
        read_naming(write(tmp_path, classes, split))


def test_names_fit_their_own_clusters_only(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="names are for the clusters other"):
        read_naming(write(tmp_path, CLASSES, SPLIT, "other")).apply(CLUSTERING, features())
    with pytest.raises(TerrainError, match="no class is given for 1b, 2;"):
        read_naming(write(tmp_path, '0 = "hills"\n1a = "hills"\n1c = "hills"', SPLIT)).apply(CLUSTERING, features())


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="can't be read"):
        read_naming(tmp_path / "none.toml")
