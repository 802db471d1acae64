"""The file in which a person names the clusters: it merges, splits and names them into the classes of the palette."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

import numpy as np

from spade_terrain.errors import DataError, StorageError
from spade_terrain.palette import NAMES, WATER, Labels
from spade_terrain.world.classes.cells import FEATURES, ROOTS, Floats
from spade_terrain.world.classes.clustering import Clustering

NAMES_FILE = "classes.toml"
LAND_NAMES = tuple(name for i, name in enumerate(NAMES) if i != WATER)


@dataclass(frozen=True)
class ClusterSplit:
    """A cut of clusters into parts by one of their features.

    Attributes:
        clusters: the clusters' numbers.
        feature: one of `FEATURES`.
        at: where it is cut, rising, in the feature's own unit (metres for height and relief).

    """

    clusters: tuple[int, ...]
    feature: str
    at: tuple[float, ...]

    def parts(self, features: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """The part that each of the cells of `features` `(N, F)` falls into, from 0."""
        edges = np.sqrt(self.at) if self.feature in ROOTS else np.array(self.at)
        return np.searchsorted(edges, features[:, FEATURES.index(self.feature)], side="right")


@dataclass(frozen=True)
class Naming:
    """What the file says.

    Attributes:
        fingerprint: of the clustering it was written for.
        splits: the cuts.
        classes: the class's name by the cluster's, such as "12", or by a part's, such as "12a".

    """

    fingerprint: str
    splits: tuple[ClusterSplit, ...]
    classes: dict[str, str]

    def apply(self, clustering: Clustering, features: Floats) -> Labels:
        """The label of each cell, uint8 `(N,)`, 1..6.

        Raises `DataError` if the file is for another clustering, or leaves a cluster without a name.
        """
        if self.fingerprint != clustering.fingerprint:
            raise DataError(
                f"the names are for the clusters {self.fingerprint}, but these are {clustering.fingerprint}: "
                "look at the report and name these"
            )
        names = clustering.cluster.astype(np.str_).astype("U8")
        for split in self.splits:
            cut = np.isin(clustering.cluster, split.clusters)
            suffixes = np.array(list(ascii_lowercase))[split.parts(features[cut])]
            names[cut] = np.char.add(names[cut], suffixes)
        kinds, which = np.unique(names, return_inverse=True)
        nameless = [str(k) for k in kinds if k not in self.classes]
        if nameless:
            raise DataError(f'no class is given for {", ".join(nameless)}; add a line such as {nameless[0]} = "hills"')
        labels = np.array([NAMES.index(self.classes[str(k)]) for k in kinds], np.uint8)
        return labels[which]


def read_naming(path: Path) -> Naming:
    """Read a file of names.

    Raises `StorageError` if it can't be read, `DataError` naming what is wrong with it: no TOML, an unknown class or
    feature, a cluster that is split twice.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
        splits = tuple(
            ClusterSplit(tuple(s["clusters"]), s["feature"], tuple(s["at"])) for s in fields.get("split", ())
        )
        naming = Naming(fields["fingerprint"], splits, dict(fields["classes"]))
    except OSError as e:
        raise StorageError(f"{path} can't be read ({e.strerror}); `spade-terrain world classes` writes a draft") from e
    except (ValueError, KeyError, TypeError) as e:
        raise DataError(f"{path} is no file of names ({e}); `spade-terrain world classes` writes a draft") from e
    for split in naming.splits:
        if split.feature not in FEATURES:
            raise DataError(f"{path}: no feature {split.feature!r}; there are {', '.join(FEATURES)}")
        if list(split.at) != sorted(split.at) or not 0 < len(split.at) < len(ascii_lowercase):
            raise DataError(f"{path}: the split of {split.feature} has to rise: at = [330, 850], say")
    often = [c for split in naming.splits for c in split.clusters]
    if len(often) != len(set(often)):
        raise DataError(f"{path}: a cluster is split twice; give one split all its cuts")
    for kind, name in naming.classes.items():
        if name not in LAND_NAMES:
            raise DataError(f"{path}: {kind} is {name!r}, but the classes are {', '.join(LAND_NAMES)}")
    return naming


def draft(clustering: Clustering, remarks: list[str]) -> str:
    """The text of a file that names nothing yet, with a remark on each cluster."""
    lines = [f'{k} = ""  # {remark}' for k, remark in enumerate(remarks)]
    return f"""# Classes of the clusters in report.html: give each one of {", ".join(LAND_NAMES)}.
# Clusters of one name are merged.

fingerprint = "{clustering.fingerprint}"

# Clusters that hold two kinds of ground can be cut by a feature, at as many values as it takes: then name their parts,
# 3a below the first value, 3b above it. Features: {", ".join(FEATURES)}.
# [[split]]
# clusters = [3]
# feature = "relief_20km"
# at = [330]

[classes]
{chr(10).join(lines)}
"""
