import sys

import numpy as np
import pytest

from spade_terrain.drainage.fields import kernels
from spade_terrain.errors import MissingLibraryError


def test_all_rows_are_worked_on_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores in (1, 3, 9):
        monkeypatch.setattr(kernels, "usable_cores", lambda cores=cores: cores)
        worked = np.zeros(7, int)

        def work(first: int, last: int, rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> None:
            rows[first:last] += 1

        kernels.by_rows(work, (7, 5), worked)
        assert (worked == 1).all()


def test_stripes_of_a_large_grid_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "usable_cores", lambda: 1)
    stripes: list[tuple[int, int]] = []
    kernels.by_rows(lambda *stripe: stripes.append(stripe), (10, 100_000))
    assert sorted(stripes) == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]


def test_an_error_in_a_stripe_comes_out() -> None:
    def fails(first: int, last: int) -> None:
        raise MemoryError(first)

    with pytest.raises(MemoryError):
        kernels.by_rows(fails, (4, 4))


def test_without_numba_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingLibraryError, match=r"carving valleys takes .*spade-terrain\[drainage\]"):
        kernels.kernel(len)
