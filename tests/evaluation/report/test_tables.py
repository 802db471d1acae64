import pytest

from spade_terrain.evaluation.report.tables import as_text, remarks, tables
from spade_terrain.evaluation.report.targets import targets
from spade_terrain.evaluation.rounding import number

FIGURES = {
    "model": "m", "split": "test", "crops": 5, "size": 256, "seed": 0, "patches": 3,
    "realism": None,
    "left_out": {"realism": "no weights"},
    "kid": {"terrain": {"distance": 0.00123, "real_baseline": 0.0001, "ratio": 12.3}},
    "spectrum": {"height": {"distance": 0.25, "real_baseline": 0.125, "ratio": 2.0}},
    "variety": {"height_m": {"between_seeds": 12.34, "to_real": None, "ratio": None}},
}  # fmt: skip


def test_only_what_was_measured_has_a_table() -> None:
    kid, spectrum, variety = tables(FIGURES)
    assert (kid.title, kid.rows) == ("KID", [("terrain", "0.0012", "0.0001", "12.3")])
    assert (spectrum.title, spectrum.rows) == ("Spectrum", [("height", "0.250", "0.125", "2.00")])
    assert (variety.title, variety.rows) == ("Variety", [("height (metres)", "12.3", "–", "–")])


def test_as_text() -> None:
    # All targets are there, of which one figure was measured.
    targets_lines = as_text(FIGURES).splitlines()[2 : 2 + 1 + len(targets(FIGURES))]
    assert targets_lines[0].startswith("Targets")
    assert sum(line.endswith("not measured") for line in targets_lines) == len(targets(FIGURES))
    assert as_text(FIGURES).splitlines() == [
        "model m: 5 crops of 256 x 256 pixels in 3 patches of the split test, seed 0",
        "",
        *targets_lines,
        "",
        "KID      distance  real baseline  ratio",
        "terrain    0.0012         0.0001   12.3",
        "",
        "Spectrum  distance  real baseline  ratio",
        "height       0.250          0.125   2.00",
        "",
        "Variety          between seeds  to the real  ratio",
        "height (metres)           12.3            –      –",
        "",
        "Realism is left out: no weights",
        "Targets of distances need the real terrain of another split: name one (--reference-split)",
        "Fewer than 500 crops: figures are rough, and not to be compared with those of other counts",
    ]
    assert as_text(FIGURES | {"crops": 500}).splitlines()[-1].startswith("Targets of distances need")
    assert not any("Targets" in line for line in remarks(FIGURES | {"reference_split": "train"}))


def test_where_another_split_was_measured_its_distance_and_the_share_of_it_stand_behind() -> None:
    row = {"distance": 0.25, "real_baseline": 0.125, "ratio": 2.0, "reference_distance": 0.5, "reference_share": 0.5}
    kid, spectrum, variety = tables(
        FIGURES
        | {"reference_split": "train", "spectrum": {"height": row}, "kid": {"terrain": row | {"reference_share": None}}}
    )
    assert spectrum.columns == ("distance", "real baseline", "ratio", "real train", "share of it")
    assert spectrum.rows == [("height", "0.250", "0.125", "2.00", "0.500", "0.500")]
    assert kid.rows == [("terrain", "0.250", "0.125", "2.00", "0.500", "–")]
    assert spectrum.note.endswith("the generated terrain's as a share of it.")
    assert variety == tables(FIGURES)[2]
    assert tables(FIGURES | {"reference_split": None}) == tables(FIGURES)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (535600.0, "535,600"),
        (99.94, "99.9"),
        (7.651, "7.65"),
        (1.0, "1.000"),
        (-0.1724, "-0.172"),
        (12, "12"),
        (0.00012, "0.0001"),
        (-0.0062, "-0.0062"),
        (0.0, "0.000"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text
