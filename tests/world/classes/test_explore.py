import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.palette import NAMES
from spade_terrain.world.classes.cells import FEATURES
from spade_terrain.world.classes.classifier import load_classifier
from spade_terrain.world.classes.clustering import Clustering, cluster
from spade_terrain.world.classes.explore import EXAMPLES, explore
from spade_terrain.world.classes.land_sample import Sample
from spade_terrain.world.classes.learn import learn
from spade_terrain.world.classes.naming import draft
from spade_terrain.world.places import SPLITS, split_of
from spade_terrain.world.rasters.pair import RasterPair
from tests.conftest import MadeOnce

CLASSES = ("grassland", "desert", "forest", "tundra", "hills", "mountains")
CLUSTERS = len(CLASSES)


@pytest.fixture(scope="module")
def folder(planet: tuple[Path, Path], made_once: MadeOnce) -> Path:
    """It takes most of a minute."""
    pair = RasterPair(*planet)
    return made_once("explored", lambda out: explore(pair, out, pixels=3600, clusters=CLUSTERS, seed=1))


def test_the_sample_is_land_everywhere(folder: Path) -> None:
    sample = Sample.load(folder / "sample.npz")
    assert len(sample.features) >= 3600
    assert sample.features.shape[1] == len(FEATURES)
    assert len(sample.lat) == sample.place.max() + 1 > 8
    assert np.isfinite(sample.features).all()
    assert (sample.features[:, FEATURES.index("height")] > 0).mean() > 0.99
    assert len(set(split_of(sample.lat, sample.lon).tolist())) == len(SPLITS)


def test_a_report_with_every_cluster(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    pictures = re.findall(r'src="([^"]+)"', page)
    assert len(pictures) == 2 + CLUSTERS
    assert all((folder / name).exists() for name in pictures)
    for number in range(CLUSTERS):
        examples = cv2.imread(str(folder / f"cluster-{number:02d}.jpg"))
        assert examples is not None
        assert examples.shape == (96, 96 * EXAMPLES, 3)
    drawn = cv2.imread(str(folder / "embedding-clusters.png"))
    assert drawn is not None
    assert 0.002 < (drawn != 255).any(2).mean() < 0.9


def test_clusters_are_numbered_by_relief_and_differ(folder: Path) -> None:
    sample, clustering = Sample.load(folder / "sample.npz"), Clustering.load(folder / "clusters.npz")
    assert set(clustering.cluster) == set(range(CLUSTERS))
    relief = sample.features[:, FEATURES.index("relief_20km")]
    medians = [np.median(relief[clustering.cluster == k]) for k in range(CLUSTERS)]
    assert medians == sorted(medians)
    assert medians[-1] > 2 * medians[0]


def test_the_same_seed_finds_the_same_clusters(folder: Path) -> None:
    features = Sample.load(folder / "sample.npz").features[:1200]
    one, again = (cluster(features, CLUSTERS, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one.embedding, again.embedding)
    assert one.fingerprint == again.fingerprint
    assert cluster(features, CLUSTERS - 1, seed=1).fingerprint != one.fingerprint


@pytest.fixture(scope="module")
def names(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("names") / "names.toml"
    path.write_text(_named((folder / "classes.toml").read_text()))
    return path


def _named(text: str) -> str:
    """A draft with cluster 0 named as `CLASSES` begins, and so on."""
    for number, name in enumerate(CLASSES):
        text = text.replace(f'\n{number} = ""', f'\n{number} = "{name}"')
    return text


def test_the_command_tells_how_well_it_reads(
    folder: Path, names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "classes.onnx"
    assert main(["world", "classifier", str(folder), "--names", str(names), "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines[1:-2]} == set(CLASSES)
    assert lines[-1] == str(out)
    assert out.exists()


def test_the_classifier_learns_what_the_names_say(folder: Path, names: Path, tmp_path: Path) -> None:
    learned = learn(folder, names, tmp_path / "classes.onnx")
    assert learned.score.held_out == learned.score.confusion.sum() > 500
    assert sum(learned.shares.values()) == pytest.approx(1)
    classifier = load_classifier(tmp_path / "classes.onnx")
    sample, clustering = Sample.load(folder / "sample.npz"), Clustering.load(folder / "clusters.npz")
    truth = np.array([NAMES.index(n) for n in CLASSES], np.uint8)[clustering.cluster]
    read = classifier.classify(sample.features[None], (2, 2 * len(truth)))[0, ::2]
    assert (read == truth).mean() > 0.8
    assert classifier.facts["clusters"] == clustering.fingerprint


def test_places_it_has_not_seen_are_read_too(folder: Path, tmp_path: Path) -> None:
    """By kinds that lie everywhere: clusters of so small a planet may lie in few places, other ones on each machine."""
    sample, clustering = Sample.load(folder / "sample.npz"), Clustering.load(folder / "clusters.npz")
    relief = sample.features[:, FEATURES.index("relief_20km")]
    kind = (relief > np.median(relief)).astype(np.uint8)
    made = tmp_path / "made"
    made.mkdir()
    sample.save(made / "sample.npz")
    found = Clustering(clustering.embedding, kind)
    found.save(made / "clusters.npz")
    (tmp_path / "names.toml").write_text(_named(draft(found, [""] * 2)))
    learned = learn(made, tmp_path / "names.toml", tmp_path / "classes.onnx")
    assert learned.score.accuracy > 0.95
    assert min(learned.score.by_class[name] for name in CLASSES[:2]) > 0.9


def test_nothing_is_lost_or_half_written(planet: tuple[Path, Path], folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="there already"):
        explore(RasterPair(*planet), folder, pixels=3000)
    with pytest.raises(TerrainError, match="0 is ''"):
        learn(folder, folder / "classes.toml", tmp_path / "classes.onnx")
    with pytest.raises(TerrainError, match="holds no clusters"):
        learn(tmp_path, folder / "classes.toml", tmp_path / "classes.onnx")
    for clusters, pixels in ((1, 3000), (1000, 3000), (6, 100)):
        with pytest.raises(TerrainError, match="`"):
            explore(RasterPair(*planet), tmp_path / "new", clusters=clusters, pixels=pixels)
    assert not list(tmp_path.iterdir())
