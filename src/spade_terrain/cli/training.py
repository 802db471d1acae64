"""`spade-terrain train`, `evaluate` and `export`: a training set to a model file."""

import argparse

from spade_terrain.cli.shared import Commands, add_command, path
from spade_terrain.console import say

_VGG = "a file (safetensors, or torchvision's .pth), or `torchvision` to download it once"
_SPLITS = ("train", "val", "test")


def add_train(commands: Commands) -> None:
    """Add `train`."""
    from spade_terrain.training.config import Config
    from spade_terrain.training.flags import add_flags
    from spade_terrain.training.session import Session

    p = add_command(commands, "train", _train, help="train the GAN on a training set")
    p.add_argument("data", type=path, metavar="DATA", help="a set that `world build` or `world pack` wrote")
    add_flags(p, Session)
    Config.add_flags(p.add_argument_group("what is learned"))


def _train(args: argparse.Namespace) -> None:
    from spade_terrain.training.config import Config
    from spade_terrain.training.export.weights import weights_config
    from spade_terrain.training.flags import given
    from spade_terrain.training.run.loop import saved_config, train
    from spade_terrain.training.session import Session

    session = Session(**given(args, Session))
    saved = saved_config(session.out) if session.resume else None
    weights = weights_config(session.init) if session.init else None
    train(args.data, Config.from_flags(args, saved, weights), session)


def add_evaluate(commands: Commands) -> None:
    """Add `evaluate`."""
    from spade_terrain.evaluation.options import EvaluationOptions as Options

    p = add_command(commands, "evaluate", _evaluate, help="a model against real terrain, in figures and pictures")
    p.add_argument("model", type=path, metavar="MODEL", help="an exported .onnx model")
    p.add_argument("data", type=path, metavar="DATASET", help="a set that `world build` or `world pack` wrote")
    p.add_argument("--out", type=path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--split", choices=_SPLITS, default=Options.split, help="of the data set (default %(default)s)")
    p.add_argument(
        "--reference-split",
        "--beside",
        choices=_SPLITS,
        help="another split, whose real terrain is measured too (default none)",
    )
    p.add_argument(
        "--vgg", type=path, metavar="FILE", help=f"VGG-19 weights for realism: {_VGG}; all layers for FID and KID"
    )
    p.add_argument("--classifier", type=path, metavar="FILE", help="a pixel classifier to read classes by")
    for name, what in (
        ("crops", "places to compare"),
        ("size", "pixels a side of each"),
        ("seed", "chooses the places and the noise"),
    ):
        default = getattr(Options, name)
        p.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (default {default})")


def _evaluate(args: argparse.Namespace) -> None:
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
    )
    check_not_read(
        (args.out / name for name in FILES), filter(None, (args.model, args.data, args.vgg, args.classifier))
    )
    with sole_run(args.out):
        evaluation = evaluate(args.model, args.data, options)
        paths = write_report(args.out, evaluation)
    say(as_text(evaluation.figures))
    for file in paths:
        say(file)


def add_export(commands: Commands) -> None:
    """Add `export`."""
    p = add_command(commands, "export", _export, help="a trained run, or an earlier version's file, to one ONNX file")
    p.add_argument("source", type=path, metavar="RUN", help="the run's folder, or an .onnx file of an earlier version")
    p.add_argument("model", type=path, metavar="MODEL", help="the .onnx file to write")
    p.add_argument("--name", help="the model's name, which outputs quote (default custom, or the earlier file's)")
    p.add_argument("--report", type=path, metavar="FILE", help="report.json of `evaluate`, for the card to quote")
    p.add_argument(
        "--discriminator",
        type=path,
        metavar="FILE",
        help="keep the discriminator too, for `train --init-discriminator`",
    )


def _export(args: argparse.Namespace) -> None:
    from spade_terrain.errors import ParameterError
    from spade_terrain.storage.files import check_not_read
    from spade_terrain.training.checkpoint import FILE
    from spade_terrain.training.export.conversion import convert
    from spade_terrain.training.export.onnx_file import export, read_report
    from spade_terrain.training.export.weights import save_discriminator

    written = [args.model, *([args.discriminator] if args.discriminator else [])]
    check_not_read(written, [args.source, args.source / FILE, *([args.report] if args.report else [])])
    if len({file.resolve() for file in written}) < len(written):
        raise ParameterError("the model and `discriminator` are one file; give each a name of its own")
    metrics = read_report(args.report) if args.report else None
    if args.source.is_file():
        if args.discriminator:
            raise ParameterError("a model file holds no discriminator; give `discriminator` with a run's folder")
        convert(args.source, args.model, name=args.name, metrics=metrics)
    else:
        export(args.source, args.model, name=args.name or "custom", metrics=metrics)
    say(args.model)
    if args.discriminator:
        save_discriminator(args.source, args.discriminator)
        say(args.discriminator)
