import argparse

import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.training.config import Config


def parse(*flags: str, saved: Config | None = None) -> Config:
    parser = argparse.ArgumentParser()
    Config.add_flags(parser.add_argument_group())
    return Config.from_flags(parser.parse_args(flags), saved)


def test_flags_are_the_fields() -> None:
    assert parse() == Config()
    assert parse("--channels", "8", "8", "--crop", "160", "--no-flips", "--balance-low", "1.5") == Config(
        channels=(8, 8), crop=160, flips=False, balance_low=1.5
    )


def test_json_keeps_everything() -> None:
    config = Config(channels=(8, 8), seed=4, flips=False)
    assert Config.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--crop", "100"], "--crop must be a multiple of the stride, 32"),
        (["--perceptual-crop", "129"], "--perceptual-crop must be"),
        (["--discriminator-scales", "4"], "--discriminator-scales is too many"),
        (["--balance-low", "2"], "--balance-low must not be above"),
        (["--batch", "0"], "--batch must be at least 1"),
    ],
)
def test_wrong_flags_are_named(flags: list[str], complaint: str) -> None:
    with pytest.raises(TerrainError, match=complaint):
        parse(*flags)


def test_a_resumed_run_keeps_its_configuration() -> None:
    saved = Config(batch=3)
    assert parse(saved=saved) == saved
    assert parse("--batch", "3", saved=saved) == saved
    with pytest.raises(TerrainError, match="begun with --batch 3: leave --batch out"):
        parse("--batch", "4", saved=saved)
