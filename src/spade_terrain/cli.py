"""The command line: one command a stage. It parses, calls, prints; every heavy import waits for its command."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from spade_terrain.errors import TerrainError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 with one line on stderr for what the user can put right."""
    args = _parser().parse_args(argv)
    try:
        args.run(args)
    except TerrainError as e:
        print(f"spade-terrain: {e}", file=sys.stderr)
        return 2
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
    p.add_argument("map", type=Path, metavar="MAP", help="an image painted in exactly the palette's seven colours")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="another seed, another terrain (default 0)")
    p.add_argument("--model", type=Path, metavar="FILE", help="an exported .onnx model (default: the one shipped)")
    p.set_defaults(run=_generate)


def _generate(args: argparse.Namespace) -> None:
    from spade_terrain.export import check_folder
    from spade_terrain.generation import generate

    check_folder(args.out)
    terrain = generate(args.map, seed=args.seed, model=args.model)
    paths = terrain.save(args.out)
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
    p.set_defaults(run=_world_build)
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
    p.set_defaults(run=_world_pack)


def _add_rasters(p: argparse.ArgumentParser) -> None:
    from spade_terrain.world.heights import HEIGHT_CODES

    tiles = "; xyz:DIR or tms:DIR for a folder of tiles"
    p.add_argument("--terrain", type=Path, required=True, metavar="T", help="RGB raster with shaded relief" + tiles)
    p.add_argument("--height", type=Path, required=True, metavar="H", help="raster of heights above the sea" + tiles)
    p.add_argument("--height-code", choices=HEIGHT_CODES, default="metres", help="how it writes them (default metres)")


def _world_build(args: argparse.Namespace) -> None:
    from spade_terrain.world.building import build

    build(
        args.terrain,
        args.height,
        args.out,
        count=args.count,
        seed=args.seed,
        licence=args.licence,
        height_code=args.height_code,
    )
    print(args.out)


def _world_pack(args: argparse.Namespace) -> None:
    from spade_terrain.world.packing import pack

    index = pack(args.terrain, args.height, args.out, licence=args.licence, height_code=args.height_code)
    size = _human(args.out.stat().st_size)
    print(f"{args.out}  {size}  {len(index['patches'])} patches  {index['land_covered']:.1%} of the land")
    heights = ", ".join(f"{error} m at {band} m" for band, error in index["errors"]["height_rms_m"].items())
    print(f"errors: height rms {heights}; terrain PSNR {index['errors']['terrain_psnr_db']} dB")


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
    p.add_argument("data", type=Path, metavar="DATA", help="a folder that `world build` wrote")
    p.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run's folder")
    p.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    p.add_argument("--vgg", type=Path, metavar="FILE", help="VGG-19 weights (safetensors) for the perceptual loss")
    p.add_argument("--device", default="cpu", help="a torch device (default cpu)")
    p.add_argument("--max-minutes", type=float, default=float("inf"), metavar="X", help="stop cleanly after this long")
    p.add_argument("--max-steps", type=float, default=float("inf"), metavar="N", help="stop cleanly after this many")
    p.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True, help="autocast to bfloat16")
    p.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True, help="compile the generator")
    Config.add_flags(p.add_argument_group("what is learned"))
    p.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> None:
    from spade_terrain.training.config import Config, Session
    from spade_terrain.training.loop import saved_config, train

    config = Config.from_flags(args, saved_config(args.out) if args.resume else None)
    session = Session(
        run=args.out,
        device=args.device,
        max_minutes=args.max_minutes,
        max_steps=args.max_steps,
        bfloat16=args.bfloat16,
        compile=args.compile,
        vgg=args.vgg,
    )
    train(args.data, config, session, resume=args.resume)


def _add_evaluate(commands: _Commands) -> None:
    p = commands.add_parser("evaluate", help="a model against real terrain, in figures and pictures")
    p.add_argument("model", type=Path, metavar="MODEL", help="an exported .onnx model")
    p.add_argument("data", type=Path, metavar="DATASET", help="a folder that `world build` wrote")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--split", choices=("train", "val", "test"), default="test", help="of the data set (default test)")
    p.add_argument("--vgg", type=Path, metavar="FILE", help="VGG-19 weights (safetensors) to measure realism with")
    p.add_argument("--classifier", type=Path, metavar="FILE", help="a classes.json to read classes by")
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
    p.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> None:
    from spade_terrain.training.onnx_file import export, read_report

    metrics = read_report(args.report) if args.report else None
    export(args.run_folder, args.model, name=args.name, metrics=metrics)
    print(args.model)


if __name__ == "__main__":
    sys.exit(main())
