import pytest

from spade_terrain.evaluation.report.targets import targets
from spade_terrain.palette import NAMES, WATER


def _share(share: float) -> dict[str, float]:
    return {"distance": 4 * share, "reference_distance": 4.0, "reference_share": share}


FIGURES = {
    "shadow_leak": {"texture": {"315": -0.05}, "terrain": {"315": 0.25}, "real": {"315": 0.5}},
    "heights_m": {"land": _share(0.5), "forest": _share(0.75)},
    "slopes_m_per_km": {"land": _share(2.0)},
    "spectrum": {"height": _share(0.25), "terrain": {"distance": 1.0, "ratio": 2.0}},
    "octaves": {"terrain_worst_octave": {"distance": 0.5}},
    "realism": {"terrain": _share(0.625), "satellite": _share(0.25)},
    "label_agreement": {"land": {"fake": 0.5, "real": 0.625}},
    "repetition": {
        "forest": {"fake": 0.25, "real": 0.125},
        "hills": {"fake": 0.25, "real": 0.5},
        "mountains": {"fake": 0.9, "real": None},  # no real window to compare with
    },
}


@pytest.mark.parametrize(
    ("name", "bounds", "value", "verdict"),
    [
        ("realism of the terrain", "at most 0.5", 0.625, "missed by 0.125"),
        ("realism of the satellite", "at most 0.5", 0.25, "met"),
        ("heights of land", "at most 0.5", 0.5, "met"),
        ("heights of forest", "at most 0.5", 0.75, "missed by 0.250"),
        ("heights of tundra", "at most 0.5", None, "not measured"),
        ("slopes of land", "at most 0.5", 2.0, "missed by 1.50"),
        ("spectrum of the height", "at most 0.5", 0.25, "met"),
        ("spectrum of the terrain", "at most 0.5", None, "not measured"),  # without a reference split
        ("worst octave of the terrain", "at most 0.4", 0.5, "missed by 0.100"),
        ("shadow leak of the texture", "at most 0.03", 0.05, "missed by 0.020"),
        ("shadow leak of the terrain", "0.8 to 1.2", 0.5, "missed by 0.300"),
        ("label agreement on land", "at least 0.9", 0.8, "missed by 0.100"),
        ("repetition above the real", "at most 0.05", 0.125, "missed by 0.075"),
    ],
)
def test_met_or_missed(name: str, bounds: str, value: float | None, verdict: str) -> None:
    (target,) = (target for target in targets(FIGURES) if target.name.startswith(name))
    assert (target.bounds, target.read(FIGURES), target.verdict(FIGURES)) == (bounds, value, verdict)


def test_a_section_that_was_not_measured() -> None:
    assert {target.verdict(FIGURES | dict.fromkeys(FIGURES)) for target in targets({})} == {"not measured"}


def test_a_model_without_a_satellites_picture_has_no_target_for_it() -> None:
    assert not any("satellite" in target.name for target in targets({"realism": {"terrain": {}, "height": {}}}))


def test_each_texture_has_a_target_for_its_leak() -> None:
    leaks = {"texture": {"315": 0.01}, "texture_satellite": {"315": -0.04}}
    figures = FIGURES | {"shadow_leak": leaks}
    verdicts = {t.name: t.verdict(figures) for t in targets(figures) if t.name.startswith("shadow leak of the texture")}
    assert verdicts == {
        "shadow leak of the texture at 315, its size": "met",
        "shadow leak of the texture of the satellite at 315, its size": "missed by 0.010",
    }


def test_every_class_of_land_has_a_target_for_its_heights() -> None:
    names = [name for i, name in enumerate(NAMES) if i != WATER]
    assert all(sum(target.name.startswith(f"heights of {name},") for target in targets(FIGURES)) == 1 for name in names)


def test_a_guide_that_was_given_has_targets() -> None:
    cells = {"correlation": 0.9, "correlation_within": 0.5, "median_error_m": 120.0, "median_error": 0.08}
    figures = FIGURES | {"guide": {"cells": cells}}
    verdicts = {t.name: t.verdict(figures) for t in targets(figures) if "64 km" in t.name}
    assert list(verdicts.values()) == ["missed by 0.050", "met"]
    assert not any("64 km" in target.name for target in targets(FIGURES))
