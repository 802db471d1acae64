"""What the package is called by: a painted map to a `Terrain`, or to files. Never needs torch."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from spade_terrain.cluster.address import open_cluster
from spade_terrain.errors import ParameterError
from spade_terrain.export import ExportOptions, check_folder, check_formats, check_overwriting, write
from spade_terrain.generation.carving import as_carving
from spade_terrain.generation.in_memory import WorldLabels, WorldMetres, terrain_of_map, terrain_of_window
from spade_terrain.generation.job import resumable_terrain
from spade_terrain.generation.model import Model, load_model
from spade_terrain.inputs import as_flag, as_path, as_whole
from spade_terrain.maps.heights.read import HeightsSource, read_heights
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.legend import Legend
from spade_terrain.maps.project import Orders
from spade_terrain.maps.read import LabelRows, Map, open_map, orders_of
from spade_terrain.storage.files import sole_run, target
from spade_terrain.terrain import Terrain, height_scale
from spade_terrain.window import Window

if TYPE_CHECKING:
    from spade_terrain.generation.blocks.on_cluster import Workers

_log = logging.getLogger(__name__)


def generate(
    map: Map,  # noqa: A002
    *,
    seed: int | None = None,
    style: Mapping[str, float] | None = None,
    texture: str | None = None,
    guide: HeightsSource | Literal[False] | None = None,
    guide_range: tuple[float, float] | None = None,
    model: Model | str | os.PathLike[str] | None = None,
    scale: int = 1,
    wander: bool = False,
    legend: Legend | str | os.PathLike[str] | None = None,
    size: int | None = None,
    gsd: float | None = None,
    detail: int | None = None,
    sea_lakes: bool = False,
    sea_rivers: bool = False,
    draw_rivers: bool | None = None,
) -> Terrain:
    """Make the terrain of a painted map. The same map, seed and model give the same terrain, byte for byte.

    What it makes is held in memory, 11 bytes a pixel, 17 in two textures, besides about 1.2 GB to work in;
    `generate_to` makes maps of any size on disk.

    >>> terrain = generate("examples/valley.png", seed=7)
    >>> terrain.height.shape, terrain.height.dtype
    ((512, 512), dtype('float32'))

    Args:
        map: the path of an image painted in the palette's colours, or of one of labels, or of a full JSON export of
            Azgaar's Fantasy Map Generator, or of a project of the studio; or a painted image as an array (uint8 RGB
            `(H, W, 3)`), or labels (uint8 `(H, W)`, 0..6). Sides are 64 to 65,536 pixels, 2 km each.
        seed: another seed, another terrain; -2^63 .. 2^64 - 1, where n and n + 2^64 are the same; by default
            a project's own, else 0.
        style: the look of the whole, `{"elevation": 1.5}` for a high one: what `Model.styled` takes. A project's own
            numbers go before those that the seed draws of what is left out.
        texture: which of the model's textures it has, "atlas" or "satellite"; or "both", of which the model's default
            is the main one; by default a project's own, else that alone. An older model has but one.
        guide: rough heights that the land follows, of any size, covering the same ground: the path of a GeoTIFF of
            metres, where negative heights are 0 and nodata is unknown, or of a grey picture, where what is transparent
            is unknown; or metres as an array (floats `(h, w)`, NaN where unknown). If map and guide are both GeoTIFFs
            with a place, the guide may cover more or less: it is taken from the map's. By default what the map itself
            knows, as an Azgaar export or a project does; `False` for none. With one the style's elevation is 0 unless
            given.
        guide_range: metres of black and of white, for a grey picture; by default its darkest land is near the sea, and
            its brightest as high as usual peaks of what is painted there.
        model: what `load_model` returned, or an exported model's path; by default the model of the package.
        scale: enlarge the map so many times first, with borders that wander as nature's do.
        wander: let borders wander though the map is not enlarged: for maps drawn along a ruler.
        legend: what the colours of the map mean: a legend, the path of one in TOML, or "azgaar", for
            pictures of that generator's biomes; by default the palette.
        size: columns of an Azgaar export's terrain, before `scale`; by default one for each unit of its map.
        gsd: metres that a pixel of the terrain is on the ground, which all files say; by default what a georeference
            or an Azgaar export says of itself, else the model's, 2,000. Smaller pixels make lower and steeper land, as
            `height_scale` says.
        detail: let water carve the land, 1, 2, 4, 8 or 16 times as fine as the map: valleys, rivers, and lakes at their
            own levels, see docs/drainage.md. It takes numba, and 36 bytes of memory for each finer pixel. By default
            there is none.
        sea_lakes: leave water that is painted inside of the land at 0 m, as it is without `detail`.
        sea_rivers: leave painted rivers, water thinner than 8 pixels, at 0 m, too, and let an Azgaar map's alone.
        draw_rivers: whether rivers are drawn into the textures; by default from a detail of 2 on.

    Raises:
        TerrainError: the map, the seed, the legend or the model is not fit for use; the text says what to do.

    """
    orders = orders_of(map)
    seed = _check_seed(orders.seed if seed is None else seed)
    carving = as_carving(detail, sea_lakes=sea_lakes, sea_rivers=sea_rivers, draw_rivers=draw_rivers)
    rows = open_map(map, scale, seed, wander=wander, legend=legend, size=size, gsd=gsd)
    carved = carving.begin(rows) if carving else None
    rows = carved.land if carved else rows
    ordered = _ordered(_as_model(model, style, texture), orders)
    chosen, heights = _guided(ordered, rows, guide, guide_range)
    terrain = terrain_of_map(rows, chosen, seed, heights)
    return carved.carve(terrain) if carved else terrain


def generate_to(
    map: Map,  # noqa: A002
    out: str | os.PathLike[str],
    formats: Sequence[str] | None = None,
    options: ExportOptions | None = None,
    *,
    seed: int | None = None,
    style: Mapping[str, float] | None = None,
    texture: str | None = None,
    guide: HeightsSource | Literal[False] | None = None,
    guide_range: tuple[float, float] | None = None,
    model: Model | str | os.PathLike[str] | None = None,
    device: str = "auto",
    scale: int = 1,
    wander: bool = False,
    legend: Legend | str | os.PathLike[str] | None = None,
    size: int | None = None,
    gsd: float | None = None,
    detail: int | None = None,
    sea_lakes: bool = False,
    sea_rivers: bool = False,
    draw_rivers: bool | None = None,
    resume: bool = False,
    cluster: str | None = None,
    store: str | None = None,
) -> list[Path]:
    """Make the terrain of a painted map of any size, and write its files; returns their paths. The CLI's `generate`.

    Memory does not grow with the map, about 1.2 GB: one of more than one block is made in the folder
    `spade-terrain-unfinished` of `out`, which goes when all files are written, and takes 11 bytes a pixel, 17 in two
    textures. What was chosen is checked before anything is made. Progress is shown on stderr if that is a terminal.

    >>> paths = generate_to("examples/valley.png", "out/valley", ["texture", "height"], seed=7)
    >>> sorted(path.name for path in paths)
    ['height.png', 'terrain.json', 'texture.png']

    Args:
        map: as `generate` takes it.
        out: the folder to write into, made if missing; files of the same names are replaced, others left alone.
        formats: names of formats, see docs/outputs.md; by default pictures, height map, meshes and a preview, or none
            if `options` asks for presets.
        options: how the files are made; by default as `ExportOptions()` says.
        seed: as `generate` takes it.
        style: as `generate` takes it.
        texture: as `generate` takes it.
        guide: as `generate` takes it.
        guide_range: as `generate` takes it.
        model: as `generate` takes it.
        device: where a model given by its path runs, as `load_model` takes it.
        scale: as `generate` takes it.
        wander: as `generate` takes it.
        legend: as `generate` takes it.
        size: as `generate` takes it.
        gsd: as `generate` takes it.
        detail: as `generate` takes it; where memory is short, it is carved on the disk of `out`.
        sea_lakes: as `generate` takes it.
        sea_rivers: as `generate` takes it.
        draw_rivers: as `generate` takes it.
        resume: go on with a run that was interrupted, if there is one: the same call otherwise, to the same bytes.
        cluster: let the workers of a Dask scheduler make the blocks of a map of more than one, see docs/cluster.md: its
            address, `tcp://HOST:8786`, or the file that it writes that to, or `local:N` for N processes of this
            machine. By default this process makes them.
        store: the address of a folder that these workers share, as fsspec takes it: a path, `s3://bucket/folder`. By
            default the blocks lie in `out`, which they then have to find under the same name. The format zarr, if it
            is asked for, is left in it, as `terrain.zarr`, with a `cluster` or without.

    Raises:
        ClusterError: the scheduler does not answer, or its workers can't do the work.
        ParameterError: there is no such format or preset, or an argument or option makes no sense.
        FileInTheWayError: another run is writing to `out`, or an unfinished run is there, and `resume` is not given, or
            it was another run; or a file that is read would be written over.
        StorageError: `out` can't be written, or the disk is full.
        TerrainError: the map, the legend or the model is not fit for use, or a library is missing.

    """
    resume = as_flag(resume, "resume")
    out = target(as_path(out, "out"))
    check_folder(out)
    orders = orders_of(map)
    seed = _check_seed(orders.seed if seed is None else seed)
    carving = as_carving(detail, sea_lakes=sea_lakes, sea_rivers=sea_rivers, draw_rivers=draw_rivers)
    rows = open_map(map, scale, seed, wander=wander, legend=legend, size=size, gsd=gsd)
    height, width = (side * (carving.detail if carving else 1) for side in rows.shape)
    names = check_formats(formats, height, width, options, rows.georeference, carving.detail if carving else None)
    carved = carving.begin(rows, out) if carving else None
    rows = carved.land if carved else rows
    ordered = _ordered(_as_model(model, style, texture, device), orders)
    ready, heights = _guided(ordered, rows, guide, guide_range)
    sources = [Path(source) for source in (map, legend, guide, model) if isinstance(source, str | os.PathLike)]
    check_overwriting(out, sources, names, options, ready.textures[1:])
    left = store if "zarr" in names else None
    if store is not None and left is None and cluster is None:
        raise ParameterError(
            "`store` is a folder that the workers of a `cluster` share, or that `formats` zarr is left in; give one of "
            "these, too"
        )
    with sole_run(out), _workers(cluster, store) as workers:
        run = resumable_terrain(rows, out, ready, seed, heights=heights, carved=carved, resume=resume, workers=workers)
        with run as terrain:
            return write(terrain, out, formats, options, store=left)


def generate_window(
    labels_at: WorldLabels,
    x0: int,
    y0: int,
    width: int,
    height: int,
    *,
    seed: int = 0,
    style: Mapping[str, float] | None = None,
    texture: str | None = None,
    guide_at: WorldMetres | None = None,
    model: Model | str | os.PathLike[str] | None = None,
) -> Terrain:
    """Make one window of an endless world, without the rest; where two windows overlap they are the same to rounding.

    >>> import numpy as np
    >>> def labels_at(x0, y0, width, height):  # an endless forest
    ...     return np.full((height, width), 2, np.uint8)
    >>> generate_window(labels_at, 1_000_000, -2_000_000, 96, 64).height.shape
    (64, 96)

    Args:
        labels_at: takes `(x0, y0, width, height)`, a window of the world in pixels, and returns its labels (uint8
            `(height, width)`, 0..6): always the same for the same place. It is asked for the window and up to the
            model's halo and some strides around it.
        x0: column of the window's first pixel, to the east; may be negative.
        y0: row of its first pixel, to the south; may be negative.
        width: columns.
        height: rows.
        seed: another seed, another world; as `generate` takes it.
        style: as `generate` takes it; for many windows order it once, of the model (`Model.styled`).
        texture: as `generate` takes it.
        guide_at: takes the same as `labels_at`, and returns rough heights of that window (float32 `(height, width)`,
            metres, NaN where unknown), which the land follows.
        model: as `generate` takes it.

    Raises:
        ParameterError: the window, what `labels_at` returns, or the seed is not fit for use.
        TerrainError: the model is not fit for use.

    """
    seed = _check_seed(seed)
    x0, y0 = as_whole(x0, "x0"), as_whole(y0, "y0")
    window = Window(x0, y0, x0 + as_whole(width, "width"), y0 + as_whole(height, "height"))
    chosen = _as_model(model, style, texture)
    return terrain_of_window(labels_at, window, chosen.guided() if guide_at else chosen, seed, guide_at)


@contextmanager
def _workers(cluster: str | None, store: str | None) -> Iterator["Workers | None"]:
    """Who makes the blocks in place of this process, as `generate_to` takes them."""
    if store is not None:
        from spade_terrain.storage.shared import check_store

        check_store(store, for_workers=cluster is not None)
    with open_cluster(cluster) as executor:
        if executor is None:
            yield None
            return
        from spade_terrain.generation.blocks.on_cluster import Workers

        yield Workers(executor, store)


def _as_model(
    model: Model | str | os.PathLike[str] | None,
    style: Mapping[str, float] | None,
    texture: str | None,
    device: str = "auto",
) -> Model:
    """A model as it is, or the one of a path, or the default one, in this style and texture."""
    loaded = model if isinstance(model, Model) else load_model(model, device)
    styled = loaded.styled(style or {})
    return styled if texture is None else styled.textured(texture)


def _guided(
    model: Model, rows: LabelRows, guide: HeightsSource | Literal[False] | None, wanted: tuple[float, float] | None
) -> tuple[Model, RoughHeights | None]:
    """A model for a map, and the map's rough heights: what is given, or else what the map knows, which a line tells."""
    if guide is not None and guide is not False:
        taker, heights = model.guided(), read_heights(guide, wanted, rows.shape, rows.ground)
        _tell_of_cut(heights, model, rows.gsd)
        return taker, heights
    if wanted is not None:
        raise ParameterError("`guide_range` is of a grey picture with heights; give that as `guide`, too")
    own = rows.heights
    if own is None or guide is False:
        return model, None
    if not model.card.guided:
        _log.warning("%s: its heights are not used, since the model %r takes none", own.source, model.card.name)
        return model, None
    _log.warning("%s: the land follows %s, up to %s m", own.source, own.rule, f"{own.guide.range_m[1]:,.0f}")
    _tell_of_cut(own, model, rows.gsd)
    return model.guided(), own


