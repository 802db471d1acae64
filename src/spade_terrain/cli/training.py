"""`spade-terrain train` and `export`: a training set to a model file."""

import argparse

from spade_terrain.cli.shared import Commands, add_command, path
from spade_terrain.console import say


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
