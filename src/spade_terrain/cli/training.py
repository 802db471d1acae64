"""`spade-terrain train`, `evaluate` and `export`: a training set to a model file."""

import argparse

from spade_terrain.cli.shared import Commands, add_command, path, say

_VGG = "a file (safetensors, or torchvision's .pth), or `torchvision` to download it once"
_SPLITS = ("train", "val", "test")


def add_train(commands: Commands) -> None:
    """Add `train`."""
    from spade_terrain.training.config import Config

    p = add_command(commands, "train", _train, help="train the GAN on a training set")
    p.add_argument("data", type=path, metavar="DATA", help="a set that `world build` or `world pack` wrote")
    p.add_argument("--out", type=path, required=True, metavar="RUN", help="the run's folder")
    p.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    p.add_argument(
        "--init",
        type=path,
        metavar="MODEL",
        help="begin with an exported model, or `default`, the one that comes along",
    )
    p.add_argument(
        "--init-discriminator", type=path, metavar="FILE", help="and with what `export --discriminator` wrote"
    )
    p.add_argument("--dry-run", action="store_true", help="show the configuration, take three steps, write nothing")
    p.add_argument("--vgg", type=path, metavar="FILE", help=f"VGG-19 weights: {_VGG}")
    p.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, mps (default auto: a GPU if there is one)")
    p.add_argument("--max-minutes", type=float, default=float("inf"), metavar="X", help="stop cleanly after this long")
    p.add_argument("--max-steps", type=float, default=float("inf"), metavar="N", help="stop cleanly after this many")
    p.add_argument("--checkpoint-minutes", type=float, default=10.0, metavar="X", help="save this often (default 10)")
    p.add_argument("--sample-minutes", type=float, default=10.0, metavar="X", help="draw a sheet each X (default 10)")
    p.add_argument("--accumulate", type=int, default=1, metavar="N", help="make each step in N parts, to save memory")
    p.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True, help="autocast to bfloat16")
    p.add_argument("--compile", action=argparse.BooleanOptionalAction, help="compile the generator (default: on a GPU)")
    Config.add_flags(p.add_argument_group("what is learned"))


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
        init_discriminator=args.init_discriminator,
        resume=args.resume,
        dry_run=args.dry_run,
    )
    saved = saved_config(args.out) if args.resume else None
    weights = weights_config(args.init) if args.init else None
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
    from spade_terrain.evaluation.report.write import write_report
    from spade_terrain.export import check_folder

    options = EvaluationOptions(
        split=args.split,
        crops=args.crops,
        size=args.size,
        seed=args.seed,
        vgg=args.vgg,
        classifier=args.classifier,
        reference_split=args.reference_split,
    )
    check_folder(args.out)
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
    from spade_terrain.training.conversion import convert
    from spade_terrain.training.onnx_file import export, read_report
    from spade_terrain.training.weights import save_discriminator

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
