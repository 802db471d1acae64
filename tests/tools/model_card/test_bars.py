import pytest
from model_card.bars import BARS

from tests.tools.report import LAND, made_up_report


def _distance(ratio: float) -> dict[str, float]:
    return {"distance": 4 * ratio, "floor": 4.0, "ratio": ratio}


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
    obedience={"land": {"made": 0.5, "real": 0.625}},
    repetition={
        "forest": {"made": 0.25, "real": 0.125},
        "hills": {"made": 0.25, "real": 0.5},
        "mountains": {"made": 0.9, "real": None},  # no real window to compare with
    },
)


@pytest.mark.parametrize(
    ("name", "asked", "verdict"),
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
        ("obedience on land", "at least 0.9", "0.800: **missed by 0.100**"),
        ("repetition above the real", "at most 0.05", "0.125: **missed by 0.075**"),
    ],
)
def test_met_or_missed(name: str, asked: str, verdict: str) -> None:
    (bar,) = (bar for bar in BARS if bar.name.startswith(name))
    assert (bar.asked, bar.verdict(FIGURES)) == (asked, verdict)


def test_a_section_that_was_not_measured() -> None:
    sections = ("realism", "spectrum", "octaves", "heights_m", "medians_m", "slopes_m_per_km", "shadow_leak")
    nothing = made_up_report() | dict.fromkeys((*sections, "obedience", "repetition"))
    assert {bar.verdict(nothing) for bar in BARS} == {"not measured"}


def test_every_class_of_land_has_its_median() -> None:
    assert all(sum(f"median height of {name}," in bar.name for bar in BARS) == 1 for name in LAND[1:])
