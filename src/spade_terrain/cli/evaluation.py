"""`spade-terrain evaluate`, `evaluate-maps` and `rank`: how good a model is, in figures and to people's eyes."""

import argparse

from spade_terrain.cli.shared import Commands, Parser, add_cluster, add_command, path
from spade_terrain.console import say

_VGG = "a file (safetensors, or torchvision's .pth), or `torchvision` to download it once"
_SPLITS = ("train", "val", "test")


def add_evaluate(commands: Commands) -> None:
    """Add `evaluate`."""
    from spade_terrain.evaluation.options import EvaluationOptions as Options

    p = add_command(commands, "evaluate", _evaluate, help="a model against real terrain, in figures and pictures")
    _add_places(p, Options.split)
    p.add_argument(
        "--reference-split",
        "--beside",
        choices=_SPLITS,
        help="another split, such as train: distances are judged by that of its real terrain (default none)",
    )
    p.add_argument(
        "--real-guide",
        action="store_true",
        help="give the model the real heights of each place as its guide, and measure how well it follows them",
    )
    p.add_argument(
        "--vgg", type=path, metavar="FILE", help=f"VGG-19 weights for realism: {_VGG}; all layers for FID and KID"
    )
    p.add_argument("--classifier", type=path, metavar="FILE", help="a pixel classifier to read classes by")
    p.add_argument(
        "--detail", type=int, metavar="N", help="also carve the first crops by water, N times as fine: 1, 2, 4, 8, 16"
    )
    p.add_argument(
        "--fine",
        type=path,
        metavar="DIR",
        help="real land at 125 m a pixel (16-bit PNGs of decimetres) to compare with",
    )
    for name, what in (
        ("crops", "places to compare"),
        ("size", "pixels a side of each"),
        ("seed", "chooses the places and the noise"),
    ):
        default = getattr(Options, name)
        p.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (default {default})")
    add_cluster(p)


def _evaluate(args: argparse.Namespace) -> None:
    from spade_terrain.cluster.address import open_cluster
    from spade_terrain.evaluation.evaluate import evaluate
    from spade_terrain.evaluation.options import EvaluationOptions
    from spade_terrain.evaluation.report.tables import as_text
    from spade_terrain.evaluation.report.write import FILES, write_report
    from spade_terrain.storage.files import check_not_read, sole_run

    options = EvaluationOptions(
        split=args.split,
        crops=args.crops,
        size=args.size,
        seed=args.seed,
        vgg=args.vgg,
        classifier=args.classifier,
        reference_split=args.reference_split,
        real_guide=args.real_guide,
        detail=args.detail,
        fine=args.fine,
    )
    check_not_read(
        (args.out / name for name in FILES), filter(None, (args.model, args.data, args.vgg, args.classifier, args.fine))
    )
    with sole_run(args.out), open_cluster(args.cluster) as workers:
        evaluation = evaluate(args.model, args.data, options, workers)
        paths = write_report(args.out, evaluation)
    say(as_text(evaluation.figures))
    for file in paths:
        say(file)


def add_evaluate_maps(commands: Commands) -> None:
    """Add `evaluate-maps`."""
    p = add_command(commands, "evaluate-maps", _evaluate_maps, help="what a model keeps of the land that people paint")
    p.add_argument("model", type=path, metavar="MODEL", help="an exported .onnx model")
    p.add_argument(
        "--maps", type=path, nargs="+", default=[], metavar="MAP", help="painted maps, as `generate` takes them"
    )
    p.add_argument("--out", type=path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="chooses noise and random maps (default 0)")
    p.add_argument("--random", type=int, default=500, metavar="N", help="random maps to paint, too (default 500)")


def _evaluate_maps(args: argparse.Namespace) -> None:
    from spade_terrain.evaluation.options import PaintedOptions
    from spade_terrain.evaluation.painted.evaluate import evaluate_maps
    from spade_terrain.evaluation.painted.report import maps_as_text, write_maps_report
    from spade_terrain.storage.files import sole_run

    options = PaintedOptions(tuple(args.maps), args.seed, args.random)
    with sole_run(args.out):
        figures = evaluate_maps(args.model, options)
        report = write_maps_report(args.out, figures)
    say(maps_as_text(figures))
    say(report)


def add_rank(commands: Commands) -> None:
    """Add `rank`."""
    from spade_terrain.evaluation.options import RankOptions as Options

    p = add_command(commands, "rank", _rank, help="a page of real and generated terrain, for people to tell apart")
    _add_places(p, Options.split)
    for name, what in (
        ("pairs", "pairs to tell apart"),
        ("size", "pixels a side of each picture"),
        ("seed", "chooses the places, the noise and the sides"),
    ):
        default = getattr(Options, name)
        p.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (default {default})")


def _rank(args: argparse.Namespace) -> None:
    from spade_terrain.evaluation.options import RankOptions
    from spade_terrain.evaluation.rank import write_ranking
    from spade_terrain.storage.files import sole_run

    options = RankOptions(split=args.split, pairs=args.pairs, size=args.size, seed=args.seed)
    with sole_run(args.out):
        files = write_ranking(args.out, args.model, args.data, options)
    for file in files:
        say(file)


def _add_places(parser: Parser, split: str) -> None:
    """Add the model, and the places that it is compared with."""
    parser.add_argument("model", type=path, metavar="MODEL", help="an exported .onnx model")
    parser.add_argument("data", type=path, metavar="DATASET", help="a set that `world build` or `world pack` wrote")
    parser.add_argument(
        "--out", type=path, required=True, metavar="DIR", help="the folder to write into; made if missing"
    )
    parser.add_argument("--split", choices=_SPLITS, default=split, help="of the data set (default %(default)s)")
