"""A page of pairs, real and generated terrain of one map side by side, for people to tell which is real."""

from pathlib import Path

import cv2
import numpy as np

from spade_terrain.evaluation.crops import EvaluatedPatch, draw_crops, real_patch
from spade_terrain.evaluation.generated import generate_crop, lit, load_with_all_textures
from spade_terrain.evaluation.options import RankOptions
from spade_terrain.progress import track
from spade_terrain.storage.files import staged
from spade_terrain.world.dataset.loading import load

PAGE, KEY = "index.html", "key.js"
SIDES = ("left", "right")

_TEMPLATE = Path(__file__).with_name("rank.html")


def write_ranking(folder: Path, model_path: Path, data: Path, options: RankOptions) -> list[Path]:
    """Write the page, its pictures and the key into `folder` (made if missing).

    The page doesn't tell which is real: it loads the key, a file of its own, once answers are to be scored. It works
    from disk and asks no other host for anything. The same model, data and options give the same files.

    Returns:
        the paths of the page and of the key.

    Raises:
        TerrainError: the model, the data or an option can't be used, or the folder can't be written; nothing
            half-written is left behind.

    """
    from jinja2 import Environment, StrictUndefined

    # No more patches than pairs: one each, or nearly.
    model, patches = load_with_all_textures(model_path), load(data, options.split, most=options.pairs)
    crops = draw_crops(patches.labels, options.pairs, options.size, options.seed)
    real_sides = [SIDES[i] for i in np.random.default_rng((options.seed, 1)).integers(0, 2, len(crops))]
    with staged(folder) as stage:
        for number, (crop, real_side) in enumerate(zip(track(crops, "pairs"), real_sides, strict=True)):
            real = real_patch(patches, crop)
            fake = lit(generate_crop(model, real.labels, options.seed, number))
            for side in SIDES:
                _write_picture(stage / f"{number + 1:03d}_{side}.png", real if side == real_side else fake)
        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
        page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
        text = page.render(pairs=[f"{number + 1:03d}" for number in range(len(crops))], key=KEY, sides=SIDES)
        (stage / PAGE).write_text(text, encoding="utf-8", newline="\n")
        key = "".join(f'  "{side}",\n' for side in real_sides)
        about = f"// {model.card.name}, split {options.split}, seed {options.seed}: the side of each pair that is real."
        (stage / KEY).write_text(f"{about}\nwindow.KEY = [\n{key}];\n", encoding="utf-8", newline="\n")
    return [folder / PAGE, folder / KEY]


def _write_picture(path: Path, patch: EvaluatedPatch) -> None:
    """Write what people see of a patch, without loss: both kinds are then compressed alike."""
    _, data = cv2.imencode(".png", np.ascontiguousarray(patch.terrain[..., ::-1]))
    path.write_bytes(data.tobytes())
