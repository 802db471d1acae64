"""Building a training set from rasters: it appears when it is whole, and a stopped build goes on."""

from contextlib import closing
from pathlib import Path

from spade_terrain import __version__
from spade_terrain.cluster.executor import Executor
from spade_terrain.cluster.pool import Pool
from spade_terrain.cluster.watched import watched
from spade_terrain.errors import FileInTheWayError, ParameterError
from spade_terrain.world.build.cleaning import ClassRules
from spade_terrain.world.build.datasheet import FILE, datasheet, make_index
from spade_terrain.world.build.make import BuildPlan
from spade_terrain.world.build.patches import PatchJob, limit_cache
from spade_terrain.world.build.unfinished import unfinished_set
from spade_terrain.world.classes.classifier import load_classifier
from spade_terrain.world.dataset.folder import INDEX, KINDS, SATELLITE, index_text
from spade_terrain.world.rasters.names import absolute_name, short_name
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair

MIN_SIZE = 64
"""Pixels a side that a patch has at least."""


def build(
    pair: RasterPair,
    out: Path,
    *,
    count: int,
    seed: int,
    size: int = 512,
    licence: str | None = None,
    rules: ClassRules | None = None,
    executor: Executor | None = None,
) -> None:
    """Write `count` patches of `size` pixels at 2,000 m a pixel into the new folder `out`.

    Of each ten patches eight are for training, one for validation and one for testing. The same rasters and `seed`
    give the same files, on any number of cores. `licence` is what the datasheet says of the rasters' licence. Workers
    of `executor`, by default a process a core, read the rasters and write the files themselves.

    `out` appears only when it is complete; until then its patches lie in `.NAME.unfinished` beside it, and after an
    interruption the same call goes on from there, to the same bytes. It starts processes, so a script that calls it
    must do so under `if __name__ == "__main__":`.

    Raises `ParameterError` if `count` or `size` can't be, `FileInTheWayError` if `out` holds something already or
    another build to `out` is unfinished, `StorageError` if the disk is full, `DeviceError` if a process dies, or
    whatever `RasterPair.open`, `make_overview`, `make_patch` or `load_classifier` find wrong.
    """
    _check(out, count, size)
    rules = rules or ClassRules()
    classifier = load_classifier(rules.classifier)
    limit_cache()
    with pair.open() as rasters:
        overview = make_overview(rasters)
    request = {
        "count": count,
        "seed": seed,
        "size": size,
        "licence": licence,
        "sources": {kind: short_name(name) for kind, name in pair.names.items()},
        "height_code": pair.height_code,
        "sea_rgb": overview.sea_rgb,
        **({"satellite_sea_rgb": overview.satellite_sea_rgb} if pair.satellite else {}),
        "classifier": classifier.fingerprint,
        "keep_rivers": rules.keep_rivers,
        "registration": pair.registration.fingerprint if pair.registration else None,
        "made_by": f"spade-terrain {__version__}",
    }
    # Which rasters they are decides the patches too.
    paths = [absolute_name(name) for name in pair.names.values()]
    kinds = (*KINDS, SATELLITE) if pair.satellite else KINDS
    executor = executor or Pool()
    with unfinished_set(out, {**request, "rasters": paths}, kinds) as growing:
        entries = growing.entries()
        missing = sorted(set(range(count)) - entries.keys())
        plan = BuildPlan(seed, size, overview, rules)
        job = PatchJob(plan, pair, growing.set)
        with closing(watched(executor, job, missing, "patches", count)) as written:
            for number, entry in written:
                growing.add(entry)
                entries[number] = entry
        index = make_index(request, [entries[n] for n in range(count)])
        (growing.set / INDEX).write_text(index_text(index))
        (growing.set / FILE).write_text(datasheet(index))
        growing.finish(out)


def _check(out: Path, count: int, size: int) -> None:
    if count < 1:
        raise ParameterError(f"`count` is {count}; ask for at least one patch")
    if size < MIN_SIZE:
        raise ParameterError(f"`size` is {size}, too small for a patch; use {MIN_SIZE} or more")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileInTheWayError(f"{out} is there already and not an empty folder; give another `out`")
