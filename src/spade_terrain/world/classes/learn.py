"""From the clusters that a person named to a pixel classifier."""

from dataclasses import dataclass
from pathlib import Path

from spade_terrain.errors import DataError
from spade_terrain.palette import NAMES
from spade_terrain.storage.files import check_not_read, whole_file
from spade_terrain.world.classes.clustering import CLUSTERS_FILE, Clustering
from spade_terrain.world.classes.fitting import Score, to_onnx, train
from spade_terrain.world.classes.land_sample import SAMPLE_FILE, Sample
from spade_terrain.world.classes.naming import read_naming


@dataclass(frozen=True)
class Learned:
    """What `learn` has to say of the classifier it wrote.

    Attributes:
        score: how it reads places it has not seen.
        shares: each land class's share of the sampled land, 0..1.

    """

    score: Score
    shares: dict[str, float]


def learn(folder: Path, names: Path, out: Path, *, seed: int = 0) -> Learned:
    """Train a pixel classifier on the clusters of `folder` as the file `names` names them, and write it to `out`.

    Raises `DataError` if the folder holds no clusters, or the names don't fit them, `StorageError` if `names` can't be
    read or `out` can't be written, `FileInTheWayError` if `out` is one of the files that are read; nothing is
    written then.
    """
    check_not_read([out], [names, folder / SAMPLE_FILE, folder / CLUSTERS_FILE])
    try:
        sample, clustering = Sample.load(folder / SAMPLE_FILE), Clustering.load(folder / CLUSTERS_FILE)
    except (OSError, ValueError, TypeError) as e:
        raise DataError(f"{folder} holds no clusters; `spade-terrain world classes` makes such a folder") from e
    labels = read_naming(names).apply(clustering, sample.features)
    with whole_file(out) as file:
        pipeline, score = train(sample, labels, seed)
        shares = {n: float((labels == i).mean()) for i, n in enumerate(NAMES) if (labels == i).any()}
        facts = {
            "clusters": clustering.fingerprint,
            "accuracy": round(score.accuracy, 4),
            "accuracy_by_class": {n: round(a, 4) for n, a in score.by_class.items()},
            "cells": len(labels),
            "held_out": score.held_out,
            "shares": {n: round(s, 4) for n, s in shares.items()},
        }
        file.write_bytes(to_onnx(pipeline, facts))
    return Learned(score, shares)
