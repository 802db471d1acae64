"""Building a training set from the two rasters: it appears when it is whole, and a stopped build goes on."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from spade_terrain import __version__
from spade_terrain.errors import TerrainError
from spade_terrain.machine import usable_cores
from spade_terrain.world.build import make as making
from spade_terrain.world.classes.classifier import MODEL_FILE, load_classifier
from spade_terrain.world.dataset import card
from spade_terrain.world.dataset.patches import INDEX, KINDS
from spade_terrain.world.rasters.heights import HeightCode
from spade_terrain.world.rasters.overview import survey
from spade_terrain.world.rasters.pair import open_rasters
from spade_terrain.world.rasters.registration import Registration

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def build(
    terrain: Path,
    height: Path,
    out: Path,
    *,
    count: int,
    seed: int,
    size: int = 512,
    height_code: HeightCode = "metres",
    licence: str | None = None,
    classes: Path | None = None,
    keep_rivers: bool = False,
    registration: Registration | None = None,
) -> None:
    """Write `count` patches of `size` pixels at 2,000 m a pixel into the new folder `out`.

    Of each ten patches eight are for training, one for validation and one for testing. The same rasters and `seed`
    give the same files, on any number of cores. `height_code` is as `open_rasters` takes it; `licence` is what the
    card says of the rasters' licence. `classes` is a pixel classifier's file, by default the one shipped. Painted
    rivers are filled in unless `keep_rivers`. `registration` says how far the rasters lie apart, to put that right.

    `out` appears only when it is complete; until then its patches lie in `.NAME.unfinished` beside it, and after an
    interruption the same call goes on from there, to the same bytes. It starts processes, so a script that calls it
    must do so under `if __name__ == "__main__":`.

    Raises `TerrainError` if `out` holds something already, if another build to `out` is unfinished, if `count` or
    `size` can't be, if the disk is full or a process dies, or for whatever `open_rasters` or `load_classifier` finds
    wrong.
    """
    if count < 1:
        raise TerrainError(f"--count is {count}; ask for at least one patch")
    if size < 64:
        raise TerrainError(f"a patch of {size} pixels is too small; use 64 or more")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise TerrainError(f"{out} is there already and not an empty folder; give another --out")
    classes = classes or MODEL_FILE
    classifier = load_classifier(classes)
    limit_cache()
    with open_rasters(terrain, height, height_code, registration) as rasters:
        overview = survey(rasters)
    request = {
        "count": count,
        "seed": seed,
        "size": size,
        "licence": licence,
        "sources": {"terrain": terrain.name, "height": height.name},
        "height_code": height_code,
        "sea_rgb": overview.sea_rgb,
        "classifier": classifier.fingerprint,
        "keep_rivers": keep_rivers,
        "registration": registration.fingerprint if registration else None,
        "made_by": f"spade-terrain {__version__}",
    }
    # Which rasters they are decides the patches too.
    rasters_paths = [str(terrain.absolute()), str(height.absolute())]
    with _unfinished(out, json.dumps({**request, "rasters": rasters_paths}, indent=1)) as growing:
        done = growing.entries()
        missing = sorted(set(range(count)) - done.keys())
        job = making.Job(
            terrain, height, height_code, growing.set, seed, size, overview, classes, keep_rivers, registration
        )
        for entry in _progress(_make(job, missing), len(done), count):
            growing.add(entry)
            done[entry["number"]] = entry
        growing.finish(card.index(request, [done[n] for n in range(count)]), out)


def limit_cache() -> None:
    """Give GDAL 128 MB a process to keep blocks in, not its share of the machine, before its first raster is open."""
    os.environ.setdefault("GDAL_CACHEMAX", "128")


def _make(job: making.Job, numbers: list[int]) -> Iterator[dict[str, Any]]:
    # A worker is for one core: NumPy's own threads, which OpenBLAS makes when it is loaded, would only wait in its way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Spawned, not forked: a fork copies OpenCV's locks but not the threads that would release them.
    workers = max(1, min(len(numbers), usable_cores()))
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=making.start, initargs=(job,)) as pool:
        yield from pool.map(making.make, numbers)


class _Unfinished:
    """The folder that a set grows in.

    Attributes:
        folder: the folder.
        set: in it, the folder that is to be the set.
        list: in it, a line for each patch whose files are written: its entry of the index.
        job: in it, what is being built.

    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.set = folder / "set"
        self.list = folder / "entries.jsonl"
        self.job = folder / "job.json"

    def claim(self, job: str) -> None:
        """Take the folder for this job: a new folder, or one that the same job left."""
        if self.folder.exists() and any(self.folder.iterdir()):
            if not self.job.exists() or self.job.read_text() != job:
                raise TerrainError(
                    f"{self.folder} holds a build with other arguments, unfinished: give those, or delete that folder"
                )
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.job.with_suffix(".draft")
            draft.write_text(job)
            draft.replace(self.job)
        self.set.mkdir(exist_ok=True)

    def entries(self) -> dict[int, dict[str, Any]]:
        """The entries of the patches that are whole, by number."""
        found = {}
        for line in self.list.read_text().splitlines() if self.list.exists() else ():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # cut short when the process was killed
            if all(_is_whole(self.set / f"{entry['name']}_{kind}.png") for kind in KINDS):
                found[int(entry["number"])] = entry
        self.list.write_text("".join(json.dumps(e) + "\n" for e in found.values()))
        return found

    def add(self, entry: dict[str, Any]) -> None:
        """Note that a patch is whole."""
        with self.list.open("a") as f:
            f.write(json.dumps(entry) + "\n")

    def finish(self, index: dict[str, Any], out: Path) -> None:
        """Complete the set and put it in its place."""
        (self.set / INDEX).write_text(card.index_text(index))
        (self.set / card.FILE).write_text(card.card(index))
        if hasattr(os, "sync"):
            os.sync()  # else a power cut soon after could leave empty files in a set that looks whole
        if out.exists():
            out.rmdir()
        self.set.replace(out)
        shutil.rmtree(self.folder)


