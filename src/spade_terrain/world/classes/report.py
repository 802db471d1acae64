"""The report that a person names the clusters by: a page and its pictures."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.classes.cells import FEATURES
from spade_terrain.world.classes.clustering import Clustering
from spade_terrain.world.classes.land_sample import Sample
from spade_terrain.world.dataset.patches import write_image

Image = NDArray[np.uint8]

_SIDE = 900
_INK = (38, 34, 28)
_STYLE = """
body { margin: 0 auto; max-width: 1250px; padding: 32px 24px 80px; background: #fbf9f5; color: #26221c;
  font: 15px/1.5 system-ui, sans-serif; }
p { color: #756d60; max-width: 76ch; }
.plane { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
.plane img { width: 100%; border: 1px solid #e4ddd0; }
section { display: grid; grid-template-columns: 210px 1fr; gap: 16px; align-items: center; padding: 10px 0;
  border-top: 1px solid #e4ddd0; }
section img { width: 100%; image-rendering: pixelated; }
h2 { font-size: 17px; margin: 0; }
i { display: inline-block; width: 14px; height: 14px; border-radius: 3px; vertical-align: -2px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 10px; margin: 4px 0 0; font-size: 13px; }
dt { color: #756d60; } dd { margin: 0; }
"""


@dataclass(frozen=True)
class Kind:
    """What a cluster is like.

    Attributes:
        number: the cluster's.
        share: its share of the sampled land, 0..1.
        rgb: median colour of its ground, 0..255.
        height: median, metres.
        slope: median within 8 km, metres per metre.
        relief: median within 20 km, metres.

    """

    number: int
    share: float
    rgb: tuple[int, ...]
    height: float
    slope: float
    relief: float

    @property
    def hex(self) -> str:
        """The colour as the web writes it."""
        return "#" + "".join(f"{c:02x}" for c in self.rgb)

    @property
    def facts(self) -> dict[str, str]:
        """All of it in words, without the number."""
        return {
            "share": f"{self.share:.1%}",
            "colour": self.hex,
            "height": f"{self.height:,.0f} m",
            "slope": f"{self.slope:.1%}",
            "relief": f"{self.relief:,.0f} m",
        }

    @property
    def remark(self) -> str:
        """All of it in a line."""
        return ", ".join(f"{what} {value}" for what, value in self.facts.items())


def write(folder: Path, sample: Sample, clustering: Clustering, kinds: list[Kind], examples: list[list[Image]]) -> None:
    """Write `report.html`, `embedding-clusters.png`, `embedding-colours.png` and `cluster-NN.jpg` into `folder`."""
    lab = sample.features[:, [FEATURES.index(f"{c}_6km") for c in "Lab"]]
    ground = (cv2.cvtColor(lab[None], cv2.COLOR_LAB2RGB)[0] * 255).clip(0, 255).astype(np.uint8)
    write_image(folder / "embedding-colours.png", plane(clustering.embedding, ground))
    write_image(folder / "embedding-clusters.png", clusters_plane(clustering))
    for kind, patches in zip(kinds, examples, strict=True):
        write_image(folder / f"cluster-{kind.number:02d}.jpg", np.hstack(patches))
    (folder / "report.html").write_text(page(len(lab), kinds), encoding="utf-8", newline="\n")


def plane(embedding: NDArray[np.float32], colours: Image) -> Image:
    """A picture of the plane: a dot of its colour (uint8 RGB `(N, 3)`) for each cell, at its place `(N, 2)`."""
    x, y = _places(embedding)
    picture = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        picture[y + down, x + right] = colours
    return picture


def clusters_plane(clustering: Clustering) -> Image:
    """The plane with a colour for each cluster, and its number in its middle."""
    count = int(clustering.cluster.max()) + 1
    # Hues a golden angle apart: neighbours in number, which are alike in relief, differ most.
    hues = (np.arange(count) * 137.508 % 360 / 2).astype(np.uint8)
    hsv = np.stack([hues, np.full(count, 130, np.uint8), np.where(np.arange(count) % 2, 150, 215).astype(np.uint8)], -1)
    colours = cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0].astype(np.uint8)
    picture = plane(clustering.embedding, colours[clustering.cluster])
    x, y = _places(clustering.embedding)
    for number in range(count):
        mine = clustering.cluster == number
        at = (int(np.median(x[mine])) - 9, int(np.median(y[mine])) + 6)
        for colour, width in (((255, 255, 255), 4), (_INK, 1)):
            cv2.putText(picture, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, width, cv2.LINE_AA)
    return picture


def _places(embedding: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    low, high = np.percentile(embedding, (0.05, 99.95), axis=0)
    share = (embedding - low) / np.maximum(high - low, 1e-6)
    x, y = (share * (_SIDE - 2)).clip(0, _SIDE - 2).astype(np.intp).T
    return x, y


def page(cells: int, kinds: list[Kind]) -> str:
    """The page's HTML."""
    return "".join(
        [
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Clusters</title><style>{_STYLE}</style>',
            f"<h1>{len(kinds)} clusters of {cells:,} pixels of land</h1>",
            "<p>Each dot is a pixel; alike pixels lie together (UMAP of their features). Clusters are numbered by "
            "their relief. Name them in classes.toml. Numbers are medians: slope within 8 km, relief within 20 km. "
            "Examples are 192 km wide, the red ring around the pixel.</p>",
            '<div class="plane"><img src="embedding-clusters.png" alt="by cluster">',
            '<img src="embedding-colours.png" alt="by the colour of the ground"></div>',
            *(_section(kind) for kind in kinds),
            "</html>\n",
        ]
    )


def _section(kind: Kind) -> str:
    facts = "".join(f"<dt>{escape(what)}</dt><dd>{escape(value)}</dd>" for what, value in kind.facts.items())
    swatch = f'<i style="background:{kind.hex}"></i>'
    picture = f'<img src="cluster-{kind.number:02d}.jpg" alt="examples of cluster {kind.number}">'
    return f"<section><div><h2>{kind.number} {swatch}</h2><dl>{facts}</dl></div>{picture}</section>"
