"""Kinds of ground: the sampled cells, laid out in a plane by likeness and cut into clusters."""

import hashlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.classes.cells import FEATURES, Floats

CLUSTERS_FILE = "clusters.npz"
_NEIGHBOURS = 30
_FITTED = 60_000  # cells that the mixture is fitted to: more take longer and move nothing


@dataclass(frozen=True)
class Clustering:
    """The clusters of a sample of `N` cells.

    Attributes:
        embedding: float32 `(N, 2)`, where like cells lie near each other.
        cluster: uint8 `(N,)`: 0 is the cluster with the least relief.

    """

    embedding: Floats
    cluster: NDArray[np.uint8]

    @property
    def fingerprint(self) -> str:
        """Tells this clustering from any other: the names given to its clusters fit no other's."""
        return hashlib.sha256(self.cluster.tobytes()).hexdigest()[:12]

    def save(self, path: Path) -> None:
        """Write the clustering as a `.npz` file."""
        np.savez_compressed(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Clustering":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**arrays)


def cluster(features: Floats, count: int, seed: int) -> Clustering:
    """Lay the cells of `features` `(N, F)` out in a plane and cut it into at most `count` clusters.

    UMAP (McInnes, Healy and Melville, 2018) of the standardised features; on its plane a Gaussian mixture, each cell
    going to the likeliest of its components. The same features and seed give the same clusters on the same machine;
    elsewhere UMAP may round another way, hence `Clustering.fingerprint`.
    """
    from sklearn.mixture import GaussianMixture

    _keep_compiled_code()
    from umap import UMAP

    standard = (features - features.mean(0)) / np.maximum(features.std(0), 1e-6)
    neighbours = min(_NEIGHBOURS, len(features) - 1)
    # One job: with more, UMAP's result depends on the order in which threads come by.
    embedding = UMAP(n_neighbors=neighbours, min_dist=0, random_state=seed, n_jobs=1).fit_transform(standard)
    some = np.random.default_rng(seed).permutation(len(embedding))[:_FITTED]
    mixture = GaussianMixture(min(count, len(some)), random_state=seed).fit(embedding[some])
    raw = mixture.predict(embedding)
    kinds = np.unique(raw)
    relief = features[:, FEATURES.index("relief_20km")]
    by_relief = kinds[np.argsort([np.median(relief[raw == kind]) for kind in kinds])]
    rank = np.empty(kinds.max() + 1, np.uint8)
    rank[by_relief] = np.arange(len(by_relief))
    return Clustering(embedding.astype(np.float32), rank[raw])


def _keep_compiled_code() -> None:
    """Give numba, which compiles UMAP, a temporary folder for its cache if it can write to none of its own places."""
    found = find_spec("umap")
    places = [Path.home(), *([Path(found.origin).parent] if found and found.origin else [])]
    if not any(os.access(place, os.W_OK) for place in places):
        os.environ.setdefault("NUMBA_CACHE_DIR", mkdtemp(prefix="numba-"))
