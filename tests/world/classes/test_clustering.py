import os
from pathlib import Path

import pytest

from spade_terrain.world.classes import clustering


@pytest.mark.parametrize("writable", [True, False])
def test_numba_has_a_place_for_its_cache(writable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr("os.access", lambda *args: writable)
    monkeypatch.setattr(clustering, "mkdtemp", lambda prefix: str(tmp_path))
    clustering._keep_compiled_code()
    assert os.environ.get("NUMBA_CACHE_DIR") == (None if writable else str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
