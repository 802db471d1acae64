import numpy as np

from spade_terrain.evaluation.measures.patch import MeasureRows, Measures


def test_measures_are_kept_in_arrays_and_not_one_by_one() -> None:
    rows, random = MeasureRows(3), np.random.default_rng(0)
    found: list[Measures] = [
        {"spectrum": random.random(5), "counts": np.full((7, 4), i, np.uint32), "kept": np.array(float(i))}
        for i in range(3)
    ]
    rows.fill(0, found[0])
    taken = dict(rows.measures)
    for number in (2, 1):
        rows.fill(number, found[number])
    for name, array in rows.measures.items():
        assert array is taken[name]
        np.testing.assert_array_equal(array, [one[name] for one in found])
    assert {name: array.dtype for name, array in rows.measures.items()} == {
        "spectrum": np.float64,
        "counts": np.uint32,
        "kept": np.float64,
    }
