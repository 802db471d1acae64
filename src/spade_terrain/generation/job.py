"""A terrain of any size, made on disk, block by block; a run that was killed goes on where it was."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import spade_terrain
from spade_terrain.api import as_model, check_seed, generate
from spade_terrain.errors import TerrainError
from spade_terrain.files import clear_stages, made_folder
from spade_terrain.generation.model import Model, Pixels
from spade_terrain.generation.tiling import blocks_of, generate_blocks
from spade_terrain.journal import Journal
from spade_terrain.maps.read import LabelRows
from spade_terrain.progress import Progress
from spade_terrain.stored import StoredTerrain
from spade_terrain.terrain import TerrainRows
from spade_terrain.window import Window

FOLDER = "spade-terrain-unfinished"
"""Where the work is done, in the folder that the terrain's files go to."""
_LABELS = "labels"


@contextmanager
def made(
    rows: LabelRows,
    out: Path,
    *,
    seed: int = 0,
    model: Model | str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> Iterator[TerrainRows]:
    """The terrain of a painted map of any size, as `generate` makes it, while the `with` block lasts.

    A map of one block (`tiling.BLOCK`) is made in memory; a larger one in the folder `FOLDER` of `out`, with progress
    shown on stderr. The folder goes when the `with` block ends well. If anything goes wrong, or the process is killed,
    it stays, and the same call with `resume` goes on where it was: no finished block of the map is made again, and the
    bytes come out the same.

    Args:
        rows: what `open_map` returned.
        out: where the terrain's files will go; made if missing.
        seed: as `generate` takes it.
        model: as `generate` takes it.
        resume: go on with an unfinished run, if there is one; drafts of files that it left in `out` go first.

    Raises:
        TerrainError: the map, the seed or the model is not fit for use, an unfinished run is in the way, or is another
            one, or the disk is full.

    """
    folder = out / FOLDER
    if folder.exists() and not resume:
        raise TerrainError(f"{folder} holds an unfinished run; add --resume to go on with it, or delete that folder")
    seed, model = check_seed(seed), as_model(model)
    if resume:
        clear_stages(out)
    if len(blocks_of(rows.shape)) == 1 and not folder.exists():
        yield replace(generate(rows.in_memory(), seed=seed, model=model), georeference=rows.georeference)
        return
    with made_folder(out):
        yield _made_on_disk(rows, folder, seed, model)
        shutil.rmtree(folder)


def _made_on_disk(rows: LabelRows, folder: Path, seed: int, model: Model) -> StoredTerrain:
    """Make the terrain in `folder`, as far as that is not done yet."""
    try:
        folder.mkdir(exist_ok=True)
        journal = Journal(folder, _what_is_made(rows, seed, model))
        card = model.card
        terrain = StoredTerrain.at(
            folder, rows.shape, seed=seed, model=card.name, style=model.style(seed), gsd=card.gsd
        )
        terrain = replace(terrain, georeference=rows.georeference)
        _read_labels(rows, terrain, journal, folder)
        _make(terrain, rows.shape, model, journal)
    except OSError as e:
        raise TerrainError(
            f"can't write to {folder}: {e.strerror or e}; free some space and go on with --resume"
        ) from e
    return terrain


def _what_is_made(rows: LabelRows, seed: int, model: Model) -> dict[str, object]:
    """All that decides what the bytes will be."""
    return {
        "map": rows.digest(),
        "size": list(rows.shape),
        "seed": seed,
        "style": model.style(seed),
        "model": sha256(model.data).hexdigest(),
        "device": model.device,
        "version": spade_terrain.__version__,
    }


def _read_labels(rows: LabelRows, terrain: StoredTerrain, journal: Journal, folder: Path) -> None:
    if _LABELS in journal.finished:
        return
    terrain.create()
    try:
        rows.read_into(terrain.labels)
    except TerrainError:  # the map is damaged: nothing here is of any use
        shutil.rmtree(folder)
        raise
    terrain.labels.sync()
    journal.add(_LABELS)


def _make(terrain: StoredTerrain, shape: tuple[int, int], model: Model, journal: Journal) -> None:
    """Make what is not finished yet. A second thread writes each block while the next one is made."""
    blocks = blocks_of(shape)
    missing = [block for block in blocks if _name(block) not in journal.finished]
    with Progress(len(blocks), len(blocks) - len(missing)) as progress, ThreadPoolExecutor(1) as writer:
        writing: Future[None] | None = None
        for block, pixels in generate_blocks(model, terrain.labels, terrain.seed, missing):
            if writing:
                writing.result()
                progress.step()
            writing = writer.submit(_write, terrain, journal, block, pixels)
        if writing:
            writing.result()
            progress.step()


def _write(terrain: StoredTerrain, journal: Journal, block: Window, pixels: Pixels) -> None:
    place = block.place(Window(0, 0, terrain.labels.shape[1], terrain.labels.shape[0]))
    pixels.write_to(terrain, place)
    for array in (terrain.texture, terrain.height, terrain.shaded):
        array.sync()
    journal.add(_name(block))


def _name(block: Window) -> str:
    return f"{block.x0} {block.y0}"
