import pytest
from model_card.targets import TARGETS

from tests.tools.report import LAND, made_up_report


def _distance(ratio: float) -> dict[str, float]:
    return {"distance": 4 * ratio, "real_baseline": 4.0, "ratio": ratio}


FIGURES = made_up_report(
    shadow_leak={"texture": {"315": -0.05}, "terrain": {"315": 0.25}, "real": {"315": 0.5}},
    heights_m={"land": _distance(1.2)},
    slopes_m_per_km={"land": _distance(2.0)},
    medians_m={
        "grassland": {"difference": -250.0, "real": 1000.0},  # 250 m are allowed
        "forest": {"difference": 150.0, "real": 200.0},  # 100 m are
        "hills": {"difference": 50.0, "real": 200.0},
        "mountains": {"difference": None, "real": None},
    },
    realism={"terrain": _distance(3.5)},
    label_agreement={"land": {"fake": 0.5, "real": 0.625}},
    repetition={
        "forest": {"fake": 0.25, "real": 0.125},
        "hills": {"fake": 0.25, "real": 0.5},
        "mountains": {"fake": 0.9, "real": None},  # no real window to compare with
    },
)


@pytest.mark.parametrize(
    ("name", "bounds", "result"),
    [
        ("shadow leak of the texture", "at most 0.03", "0.050: **missed by 0.020**"),
        ("shadow leak of the terrain", "0.8 to 1.2", "0.500: **missed by 0.300**"),
        ("heights of all land", "at most 1.2", "1.20: met"),
        ("slopes of all land", "at most 1.5", "2.00: **missed by 0.500**"),
        ("median height of grassland", "at most 1", "1.000: met"),
        ("median height of forest", "at most 1", "1.50: **missed by 0.500**"),
        ("median height of hills", "at most 1", "0.500: met"),
        ("median height of mountains", "at most 1", "not measured"),
        ("median height of tundra", "at most 1", "not measured"),
        ("spectrum of the height", "at most 1.5", "2.00: **missed by 0.500**"),
        ("worst octave of the terrain", "at most 0.4", "0.500: **missed by 0.100**"),
        ("realism of the terrain", "at most 3", "3.50: **missed by 0.500**"),
        ("realism of the height", "at most 3", "not measured"),
        ("label agreement on land", "at least 0.9", "0.800: **missed by 0.100**"),
        ("repetition above the real", "at most 0.05", "0.125: **missed by 0.075**"),
    ],
)
def test_met_or_missed(name: str, bounds: str, result: str) -> None:
    (target,) = (target for target in TARGETS if target.name.startswith(name))
    assert (target.bounds, target.result(FIGURES)) == (bounds, result)


def test_a_section_that_was_not_measured() -> None:
    sections = ("realism", "spectrum", "octaves", "heights_m", "medians_m", "slopes_m_per_km", "shadow_leak")
    nothing = made_up_report() | dict.fromkeys((*sections, "label_agreement", "repetition"))
    assert {target.result(nothing) for target in TARGETS} == {"not measured"}


def test_every_class_of_land_has_its_median() -> None:
    assert all(sum(f"median height of {name}," in target.name for target in TARGETS) == 1 for name in LAND[1:])
