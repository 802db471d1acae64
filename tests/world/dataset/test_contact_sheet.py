from pathlib import Path

import cv2
import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.world.dataset.contact_sheet import contact_sheet


def test_satellite_pictures_are_beside_the_rest(copy: Path, tmp_path: Path) -> None:
    for file in copy.glob("*_t.png"):
        cv2.imwrite(str(copy / file.name.replace("_t", "_s")), np.full((128, 128, 3), (30, 20, 10), np.uint8))
    contact_sheet(copy, tmp_path / "sheet.png", count=2)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (204, 3 * 804, 3)
    for left in (0, 804):
        assert (sheet[2:202, left + 602 : left + 802] == (30, 20, 10)).all()


def test_a_contact_sheet_is_a_picture(small_set: Path, packed: Path, tmp_path: Path) -> None:
    contact_sheet(small_set, tmp_path / "sheet.png", count=7)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (3 * 204, 3 * 604, 3)
    contact_sheet(packed, tmp_path / "packed.png", count=4)
    sheet = cv2.imread(str(tmp_path / "packed.png"))
    assert sheet is not None
    assert sheet.shape == (2 * 204, 3 * 604, 3)
    with pytest.raises(TerrainError, match="holds no patches"):
        contact_sheet(tmp_path, tmp_path / "none.png")
