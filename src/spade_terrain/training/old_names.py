"""Tensors of checkpoints and discriminator files that earlier versions wrote, by the names that they have now."""

from torch import Tensor

_PREFIXES = {
    "maker.meter.usual": "style_encoder.mean_weights",
    "maker.meter.strays": "style_encoder.log_std_weights",
    "maker.": "generator.",
    "average.": "ema.",
}
_DROPPED = "average.meter."  # a copy of the style encoder
_LAYERS = {".verdict.": ".logits."}


def current_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` by today's names; those that have them already stay as they are."""
    return {_current(name): tensor for name, tensor in tensors.items() if not name.startswith(_DROPPED)}


def _current(name: str) -> str:
    for old, new in _PREFIXES.items():
        if name.startswith(old):
            name = new + name.removeprefix(old)
            break
    for old, new in _LAYERS.items():
        name = name.replace(old, new)
    return name
