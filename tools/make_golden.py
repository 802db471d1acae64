"""Keep a small terrain of the default model, which tests/generation/test_golden.py compares with.

python tools/make_golden.py

Run it when the default model has changed, and its terrains are as they should be.
"""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain import generate, load_model
from spade_terrain.maps.image import read_map
from spade_terrain.palette import Labels

ROOT = Path(__file__).parents[1]
FILE = ROOT / "tests" / "generation" / "golden.npz"
COMMAND = "python tools/make_golden.py"
SEED = 7
_MAP = ROOT / "examples" / "archipelago.png"
_PLACE = np.s_[288:352, 384:448]  # where all classes but tundra lie close together
_STEP = np.float32(1 / 16)  # metres; a finer height only makes the file larger


class Golden(NamedTuple):
    """What the file holds.

    Attributes:
        model: SHA-256 of the model's file, in hexadecimal.
        labels: uint8 `(64, 64)`.
        texture: what the model made of them with `SEED`, uint8 `(64, 64, 3)`.
        height: likewise, float32 `(64, 64)`, metres, rounded to sixteenths.

    """

    model: str
    labels: Labels
    texture: NDArray[np.uint8]
    height: NDArray[np.float32]


def default_model() -> str:
    """SHA-256 of the default model's file, in hexadecimal."""
    return sha256(load_model().data).hexdigest()


def read() -> Golden:
    """Read the file."""
    with np.load(FILE) as stored:
        return Golden(**{name: stored[name] for name in Golden._fields} | {"model": str(stored["model"])})


def main() -> None:
    """Make the terrain anew, and write the file."""
    labels = read_map(_MAP)[_PLACE]
    terrain = generate(labels, seed=SEED)
    height = np.rint(terrain.height / _STEP) * _STEP
    np.savez_compressed(FILE, **Golden(default_model(), labels, terrain.texture, height)._asdict())
    print(f"{FILE}  {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
