"""Packing: patches that together cover the land, written as one small file."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spade_terrain import __version__
from spade_terrain.cluster.executor import Executor
from spade_terrain.errors import DataError, FileInTheWayError
from spade_terrain.progress import progress
from spade_terrain.storage.files import whole_file
from spade_terrain.terrain import GSD
from spade_terrain.world.build.ahead import Place, made_in_turn
from spade_terrain.world.build.cleaning import ClassRules
from spade_terrain.world.build.coding_errors import CodingErrors
from spade_terrain.world.build.cover import Cover
from spade_terrain.world.build.patches import PackedPatch, PackJob, limit_cache
from spade_terrain.world.build.unfinished_pack import unfinished_pack
from spade_terrain.world.classes.classifier import load_classifier
from spade_terrain.world.dataset.packed import FORMAT, INDEX
from spade_terrain.world.places import only_split
from spade_terrain.world.rasters.names import absolute_name, short_name
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair


def pack(
    pair: RasterPair,
    out: Path,
    *,
    size: int = 512,
    licence: str | None = None,
    rules: ClassRules | None = None,
    executor: Executor | None = None,
) -> dict[str, Any]:
    """Write patches that together cover the land of the rasters once into the packed file `out`.

    Each patch lies in one split, so land by the splits' borders, by missing data and around big lakes may be left
    out; the returned index says what share of the land is covered, and the errors. The same rasters give the same file.
    `out` appears when it is whole; until then what was made lies in `.NAME.unfinished` beside it, and after an
    interruption the same call goes on from there. `licence` is what the index says of the rasters' licence. Workers of
    `executor`, by default this process, read the rasters.

    Raises `FileInTheWayError` if `out` is there already or another packing to it is unfinished, `StorageError` if it
    can't be written, `DataError` if no patch fits, or whatever `RasterPair.open`, `make_overview` or `load_classifier`
    find wrong.
    """
    if out.exists():
        raise FileInTheWayError(f"{out} is there already; give another `out`")
    rules = rules or ClassRules()
    classifier = load_classifier(rules.classifier)
    limit_cache()
    with whole_file(out) as draft:
        with pair.open() as rasters:
            overview = make_overview(rasters)
            cover = Cover(overview, size)
            cover.look_at(rasters.bounds)
        request = {
            "format": FORMAT,
            "size": size,
            "gsd": GSD,
            "sources": {kind: short_name(name) for kind, name in pair.names.items()},
            "height_code": pair.height_code,
            "licence": licence,
            "sea_rgb": overview.sea_rgb,
            **({"satellite_sea_rgb": overview.satellite_sea_rgb} if pair.satellite else {}),
            "classifier": classifier.fingerprint,
            "keep_rivers": rules.keep_rivers,
            "registration": pair.registration.fingerprint if pair.registration else None,
        }
        # Which rasters they are, and this version, decide what is made of places too.
        paths = [absolute_name(name) for name in pair.names.values()]
        before = {**request, "rasters": paths, "made_by": f"spade-terrain {__version__}"}
        with unfinished_pack(out, before) as known, zipfile.ZipFile(draft, "w") as archive:
            made = made_in_turn(cover, PackJob(pair, overview, size, rules), executor, known)
            index = request | _write_patches(archive, cover, made, size)
            archive.writestr(zipfile.ZipInfo(INDEX), json.dumps(index, indent=1))
    return index


def _write_patches(
    archive: zipfile.ZipFile, cover: Cover, made: Iterator[tuple[Place, PackedPatch]], size: int
) -> dict[str, Any]:
    errors = CodingErrors()
    entries: list[dict[str, Any]] = []
    with progress("patches", None) as shown:
        for (lat, lon), patch in made:
            name = f"{len(entries):04d}"
            for kind, picture in patch.pictures.items():
                # A fixed date, so that the same rasters give the same bytes.
                archive.writestr(zipfile.ZipInfo(f"{name}_{kind}"), picture)
            errors.include(patch.errors)
            entries.append({"name": name, "lat": lat, "lon": lon, "split": only_split(lat, lon, size)})
            shown.advance()
            shown.describe(f"{cover.share():.1%} of the land")
    if not entries:
        raise DataError(f"no patch of {size} pixels fits the rasters; give rasters of a larger region")
    return {"land_covered": round(cover.share(), 4), "errors": errors.stated(), "patches": entries}
