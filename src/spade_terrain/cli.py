"""The command line: one command a stage. It parses, calls, prints; every heavy import waits for its command."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from spade_terrain.errors import TerrainError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 with one line on stderr for what the user can put right.

    Ctrl-C ends it with 130, as a shell would.
    """
    args = _parser().parse_args(argv)
    try:
        args.run(args)
    except TerrainError as e:
        print(f"spade-terrain: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("spade-terrain: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spade-terrain", description="Paint a map in seven colours, get a terrain.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_generate(commands)
    _add_world(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_export(commands)
    return parser


_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # a generic to type checkers only


def _add_generate(commands: _Commands) -> None:
    p = commands.add_parser("generate", help="a painted map to texture, height map and 3D files")
    p.add_argument("map", type=Path, metavar="MAP", help="a picture in the palette's colours, or an Azgaar export")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="another seed, another terrain (default 0)")
    p.add_argument("--model", type=Path, metavar="FILE", help="an exported .onnx model (default: the one shipped)")
    p.add_argument("--device", default="auto", help="cpu, cuda, ... (default: the best there is)")
    p.add_argument("--scale", type=int, default=1, metavar="N", help="enlarge the map N times first (default 1)")
    p.add_argument("--legend", type=Path, metavar="FILE", help="a TOML file of what other colours mean")
    p.add_argument("--size", type=int, metavar="W", help="columns of an Azgaar export (default: one a map unit)")
    p.add_argument("--resume", action="store_true", help="go on with an interrupted run, if there is one")
    _add_outputs(p.add_argument_group("what is written"))
    p.set_defaults(run=_generate)


def _add_outputs(p: argparse._ArgumentGroup) -> None:
    from spade_terrain.export.formats import DEFAULT, FORMATS
    from spade_terrain.export.options import PREVIEWS, VERTICAL_SCALE
    from spade_terrain.export.presets import PRESETS

    p.add_argument(
        "--format",
        type=_names,
        metavar="NAME,...",
        help=f"of {', '.join(FORMATS)} (default {','.join(DEFAULT)}, or none with --for)",
    )
    p.add_argument(
        "--for",
        type=_names,
        default=(),
        dest="presets",
        metavar="TOOL[:SIDE],...",
        help=f"files and import settings for {', '.join(tool.name for tool in PRESETS)}, height maps of SIDE pixels",
    )
    p.add_argument(
        "--relief", type=float, default=1.0, metavar="X", help="make all heights X times as high, in every file"
    )
    p.add_argument(
        "--vertical-scale",
        type=float,
        default=VERTICAL_SCALE,
        metavar="X",
        help=f"show heights X times as high in 3D, without changing the height map (default {VERTICAL_SCALE:g})",
    )
    p.add_argument(
        "--playable-km",
        type=float,
        metavar="K",
        help="shrink OBJ, GLB and the numbers of --for in all directions, so that the longer side is K km",
    )
    p.add_argument(
        "--preview",
        type=_names,
        default=(),
        metavar="KIND,...",
        help=f"write the preview as {', '.join(PREVIEWS)}: a picture, or the sun going round (default png)",
    )
    p.add_argument("--triangles", type=int, metavar="N", help="simplify meshes to N triangles at most")


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _generate(args: argparse.Namespace) -> None:
    from spade_terrain.export import Options, check_folder, check_formats, save
    from spade_terrain.generation import job, load_model
    from spade_terrain.generation.painted import open_map

    check_folder(args.out)
    options = Options(args.relief, args.vertical_scale, args.playable_km, args.triangles, args.presets, args.preview)
    rows = open_map(args.map, args.scale, args.seed, legend=args.legend, size=args.size)
    check_formats(args.format, *rows.shape, options)
    model = load_model(args.model, args.device)
    with job.made(rows, args.out, seed=args.seed, model=model, resume=args.resume) as terrain:
        paths = save(terrain, args.out, args.format, options)
    width = max(len(str(path)) for path in paths)
    for path in paths:
        print(f"{path!s:<{width}}  {_human(path.stat().st_size):>8}")


def _human(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.{0 if unit == 'B' else 1}f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _add_world(commands: _Commands) -> None:
    from spade_terrain.world.sources import SOURCES

    world = commands.add_parser("world", help="global rasters to a training set")
    stages = world.add_subparsers(required=True, metavar="STAGE")
    p = stages.add_parser("build", help="patches of a Terrain and a Height raster, segmented into the seven classes")
    _add_rasters(p)
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--count", type=int, default=1000, metavar="N", help="patches to write (default 1000)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the places (default 0)")
    p.add_argument("--licence", metavar="TEXT", help="the rasters' licence, for the set's card")
    _add_reading(p)
    p.set_defaults(run=_world_build)
    p = stages.add_parser("classes", help="clusters of the rasters' land, with a report, for a person to name")
    _add_rasters(p)
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--pixels", type=int, default=200_000, metavar="N", help="land pixels to sample (default 200000)")
    p.add_argument("--clusters", type=int, default=36, metavar="N", help="clusters to cut them into (default 36)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the places (default 0)")
    p.set_defaults(run=_world_classes)
    p = stages.add_parser("classifier", help="a pixel classifier from the clusters a person named")
    p.add_argument("folder", type=Path, metavar="DIR", help="the folder that `world classes` wrote")
    p.add_argument("--names", type=Path, metavar="FILE", help="the clusters' names (default: DIR/classes.toml)")
    p.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .onnx file to write")
    p.set_defaults(run=_world_classifier)
    p = stages.add_parser("fetch", help="download a raster of the real world, and check it")
    p.add_argument("name", metavar="NAME", help=", ".join(SOURCES))
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.set_defaults(run=_world_fetch)
    p = stages.add_parser("check", help="read every file of a training set; show the share of each class by split")
    p.add_argument("data", type=Path, metavar="DATA", help="a folder of patches, or a packed file")
    p.add_argument("--sheet", type=Path, metavar="FILE", help="draw 24 patches of a folder into this picture")
    p.set_defaults(run=_world_check)
    p = stages.add_parser("pack", help="all the land once, as one small file to train on")
    _add_rasters(p)
    p.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    p.add_argument("--licence", metavar="TEXT", help="the rasters' licence, which the file states")
    _add_reading(p)
    p.set_defaults(run=_world_pack)


def _add_rasters(p: argparse.ArgumentParser) -> None:
    from spade_terrain.world.heights import HEIGHT_CODES

    tiles = "; xyz:DIR or tms:DIR for a folder of tiles"
    p.add_argument("--terrain", type=Path, required=True, metavar="T", help="RGB raster with shaded relief" + tiles)
    p.add_argument("--height", type=Path, required=True, metavar="H", help="raster of heights above the sea" + tiles)
    p.add_argument("--height-code", choices=HEIGHT_CODES, default="metres", help="how it writes them (default metres)")


def _add_reading(p: argparse.ArgumentParser) -> None:
    p.add_argument("--classes", type=Path, metavar="FILE", help="a pixel classifier (default: the one shipped)")
    p.add_argument("--keep-rivers", action="store_true", help="leave rivers in the terrain, which heights don't know")


def _reading(args: argparse.Namespace) -> dict[str, Any]:
    """What `build` and `pack` take alike, by the names of their arguments."""
    return {name: getattr(args, name) for name in ("licence", "height_code", "classes", "keep_rivers")}


def _world_build(args: argparse.Namespace) -> None:
    from spade_terrain.world.building import build

    build(args.terrain, args.height, args.out, count=args.count, seed=args.seed, **_reading(args))
    print(args.out)


def _world_pack(args: argparse.Namespace) -> None:
    from spade_terrain.world.packing import pack

    index = pack(args.terrain, args.height, args.out, **_reading(args))
    size = _human(args.out.stat().st_size)
    print(f"{args.out}  {size}  {len(index['patches'])} patches  {index['land_covered']:.1%} of the land")
    heights = ", ".join(f"{error} m at {band} m" for band, error in index["errors"]["height_rms_m"].items())
    print(f"errors: height rms {heights}; terrain PSNR {index['errors']['terrain_psnr_db']} dB")


def _world_classes(args: argparse.Namespace) -> None:
    from spade_terrain.world.exploring import explore

    explore(
        args.terrain,
        args.height,
        args.out,
        pixels=args.pixels,
        clusters=args.clusters,
        seed=args.seed,
        height_code=args.height_code,
    )
    print(f"{args.out / 'report.html'}  look at the clusters")
    print(f"{args.out / 'classes.toml'}  name them here, then: spade-terrain world classifier {args.out} --out FILE")


def _world_classifier(args: argparse.Namespace) -> None:
    from spade_terrain.world.exploring import NAMES_FILE, learn

    classes = learn(args.folder, args.names or args.folder / NAMES_FILE, args.out)
    print(f"{'class':<9}  of the land  read right on held-out places")
    for name, share in classes.shares.items():
        right = classes.score.by_class.get(name)
        print(f"{name:<9}  {share:11.1%}  {'none was held out' if right is None else f'{right:.1%}'}")
    print(f"all        {'':11}  {classes.score.accuracy:.1%} of {classes.score.held_out} pixels")
    print(args.out)


def _world_fetch(args: argparse.Namespace) -> None:
    from spade_terrain.world.sources import fetch

    print(fetch(args.name, args.out))


def _world_check(args: argparse.Namespace) -> None:
    from spade_terrain.world.check import check
    from spade_terrain.world.sheet import contact_sheet

    print(check(args.data))
    if args.sheet:
        contact_sheet(args.data, args.sheet)
        print(args.sheet)


def _add_train(commands: _Commands) -> None:
    from spade_terrain.training.config import Config

    p = commands.add_parser("train", help="train the GAN on a training set")
    p.add_argument("data", type=Path, metavar="DATA", help="a set that `world build` or `world pack` wrote")
    p.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run's folder")
    p.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    p.add_argument("--init", type=Path, metavar="DIR", help="begin with weights that `export --weights` wrote")
    p.add_argument("--dry-run", action="store_true", help="show the configuration, take three steps, write nothing")
    p.add_argument("--vgg", type=Path, metavar="FILE", help="VGG-19 weights (safetensors) for the perceptual loss")
    p.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, mps (default auto: a GPU if there is one)")
    p.add_argument("--max-minutes", type=float, default=float("inf"), metavar="X", help="stop cleanly after this long")
    p.add_argument("--max-steps", type=float, default=float("inf"), metavar="N", help="stop cleanly after this many")
    p.add_argument("--checkpoint-minutes", type=float, default=10.0, metavar="X", help="save this often (default 10)")
    p.add_argument("--sample-minutes", type=float, default=10.0, metavar="X", help="draw a sheet each X (default 10)")
    p.add_argument("--accumulate", type=int, default=1, metavar="N", help="make each step in N parts, to save memory")
    p.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True, help="autocast to bfloat16")
    p.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True, help="compile the generator")
    Config.add_flags(p.add_argument_group("what is learned"))
    p.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> None:
    from spade_terrain.training.config import Config, Session
    from spade_terrain.training.loop import saved_config, train
    from spade_terrain.training.weights import weights_config

    session = Session(
        run=args.out,
        device=args.device,
        max_minutes=args.max_minutes,
        max_steps=args.max_steps,
        checkpoint_minutes=args.checkpoint_minutes,
        sample_minutes=args.sample_minutes,
        accumulate=args.accumulate,
        bfloat16=args.bfloat16,
        compile=args.compile,
        vgg=args.vgg,
        init=args.init,
        resume=args.resume,
        dry_run=args.dry_run,
    )
    saved = saved_config(args.out) if args.resume else None
    weights = weights_config(args.init) if args.init else None
    train(args.data, Config.from_flags(args, saved, weights), session)


