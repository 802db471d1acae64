"""The training loop: from a data set to a run's folder."""

import dataclasses
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

from lightning_fabric import Fabric

from spade_terrain.console import say
from spade_terrain.errors import DataError, DeviceError, FileInTheWayError, ModelError, ParameterError
from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.efficientnet import load_efficientnet
from spade_terrain.networks.frozen.perceptual import load_vgg
from spade_terrain.storage.files import sole_run
from spade_terrain.training import checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.data import CropSampler
from spade_terrain.training.engine import launch, multiplies_bfloat16
from spade_terrain.training.export.weights import begin_from, weights_config
from spade_terrain.training.run.folder import CONFIG_FILE, RunFolder
from spade_terrain.training.run.progress import training_progress
from spade_terrain.training.session import Session
from spade_terrain.training.sizes import describe_networks
from spade_terrain.training.state import restore
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.patches import EmptySplitError, Patches

DRY_STEPS = 3
STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What asks a run to stop: Ctrl-C, a scheduler, a terminal that was closed."""


def saved_config(run: Path) -> Config:
    """The configuration of the checkpoint in a run's folder. Raises `TerrainError` if there is none."""
    return Config.from_json(checkpoint.load_facts(run / checkpoint.FILE)["config"])


def train(data: Path, config: Config, session: Session) -> None:
    """Train on the patches of `data` (a set that `world build` or `world pack` wrote) until stopped or out of time.

    The run's folder gets `config.json`, `checkpoint.safetensors`, `tensorboard/` (scalars every 20 steps) and
    `samples/`. SIGINT, SIGTERM and SIGHUP finish the step and save. With `session.resume` it goes on from the folder's
    checkpoint, whose configuration `config` must be (`saved_config`). With `session.dry_run` it prints the
    configuration to stdout, takes three steps and writes nothing.

    Raises:
        TerrainError: if the data, the weights, the device or the folder can't be used, or a loss is no number.

    """
    if session.bfloat16 is None:
        session = dataclasses.replace(session, bfloat16=multiplies_bfloat16(session.device))
    fabric = launch(session.device, bfloat16=bool(session.bfloat16))
    writes = fabric.is_global_zero and not session.dry_run
    with sole_run(session.out) if writes else nullcontext():
        if (session.out / checkpoint.FILE).exists() and not session.resume:
            raise FileInTheWayError(
                f"{session.out} holds a run already: give `resume` to go on with it, or another `out`"
            )
        _check_config_file(session.out / CONFIG_FILE)
        _train(data, config, session, fabric)


def _train(data: Path, config: Config, session: Session, fabric: Fabric) -> None:
    compiled = fabric.device.type == "cuda" if session.compile is None else session.compile
    patches = load(data, "train")
    config = _with_textures_of(patches, config, session, fabric)
    trainer = _trainer(config, session, fabric, compiled=compiled)
    sampler = CropSampler(
        patches,
        config.crop,
        config.batch,
        HEIGHT_CODE,
        fabric.device,
        satellite=config.satellite,
        even=config.even_classes,
    )
    if not session.resume:
        trainer.fit_statistics(sampler)
    precision = "bfloat16" if session.bfloat16 else "float32"
    _say(fabric, f"{len(sampler.labels)} patches on {fabric.device} in {precision}; {describe_networks(config)}")
    try:
        shown = load(data, "val")
    except EmptySplitError as e:
        shown = patches
        _say(fabric, f"{e}: sample sheets show patches that it trains on")
    if session.efficientnet is None and config.projected:
        _say(fabric, "no EfficientNet weights given (--efficientnet): training without projected heads")
    with _one_line_compile_errors() if compiled else nullcontext():
        if session.dry_run:
            _dry_run(trainer, sampler)
        else:
            _run(trainer, sampler, shown, session)


def _check_config_file(file: Path) -> None:
    """Raise `FileInTheWayError` if the file that a run's configuration is to be written to is somebody's own."""
    try:
        if file.exists():
            Config.from_json(file.read_text("utf-8"))
    except (ModelError, ParameterError, OSError, UnicodeDecodeError) as e:
        raise FileInTheWayError(f"{file} is not of a run, and would be written over; give another `out`") from e


def _with_textures_of(patches: Patches, config: Config, session: Session, fabric: Fabric) -> Config:
    """The configuration for a data set: of one texture if that has no satellite pictures.

    Raises `DataError` if the networks to go on with make a satellite texture all the same.
    """
    if not config.satellite or patches.satellite is not None:
        return config
    if session.resume or (session.init and weights_config(session.init).satellite):
        raise DataError("the networks make a satellite texture: give a set that was built with `satellite`")
    _say(fabric, "the set has no satellite pictures: training one texture")
    return dataclasses.replace(config, satellite=False)


def _trainer(config: Config, session: Session, fabric: Fabric, *, compiled: bool) -> Trainer:
    saved = checkpoint.load_checkpoint(session.out / checkpoint.FILE) if session.resume else None
    network = load_efficientnet(session.efficientnet) if session.efficientnet else None
    vgg = load_vgg(session.vgg) if session.vgg else None
    trainer = Trainer(config, fabric, network, vgg, parts=session.accumulate, compiled=compiled)
    if saved:
        restore(trainer, *saved)
    if session.init:
        begin_from(trainer, session.init, session.init_discriminator)
    return trainer


def _dry_run(trainer: Trainer, sampler: CropSampler) -> None:
    lines = [f"{name} = {value}" for name, value in dataclasses.asdict(trainer.config).items()]
    for _ in range(DRY_STEPS):
        start = time.monotonic()
        measured = trainer.step(sampler.draw(trainer.config.batch, trainer.random, trainer.share))
        values = "  ".join(f"{name} {value:.4g}" for name, value in measured.items())
        lines.append(f"step {trainer.steps}: {values}  {time.monotonic() - start:.2f} s")
    if trainer.fabric.is_global_zero:
        say("\n".join(lines))


def _run(trainer: Trainer, sampler: CropSampler, shown: Patches, session: Session) -> None:
    first = trainer.fabric.is_global_zero
    folder = RunFolder(trainer, shown, session) if first else None
    start = time.monotonic()
    with _stop_signals() as stopping, training_progress(trainer, session, shown=first) as show:
        while not trainer.on_any_process(
            bool(stopping) or trainer.steps >= session.max_steps or time.monotonic() - start >= 60 * session.max_minutes
        ):
            measured = trainer.step(sampler.draw(trainer.config.batch, trainer.random, trainer.share))
            show(measured)
            if folder:
                folder.keep(measured)
        if folder:
            folder.close()  # here, since one signal more must not break it off
    _say(trainer.fabric, f"step {trainer.steps}: saved {session.out / checkpoint.FILE}")


@contextmanager
def _one_line_compile_errors() -> Iterator[None]:
    """Turns what stops the compiler, a missing C++ compiler or a cache that a killed process spoilt, into one line."""
    from torch._dynamo.exc import TorchDynamoException  # slow to import, and needed for compiling only

    try:
        yield
    except TorchDynamoException as e:
        reason = next(iter(str(e).strip().splitlines()), type(e).__name__)
        advice = "set another TORCHINDUCTOR_CACHE_DIR, or switch `compile` off"
        raise DeviceError(f"can't compile ({reason}): {advice}") from e


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """A list that fills when the process is asked to stop."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    asked = [n for n in STOPS if signal.getsignal(n) != signal.SIG_IGN]  # `nohup` ignores one
    before = {number: signal.signal(number, note) for number in asked}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(fabric: Fabric, text: str) -> None:
    if fabric.is_global_zero:
        say(text, sys.stderr)
