"""Checkpoints: one safetensors file, written atomically, that holds all a run needs to go on as if never stopped."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from spade_terrain.errors import MissingFileError, ModelError
from spade_terrain.storage.files import whole_file
from spade_terrain.training.old_names import current_names

FILE = "checkpoint.safetensors"


def save_checkpoint(path: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Write `tensors` and the JSON-able `facts` to `path`, which holds either the old file or the whole new one.

    Raises `TerrainError` if it can't be written; the old file stays.
    """
    copies = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    with whole_file(path) as draft:
        draft.write_bytes(save(copies, {"facts": json.dumps(facts)}))


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read back what `save_checkpoint` wrote; tensors of earlier versions come by their names of today.

    Raises `MissingFileError` if there is no such file, `ModelError` if it is none of ours.
    """
    with _opened(path) as f:
        tensors = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118 (no mapping: it can't be iterated)
        return current_names(tensors), _facts(f)


def load_facts(path: Path) -> dict[str, Any]:
    """Read a checkpoint's facts and leave its tensors on the disk. Raises as `load_checkpoint` does."""
    with _opened(path) as f:
        return _facts(f)


def _facts(opened: Any) -> dict[str, Any]:
    """The facts of an opened checkpoint; raises `ValueError` if they are none."""
    facts = json.loads(opened.metadata()["facts"])
    kinds = {"config": str, "steps": int}
    if not isinstance(facts, dict) or not all(isinstance(facts.get(name), kind) for name, kind in kinds.items()):
        raise ValueError("these are no facts of a run")
    return facts


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, "pt") as f:
            yield f
    except FileNotFoundError as e:
        raise MissingFileError(f"there is no checkpoint at {path}: start a run without `resume`") from e
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as e:
        raise ModelError(f"{path} is not a checkpoint of spade-terrain, or it is damaged") from e


def flatten_optimizer(prefix: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state as tensors named `prefix.<parameter>.<name>`."""
    state = optimizer.state_dict()["state"]
    return {f"{prefix}.{i}.{k}": v for i, entry in state.items() for k, v in entry.items()}


def restore_optimizer(prefix: str, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what `flatten_optimizer` took."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in select(prefix, tensors).items():
        place, key = name.split(".")
        like = parameters[int(place)]
        if tensor.shape == like.shape:
            # A file has no strides, but a fused optimiser goes by memory order: moments need their parameters' strides.
            state.setdefault(int(place), {})[key] = torch.empty_like(like).copy_(tensor)
        else:
            state.setdefault(int(place), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def select(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of `tensors` whose names begin with `prefix.`, without it."""
    return {k.removeprefix(prefix + "."): v for k, v in tensors.items() if k.startswith(prefix + ".")}
