"""The training loop: from a data set to a run's folder with checkpoints, a log and sample sheets."""

import json
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import torch

from spade_terrain.errors import TerrainError
from spade_terrain.networks.perceptual import load_vgg
from spade_terrain.training import checkpoint
from spade_terrain.training.config import Config, Session
from spade_terrain.training.data import CropSampler
from spade_terrain.training.samples import draw_sheet
from spade_terrain.training.trainer import HEIGHT_CODE, Losses, Trainer
from spade_terrain.world.dataset import Patches, load

LOG_STEPS = 20


def saved_config(run: Path) -> Config:
    """The configuration of the checkpoint in a run's folder. Raises `TerrainError` if there is none."""
    return Config.from_json(checkpoint.load_facts(run / checkpoint.FILE)["config"])


def train(data: Path, config: Config, session: Session, *, resume: bool) -> None:
    """Train on the patches of `data` (a folder that `world build` wrote) until stopped or out of time.

    The run's folder gets `config.json`, `checkpoint.safetensors`, `log.jsonl` (one line every 20 steps) and
    `samples/`. SIGINT and SIGTERM finish the step and save. With `resume` it goes on from the folder's checkpoint,
    whose configuration `config` must be (`saved_config`).

    Raises:
        TerrainError: if the data, the weights or the folder can't be used, or a loss is no number.

    """
    file = session.run / checkpoint.FILE
    if file.exists() and not resume:
        raise TerrainError(f"{session.run} holds a run already: give --resume to go on with it, or another --out")
    saved = checkpoint.load_checkpoint(file) if resume else None
    patches, validation = load(data, "train"), load(data, "val")
    if session.vgg is None:
        _say("no VGG-19 weights given (--vgg): training without the perceptual loss")
    vgg = load_vgg(session.vgg) if session.vgg else None
    device = torch.device(session.device)
    trainer = Trainer(config, device, vgg, bfloat16=session.bfloat16, compiled=session.compile)
    if saved:
        trainer.restore(*saved)
    _say(f"{len(patches.labels)} patches; {config.to_json()}")
    sampler = CropSampler(patches, config.crop, HEIGHT_CODE, device)
    session.run.mkdir(parents=True, exist_ok=True)
    (session.run / "config.json").write_text(config.to_json() + "\n")
    _run(trainer, sampler, validation, session)


def _run(trainer: Trainer, sampler: CropSampler, validation: Patches, session: Session) -> None:
    stopping = _stop_signals()
    start = last_save = last_sample = time.monotonic()
    while not stopping and trainer.steps < session.max_steps and time.monotonic() - start < 60 * session.max_minutes:
        losses = trainer.step(sampler.draw(trainer.config.batch, trainer.random))
        if trainer.steps % LOG_STEPS == 0:
            _log(trainer, losses, time.monotonic() - start, session.run)
        now = time.monotonic()
        if now - last_sample > 60 * session.sample_minutes:
            draw_sheet(trainer, validation, session.run / "samples" / f"{trainer.steps:07}.png")
            last_sample = now
        if now - last_save > 60 * session.checkpoint_minutes:
            checkpoint.save_checkpoint(session.run / checkpoint.FILE, *trainer.state())
            last_save = now
    checkpoint.save_checkpoint(session.run / checkpoint.FILE, *trainer.state())
    draw_sheet(trainer, validation, session.run / "samples" / f"{trainer.steps:07}.png")


def _stop_signals() -> list[int]:
    """A list that fills when the process is asked to stop."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return received


def _log(trainer: Trainer, losses: Losses, seconds: float, run: Path) -> None:
    line = {
        "step": trainer.steps,
        "generator_steps": trainer.generator_steps,
        "images": trainer.images,
        "seconds": round(seconds, 1),
        "d_loss": losses.discriminator,
        "g_loss": losses.generator,
        "perceptual": losses.perceptual,
    }
    with (run / "log.jsonl").open("a") as f:
        f.write(json.dumps(line) + "\n")
    ratio = trainer.steps / max(trainer.generator_steps, 1)
    counts = f"step {trainer.steps}  images {trainer.images}  {seconds:.0f} s"
    _say(f"{counts}  discriminator {losses.discriminator:.3f}  D:G {ratio:.2f}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
