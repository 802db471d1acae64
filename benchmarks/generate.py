"""How fast `generate` is and how much memory it takes, as ratios of one run.

Run `python benchmarks/generate.py`, with `--side 8192` for a map larger than 4096 x 4096. It takes torch for the
yardstick, a standard SPADE generator, and some minutes.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from spade_terrain import generate, load_model
from spade_terrain.export import save
from spade_terrain.generation import job
from spade_terrain.generation.stages import split_model
from spade_terrain.maps.image import read_map
from spade_terrain.maps.read import open_map
from spade_terrain.noise import noise
from spade_terrain.palette import labels_to_image

MAP = Path(__file__).parents[1] / "examples" / "continent.png"
RUNS = 7
SMALL = 1024


def seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


def output(script: Path, *args: str) -> str:
    """What a script prints, run in a process of its own."""
    return subprocess.run([sys.executable, str(script), *args], stdout=subprocess.PIPE, text=True, check=True).stdout


def small_map() -> None:
    """A painted 512 x 512 map, the model loaded: beside the yardstick, and where the time goes."""
    start = time.perf_counter()
    model = load_model()
    loading = time.perf_counter() - start
    labels = read_map(MAP)
    side = len(labels)

    def all_noise() -> None:
        for n in model.card.noise:
            noise(0, n.stride, n.channels, 0, 0, side // n.stride, side // n.stride)

    generate(labels, model=model)
    whole = seconds(lambda: generate(MAP, model=model))
    parts = {
        "reading the map": seconds(lambda: read_map(MAP)),
        "noise": seconds(all_noise),
        "the network": seconds(lambda: model.run(labels, 0)),
    }
    print(f"generate, {side} x {side}: {whole:.2f} s (loading the model once: {loading:.2f} s)")
    for name, part in parts.items():
        print(f"  {name:17} {part:.3f} s, {part / whole:.2f} of it")
    yardstick = json.loads(output(Path(__file__).with_name("standard_spade.py")))
    millions, spade = yardstick["parameters"] / 1e6, yardstick["seconds"]
    print(f"standard SPADE generator, {millions:.0f} M parameters: {spade:.1f} s, {spade / whole:.1f} times as long")


def large_map(side: int, folder: Path) -> dict[str, float]:
    """Generate a map of `side` x `side` pixels in a process of its own: what `measure` found."""
    continent = read_map(MAP)
    around = [(0, side - len(continent))] * 2
    Image.fromarray(labels_to_image(np.pad(continent, around, mode="symmetric"))).save(folder / "map.png")
    figures: dict[str, float] = json.loads(output(Path(__file__), "--measure", str(folder)))
    return figures


def measure(folder: Path) -> None:
    model = load_model()
    split_model(model)  # once a process, as loading is
    start, cpu = time.perf_counter(), time.process_time()
    with job.resumable_terrain(open_map(folder / "map.png"), folder / "out", model, 0) as terrain:
        figures = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}
        making = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        save(terrain, folder / "out", ["texture", "terrain", "height"])
    saving = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**figures, "making": making / 1e6, "saving": saving / 1e6}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        return measure(args.measure)
    help_command = [str(Path(sys.executable).with_name("spade-terrain")), "--help"]
    print(f"--help: {seconds(lambda: subprocess.run(help_command, capture_output=True, check=True)):.2f} s")
    small_map()
    costs = {}
    for side in (SMALL, args.side):
        with TemporaryDirectory() as folder:
            figures = large_map(side, Path(folder))
        costs[side] = {name: figures[name] / side**2 * 1e6 for name in ("wall", "cpu")}
        print(
            f"generate, {side} x {side}: {figures['wall']:.1f} s, {costs[side]['wall']:.2f} us a pixel "
            f"({costs[side]['cpu']:.2f} us of the processor's), peak memory {figures['making']:.2f} GB "
            f"({figures['saving']:.2f} GB with writing PNG)"
        )
    wall, cpu = (costs[args.side][name] / costs[SMALL][name] for name in ("wall", "cpu"))
    print(f"cost a pixel, {args.side} to {SMALL}: {wall:.2f} x ({cpu:.2f} x of the processor's)")
    return None


if __name__ == "__main__":
    main()
