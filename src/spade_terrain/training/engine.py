"""The machine that training runs on, through Lightning Fabric: device, processes and precision."""

import atexit
import gc
import logging
import os
import sys
import warnings

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy

from spade_terrain.errors import DeviceError

_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
"""Instructions of processors, as PyTorch calls them: the first two of x86-64, the others of ARM."""


def launch(device: str, *, bfloat16: bool) -> Fabric:
    """Take a device and, if `torchrun` started this process, join the others that it started, until it exits.

    Args:
        device: "auto" (a GPU if there is one, else the CPU), "cpu", "cuda", "mps", or a certain GPU, "cuda:1". Under
            `torchrun` each process takes the GPU of its local rank.
        bfloat16: autocast to bfloat16.

    Raises:
        DeviceError: if there is no such device.

    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    # Of 1x1 convolutions, whose weights lie the same in memory by either strides.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    kind, _, place = device.partition(":")
    processes, local = (int(os.environ.get(name, 1)) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    try:
        fabric = Fabric(
            accelerator=kind,
            devices=[int(place)] if place else local,
            num_nodes=processes // local,
            # Buffers need no broadcast: they follow from the same data and weights on all processes.
            strategy=DDPStrategy(broadcast_buffers=False) if processes > 1 else "auto",
            precision="bf16-mixed" if bfloat16 else "32-true",
        )
        fabric.launch()
    except (ValueError, RuntimeError, TypeError) as e:
        usable = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
        raise DeviceError(f"`device` {device} can't be used by {local} processes: here are {', '.join(usable)}") from e
    if fabric.world_size > 1:
        atexit.register(_leave)
    return fabric


def multiplies_bfloat16(device: str) -> bool:
    """Whether a device, as `launch` takes it, has instructions for bfloat16: it is faster than float32 then.

    Emulated it is slower by far: a processor that knows AVX2 alone takes 8 times as long for a convolution.
    """
    found = torch.accelerator.current_accelerator(check_available=True) if device == "auto" else None
    kind = found.type if found else device.partition(":")[0]
    if kind == "cuda":
        own: bool = torch.cuda.is_bf16_supported(including_emulation=False)
        return own
    if kind == "mps":
        return True
    has = torch.cpu.get_capabilities()
    return any(has.get(instructions, False) for instructions in _BFLOAT16)


def _leave() -> None:
    """Leave the group of processes, while the interpreter is still there.

    Gloo's threads keep the tensors of a collective a moment longer than who waits for it, and take the GIL to release
    them. A thread that asks a finalizing interpreter for the GIL is aborted, and the process with it. Destroyed, the
    group waits for its threads first.
    """
    # An error may have left a collective that the others never join: to wait for its thread would take half an hour.
    if torch.distributed.is_initialized() and not hasattr(sys, "last_value"):
        # The group is freed with its last owner. Were that a network wrapped to average its gradients, it would wait
        # for the threads while it holds the GIL.
        gc.collect()
        torch.distributed.destroy_process_group()
