import json
from dataclasses import replace
from pathlib import Path

import make_model_card
import numpy as np
import pytest
from make_model_card import main, quoted_figures, strip, write
from model_card.notes import Notes, read_notes
from PIL import Image

from spade_terrain import Model, load_model
from spade_terrain.evaluation.report.tables import tables
from spade_terrain.palette import COLOURS, WATER
from spade_terrain.terrain import Picture, Terrain
from tests.tools.report import made_up_report

CARD = Path(__file__).parents[2] / "docs" / "model.md"


def _terrain(grey: int) -> Terrain:
    """A level land in a level colour, with a pixel of sea in a corner of its map."""
    colour = np.full((512, 512, 3), grey, np.uint8)
    labels = np.full((512, 512), 2, np.uint8)
    labels[-1, -1] = WATER
    return Terrain(colour, np.full((512, 512), 100, np.float32), colour, labels, seed=0, model="tiny")


def test_a_strip_shows_map_terrain_height_and_another_terrain() -> None:
    pixels = strip(_terrain(10), _terrain(200))
    assert pixels.shape == (256, 1036, 3)
    middles = pixels[128, 128::260]
    np.testing.assert_array_equal(middles, [COLOURS[2], [10] * 3, [255] * 3, [200] * 3])


def test_a_strip_shows_all_textures() -> None:
    colour = np.full((512, 512, 3), 60, np.uint8)
    both = replace(_terrain(10), beside={"satellite": Picture(colour, colour)})
    pixels = strip(both, both)
    np.testing.assert_array_equal(pixels[128, 128::260, 0], [COLOURS[2][0], 10, 60, 255, 10, 60])


def test_the_same_card_each_time(tmp_path: Path, tiny_model: Model) -> None:
    notes = Notes(
        "tiny", "", {name: {"painted": "By hand.", "seen": "Good."} for name in ("valley", "scribble")}, "", ""
    )
    made = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        write(folder, tiny_model, {"val": made_up_report()}, notes)
        made.append({str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert set(made[0]) == {"model.md", "pictures/model/valley.jpg", "pictures/model/scribble.jpg"}
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("reports", "complaint"),
    [
        ([None], "can't be read"),
        (["no JSON"], "can't be read"),
        (['{"format": 1}'], "no report"),
        (["[]"], "no report"),
        ([json.dumps(made_up_report("test"))], "of the split test"),
        ([json.dumps(made_up_report()), json.dumps(made_up_report())], "of the split val"),
        ([json.dumps(made_up_report(model="another"))], "of another"),
    ],
)
def test_what_is_wrong_with_a_report_is_told_in_one_line(
    reports: list[str | None],
    complaint: str,
    tmp_path: Path,
    tiny_model: Model,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "docs"
    out.mkdir()
    monkeypatch.setattr(make_model_card, "DOCS", out)
    monkeypatch.setattr(make_model_card, "load_model", lambda: tiny_model)
    paths = [tmp_path / f"{number}.json" for number in range(len(reports))]
    for path, text in zip(paths, reports, strict=True):
        if text is not None:
            path.write_text(text)
    flags = ("--val", "--test")
    assert main([word for flag, path in zip(flags, paths, strict=False) for word in (flag, str(path))]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(paths[-1]) in said
    assert complaint in said
    assert not list(out.iterdir())


def test_a_model_that_quotes_no_figures_is_told_in_one_line(
    tmp_path: Path, tiny_model: Model, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(make_model_card, "DOCS", tmp_path)
    monkeypatch.setattr(make_model_card, "load_model", lambda: tiny_model)
    assert main([]) == 2
    assert "what the file of tiny quotes is no report" in capsys.readouterr().err


def test_the_card_shows_the_figures_that_the_model_quotes() -> None:
    text = CARD.read_text()
    shown = tables(quoted_figures(load_model(), "val"))
    assert len(shown) == 12
    for table in shown:
        section = text.split(f"\n### {table.title}\n")[1].split("\n#")[0]
        assert table.note in section.replace("\n", " ")
        for row in table.rows:
            assert "\n| " + " | ".join(row) + " |" in section


def test_the_card_is_of_the_model_that_ships() -> None:
    text = CARD.read_text()
    assert text.startswith(f"# Model card: {load_model().card.name}\n"), "run `python tools/make_model_card.py`"
    assert all(note["seen"].strip() in text for note in read_notes().maps.values())


def test_pictures_are_small() -> None:
    pictures = sorted((CARD.parent / "pictures" / "model").glob("*.jpg"))
    assert {p.stem for p in pictures} == set(read_notes().maps)
    assert {Image.open(p).size for p in pictures} == {(1556, 256)}
    assert sum(p.stat().st_size for p in pictures) < 1.2e6
