"""The training configuration: a frozen dataclass whose fields are the command line's flags."""

import argparse
import dataclasses
import json
from dataclasses import dataclass
from math import isfinite
from typing import Any

from spade_terrain.errors import ModelError, ParameterError, TerrainError, one_line
from spade_terrain.textures import ATLAS, SATELLITE
from spade_terrain.training.flags import add_flags, given, option

SIZES: dict[str, dict[str, Any]] = {
    # For browsers and phones.
    "small": {"channels": (128, 128, 96, 64, 40), "guide_channels": 32, "head_channels": 16},
    "default": {},
    # For GPUs.
    "large": {
        "channels": (512, 512, 384, 256, 192),
        "guide_channels": 96,
        "head_channels": 64,
        "discriminator_channels": 96,
    },
}
"""What `--size` sets; flags beside it go before it."""
_FROM_ONE = (
    "guide_channels",
    "head_channels",
    "discriminator_channels",
    "discriminator_scales",
    "batch",
    "r1_every",
)
"""Fields that count what there must be one of."""


def _field(default: Any, doc: str, *, network: bool = False, grows: bool = False, before: Any = None) -> Any:
    """A field and its flag's help.

    `network` if weights of another value of it don't fit, `grows` if those of False fit True none the less; `before` is
    what runs have that were begun without the field, if not the default.
    """
    return option(default, doc, network=network, grows=grows, before=default if before is None else before)


