"""Terrains that must come out as they once did, on every machine."""

import shutil
from hashlib import sha256
from pathlib import Path

import make_golden
import numpy as np
import pytest

from spade_terrain import generate
from spade_terrain.palette import Labels

HASHES = {
    "labels": "946d5ef7a3f966ba2c831e79f0bccf9a3c4141f78a284d8a15f39155aef0d2b9",
    "texture": "fc689478e2f3af3f90d5106f1fce2704bebb711339efe4a5b0776b59ad225a58",
    "height": "b7472e428e2bbd276fc521fe40aef74382904a9eb9acff35a15b14848afb3e40",
    "shaded": "7505a340eb08b335108537ffa79cecd56931d4180a2d0d7b543c9120c37167da",
}
"""SHA-256 of each map's values, little-endian, row by row."""


def _painted() -> Labels:
    y, x = np.mgrid[:301, :551]
    labels: Labels = ((x * x // 97 + x * y // 131 + y * y // 89) % 7).astype(np.uint8)
    return labels


@pytest.mark.parametrize("cores", [1, 2])
def test_the_tiny_model_to_the_last_bit(
    cores: int, tiny_model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A map of two blocks, enlarged from a painted one, of sides that are no multiples of the stride.

    None of the model's sums is rounded, so that no processor and no library can change a bit.
    """
    monkeypatch.setattr("spade_terrain.runtime.sessions.usable_cores", lambda: cores)
    model = shutil.copy(tiny_model_path, tmp_path / "model.onnx")  # an open model would keep its threads
    terrain = generate(_painted(), seed=-7, scale=2, model=model)
    maps = {name: getattr(terrain, name) for name in HASHES}
    made = {name: sha256(m.astype(m.dtype.newbyteorder("<")).tobytes()).hexdigest() for name, m in maps.items()}
    assert made == HASHES


def test_the_default_model() -> None:
    """To 1e-4 of the range, and a level of a colour: other processors round sums of many terms differently."""
    stored = make_golden.read()
    if stored.model != make_golden.default_model():
        pytest.fail(f"the default model has changed; if its terrains are as you want them, run: {make_golden.COMMAND}")
    terrain = generate(stored.labels, seed=make_golden.SEED)
    np.testing.assert_allclose(terrain.height, stored.height, rtol=0, atol=0.9)
    np.testing.assert_allclose(terrain.texture.astype(int), stored.texture, rtol=0, atol=1)
