"""A terrain of any size, made on disk, block by block; a run that was killed goes on where it was."""

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import spade_terrain
from spade_terrain.errors import FileInTheWayError, StorageError, TerrainError, one_line
from spade_terrain.files import clear_stages, made_folder
from spade_terrain.generation.in_memory import terrain_of_map
from spade_terrain.generation.model import Model, Pixels
from spade_terrain.generation.tiling import blocks_of, generate_blocks
from spade_terrain.journal import Journal
from spade_terrain.maps.read import LabelRows
from spade_terrain.progress import progress
from spade_terrain.stored import StoredTerrain
from spade_terrain.terrain import TerrainRows
from spade_terrain.window import Window

FOLDER = "spade-terrain-unfinished"
"""Where the work is done, in the folder that the terrain's files go to."""
_LABELS = "labels"
"""The journal's piece for the labels; a block's is its place, as `_piece` says."""


@contextmanager
def resumable_terrain(
    rows: LabelRows, out: Path, model: Model, seed: int, *, resume: bool = False
) -> Iterator[TerrainRows]:
    """The terrain of a map of any size, while the `with` block lasts.

    A map of one block is made in memory; a larger one in the folder `FOLDER` of `out`, with progress shown on stderr.
    That folder goes when the `with` block ends well. If anything goes wrong, or the process is killed, it stays, and
    the same call with `resume` goes on where it was: no finished block of the map is made again, and the bytes come out
    the same.

    Args:
        rows: the map's labels.
        out: where the terrain's files will go; made if missing.
        model: what makes it.
        seed: the noise's.
        resume: go on with an unfinished run, if there is one; drafts of files that it left in `out` go first.

    Raises:
        FileInTheWayError: an unfinished run is in the way, or is another one.
        StorageError: `out` can't be written, or the disk is full.
        TerrainError: the map is not fit for use, or the model can't be run.

    """
    folder = out / FOLDER
    if folder.exists() and not resume:
        raise FileInTheWayError(
            f"{folder} holds an unfinished run; add `resume` to go on with it, or delete that folder"
        )
    if resume:
        clear_stages(out)
    if len(blocks_of(rows.shape)) == 1 and not folder.exists():
        yield terrain_of_map(rows.in_memory(), model, seed, rows.georeference, rows.gsd)
        return
    with made_folder(out):
        yield _terrain_on_disk(rows, folder, model, seed)
        shutil.rmtree(folder)


def _terrain_on_disk(rows: LabelRows, folder: Path, model: Model, seed: int) -> StoredTerrain:
    """Make the terrain in `folder`, as far as that is not done yet."""
    try:
        folder.mkdir(exist_ok=True)
        journal = Journal(folder, _run_description(rows, model, seed))
        card = model.card
        terrain = StoredTerrain.at(
            folder, rows.shape, seed=seed, model=card.name, style=model.style(seed), gsd=rows.gsd or card.gsd
        )
        terrain = replace(terrain, georeference=rows.georeference)
        _store_labels(rows, terrain, journal, folder)
        _store_blocks(terrain, rows.shape, model, journal)
    except TerrainError:  # some are `OSError`s, too
        raise
    except OSError as e:
        raise StorageError(f"can't write to {folder}: {one_line(e)}; free some space and go on with `resume`") from e
    return terrain


def _run_description(rows: LabelRows, model: Model, seed: int) -> dict[str, object]:
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


def _store_labels(rows: LabelRows, terrain: StoredTerrain, journal: Journal, folder: Path) -> None:
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


def _store_blocks(terrain: StoredTerrain, shape: tuple[int, int], model: Model, journal: Journal) -> None:
    """Make what is not finished yet. A second thread writes each block while the next one is made."""
    blocks = blocks_of(shape)
    finished = set(journal.finished)
    missing = [block for block in blocks if _piece(block) not in finished]
    with (
        progress("blocks", len(blocks), len(blocks) - len(missing)) as shown,
        ThreadPoolExecutor(1) as writer,
    ):
        writing: Future[None] | None = None
        for block, pixels in generate_blocks(model, terrain.labels, terrain.seed, missing):
            if writing:
                writing.result()
                shown.advance()
            writing = writer.submit(_store, terrain, journal, block, pixels)
        if writing:
            writing.result()
            shown.advance()


def _store(terrain: StoredTerrain, journal: Journal, block: Window, pixels: Pixels) -> None:
    place = block.place(Window(0, 0, terrain.labels.shape[1], terrain.labels.shape[0]))
    pixels.write_to(terrain, place)
    for array in (terrain.texture, terrain.height, terrain.shaded):
        array.sync()
    journal.add(_piece(block))


def _piece(block: Window) -> str:
    return f"{block.x0} {block.y0}"
