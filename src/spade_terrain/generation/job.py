"""A terrain of any size, made on disk, block by block; a run that was killed goes on where it was."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import spade_terrain
from spade_terrain.errors import FileInTheWayError, StorageError, TerrainError, one_line
from spade_terrain.generation.blocks.on_disk import BlocksOnDisk
from spade_terrain.generation.blocks.store import BlockStore, piece
from spade_terrain.generation.carving import CarvedMap
from spade_terrain.generation.in_memory import terrain_of_map
from spade_terrain.generation.model import Model
from spade_terrain.generation.stages import try_stages
from spade_terrain.generation.tiling import blocks_of
from spade_terrain.maps.heights.relative import in_metres
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.read import LabelRows
from spade_terrain.storage.files import clear_stages, made_folder, remove_at_once
from spade_terrain.storage.journal import Journal
from spade_terrain.storage.kept import Kept
from spade_terrain.storage.stored import StoredTerrain
from spade_terrain.terrain import TerrainRows
from spade_terrain.window import Window

if TYPE_CHECKING:
    from spade_terrain.generation.blocks.on_cluster import Workers

FOLDER = "spade-terrain-unfinished"
"""Where the work is done, in the folder that the terrain's files go to."""
QUICK = 1_000_000
"""Pixels of carved terrain that take seconds, so that nothing of it needs to be kept."""
_JOURNAL = rf"{Journal.NAME}(\.part)?"
_FILES = re.compile(
    rf"{_JOURNAL}|(labels|height|(texture|shaded)(-[a-z0-9_-]+)?)\.raw|carving/({_JOURNAL}|{Kept.FILES})"
    r"|blocks(/.*)?|owner(\.part|\.lock)?"
)
_CARVING = "carving"
"""In it, what has been carved."""
_LABELS = "labels"
"""The journal's piece for the labels; a block's is its place, as `piece` says."""


@contextmanager
def resumable_terrain(
    rows: LabelRows,
    out: Path,
    model: Model,
    seed: int,
    *,
    heights: RoughHeights | None = None,
    carved: CarvedMap | None = None,
    resume: bool = False,
    workers: "Workers | None" = None,
) -> Iterator[TerrainRows]:
    """The terrain of a map of any size, while the `with` block lasts.

    A map of one block is made in memory, unless it takes long to carve; a larger one in the folder `FOLDER` of `out`,
    with progress shown on stderr.
    That folder goes when the `with` block ends well. If anything goes wrong, or the process is killed, it stays, and
    the same call with `resume` goes on where it was: no finished block of the map is made again, and the bytes come out
    the same.

    Args:
        rows: the map's labels.
        out: where the terrain's files will go; made if missing.
        model: what makes it.
        seed: the noise's.
        heights: rough heights of the map, for a model that is guided.
        carved: carves the terrain, whose map is `rows`.
        resume: go on with an unfinished run, if there is one; drafts of files that it left in `out` go first.
        workers: who makes the blocks of a map of more than one; by default this process.

    Raises:
        FileInTheWayError: an unfinished run is in the way, is another one or damaged, or its folder is the user's own.
        StorageError: `out` can't be written, or the disk is full.
        ClusterError: the workers can't do it.
        ModelError: the model can't be run in windows, as a map of more than one block takes.
        TerrainError: the map is not fit for use, or the model can't be run.

    """
    folder = out / FOLDER
    _check_folder(folder, resume=resume)
    if resume:
        clear_stages(out)
    blocks = len(blocks_of(rows.shape))
    if blocks == 1 and (carved is None or (carved.pixels <= QUICK and not carved.on_disk)) and not folder.exists():
        terrain = terrain_of_map(rows, model, seed, heights)
        yield carved.carve(terrain) if carved else terrain
        return
    if blocks > 1 and not folder.exists():
        try_stages(model)  # before a folder is in the way of every other model
    with made_folder(out):
        with _going_on(folder):
            run = _run_description(rows, model, seed, heights)
            blocks_at = _block_store(workers, folder, rows.shape, model, run)
            made: TerrainRows = _terrain_on_disk(rows, folder, model, seed, heights, run, blocks_at)
            if carved:
                made = carved.carve(made, folder=folder / _CARVING)
        yield made
        blocks_at.remove()
        remove_at_once(folder)


