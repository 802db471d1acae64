"""The report that a person names the clusters by: a page and its pictures."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.classes.cells import FEATURES
from spade_terrain.world.classes.clustering import Clustering
from spade_terrain.world.classes.land_sample import Sample
from spade_terrain.world.classes.summary import ClusterSummary
from spade_terrain.world.pictures import write_image

Image = NDArray[np.uint8]

_TEMPLATE = Path(__file__).with_name("report.html.jinja")
_SIDE_IN, _DPI = 9, 100
_DOT_PT2 = 1.5  # area of a dot, about two pixels wide


def write_report(
    folder: Path, sample: Sample, clustering: Clustering, clusters: list[ClusterSummary], examples: list[list[Image]]
) -> None:
    """Write `report.html`, `embedding-clusters.png`, `embedding-colours.png` and `cluster-NN.jpg` into `folder`.

    `clusters` and the `examples` of each, uint8 RGB of one size, are in the order of the clusters' numbers.
    """
    lab = sample.features[:, [FEATURES.index(f"{c}_6km") for c in "Lab"]]
    ground = cv2.cvtColor(lab[None], cv2.COLOR_LAB2RGB)[0].clip(0, 1)
    plot_embedding(folder / "embedding-colours.png", clustering, ground)
    colours = _cluster_colours(len(clusters))
    plot_embedding(folder / "embedding-clusters.png", clustering, colours[clustering.cluster], numbered=True)
    for cluster, patches in zip(clusters, examples, strict=True):
        write_image(folder / f"cluster-{cluster.number:02d}.jpg", np.hstack(patches))
    (folder / "report.html").write_text(page(len(lab), clusters), encoding="utf-8", newline="\n")


def plot_embedding(
    path: Path, clustering: Clustering, colours: NDArray[np.floating], *, numbered: bool = False
) -> None:
    """Draw the plane: a dot for each cell, in its colour (RGB 0..1, `(N, 3)`); `numbered`, with the clusters' numbers.

    A number stands at the median of its cluster's cells. A few cells that lie far out are drawn at the border.
    """
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    low, high = np.percentile(clustering.embedding, (0.05, 99.95), axis=0)
    places = clustering.embedding.clip(low, high)
    figure = Figure((_SIDE_IN, _SIDE_IN), dpi=_DPI)
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.set_axis_off()
    axes.invert_yaxis()
    axes.scatter(places[:, 0], places[:, 1], s=_DOT_PT2, c=colours, linewidths=0)
    for number in range(clustering.cluster.max() + 1 if numbered else 0):
        x, y = np.median(places[clustering.cluster == number], 0)
        outline = [withStroke(linewidth=3, foreground="white")]
        axes.text(x, y, str(number), ha="center", va="center", weight="bold", path_effects=outline)
    figure.savefig(path)


def _cluster_colours(count: int) -> NDArray[np.floating]:
    """A colour for each cluster, RGB 0..1, `(count, 3)`."""
    from matplotlib.colors import hsv_to_rgb

    number = np.arange(count)
    # Hues a golden angle apart: neighbours in number, which are alike in relief, differ most.
    hue, value = number * 137.508 % 360 / 360, np.where(number % 2, 0.59, 0.84)
    colours: NDArray[np.floating] = hsv_to_rgb(np.stack([hue, np.full(count, 0.51), value], -1))
    return colours


def page(cells: int, clusters: list[ClusterSummary]) -> str:
    """The page's HTML; `cells` is how many were sampled."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    return environment.from_string(_TEMPLATE.read_text("utf-8")).render(cells=cells, clusters=clusters)
