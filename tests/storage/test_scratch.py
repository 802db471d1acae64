import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.storage.scratch import MEMORY, Scratch


@pytest.mark.parametrize("on_disk", [False, True])
def test_arrays_in_memory_and_in_files_are_alike(on_disk: bool, tmp_path: Path) -> None:
    scratch = Scratch(tmp_path) if on_disk else MEMORY
    assert not scratch.zeros((30, 40), np.int32).any()
    array = scratch.empty((30, 40), np.float32)
    assert type(array) is np.ndarray
    array[:] = 3
    array[7] += np.arange(40, dtype=np.float32)
    assert array.sum() == 3 * 1200 + 780
    assert scratch.empty(12, np.uint8).shape == (12,)


def test_a_file_takes_its_room_at_once_and_leaves_nothing_behind(
    tmp_path: Path, small_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    with small_disk(), pytest.raises(OSError, match=r"[Ff]ile too large|No space") as caught:
        Scratch(tmp_path).empty(2**20, np.float64)
    assert caught.value.errno in (errno.EFBIG, errno.ENOSPC)
    kept = Scratch(tmp_path).empty(100, np.uint8)
    assert list(tmp_path.iterdir()) == []
    assert kept.size == 100
