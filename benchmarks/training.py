"""How fast a training step is, compiled and not, beside a matrix product in the same run; and its peak memory.

Run `python benchmarks/training.py DATA --efficientnet NET --vgg VGG`; on a GPU add `--batch 64`, say. A step is a full
one, of both networks, with the default configuration's 128 x 128 crops. `OMP_NUM_THREADS=2` holds it to two cores; with
1 it counts the processor's time, which no other process disturbs.
"""

import argparse
import resource
import time
from pathlib import Path
from statistics import median

import torch
from lightning_fabric import Fabric
from torch.utils.flop_counter import FlopCounterMode

from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.efficientnet import load_efficientnet
from spade_terrain.networks.frozen.perceptual import load_vgg
from spade_terrain.training.config import SIZES, Config
from spade_terrain.training.data import CropSampler
from spade_terrain.training.engine import launch, multiplies_bfloat16
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.loading import load

TARGET = 0.15
STEPS = 7


def now(device: torch.device) -> float:
    """Seconds; of the processor where that is one thread, else of the clock."""
    return time.process_time() if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter()


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP a second of matrix products: what the machine can do at most, nearly."""
    side = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    times = []
    for _ in range(STEPS):
        wait(device)
        start = now(device)
        a @ b
        wait(device)
        times.append(now(device) - start)
    return 2 * side**3 / median(times)


def trainer_for(config: Config, fabric: Fabric, args: argparse.Namespace, *, compiled: bool) -> Trainer:
    network = load_efficientnet(args.efficientnet) if args.efficientnet else None
    return Trainer(config, fabric, network, load_vgg(args.vgg) if args.vgg else None, compiled=compiled)


def step_flop(trainer: Trainer, sampler: CropSampler) -> int:
    with FlopCounterMode(display=False) as counter:
        trainer.step(sampler.draw(trainer.config.batch, trainer.random))
    flop: int = counter.get_total_flops()
    return flop


def times(trainer: Trainer, sampler: CropSampler) -> tuple[float, float]:
    """Seconds of a step, with its data; and of drawing the data and the noise alone."""
    steps, draws, device = [], [], trainer.fabric.device
    for i in range(STEPS + 2):
        wait(device)
        start = now(device)
        real = sampler.draw(trainer.config.batch, trainer.random)
        trainer.step(real)
        wait(device)
        middle = now(device)
        trainer.draw(sampler.draw(trainer.config.batch, trainer.random))
        wait(device)
        if i >= 2:  # the first two compile
            steps.append(middle - start)
            draws.append(now(device) - middle)
    return median(steps), median(draws)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("data", type=Path, metavar="DATA")
    p.add_argument("--efficientnet", type=Path, metavar="FILE")
    p.add_argument("--vgg", type=Path, metavar="FILE")
    p.add_argument("--device", default="auto")
    p.add_argument("--size", choices=SIZES, default="default")
    p.add_argument("--batch", type=int, default=6)
    args = p.parse_args()
    bfloat16 = multiplies_bfloat16(args.device)
    patches, fabric = load(args.data), launch(args.device, bfloat16=bfloat16)
    dtype = torch.bfloat16 if bfloat16 else torch.float32
    satellite = patches.satellite is not None
    config = Config(**SIZES[args.size], satellite=satellite, batch=args.batch, balance_ratio=1)
    sampler = CropSampler(patches, config.crop, config.batch, HEIGHT_CODE, fabric.device, satellite=satellite)
    flop = step_flop(trainer_for(config, fabric, args, compiled=False), sampler)
    threads, images = torch.get_num_threads(), config.batch
    print(f"{fabric.device}, {threads} threads, {dtype}; a step of {images} images takes {flop / 1e9:.0f} GFLOP")
    for compiled in (False, True):
        peak = matrix_rate(fabric.device, dtype)
        seconds, drawing = times(trainer_for(config, fabric, args, compiled=compiled), sampler)
        print("compiled" if compiled else "not compiled")
        print(f"  {seconds / images:.3f} s an image ({seconds / images / TARGET:.1f} of the target), ", end="")
        print(f"{images / seconds:.1f} images a second; data and noise {drawing / seconds:.1%} of it")
        print(f"  {flop / seconds / 1e9:.0f} GFLOP/s, {flop / seconds / peak:.0%} of a matrix product's", end="")
        print(f" {peak / 1e9:.0f}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
