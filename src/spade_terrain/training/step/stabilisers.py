"""Regularisation and augmentation of the discriminator, each by configuration: R1, translation and LabelMix.

None of them may change where the light comes from or what colour a class has, as the usual augmentations do.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.training.data import Batch


def r1_penalty(logits: list[Tensor], inputs: list[Tensor]) -> Tensor:
    """Half the squared gradient of a logit by the `inputs`, the mean over all logits and then over the scales.

    R1: Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML 2018, for patches: the
    gradient is that of a scale's sum of logits, squared and divided by their number. Where patches don't overlap
    that is the mean over the patches of each one's penalty; a larger crop has the same.

    Args:
        logits: of each scale `(N, 1, h, w)`, made of `inputs` in float32.
        inputs: leaves `(N, C, H, W)` that require gradients.

    """
    penalties = []
    for scale in logits:
        gradients = torch.autograd.grad(scale.sum(), inputs, create_graph=True)
        penalties.append(torch.stack([g.square().sum() for g in gradients]).sum() / (2 * scale.numel()))
    return torch.stack(penalties).mean()


def translate(batch: Batch, shifts: Tensor) -> Batch:
    """Shift terrain, height and labels of each crop alike, down and right; `shifts` `(N, 2)` are rows and columns.

    Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020; but what comes in at
    the border repeats it, where zeros would be a cliff in the height.
    """
    return Batch(*(_translate(maps, shifts) for maps in batch.maps))


def _translate(maps: Tensor, shifts: Tensor) -> Tensor:
    _, channels, rows, columns = maps.shape
    from_row = (torch.arange(rows, device=maps.device) - shifts[:, :1]).clamp(0, rows - 1)  # (N, H)
    from_column = (torch.arange(columns, device=maps.device) - shifts[:, 1:]).clamp(0, columns - 1)  # (N, W)
    maps = maps.gather(2, from_row[:, None, :, None].expand(-1, channels, -1, columns))
    return maps.gather(3, from_column[:, None, None, :].expand(-1, channels, rows, -1))


def mix(real: Batch, fake: Batch, real_classes: Tensor) -> tuple[Batch, Tensor]:
    """Put real and fake crops of the same labels together: real where `real_classes` `(N, 7)` of 0 or 1 says so.

    Returns the mixed crops, and the mask `(N, 1, H, W)`, 1 where they are real.
    """
    mask = (real.labels * real_classes[:, :, None, None]).sum(1, keepdim=True)  # (N, 1, H, W)
    terrain, height = (torch.lerp(f, r, mask) for f, r in ((fake.terrain, real.terrain), (fake.height, real.height)))
    return Batch(terrain, height, real.labels), mask


def labelmix_loss(mixed: list[Tensor], real: list[Tensor], fake: list[Tensor], mask: Tensor) -> Tensor:
    """Mean squared difference between logits on mixed crops and the same mix of logits; over all scales.

    LabelMix: Schoenfeld et al., "You Only Need Adversarial Supervision for Semantic Image Synthesis", ICLR 2021.
    There a logit belongs to a pixel; here to a patch, which may be real in part: so is its mix.

    Args:
        mixed: logits of each scale `(N, 1, h, w)` on what `mix` made.
        real: on the real crops.
        fake: on the fake ones.
        mask: as `mix` gave it.

    """
    differences = []
    for m, r, f in zip(mixed, real, fake, strict=True):
        share = F.adaptive_avg_pool2d(mask, (m.shape[2], m.shape[3]))  # (N, 1, h, w)
        differences.append((m.float() - torch.lerp(f.float(), r.float(), share)).square().mean())
    return torch.stack(differences).mean()