def _check_folder(folder: Path, *, resume: bool) -> None:
    """Raise `FileInTheWayError` if the run's folder is there, unless it is to go on and holds what one leaves."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FileInTheWayError(f"{folder} is no folder, but a link or a file; move it, or choose another folder")
    if not folder.exists():
        return
    if not resume:
        raise FileInTheWayError(
            f"{folder} holds an unfinished run; add `resume` to go on with it, or delete that folder"
        )
    files = [path for path in folder.rglob("*") if path != folder / _CARVING or path.is_symlink()]
    names = (path.relative_to(folder).as_posix() for path in files)
    if others := sorted(name for name in names if not _FILES.fullmatch(name)):
        raise FileInTheWayError(f"{folder} holds what no run of ours left, {others[0]}; move that folder")


def _block_store(
    workers: "Workers | None", folder: Path, shape: tuple[int, int], model: Model, run: Mapping[str, object]
) -> BlockStore:
    if workers is None:
        return BlocksOnDisk(folder, shape, model.textures)
    from spade_terrain.generation.blocks.on_cluster import BlocksOnCluster

    return BlocksOnCluster(workers, folder, shape, model.textures, sha256(json.dumps(run).encode()).hexdigest())


def _terrain_on_disk(
    rows: LabelRows,
    folder: Path,
    model: Model,
    seed: int,
    heights: RoughHeights | None,
    run: Mapping[str, object],
    store: BlockStore,
) -> StoredTerrain:
    """Make the terrain in `store`, as far as that is not done yet; `run` is as `_run_description` says."""
    folder.mkdir(exist_ok=True)
    journal = Journal(folder, {**run, "store": store.address})
    if journal.finished and (_LABELS not in journal.finished or not store.is_whole()):
        raise FileInTheWayError(f"the unfinished run in {folder} is damaged; delete that folder and begin anew")
    if _LABELS not in journal.finished:
        with _useless_if_it_fails(folder, store):
            store.begin(rows)
        journal.add(_LABELS)
    terrain = StoredTerrain.of(
        store.array,
        seed=seed,
        model=model.card.name,
        style=model.style(seed),
        gsd=rows.gsd or model.card.gsd,
        textures=model.textures,
    )
    terrain = replace(terrain, georeference=rows.georeference)
    if heights:
        with _useless_if_it_fails(folder, store):
            heights = in_metres(heights, terrain.labels)
        terrain = replace(terrain, guide=heights.guide)
    missing = _missing(blocks_of(rows.shape), journal, store)
    store.make(terrain, model, missing, heights, lambda block: journal.add(piece(block)))
    return terrain


def _missing(blocks: Sequence[Window], journal: Journal, store: BlockStore) -> list[Window]:
    """Blocks that are still to be made, or again."""
    pieces = {name for name in journal.finished if isinstance(name, str)}
    finished = [block for block in blocks if piece(block) in pieces]
    kept = {*finished} - {*store.lost(finished)}
    return [block for block in blocks if block not in kept]


@contextmanager
def _going_on(folder: Path) -> Iterator[None]:
    """A block that writes to `folder`, in which a full disk is told in one line."""
    try:
        yield
    except TerrainError:  # some are `OSError`s, too
        raise
    except OSError as e:
        raise StorageError(f"can't write to {folder}: {one_line(e)}; free some space and go on with `resume`") from e


def _run_description(rows: LabelRows, model: Model, seed: int, heights: RoughHeights | None) -> dict[str, object]:
    """All that decides what the bytes will be."""
    return {
        "size": list(rows.shape),
        "map or choice of its lakes and rivers": rows.digest(),
        "gsd": rows.gsd,
        "seed": seed,
        "style": model.style(seed),
        "texture": list(model.textures),
        "guide": heights and heights.digest(),
        "model": sha256(model.data).hexdigest(),
        "device": model.device,
        "version": spade_terrain.__version__,
    }


@contextmanager
def _useless_if_it_fails(folder: Path, store: BlockStore) -> Iterator[None]:
    """A block that reads what was given; if that is damaged, nothing that was made is of any use, and it goes."""
    try:
        yield
    except TerrainError:
        remove_at_once(folder)
        store.remove()
        raise
