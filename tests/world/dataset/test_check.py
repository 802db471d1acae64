import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.palette import COLOURS, NAMES, WATER
from spade_terrain.world.dataset.check import check
from spade_terrain.world.dataset.contact_sheet import contact_sheet
from spade_terrain.world.dataset.folder import INDEX
from spade_terrain.world.dataset.loading import load


def spoil_index(folder: Path, number: int, key: str, value: object) -> None:
    index = json.loads((folder / INDEX).read_text())
    index["patches"][number][key] = value
    (folder / INDEX).write_text(json.dumps(index))


def test_a_whole_set_passes_and_its_shares_are_shown(small_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["world", "check", str(small_set)]) == 0
    train = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| train"))
    cells = [cell.strip() for cell in train.strip("|").split("|")]
    labels = load(small_set).labels
    assert cells[:2] == ["train", "16"]
    for cell, label in zip(cells[2:], range(len(NAMES)), strict=True):
        assert float(cell.rstrip("%")) == pytest.approx(100 * (labels == label).mean(), abs=0.051)


def test_a_sheet_is_drawn(small_set: Path, tmp_path: Path) -> None:
    assert main(["world", "check", str(small_set), "--sheet", str(tmp_path / "sheet.png")]) == 0
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None


def test_the_first_broken_file_is_named_and_the_others_counted(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "0003_h.png").unlink()
    torn = copy / "0007_t.png"
    torn.write_bytes(torn.read_bytes()[:-300])
    assert main(["world", "check", str(copy)]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "no such file" in line
    assert "0003_h.png" in line
    assert "2 of 20 patches are broken" in line


@pytest.mark.parametrize("index", ["null", "[]", '{"metres_per_unit": NaN}', '{"metres_per_unit": 0}', "[" * 100_000])
def test_an_index_that_is_none(index: str, copy: Path) -> None:
    (copy / INDEX).write_text(index)
    with pytest.raises(TerrainError, match=r"index.json can't be read"):
        check(copy)


def test_a_sheet_is_no_file_of_the_set(copy: Path) -> None:
    before = (copy / "0000_t.png").read_bytes()
    with pytest.raises(TerrainError, match="is read, and would be written over"):
        contact_sheet(copy, copy / "0000_t.png")
    assert (copy / "0000_t.png").read_bytes() == before


def test_a_flipped_bit_is_found(copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = copy / "0005_h.png"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(data)
    with pytest.raises(TerrainError, match=r"0005_h.png.*1 of 20"):
        check(copy)
    assert "libpng" not in capfd.readouterr().err


def test_height_under_water_is_found(copy: Path) -> None:
    labels = load(copy).labels
    number = int(np.flatnonzero((labels == WATER).any((1, 2)))[0])
    name = [e for e in json.loads((copy / INDEX).read_text())["patches"] if e["split"] == "train"][number]["name"]
    height = np.full((128, 128), 500, np.uint16)
    cv2.imwrite(str(copy / f"{name}_h.png"), height)
    with pytest.raises(TerrainError, match=rf"{name}_h.png is above the sea where {name}_i2.png is water"):
        check(copy)


def test_satellite_pictures_are_checked_too(copy: Path) -> None:
    for file in copy.glob("*_t.png"):
        cv2.imwrite(str(copy / file.name.replace("_t", "_s")), np.full((128, 128, 3), (128, 66, 25), np.uint8))
    assert "| train |      16 |" in check(copy)
    number = int(np.flatnonzero((load(copy).labels == WATER).any((1, 2)))[0])
    name = [e for e in json.loads((copy / INDEX).read_text())["patches"] if e["split"] == "train"][number]["name"]
    noise = np.random.default_rng(0).integers(0, 9, (128, 128, 3), dtype=np.uint8)
    cv2.imwrite(str(copy / f"{name}_s.png"), noise)
    with pytest.raises(TerrainError, match=rf"{name}_s.png has several colours where {name}_i2.png is water.*1 of 20"):
        check(copy)
    (copy / f"{name}_s.png").write_bytes(b"torn")
    with pytest.raises(TerrainError, match=rf"{name}_s.png is damaged"):
        check(copy)


def test_labels_that_differ_from_the_index_are_found(copy: Path) -> None:
    painted = np.broadcast_to(COLOURS[3][::-1], (128, 128, 3))
    cv2.imwrite(str(copy / "0004_i2.png"), painted)
    with pytest.raises(TerrainError, match=r"0004_i2.png has other class shares"):
        check(copy)


def test_a_set_without_index_passes_with_land_at_0_m_in_its_water(copy: Path) -> None:
    (copy / INDEX).unlink()
    cv2.imwrite(str(copy / "0000_h.png"), np.full((128, 128), 500, np.uint16))
    assert "| train |      20 |" in check(copy)


def test_no_patches_and_no_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="holds no patches"):
        check(tmp_path)
    with pytest.raises(TerrainError, match="no such folder"):
        check(tmp_path / "nowhere")