@contextmanager
def _unfinished(out: Path, job: str) -> Iterator[_Unfinished]:
    """A folder for the set to grow in; what goes wrong meanwhile becomes one line that says how to go on."""
    growing = _Unfinished(out.parent / f".{out.name}.unfinished")
    try:
        growing.claim(job)
        try:
            yield growing
        finally:
            if growing.set.is_dir() and not any(growing.set.iterdir()):
                shutil.rmtree(growing.folder)
    except OSError as e:
        what = f"{e.filename or out}: {e.strerror or e}"
        raise TerrainError(f"{what}; put that right and give the same command again") from e
    except BrokenProcessPool as e:
        raise TerrainError(f"a process died, perhaps for want of memory; {_GO_ON}") from e
    except KeyboardInterrupt as e:
        raise TerrainError(f"interrupted; {_GO_ON}") from e


_GO_ON = "the same command goes on where it was"


def _is_whole(png: Path) -> bool:
    try:
        with png.open("rb") as f:
            f.seek(-len(_PNG_END), os.SEEK_END)
            return f.read() == _PNG_END
    except OSError:
        return False


def _progress(entries: Iterable[dict[str, Any]], before: int, count: int) -> Iterator[dict[str, Any]]:
    """Pass entries through, drawing a bar on stderr."""
    start = time.monotonic()
    try:
        for done, entry in enumerate(entries, before + 1):
            left = (time.monotonic() - start) / (done - before) * (count - done) / 60
            bar = "#" * (30 * done // count)
            print(f"\r[{bar:<30}] {done} of {count} patches, {left:.0f} min left", end="", file=sys.stderr, flush=True)
            yield entry
    finally:
        print(file=sys.stderr)
