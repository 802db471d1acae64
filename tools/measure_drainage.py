"""Figures of carved maps beside those of real land, each routed in the same way: what docs/drainage.md tells.

Run `python tools/measure_drainage.py`. Real land is read from `../shared/data/fine`, 16-bit PNGs of decimetres at
125 m; `--pictures FOLDER` also draws each carved map and the one that it was carved from.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import Terrain, generate
from spade_terrain.drainage.carve import Drained, carve
from spade_terrain.drainage.fields.resampling import Field, enlarge, shrink, smooth_over
from spade_terrain.drainage.flow.routing import LAND, SEA
from spade_terrain.drainage.measures import Figures, Network, measure, route
from spade_terrain.palette import NAMES

ROOT = Path(__file__).parents[1]
FINE = ROOT.parent / "shared" / "data" / "fine"
FINE_SPACING = 125.0
SEED = 7
CHANNEL_CELLS = 16  # upstream of where streams begin, so that spacings compare
LARGEST = 32e3  # metres, wavelength of the spectrum
RIVER = 2e8  # cubic metres a year, of rivers in pictures
WATER_COLOURS = np.array([[0, 0, 0], [60, 120, 180], [235, 230, 215], [90, 160, 220]])


def row(name: str, heights: Field, water: NDArray[np.uint8], spacing: float) -> None:
    """Print a row of the table."""
    figures = measure(route(heights, water, spacing), CHANNEL_CELLS * spacing**2 / 1e6)
    slope = np.hypot(*np.gradient(heights, spacing))[water == LAND]
    cells = [f"{100 * figures.hollow_share:.1f}", f"{figures.fill:.2f}"]
    cells += [f"{value:.2f}" for value in figures[2:6]]
    cells += [f"{figures.density * spacing / 1e3:.3f}", f"{100 * figures.straight:.1f}"]
    cells += [f"{slope.mean():.3f}", f"{np.quantile(slope, 0.99):.2f}"]
    cells += [f"{(heights[water == LAND].mean() / heights.max()):.2f}"]
    print(f"| {name} | {spacing:.0f} | {' | '.join(cells)} | {roughness(heights, water, spacing)} |")


def roughness(heights: Field, water: NDArray[np.uint8], spacing: float) -> str:
    """Metres, rms, by which land differs over each octave of distance: the Haar wavelets' power spectrum."""
    land, shown = (water == LAND).astype(np.float32), []
    while spacing < LARGEST / 2:
        sides = tuple(slice(side // 2 * 2) for side in heights.shape)
        heights, land = heights[sides], land[sides]
        coarse, all_land = shrink(heights, 2), shrink(land, 2) == 1
        finer = (heights - coarse.repeat(2, 0).repeat(2, 1)) ** 2
        spacing, heights, land = 2 * spacing, coarse, all_land.astype(np.float32)
        known = all_land.repeat(2, 0).repeat(2, 1)
        shown.append(f"{finer[known].mean() ** 0.5:.1f}" if known.any() else "-")
    return ", ".join(shown)


def density_by_class(network: Network, labels: NDArray[np.uint8]) -> None:
    """Print how many kilometres of streams there are a square kilometre of each class."""
    land = (network.water == LAND).ravel()
    step = np.abs(network.receivers - np.arange(land.size))
    length = np.where((step == 1) | (step == labels.shape[1]), 1, np.sqrt(2)) * network.spacing / 1e3
    channels = land & (network.cells >= CHANNEL_CELLS) & (step > 0)
    for label, name in enumerate(NAMES):
        chosen = land & (labels.ravel() == label)
        if label and chosen.any():
            density = length[channels & chosen].sum() / (chosen.sum() * network.spacing**2 / 1e6)
            print(f"  {name}: {density:.3f} km of streams a square kilometre")


def real_land() -> None:
    """Print the figures of each piece, at 125 m, 250 m and 500 m."""
    for path in sorted(FINE.glob("*.png")):
        heights = np.asarray(Image.open(path)).astype(np.float32) / np.float32(10)
        for scale in (1, 2, 4):
            rows, columns = (side // scale * scale for side in heights.shape)
            coarse = shrink(heights[:rows, :columns], scale)
            row(path.stem, coarse, np.where(coarse > 0, LAND, SEA).astype(np.uint8), FINE_SPACING * scale)


def carved(name: str, detail: int, pictures: Path | None) -> None:
    """Print the figures of a map, carved and, to compare with, only enlarged."""
    terrain = generate(ROOT / "examples" / f"{name}.png", seed=SEED)
    drained = carve(terrain.height, terrain.labels, SEED, detail, terrain.gsd)
    row(f"{name}, carved", drained.height, drained.water, drained.spacing)
    land = terrain.height > 0
    before = enlarge(terrain.height, detail)
    water = np.where(np.kron(land, np.ones((detail, detail), bool)), LAND, SEA).astype(np.uint8)
    row(f"{name}, enlarged", before, water, drained.spacing)
    moved = smooth_over(shrink(drained.height, detail) - terrain.height, land, 2.0)[land]
    share = np.sqrt((moved**2).mean()) / np.ptp(terrain.height)
    print(
        f"{name}: land at 20 km moved by {share:.2%} of its range; summit {terrain.height.max():.0f} m before,"
        f" {drained.height.max():.0f} m after; mean land {terrain.height[land].mean():.0f} m before,"
        f" {drained.height[drained.water == LAND].mean():.0f} m after"
    )
    slope = np.hypot(*np.gradient(drained.height, drained.spacing))
    labels = np.kron(terrain.labels, np.ones((detail, detail), np.uint8))
    for label, class_name in enumerate(NAMES):
        chosen = slope[(labels == label) & (drained.water == LAND)]
        if label and len(chosen):
            print(f"  {class_name}: slope {chosen.mean():.4f} on average, {np.quantile(chosen, 0.9):.4f} one in ten")
    density_by_class(route(drained.height, drained.water, drained.spacing), labels)
    if pictures:
        draw(pictures / f"{name}-enlarged.png", terrain, before, water, None)
        draw(pictures / f"{name}-carved.png", terrain, drained.height, drained.water, drained)


def draw(path: Path, terrain: Terrain, heights: Field, water: NDArray[np.uint8], drained: Drained | None) -> None:
    """Texture, lit from the north-west, with water; slopes three times as steep at 500 m as they are."""
    spacing = terrain.gsd * len(terrain.height) / len(heights)
    south, east = np.gradient(heights * np.float32(3 * (spacing / 500) ** 0.4), spacing)
    light = (0.707 + 0.5 * east + 0.5 * south) / np.sqrt(1 + east**2 + south**2)
    texture = Image.fromarray(terrain.texture).resize(heights.shape[::-1], Image.Resampling.BICUBIC)
    picture = np.asarray(texture) * (0.25 + 1.05 * light.clip(0, 1))[..., None]
    if drained is not None:
        picture[(drained.discharge.reshape(heights.shape) > RIVER) & (water == LAND)] = (40, 90, 170)
    picture[water != LAND] = WATER_COLOURS[water[water != LAND]]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", nargs="+", default=["archipelago", "continent", "valley"])
    parser.add_argument("--detail", type=int, default=4)
    parser.add_argument("--pictures", type=Path)
    args = parser.parse_args()
    names = ("metres a pixel", "% in hollows", "fill, m", *Figures._fields[2:6], "density x spacing", "% straight")
    print("|", " | ".join(["land", *names, "mean slope", "99th percentile", "mean/highest", "rms m by octave"]), "|")
    real_land()
    for name in args.maps:
        carved(name, args.detail, args.pictures)


if __name__ == "__main__":
    main()