def _tell_of_cut(heights: RoughHeights, model: Model, gsd: float | None) -> None:
    """Say so if some heights are above all land that a model makes of pixels of `gsd` metres."""
    card = model.card
    most = card.height_code.max_m * height_scale(gsd or card.gsd, card.gsd)
    if heights.range_m is None or (highest := float(np.nanmax(heights.grid))) <= most:
        return
    _log.warning(
        "%s: it rises to %s m, but land with pixels of %s m to %s m at most, so what is higher is cut; give lower "
        "heights, and `relief`, which raises the land again, or larger pixels with `gsd`",
        heights.source, f"{highest:,.0f}", f"{gsd or card.gsd:,.4g}", f"{most:,.0f}",
    )  # fmt: skip


def _ordered(model: Model, orders: Orders) -> Model:
    """A model in a project's style and texture, but for what was asked for; a line tells if it was of another."""
    if orders.model not in (None, model.card.name):
        _log.warning("the project was made with the model %r; %r is used", orders.model, model.card.name)
    if orders.texture is not None and not model.chosen_textures:
        model = model.textured(orders.texture)
    return model.styled({name: x for name, x in orders.style.items() if name not in model.fixed_style})


def _check_seed(seed: int) -> int:
    """A seed as a plain integer; raises `ParameterError` if it is none or has more than 64 bits."""
    number = as_whole(seed, "seed")
    if not -(2**63) <= number < 2**64:
        raise ParameterError("the `seed` has more than 64 bits; use one from -2^63 to 2^64 - 1")
    return number
