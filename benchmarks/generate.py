"""How long a painted 512 x 512 map takes, the model loaded, as the median of 7 runs, and where the time goes.

Run `python benchmarks/generate.py`.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from spade_terrain import generate, load_model
from spade_terrain.generation.maps import read_map
from spade_terrain.generation.noise import noise

MAP = Path(__file__).parents[1] / "examples" / "continent.png"
RUNS = 7


def seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


def main() -> None:
    start = time.perf_counter()
    model = load_model()
    loading = time.perf_counter() - start
    labels = read_map(MAP)
    side = len(labels)
    terrain = generate(labels, model=model)

    def all_noise() -> None:
        for n in model.card.noise:
            noise(0, n.stride, n.channels, 0, 0, side // n.stride, side // n.stride)

    with TemporaryDirectory() as folder:
        whole = seconds(lambda: generate(MAP, model=model))
        parts = {
            "reading the map": seconds(lambda: read_map(MAP)),
            "noise": seconds(all_noise),
            "the network": seconds(lambda: model.run(labels, 0)),
            "(then) all files": seconds(lambda: terrain.save(folder)),
        }
    print(f"generate, {side} x {side}: {whole:.2f} s (loading the model once: {loading:.2f} s)")
    for name, part in parts.items():
        print(f"  {name:17} {part:.3f} s, {part / whole:.2f} of it")


if __name__ == "__main__":
    main()
