"""Sample sheets: what the averaged generator makes of a few maps of the set, beside the real patches."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.palette import Labels, labels_to_image
from spade_terrain.training.data import one_hot
from spade_terrain.training.step.draws import draw_noise
from spade_terrain.training.step.height_guide import no_height_guide
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.patches import Patches
from spade_terrain.world.pictures import write_image

ROWS, SIZE = 6, 256


def draw_sheet(trainer: Trainer, patches: Patches, path: Path) -> None:
    """Write a PNG, a row a map: segmentation, textures, height, generated terrain, real terrain, real height.

    The maps and the noise are the same each time, so that sheets of one run can be compared.
    """
    stride = trainer.ema.generator.stride
    size = min(SIZE, *patches.labels.shape[1:]) // stride * stride
    rows = []
    for i in np.linspace(0, len(patches.labels) - 1, min(ROWS, len(patches.labels))).astype(int):
        labels = patches.labels[i, :size, :size]
        textures, height, shaded = _generate(trainer, labels)
        metres = patches.height[i, :size, :size] * np.float32(patches.metres_per_unit)
        real = [p[i, :size, :size] for p in (patches.terrain, patches.satellite) if p is not None][: len(textures)]
        tiles = [labels_to_image(labels), *textures, _grey(height), *shaded, *real, _grey(metres)]
        rows.append(np.concatenate(tiles, axis=1))
    path.parent.mkdir(exist_ok=True)
    write_image(path, np.concatenate(rows))


@torch.inference_mode()
def _generate(
    trainer: Trainer, labels: Labels
) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32], list[NDArray[np.uint8]]]:
    maps = one_hot(torch.from_numpy(labels)[None])
    random = torch.Generator().manual_seed(0)
    noise = draw_noise(trainer.ema.generator.noise_inputs, 1, len(labels), random)
    device = trainer.fabric.device
    style = torch.zeros(1, len(trainer.ema.style), 1, 1, device=device)
    guide = no_height_guide(maps, trainer.ema.generator.stride, guided=trainer.config.guided).to(device)
    texture, height, shaded, _ = trainer.ema(maps.to(device), [n.to(device) for n in noise], style, guide)
    return _pictures(texture), HEIGHT_CODE.decode(height[0, 0].cpu().numpy()), _pictures(shaded)


def _pictures(values: Tensor) -> list[NDArray[np.uint8]]:
    scaled = (values[0].clamp(-1, 1) + 1) * 127.5  # (3 T, H, W)
    return [picture.permute(1, 2, 0).numpy() for picture in scaled.round().byte().cpu().chunk(len(scaled) // 3)]


def _grey(metres: NDArray[np.float32]) -> NDArray[np.uint8]:
    shade = np.sqrt(np.clip(metres / 5000, 0, 1)) * 255
    return np.repeat(shade.astype(np.uint8)[..., None], 3, axis=2)
