import argparse
import json

import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.training.config import SIZES, Config


def parse(*flags: str, saved: Config | None = None, weights: Config | None = None) -> Config:
    parser = argparse.ArgumentParser()
    Config.add_flags(parser.add_argument_group())
    return Config.from_flags(parser.parse_args(flags), saved, weights)


def test_flags_are_the_fields() -> None:
    assert parse() == Config()
    assert parse("--channels", "8", "8", "--crop", "160", "--no-flips", "--balance-low", "1.5") == Config(
        channels=(8, 8), crop=160, flips=False, balance_low=1.5
    )


def test_json_keeps_everything() -> None:
    config = Config(channels=(8, 8), seed=4, flips=False)
    assert Config.from_json(config.to_json()) == config


def test_a_field_that_an_old_run_lacks_has_its_default() -> None:
    old = json.loads(Config(seed=4).to_json())
    del old["average_images"]
    assert Config.from_json(json.dumps(old)) == Config(seed=4)


def test_a_field_of_a_newer_version_is_named() -> None:
    with pytest.raises(TerrainError, match=r"newer spade-terrain \(swing\): update"):
        Config.from_json(json.dumps({**json.loads(Config().to_json()), "swing": 1}))


@pytest.mark.parametrize("size", SIZES)
def test_every_size_is_a_configuration(size: str) -> None:
    assert parse("--size", size) == Config(**SIZES[size])


def test_flags_go_before_the_size() -> None:
    assert parse("--size", "small", "--head-channels", "20") == Config(**{**SIZES["small"], "head_channels": 20})


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--crop", "100"], "`crop` must be a multiple of the stride, 32"),
        (["--perceptual-crop", "129"], "`perceptual_crop` must be"),
        (["--discriminator-scales", "4"], "`discriminator_scales` is too many"),
        (["--balance-low", "2"], "`balance_low` must not be above"),
        (["--balance-ratio", "-1"], "`balance_ratio` must not be below 0"),
        (["--r1-weight", "-1"], "`r1_weight` must not be below 0"),
        (["--r1-every", "0"], "`r1_every` must be at least 1"),
        (["--translation", "1"], "`translation` must be at least 0 and below 1"),
        (["--labelmix-weight", "-1"], "`labelmix_weight` must not be below 0"),
        (["--guide-weight", "-1"], "`guide_weight` must not be below 0"),
        (["--land-weight", "-1"], "`land_weight` must not be below 0"),
        (["--shore-weight", "-1"], "`shore_weight` must not be below 0"),
        (["--batch", "0"], "`batch` must be at least 1"),
        (["--discriminator-scales", "0"], "`discriminator_scales` must be at least 1"),
        (["--channels", "8", "0"], "`channels` must be at least 1 each"),
        (["--generator-rate", "-1"], "`generator_rate` must be between 0 and 1"),
        (["--land-weight", "nan"], "`land_weight` must be a number"),
        (["--seed", str(1 << 64)], "`seed` must be from"),
    ],
)
def test_wrong_flags_are_named(flags: list[str], complaint: str) -> None:
    with pytest.raises(TerrainError, match=complaint):
        parse(*flags)


def test_a_resumed_run_keeps_its_configuration() -> None:
    saved = Config(batch=3)
    assert parse(saved=saved) == saved
    assert parse("--batch", "3", saved=saved) == saved
    with pytest.raises(TerrainError, match="begun with `batch` 3: leave `batch` out"):
        parse("--batch", "4", saved=saved)
    with pytest.raises(TerrainError, match=r"begun with `channels` .*: leave `size` out"):
        parse("--size", "small", saved=saved)


def test_a_run_that_begins_from_weights_has_their_networks_and_its_own_rest() -> None:
    weights = Config(**SIZES["small"], batch=3, seed=9)
    assert parse(weights=weights) == Config(**SIZES["small"])
    assert parse("--batch", "12", "--size", "small", weights=weights) == Config(**SIZES["small"], batch=12)
    with pytest.raises(TerrainError, match="weights were trained with `head_channels` 16: leave `head_channels` out"):
        parse("--head-channels", "20", weights=weights)


def test_old_networks_grow_unless_a_flag_says_no() -> None:
    old = Config(**SIZES["small"], satellite=False, guided=False)
    assert parse(weights=old) == Config(**SIZES["small"])
    assert parse("--no-satellite", "--no-guided", weights=old) == old
    with pytest.raises(TerrainError, match="weights were trained with `guided` True: leave `no_guided` out"):
        parse("--no-guided", weights=Config(**SIZES["small"]))
    assert parse(saved=old) == old  # a run that goes on does not
    with pytest.raises(TerrainError, match="run was begun with `satellite` False: leave `satellite` out"):
        parse("--satellite", saved=old)


def test_an_old_run_had_one_texture_no_guide_and_no_price_on_land() -> None:
    old = json.loads(Config().to_json())
    for name in ("satellite", "guided", "fine_relief", "guide_weight", "land_weight", "shore_weight"):
        del old[name]
    config = Config.from_json(json.dumps(old))
    assert config.textures == ("atlas",)
    assert (config.guided, config.guide_weight, config.land_weight, config.shore_weight) == (False, 0.0, 0.0, 0.0)
    assert Config().textures == ("atlas", "satellite")
