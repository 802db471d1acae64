from dataclasses import replace
from typing import Any

import pytest
from model_card.notes import Notes
from model_card.page import page

from spade_terrain import Model
from spade_terrain.evaluation.report.tables import tables
from spade_terrain.evaluation.report.targets import targets
from tests.tools.report import made_up_report

NOTES = Notes(
    judged="tiny",
    data="Seen: a small planet.",
    maps={"valley": {"painted": "With a brush.", "seen": "Its ridges are lumps."}},
    failures="- Lumps.",
    limits="- Not for landing on.",
)
HIGHEST = {"valley": [1234.0, 987.6]}
VAL, TEST = made_up_report("val"), made_up_report("test", fid=None)


@pytest.fixture
def trained(tiny_model: Model) -> Model:
    """A model whose card tells how it was trained."""
    config = '{"channels": [8, 16], "flips": true, "noise": false, "generator_rate": 0.0002}'
    training = {"config": config, "images": 8649, "begun_from": {"name": "d", "steps": 11480}}
    return replace(tiny_model, card=replace(tiny_model.card, style=("relief",), training=training))


def test_all_tables_of_all_splits(trained: Model) -> None:
    text = page(trained, {"val": VAL, "test": TEST}, NOTES, HIGHEST)
    assert all(f"### {table.title}\n" in text for table in tables(VAL))
    assert (
        "|  | val: distance | val: real baseline | val: ratio | test: distance | test: real baseline | test: ratio |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| terrain | 0.500 | 0.250 | 2.00 | 0.500 | 0.250 | 2.00 |"
    ) in text
    assert "### FID\n" in text
    assert "- test: KID is left out: the weights end too early." in text
    assert "not been scored" not in text


def test_a_row_that_one_split_lacks_has_dashes(trained: Model) -> None:
    fewer = made_up_report("test", spectrum={"terrain": {"distance": 1.5, "real_baseline": 0.5, "ratio": 3.0}})
    text = page(trained, {"val": VAL, "test": fewer}, NOTES, HIGHEST)
    assert "| height | 0.500 | 0.250 | 2.00 | – | – | – |" in text


def test_a_column_that_one_split_lacks_is_not_made_up(trained: Model) -> None:
    distances = ("realism", "fid", "spectrum", "octaves", "heights_m", "slopes_m_per_km")
    medians = ("medians_m", "drainage", "coast")
    shares = {"reference_distance": 1.5, "reference_share": 0.25}
    measured: dict[str, Any] = {
        section: {
            name: {**row, **({"reference": 1.5} if section in medians else shares)}
            for name, row in VAL[section].items()
        }
        for section in (*distances, *medians)
    }
    more_val, more_test = (made_up_report(split, reference_split="train", **measured) for split in ("val", "test"))
    for val, test, columns, cells in (
        (more_val, TEST, "| val: real train | val: share of it | test: distance |", "2.00 | 1.50 | 0.250 | 0.5"),
        (VAL, more_test, "| test: real train | test: share of it |\n", "2.00 | 1.50 | 0.250 |\n"),
    ):
        text = page(trained, {"val": val, "test": test}, NOTES, HIGHEST)
        assert columns in text
        assert f"| {cells}" in text
        assert text.replace("\n", " ").count("geography alone, since no map is shared") == 6


def test_targets(trained: Model) -> None:
    shares = {
        name: {**VAL["spectrum"][name], "reference_share": share}
        for name, share in (("height", 0.5), ("terrain", 0.75))
    }
    text = page(trained, {"val": made_up_report(spectrum=shares)}, NOTES, HIGHEST)
    assert "| spectrum of the height, share of the places' | at most 0.5 | 0.500: met |" in text
    assert "| spectrum of the terrain, share of the places' | at most 0.5 | 0.750: **missed by 0.250** |" in text
    assert "| slopes of land, share of the places' | at most 0.5 | not measured |" in text
    # Of the made-up figures those of one spectrum, of the terrain's leak and of repetition are within.
    assert f"Met: 3 of {len(targets(VAL))} on val." in text


def test_without_a_test_report_the_card_says_so(trained: Model) -> None:
    assert "**The test split has not been scored yet.**" in page(trained, {"val": VAL}, NOTES, HIGHEST)


def test_what_the_file_says(trained: Model) -> None:
    text = page(trained, {"val": VAL}, NOTES, HIGHEST)
    assert text.startswith("# Model card: tiny\n")
    assert "| noise | channels by size: 2 at 1/4, 1 at full size ([noise.md](noise.md)) |" in text
    assert "| images | 8,649 |\n| begun from | name d, steps 11,480 |" in text
    assert "```\n--channels 8 16 --flips --no-noise --generator-rate 0.0002\n```" in text


def test_a_card_that_says_nothing_of_its_training(tiny_model: Model) -> None:
    assert "## Training" in page(tiny_model, {"val": VAL}, NOTES, HIGHEST)


def test_what_people_wrote_is_kept(trained: Model) -> None:
    text = page(trained, {"val": VAL}, NOTES, HIGHEST)
    for written in (
        "Seen: a small planet.",
        "With a brush.",
        "Its ridges are lumps.",
        "- Lumps.",
        "- Not for landing on.",
    ):
        assert written in text
    assert "With a brush. Highest points: 1,234 m and 988 m; [map](../examples/valley.png)." in text
    assert "](pictures/model/valley.jpg)" in text
    assert "not been judged" not in text


def test_notes_of_another_model_are_marked(trained: Model) -> None:
    text = page(trained, {"val": VAL}, replace(NOTES, judged="older"), HIGHEST)
    assert text.count("> Written of older. The pictures of tiny have not been judged yet.") == 2
