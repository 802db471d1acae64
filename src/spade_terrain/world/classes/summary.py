"""What each cluster of land is like, in a few numbers."""

from dataclasses import dataclass

import cv2
import numpy as np

from spade_terrain.world.classes.cells import FEATURES
from spade_terrain.world.classes.clustering import Clustering
from spade_terrain.world.classes.land_sample import Sample


@dataclass(frozen=True)
class ClusterSummary:
    """A cluster in numbers.

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


def summarise(sample: Sample, clustering: Clustering) -> list[ClusterSummary]:
    """The clusters of a sample, in the order of their numbers."""
    summaries = []
    for number in range(clustering.cluster.max() + 1):
        cells = clustering.cluster == number
        middle = dict(zip(FEATURES, np.median(sample.features[cells], 0).tolist(), strict=True))
        lab = np.array([[[middle[f"{c}_6km"] for c in "Lab"]]], np.float32)
        rgb = np.rint(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0] * 255).astype(int)
        height, slope, relief = (middle[n] ** 2 for n in ("height", "slope_8km", "relief_20km"))
        summaries.append(ClusterSummary(number, float(cells.mean()), tuple(rgb.tolist()), height, slope, relief))
    return summaries
