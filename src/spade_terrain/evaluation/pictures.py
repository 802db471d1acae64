"""Pictures of the report: rows of maps side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.palette import labels_to_image
from spade_terrain.terrain import Picture, Terrain
from spade_terrain.textures import ATLAS, SATELLITE

RGB = NDArray[np.uint8]

_SEA = (52, 74, 104)


@dataclass(frozen=True)
class PictureRow:
    """A row of the report's pictures.

    Attributes:
        title: what all of them show.
        pictures: uint8 RGB `(H, W, 3)` by caption; a missing one is None.

    """

    title: str
    pictures: dict[str, RGB | None]


def picture_row(title: str, fake: Terrain, real: EvaluatedPatch | None) -> PictureRow:
    """The fake terrain beside the real one, heights of both on one scale of grey."""
    satellite = fake.pictures.get(SATELLITE)
    atlas = fake.pictures.get(ATLAS, Picture(fake.texture, fake.shaded))
    seen: dict[str, RGB | None] = {}
    if satellite is not None:
        seen = {
            "generated satellite texture": satellite.texture,
            "generated satellite terrain": satellite.shaded,
            "real satellite picture": None if real is None else real.satellite,
        }
    top = float(max(fake.height.max(), 0 if real is None else real.height.max(), 1))
    return PictureRow(
        title,
        {
            "painted map": labels_to_image(fake.labels),
            "generated texture": atlas.texture,
            "generated terrain": atlas.shaded,
            "real terrain": None if real is None else real.terrain,
            **seen,
            "generated height": grey(fake.height, top),
            "real height": None if real is None else grey(real.height, top),
        },
    )


def grey(height: NDArray[np.float32], top: float) -> RGB:
    """Height in metres as grey that rises with its square root, white at `top`; the sea is blue."""
    shade = np.sqrt(np.clip(height / top, 0, 1)) * 215 + 40
    picture: RGB = np.repeat(shade.astype(np.uint8)[..., None], 3, axis=2)
    picture[height <= 0] = _SEA
    return picture