def _add_evaluate(commands: _Commands) -> None:
    p = commands.add_parser("evaluate", help="a model against real terrain, in figures and pictures")
    p.add_argument("model", type=Path, metavar="MODEL", help="an exported .onnx model")
    p.add_argument("data", type=Path, metavar="DATASET", help="a folder that `world build` wrote")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--split", choices=("train", "val", "test"), default="test", help="of the data set (default test)")
    p.add_argument(
        "--vgg", type=Path, metavar="FILE", help="VGG-19 weights (safetensors) for realism; all layers for FID and KID"
    )
    p.add_argument("--classifier", type=Path, metavar="FILE", help="a pixel classifier to read classes by")
    p.add_argument("--crops", type=int, default=500, metavar="N", help="places to compare (default 500)")
    p.add_argument("--size", type=int, default=256, metavar="N", help="pixels a side of each (default 256)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the places and the noise (default 0)")
    p.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace) -> None:
    from spade_terrain.evaluation.evaluate import Options, evaluate
    from spade_terrain.evaluation.report import write_report
    from spade_terrain.evaluation.tables import as_text
    from spade_terrain.export import check_folder

    options = Options(args.split, args.crops, args.size, args.seed, args.vgg, args.classifier)
    check_folder(args.out)
    evaluation = evaluate(args.model, args.data, options)
    paths = write_report(args.out, evaluation)
    print(as_text(evaluation.figures))
    for path in paths:
        print(path)


def _add_export(commands: _Commands) -> None:
    p = commands.add_parser("export", help="a trained run to one ONNX file")
    p.add_argument("run_folder", type=Path, metavar="RUN", help="the run's folder")
    p.add_argument("model", type=Path, metavar="MODEL", help="the .onnx file to write")
    p.add_argument("--name", default="custom", help="the model's name, which outputs quote (default custom)")
    p.add_argument("--report", type=Path, metavar="FILE", help="report.json of `evaluate`, for the card to quote")
    p.add_argument("--weights", type=Path, metavar="DIR", help="write small weights for `train --init` there as well")
    p.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> None:
    from spade_terrain.training.onnx_file import export, read_report
    from spade_terrain.training.weights import save_weights

    metrics = read_report(args.report) if args.report else None
    export(args.run_folder, args.model, name=args.name, metrics=metrics)
    print(args.model)
    if args.weights:
        for path in save_weights(args.run_folder, args.weights):
            print(path)


if __name__ == "__main__":
    sys.exit(main())
