from spade_terrain.evaluation.report.tables import tables
from spade_terrain.evaluation.report_format import FORMAT, upgrade
from spade_terrain.generation.model import load_model

OLD = {
    "model": "m", "split": "val", "crops": 500, "beside": "train",
    "left_out": {"kid": "no weights"},
    "kid": None,
    "realism": {"terrain": {"distance": 4.0, "floor": 2.0, "ratio": 2.0, "beside": 8.0}},
    "medians_m": {"land": {"made": 1.0, "real": 2.0, "beside": 3.0, "difference": -1.0, "relative": -0.5}},
    "shadow_leak": {"texture": {"315": 0.5, "45": 0.25}},
    "obedience": {"land": {"made": 0.5, "real": 0.75}, "drowned": {"made": 0.25, "real": 0.125}},
    "repetition": {"forest": {"made": 0.5, "real": None, "real_windows": 0}},
}  # fmt: skip
NEW = {
    "format": FORMAT,
    "model": "m", "split": "val", "crops": 500, "reference_split": "train",
    "left_out": {"kid": "no weights"},
    "kid": None,
    "realism": {
        "terrain": {
            "distance": 4.0, "real_baseline": 2.0, "ratio": 2.0, "reference_distance": 16.0, "reference_share": 0.25
        }
    },
    "medians_m": {"land": {"fake": 1.0, "real": 2.0, "reference": 3.0, "difference": -1.0, "relative": -0.5}},
    "shadow_leak": {"texture": {"315": 0.5, "45": 0.25}},
    "label_agreement": {"land": {"fake": 0.5, "real": 0.75}, "land_as_water": {"fake": 0.25, "real": 0.125}},
    "repetition": {"forest": {"fake": 0.5, "real": None, "real_windows": 0}},
}  # fmt: skip


def test_old_names_become_new_ones() -> None:
    before = str(OLD)
    assert upgrade(OLD) == NEW
    assert str(OLD) == before


def test_a_ratio_of_the_reference_split_that_can_not_be_told() -> None:
    row = {"distance": 4.0, "real_baseline": 0.0, "ratio": None, "reference_ratio": None}
    upgraded = upgrade({"format": 2, "kid": {"terrain": row}})["kid"]["terrain"]
    assert (upgraded["reference_distance"], upgraded["reference_share"]) == (None, None)
    assert "reference_ratio" not in upgraded


def test_new_reports_stay_as_they_are() -> None:
    assert upgrade(NEW) == NEW


def test_the_figures_in_the_card_of_the_model_that_ships_have_all_their_tables() -> None:
    titles = [table.title for table in tables(upgrade(dict(load_model().card.metrics)))]
    assert titles == [
        "Realism",
        "Spectrum",
        "Octaves",
        "Heights",
        "Median heights",
        "Slopes",
        "Shadow leak",
        "Label agreement",
        "Drainage",
        "Coast",
        "Variety",
        "Repetition",
    ]
