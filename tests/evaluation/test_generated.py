from pathlib import Path

import numpy as np

from spade_terrain import generate
from spade_terrain.evaluation.crops import Crop, real_patch
from spade_terrain.evaluation.generated import generate_crop, lit, load_with_all_textures
from spade_terrain.generation.model import load_model
from spade_terrain.palette import Labels
from spade_terrain.world.dataset.patches import Patches

LABELS: Labels = np.random.default_rng(0).integers(0, 7, (64, 64), dtype=np.uint8)


def _patches(*, satellite: bool) -> Patches:
    rng = np.random.default_rng(1)
    terrain, seen = rng.integers(0, 255, (2, 1, 64, 64, 3), dtype=np.uint8)
    height = rng.integers(1, 9000, (1, 64, 64)).astype(np.uint16)
    return Patches(terrain, height, LABELS[None], 0.1, seen if satellite else None)


def test_both_textures_are_measured_whichever_is_the_models_own(guided_model_path: Path, tiny_model_path: Path) -> None:
    made = lit(generate_crop(load_with_all_textures(guided_model_path), LABELS, 0, 3))
    for name, picture in (("atlas", made.terrain), ("satellite", made.satellite)):
        alone = generate(LABELS, seed=3, model=load_model(guided_model_path), texture=name)
        assert picture is not None
        np.testing.assert_array_equal(picture, alone.shaded)
    assert made.satellite is not None
    assert not np.array_equal(made.terrain, made.satellite)
    assert lit(generate_crop(load_with_all_textures(tiny_model_path), LABELS, 0, 3)).satellite is None


def test_the_real_satellite_picture_is_there_if_the_set_has_it() -> None:
    crop = Crop(0, 8, 16, 32)
    with_it, without = (_patches(satellite=has) for has in (True, False))
    seen = real_patch(with_it, crop).satellite
    assert with_it.satellite is not None
    assert seen is not None
    np.testing.assert_array_equal(seen, with_it.satellite[0, 8:40, 16:48])
    assert real_patch(without, crop).satellite is None
