"""How one sitting of training runs; none of it changes what is learned."""

import argparse
from dataclasses import MISSING, dataclass
from pathlib import Path

from spade_terrain.errors import ParameterError
from spade_terrain.training.flags import option

_FILE = {"type": Path, "metavar": "FILE"}
_SWITCH = {"action": "store_true"}


@dataclass(frozen=True)
class Session:
    """How one sitting of training runs: machine, times and files.

    A field `some_name` is the flag `--some-name`; its help text is its documentation.

    Raises `ParameterError` if one is out of range or contradicts another.
    """

    out: Path = option(MISSING, "the run's folder", flag={"type": Path, "metavar": "RUN", "required": True})
    resume: bool = option(False, "go on from the run's checkpoint", flag=_SWITCH)
    init: Path | None = option(
        None,
        "begin with an exported model, or `default`, the one that comes along",
        flag={"type": Path, "metavar": "MODEL"},
    )
    init_discriminator: Path | None = option(
        None, "and with what `export --discriminator` wrote; without it a fresh one has to learn first", flag=_FILE
    )
    dry_run: bool = option(False, "show the configuration, take three steps, write nothing", flag=_SWITCH)
    efficientnet: Path | None = option(
        None, "EfficientNet-Lite0's weights, for projected heads: weights/efficientnet_lite0.safetensors", flag=_FILE
    )
    vgg: Path | None = option(
        None,
        "VGG-19's weights, for the perceptual loss: a file (safetensors, or torchvision's .pth), or `torchvision` to "
        "download it once",
        flag=_FILE,
    )
    device: str = option("auto", "cpu, cuda, cuda:1, mps, or auto: a GPU if there is one")
    max_minutes: float = option(float("inf"), "stop cleanly after this long")
    max_steps: float = option(
        float("inf"), "stop cleanly after this many, those before --resume counted in", flag={"metavar": "N"}
    )
    checkpoint_minutes: float = option(10.0, "save this often")
    sample_minutes: float = option(10.0, "draw a sample sheet this often")
    accumulate: int = option(1, "work each process's share of a step off in N parts, to save memory")
    bfloat16: bool | None = option(
        None,
        "autocast to bfloat16 (default: where the device has instructions for it; emulated it is slower than float32)",
        flag={"action": argparse.BooleanOptionalAction},
    )
    compile: bool | None = option(
        None,
        "compile the generator, which takes a minute or more, once (default: on a GPU; a CPU gains nothing by it)",
        flag={"action": argparse.BooleanOptionalAction},
    )

    def __post_init__(self) -> None:
        rules = [
            (self.accumulate >= 1, "`accumulate` must be at least 1"),
            (self.max_steps >= 0, "`max_steps` must not be below 0"),
            (self.max_minutes > 0, "`max_minutes` must be above 0"),
            (self.checkpoint_minutes > 0, "`checkpoint_minutes` must be above 0"),
            (self.sample_minutes > 0, "`sample_minutes` must be above 0"),
            (
                not (self.resume and self.init),
                "`init` begins a new run, `resume` goes on with one: give one of the two",
            ),
            (self.init is not None or self.init_discriminator is None, "`init_discriminator` goes with `init`"),
        ]
        for holds, complaint in rules:
            if not holds:
                raise ParameterError(complaint)
