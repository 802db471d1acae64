from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spade_terrain.storage.stored import StoredArray, StoredTerrain, arrays_of
from spade_terrain.terrain import Rows, TerrainRows

ENDS = st.one_of(st.none(), st.integers(-12, 12))


def _array(folder: Path, *shape: int, dtype: type = np.float32) -> StoredArray:
    array = StoredArray(folder / "array.raw", shape, np.dtype(dtype))
    array.create()
    return array


@given(
    shape=st.sampled_from([(9, 7), (9, 7, 3), (1, 8), (6, 1, 3)]),
    rows=st.builds(slice, ENDS, ENDS),
    columns=st.one_of(st.none(), st.builds(slice, ENDS, ENDS)),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reads_and_writes_as_numpy_does(
    shape: tuple[int, ...], rows: slice, columns: slice | None, tmp_path: Path
) -> None:
    stored, expected = _array(tmp_path, *shape), np.zeros(shape, np.float32)
    place = rows if columns is None else (rows, columns)
    values = np.random.default_rng(0).random(expected[place].shape, np.float32)
    stored[place] = values
    expected[place] = values
    np.testing.assert_array_equal(stored[place], values)
    np.testing.assert_array_equal(stored[:], expected)
    assert stored.path.stat().st_size == expected.nbytes


def test_the_file_is_what_numpy_would_write(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.uint16).reshape(4, 6)
    stored = _array(tmp_path, 4, 6, dtype=np.uint16)
    stored[2:] = values[2:]
    stored[:2] = values[:2]
    stored.sync()
    assert stored.path.read_bytes() == values.tobytes()


def test_create_empties_what_was_there(tmp_path: Path) -> None:
    stored = _array(tmp_path, 3, 3)
    stored[:] = np.ones((3, 3), np.float32)
    stored.create()
    assert not stored[:].any()


@pytest.mark.parametrize(
    "values",
    [np.zeros((2, 4), np.float32), np.zeros((3, 5), np.float32), np.zeros((2, 5)), np.zeros((1, 5), np.float32)],
)
def test_values_that_do_not_fit(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't be written"):
        _array(tmp_path, 4, 5)[1:3] = values


@pytest.mark.parametrize("place", [slice(0, 4, 2), (slice(0, 4), slice(None, None, -1))])
def test_steps(place: slice, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has steps"):
        _array(tmp_path, 4, 5)[place]


def test_a_file_that_ends_too_early(tmp_path: Path) -> None:
    stored = _array(tmp_path, 4, 5)
    with stored.path.open("rb+") as file:
        file.truncate(50)
    assert stored[:2].shape == (2, 5)
    with pytest.raises(OSError, match="ends too early"):
        stored[:]


def test_a_terrain_keeps_the_protocol(tmp_path: Path) -> None:
    textures = ["atlas", "satellite"]
    arrays_there = {
        name: StoredArray(tmp_path / name, shape, dtype) for name, (shape, dtype) in arrays_of((5, 8), textures).items()
    }
    for array in arrays_there.values():
        array.create()
    stored = StoredTerrain.of(arrays_there.__getitem__, seed=-3, model="m", style={}, gsd=100.0, textures=textures)
    terrain: TerrainRows = stored
    arrays: list[Rows] = [terrain.texture, terrain.height, terrain.shaded, terrain.labels]
    assert (terrain.texture_name, *terrain.beside) == ("atlas", "satellite")
    assert terrain.beside["satellite"].texture[1:3].shape == terrain.beside["satellite"].shaded[:2].shape == (2, 8, 3)
    assert [a[1:3].shape for a in arrays] == [(2, 8, 3), (2, 8), (2, 8, 3), (2, 8)]
    assert [a.dtype for a in arrays] == [np.uint8, np.float32, np.uint8, np.uint8]
    assert (terrain.seed, terrain.model, terrain.gsd, terrain.georeference) == (-3, "m", 100.0, None)
    assert len(list(tmp_path.iterdir())) == 6
