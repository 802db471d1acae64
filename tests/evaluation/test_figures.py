from typing import Any

import numpy as np
import pytest

from spade_terrain.evaluation.figures import MeasureSets, compute_figures
from spade_terrain.evaluation.measures.distributions import BINS, TOP_HEIGHT_M, class_histograms
from spade_terrain.evaluation.measures.patch import Measures
from spade_terrain.evaluation.measures.spectra import wavelengths_km

WAVELENGTHS = wavelengths_km(256, 2000)
HALF_SPLITS = [(np.array([0, 1]), np.array([2, 3]))]


def _measures(metres: float, added: float) -> Measures:
    """Four crops of forest `metres` high, beside a sea, whose spectra are `added` higher from 16 to 32 km."""
    labels = np.repeat(np.array([[0, 2]], np.uint8), 8, 0)
    heights = class_histograms(np.where(labels, np.float32(metres), 0), labels, TOP_HEIGHT_M)
    spectrum = np.where((WAVELENGTHS > 16) & (WAVELENGTHS <= 32), added, 0) + np.arange(4)[:, None] / 10
    return {
        "terrain_spectrum": spectrum,
        "height_spectrum": -2 * spectrum,
        "heights": np.stack([heights] * 4),
        "slopes": np.zeros((4, 7, BINS), np.uint32),
        "shadow_leak": np.tile([0.3, -0.1], (4, 1)),
        "drainage": np.tile([100.0, 10.0 + added, metres], (4, 1)),
        "coast": np.tile([16, 8, 4, 2, 1], (4, 1)),
        "land_kept": np.tile([100, 75], (4, 1)),
        "confusion": np.tile(np.eye(7, dtype=np.int64), (4, 1, 1)),
    }


def _compute(fake: Measures, real: Measures, reference: Measures | None = None) -> dict[str, Any]:
    return compute_figures(MeasureSets(fake, real, reference, HALF_SPLITS), {"atlas": np.zeros((4, 2))}, WAVELENGTHS)


def test_octaves_tell_which_is_off_which_way_and_the_worst() -> None:
    octaves = _compute(_measures(100, 0.5), _measures(100, 0))["octaves"]
    assert len(octaves) == 2 * (5 + 1)
    # One half of the real is 0.2 above the other.
    assert octaves["terrain_16_to_32_km"] == {"difference": 0.5, "distance": 0.5, "real_baseline": 0.2, "ratio": 2.5}
    assert octaves["terrain_8_to_16_km"]["distance"] == 0
    assert octaves["terrain_worst_octave"] == octaves["terrain_16_to_32_km"]
    assert octaves["height_worst_octave"]["difference"] == -1
    assert octaves["height_worst_octave"]["distance"] == 1


def test_medians_of_each_class_and_of_land() -> None:
    medians = _compute(_measures(150, 0), _measures(200, 0))["medians_m"]
    assert medians["forest"]["fake"] == pytest.approx(150, abs=3)
    assert medians["forest"]["real"] == pytest.approx(200, abs=3)
    assert medians["forest"]["difference"] == pytest.approx(-50, abs=5)
    assert medians["forest"]["relative"] == pytest.approx(-0.25, abs=0.02)
    assert medians["land"] == medians["forest"]
    assert set(medians["desert"].values()) == {None}
    with_reference = _compute(_measures(150, 0), _measures(200, 0), _measures(400, 0))["medians_m"]["forest"]
    assert with_reference == medians["forest"] | {"reference": pytest.approx(400, abs=5)}


def test_without_features_their_distances_are_left_out() -> None:
    rough = {f"{name}_features": np.random.default_rng(0).standard_normal((4, 3)) for name in ("terrain", "height")}
    last = {name.replace("features", "last_features"): values for name, values in rough.items()}
    real = _measures(100, 0)
    for read, missing in (({}, {"realism", "fid", "kid"}), (rough, {"fid", "kid"}), (rough | last, set())):
        figures = _compute(real | read, real | read)
        assert figures["left_out"].keys() == missing
        for section in ("realism", "fid", "kid"):
            assert (figures[section] is None) == (section in missing)
    assert "features.34" in _compute(real | rough, real | rough)["left_out"]["fid"]
    assert figures["fid"]["height"]["distance"] == pytest.approx(0, abs=1e-4)
    assert figures["kid"]["height"]["real_baseline"] > 0


def test_every_distance_has_that_of_another_splits_terrain() -> None:
    rng = np.random.default_rng(0)
    names = ("terrain_features", "height_features", "terrain_last_features", "height_last_features")
    features: Measures = {name: rng.standard_normal((4, 3)) for name in names}
    fake, real, other = (_measures(150, 0.5) | features, _measures(200, 0) | features, _measures(400, 0.2) | features)
    alone, both = _compute(fake, real), _compute(fake, real, other)
    assert both["octaves"]["terrain_16_to_32_km"] == alone["octaves"]["terrain_16_to_32_km"] | {
        "reference_distance": 0.2,
        "reference_share": 2.5,
    }
    # The distance is that of the same measures in the place of the generated.
    instead = _compute(other, real)
    for section in ("realism", "fid", "kid", "spectrum", "octaves", "heights_m", "slopes_m_per_km"):
        for name, row in both[section].items():
            if not name.endswith("worst_octave"):
                assert row["reference_distance"] == instead[section][name]["distance"], (section, name)
            assert {k: v for k, v in row.items() if not k.startswith("reference")} == alone[section][name]
    for name, row in both["medians_m"].items():
        assert {key: value for key, value in row.items() if key != "reference"} == alone["medians_m"][name]
    for section in ("shadow_leak", "label_agreement", "left_out"):
        assert alone[section] == both[section]


def test_drainage_and_coasts_stand_beside_the_real() -> None:
    alone = _compute(_measures(400, 5), _measures(200, 0))
    assert alone["drainage"] == {
        "hollow_share": {"fake": 0.15, "real": 0.1},
        "mean_fill_m": {"fake": 4.0, "real": 2.0},
    }
    assert alone["coast"] == {"box_dimension": {"fake": 1.0, "real": 1.0}, "land_kept": {"fake": 0.75, "real": 0.75}}
    both = _compute(_measures(400, 5), _measures(200, 0), _measures(100, 0))
    assert both["drainage"]["mean_fill_m"] == {"fake": 4.0, "real": 2.0, "reference": 1.0}


def test_a_satellites_picture_counts_where_both_have_one() -> None:
    features = {f"{name}_features": np.random.default_rng(0).standard_normal((4, 3)) for name in ("terrain", "height")}
    both = features | {"satellite_features": features["terrain_features"]}
    real = _measures(100, 0)
    assert _compute(real | both, real | both)["realism"].keys() == {"terrain", "satellite", "height"}
    assert _compute(real | features, real | both)["realism"].keys() == {"terrain", "height"}
    assert _compute(real | both, real | features)["realism"].keys() == {"terrain", "height"}