@dataclass(frozen=True)
class Config:
    """Everything that decides what is learned. Saved in the run's folder and in every checkpoint.

    A field `some_name` is the flag `--some-name`; its help text is its documentation.
    """

    channels: tuple[int, ...] = _field(
        (256, 256, 192, 128, 96), "generator: features a block, from 1/32 to 1/2 size", network=True
    )
    guide_channels: int = _field(64, "generator: features made of the segmentation map, at each size", network=True)
    head_channels: int = _field(32, "generator: features at full size", network=True)
    discriminator_channels: int = _field(
        64, "discriminator: features of its first layer; twice and four times later", network=True
    )
    discriminator_scales: int = _field(
        3, "discriminator: how many sizes of the picture it sees, each half the last", network=True
    )
    style: bool = _field(
        True,
        "condition the networks on the style: what sets maps of like classes apart",
        network=True,
        before=False,
    )
    satellite: bool = _field(
        True,
        "make a second texture, as a satellite sees the land, if the set has pictures of it",
        network=True,
        grows=True,
        before=False,
    )
    guided: bool = _field(
        True, "let the generator take rough heights to follow", network=True, grows=True, before=False
    )
    fine_relief: bool = _field(
        True,
        "shade relief that is finer than heights, made of noise; real terrain is shown as it is then",
        network=True,
        grows=True,
        before=False,
    )
    projected: bool = _field(
        True,
        "give the discriminator heads on the features of EfficientNet, too (takes --efficientnet)",
        network=True,
        before=False,
    )
    crop: int = _field(128, "pixels a side of a training crop, a multiple of the stride")
    even_classes: bool = _field(True, "show maps with rare classes, such as mountains, more often", before=False)
    batch: int = _field(6, "crops a step, over all processes and parts of --accumulate")
    generator_rate: float = _field(2e-4, "Adam's learning rate of the generator and the shadow generator")
    discriminator_rate: float = _field(4e-4, "Adam's learning rate of the discriminator")
    flips: bool = _field(
        True, "flip half of the fake textures and heights before they are shaded, so that no light stays in the texture"
    )
    noise: bool = _field(True, "give the generator noise; without, one map has one terrain (to compare with)")
    light_weight: float = _field(
        10.0,
        "weight of the light-leak loss: the texture's lightness correlated with the slopes, squared; 0: none",
        before=0.0,
    )
    detail_weight: float = _field(
        1.5,
        "weight of the texture-detail loss: fine detail in the texture, as a share of real terrain's; 0: none",
        before=0.0,
    )
    shadow_weight: float = _field(
        10.0,
        "weight of the shading loss: what the shadow generator leaves unexplained of real terrain; 0: none",
        before=0.0,
    )
    guide_weight: float = _field(
        25.0, "weight of the height-guide loss: how far rough heights are not followed; 0: none", before=0.0
    )
    land_weight: float = _field(
        10.0, "weight of the land loss: painted land that sinks where it would be missed; 0: none", before=0.0
    )
    shore_weight: float = _field(
        1.0, "weight of the shore loss: open coasts that stand as they are painted; 0: none", before=0.0
    )
    balance_low: float = _field(1.6, "below this discriminator loss the generator's training is switched on")
    balance_high: float = _field(1.9, "above this discriminator loss the generator's training is switched off")
    balance_ratio: int = _field(0, "train the generator each N-th step, whatever the losses; 0: by the band")
    r1_weight: float = _field(0.0, "weight of the gradient penalty on real crops (R1, gamma); 0: none")
    r1_every: int = _field(16, "take the gradient penalty in each N-th step, N times as strong")
    translation: float = _field(0.0, "shift what the discriminator sees by up to this share of --crop; 0: don't")
    labelmix_weight: float = _field(0.0, "weight of the logits' consistency on mixed crops (LabelMix); 0: none")
    perceptual_weight: float = _field(0.02, "weight of the VGG-19 perceptual loss beside the hinge loss")
    perceptual_crop: int = _field(64, "pixels a side of the window of each crop that VGG-19 looks at closely")
    average_images: float = _field(5000.0, "half-life of the generator's moving average, in images")
    seed: int = _field(0, "of the first weights, the crops and the noise")

    def __post_init__(self) -> None:
        _check(
            [
                *(
                    (isfinite(x), f"`{name}` must be a number")
                    for name, x in vars(self).items()
                    if isinstance(x, float)
                ),
                *((x >= 0, f"`{name}` must not be below 0") for name, x in vars(self).items() if "weight" in name),
                *((getattr(self, name) >= 1, f"`{name}` must be at least 1") for name in _FROM_ONE),
                (min(self.channels) >= 1, "`channels` must be at least 1 each"),
                (self.balance_ratio >= 0, "`balance_ratio` must not be below 0"),
            ]
        )
        stride = 1 << len(self.channels)
        _check(
            [
                (self.crop % stride == 0 and self.crop > 0, f"`crop` must be a multiple of the stride, {stride}"),
                (
                    self.crop >> (self.discriminator_scales - 1) >= 32,
                    "`discriminator_scales` is too many for this `crop`",
                ),
                (0 < self.perceptual_crop <= self.crop, "`perceptual_crop` must be between 1 and `crop`"),
                (0 < self.generator_rate < 1, "`generator_rate` must be between 0 and 1"),
                (0 < self.discriminator_rate < 1, "`discriminator_rate` must be between 0 and 1"),
                (self.balance_low <= self.balance_high, "`balance_low` must not be above `balance_high`"),
                (0 <= self.translation < 1, "`translation` must be at least 0 and below 1"),
                (self.average_images > 0, "`average_images` must be above 0"),
                (-(1 << 63) <= self.seed < 1 << 64, "`seed` must be from -2^63 to 2^64 - 1"),
            ]
        )

    @property
    def textures(self) -> tuple[str, ...]:
        """Names of the textures that the generator makes."""
        return (ATLAS, SATELLITE) if self.satellite else (ATLAS,)

    def to_json(self) -> str:
        """The configuration as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """Read what `to_json` wrote; a field that it lacks, being younger, has what the run did without it.

        Raises `ModelError` if it holds one that this version doesn't know, or is no configuration.
        """
        try:
            return cls._from_fields(json.loads(text))
        except TerrainError:  # some are `ValueError`s, too
            raise
        except (ValueError, TypeError, KeyError, RecursionError) as e:
            raise ModelError(f"the configuration is damaged ({type(e).__name__}: {one_line(e)})") from e

    @classmethod
    def _from_fields(cls, fields: dict[str, Any]) -> "Config":
        if unknown := set(fields) - {f.name for f in dataclasses.fields(cls)}:
            raise ModelError(f"the run was begun by a newer spade-terrain ({', '.join(sorted(unknown))}): update")
        before = {f.name: f.metadata["before"] for f in dataclasses.fields(cls)}
        return cls(**{**before, **fields, "channels": tuple(fields["channels"])})

    @classmethod
    def add_flags(cls, parser: argparse._ArgumentGroup) -> None:
        """Add one flag a field to `parser`, and `--size`."""
        parser.add_argument("--size", choices=SIZES, default="default", help="of the networks (default default)")
        add_flags(parser, cls)

    @classmethod
    def from_flags(
        cls, args: argparse.Namespace, saved: "Config | None" = None, weights: "Config | None" = None
    ) -> "Config":
        """The configuration that the flags given ask for, beside the defaults.

        A run's `saved` configuration takes the defaults' place, as far as the networks go that of `weights` to begin
        from; no flag may contradict them.

        Raises `ParameterError` naming the field if one is wrong or does.
        """
        chosen = given(args, cls)
        asked = {**SIZES[args.size], **chosen}
        fixed = vars(saved) if saved else {}
        if weights:
            fixed = {
                f.name: getattr(weights, f.name)
                for f in dataclasses.fields(cls)
                if f.metadata["network"] and (getattr(weights, f.name) or not f.metadata["grows"])
            }
        for name, value in asked.items():
            if name in fixed and value != fixed[name]:
                begun = "run was begun" if saved else "weights were trained"
                typed = f"no_{name}" if value is False else name
                culprit = typed if name in chosen else "size"
                raise ParameterError(f"the {begun} with `{name}` {fixed[name]}: leave `{culprit}` out to go on with it")
        return cls(**{**asked, **fixed})


def _check(rules: list[tuple[bool, str]]) -> None:
    """Raise `ParameterError` with the complaint of the first rule that does not hold."""
    for holds, complaint in rules:
        if not holds:
            raise ParameterError(complaint)
