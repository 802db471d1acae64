"""`spade-terrain world STAGE`: global rasters to a training set."""

import argparse
from typing import TYPE_CHECKING

from spade_terrain.cli.shared import Commands, add_cluster, add_command, human, path
from spade_terrain.console import say

if TYPE_CHECKING:
    from spade_terrain.world.build.cleaning import ClassRules
    from spade_terrain.world.rasters.pair import RasterPair


def add_world(commands: Commands) -> None:
    """Add `world` and its stages."""
    from spade_terrain.world.rasters.sources import SOURCES

    world = commands.add_parser("world", help="global rasters to a training set")
    stages = world.add_subparsers(required=True, metavar="STAGE")
    p = add_command(
        stages,
        "register",
        _world_register,
        help="measure how far the rasters lie apart, for the other stages to mend",
    )
    _add_rasters(p)
    _add_satellite(p)
    p.add_argument("--out", type=path, required=True, metavar="FILE", help="the .npz file to write")
    add_cluster(p)
    p = add_command(
        stages, "build", _world_build, help="patches of a Terrain and a Height raster, segmented into the seven classes"
    )
    _add_rasters(p)
    _add_satellite(p)
    _add_registration(p)
    p.add_argument("--out", type=path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--count", type=int, default=1000, metavar="N", help="patches to write (default 1000)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the places (default 0)")
    p.add_argument("--licence", metavar="TEXT", help="the rasters' licence, for the set's datasheet")
    _add_reading(p)
    add_cluster(p)
    p = add_command(
        stages, "classes", _world_classes, help="clusters of the rasters' land, with a report, for a person to name"
    )
    _add_rasters(p)
    _add_registration(p)
    p.add_argument("--out", type=path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--pixels", type=int, default=200_000, metavar="N", help="land pixels to sample (default 200000)")
    p.add_argument("--clusters", type=int, default=36, metavar="N", help="clusters to cut them into (default 36)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the places (default 0)")
    p = add_command(stages, "classifier", _world_classifier, help="a pixel classifier from the clusters a person named")
    p.add_argument("folder", type=path, metavar="DIR", help="the folder that `world classes` wrote")
    p.add_argument("--names", type=path, metavar="FILE", help="the clusters' names (default: DIR/classes.toml)")
    p.add_argument("--out", type=path, required=True, metavar="FILE", help="the .onnx file to write")
    p = add_command(stages, "fetch", _world_fetch, help="download a raster of the real world, and check it")
    p.add_argument("name", metavar="NAME", help=", ".join(SOURCES))
    p.add_argument("--out", type=path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p = add_command(
        stages, "check", _world_check, help="read every file of a training set; show the share of each class by split"
    )
    p.add_argument("data", type=path, metavar="DATA", help="a folder of patches, or a packed file")
    p.add_argument("--sheet", type=path, metavar="FILE", help="draw 24 patches of a folder into this picture")
    p = add_command(stages, "pack", _world_pack, help="all the land once, as one small file to train on")
    _add_rasters(p)
    _add_satellite(p)
    _add_registration(p)
    p.add_argument("--out", type=path, required=True, metavar="FILE", help="the file to write")
    p.add_argument("--licence", metavar="TEXT", help="the rasters' licence, which the file states")
    _add_reading(p)
    add_cluster(p)


def _add_rasters(p: argparse.ArgumentParser) -> None:
    from spade_terrain.world.rasters.heights import HEIGHT_ENCODINGS

    tiles = "; xyz:DIR or tms:DIR for a folder of tiles"
    p.add_argument("--terrain", required=True, metavar="T", help="RGB raster with shaded relief" + tiles)
    p.add_argument("--height", required=True, metavar="H", help="raster of heights above the sea" + tiles)
    p.add_argument(
        "--height-code", choices=HEIGHT_ENCODINGS, default="metres", help="how it writes them (default metres)"
    )


def _add_satellite(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--satellite", metavar="S", help="RGB raster of the same ground as a satellite sees it (default: none)"
    )


def _add_registration(p: argparse.ArgumentParser) -> None:
    p.add_argument("--registration", type=path, metavar="FILE", help="what `world register` measured of the rasters")


def _pair(args: argparse.Namespace) -> "RasterPair":
    from spade_terrain.world.rasters.pair import RasterPair
    from spade_terrain.world.rasters.registration.stored import Registration

    file = getattr(args, "registration", None)  # `register` takes none
    registration = Registration.load(file) if file else None
    satellite = getattr(args, "satellite", None)  # `classes` takes none
    return RasterPair(args.terrain, args.height, args.height_code, registration, satellite)


def _add_reading(p: argparse.ArgumentParser) -> None:
    p.add_argument("--classes", type=path, metavar="FILE", help="a pixel classifier (default: the one shipped)")
    p.add_argument("--keep-rivers", action="store_true", help="leave rivers in the terrain, which heights don't know")


def _rules(args: argparse.Namespace) -> "ClassRules":
    from spade_terrain.world.build.cleaning import ClassRules
    from spade_terrain.world.classes.classifier import MODEL_FILE

    return ClassRules(args.classes or MODEL_FILE, args.keep_rivers)


def _world_register(args: argparse.Namespace) -> None:
    from spade_terrain.cluster.address import open_cluster
    from spade_terrain.world.rasters.registration.register import register_to

    with open_cluster(args.cluster) as workers:
        found = register_to(_pair(args), args.out, workers)
    light, shores = found.height, found.satellite
    say(f"{args.out}  the relief's light agrees with the slopes by {light.before:.3f}, and moved by {light.after:.3f}")
    if shores:
        say(f"the satellite's shores agree with the terrain's by {shores.before:.3f}, and moved by {shores.after:.3f}")


def _world_build(args: argparse.Namespace) -> None:
    from spade_terrain.cluster.address import open_cluster
    from spade_terrain.world.build.build import build

    pair, rules = _pair(args), _rules(args)
    with open_cluster(args.cluster) as workers:
        build(pair, args.out, count=args.count, seed=args.seed, licence=args.licence, rules=rules, executor=workers)
    say(args.out)


def _world_pack(args: argparse.Namespace) -> None:
    from spade_terrain.cluster.address import open_cluster
    from spade_terrain.world.build.pack import pack

    pair, rules = _pair(args), _rules(args)
    with open_cluster(args.cluster) as workers:
        index = pack(pair, args.out, licence=args.licence, rules=rules, executor=workers)
    size = human(args.out.stat().st_size)
    say(f"{args.out}  {size}  {len(index['patches'])} patches  {index['land_covered']:.1%} of the land")
    heights = ", ".join(f"{error} m at {band} m" for band, error in index["errors"]["height_rms_m"].items())
    say(f"errors: height rms {heights}; terrain PSNR {index['errors']['terrain_psnr_db']} dB")


def _world_classes(args: argparse.Namespace) -> None:
    from spade_terrain.world.classes.explore import explore

    explore(_pair(args), args.out, pixels=args.pixels, clusters=args.clusters, seed=args.seed)
    say(f"{args.out / 'report.html'}  look at the clusters")
    say(f"{args.out / 'classes.toml'}  name them here, then: spade-terrain world classifier {args.out} --out FILE")


def _world_classifier(args: argparse.Namespace) -> None:
    from spade_terrain.world.classes.learn import learn
    from spade_terrain.world.classes.naming import NAMES_FILE

    learned = learn(args.folder, args.names or args.folder / NAMES_FILE, args.out)
    say(f"{'class':<9}  of the land  read right on held-out places")
    for name, share in learned.shares.items():
        right = learned.score.by_class.get(name)
        say(f"{name:<9}  {share:11.1%}  {'none was held out' if right is None else f'{right:.1%}'}")
    say(f"all        {'':11}  {learned.score.accuracy:.1%} of {learned.score.held_out} pixels")
    say(args.out)


def _world_fetch(args: argparse.Namespace) -> None:
    from spade_terrain.world.rasters.sources import fetch

    say(fetch(args.name, args.out))


def _world_check(args: argparse.Namespace) -> None:
    from spade_terrain.world.dataset.check import check
    from spade_terrain.world.dataset.contact_sheet import contact_sheet

    say(check(args.data))
    if args.sheet:
        contact_sheet(args.data, args.sheet)
        say(args.sheet)
