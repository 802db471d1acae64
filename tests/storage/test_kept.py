from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import FileInTheWayError
from spade_terrain.storage.kept import Kept

MADE = {"detail": 4}


def _state(number: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    return {"heights": np.full((600, 3), number, np.float32), "uplift": np.full((2, 2), -number, np.float32)}


def test_the_last_state_stays(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "run", MADE)
    assert kept.last() is None
    for number in (1, 2):
        kept.keep(number, _state(number))
    found = Kept(tmp_path / "run", MADE).last()
    assert found is not None
    assert found[0] == 2
    for name, values in _state(2).items():
        np.testing.assert_array_equal(found[1][name][:], values)
    assert sorted(path.name for path in (tmp_path / "run").glob("*.raw")) == ["heights-2.raw", "uplift-2.raw"]


def test_a_state_that_was_not_finished_does_not_count(tmp_path: Path) -> None:
    Kept(tmp_path, MADE).keep(1, _state(1))
    (tmp_path / "heights-2.raw").write_bytes(bytes(100))  # as a kill leaves it
    kept = Kept(tmp_path, MADE)
    found = kept.last()
    assert found is not None
    assert found[0] == 1
    kept.keep(2, _state(2))
    assert (found := kept.last()) is not None
    assert found[1]["heights"][:].min() == 2


def test_other_or_damaged_work_is_refused(tmp_path: Path) -> None:
    Kept(tmp_path, MADE).keep(1, _state(1))
    with pytest.raises(FileInTheWayError, match="unfinished run with another detail"):
        Kept(tmp_path, {"detail": 8})
    with (tmp_path / "heights-1.raw").open("ab") as file:
        file.truncate(50)
    with pytest.raises(FileInTheWayError, match="is damaged; delete that folder and begin anew"):
        Kept(tmp_path, MADE).last()
    with (tmp_path / "journal").open("a") as file:
        file.write("rubbish\n")
    with pytest.raises(FileInTheWayError, match="is damaged"):
        Kept(tmp_path, MADE).last()
