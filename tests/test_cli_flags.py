"""What the library says of a parameter the command line says of its flag."""

import argparse
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spade_terrain.cli import main
from spade_terrain.cli.shared import with_flags


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("map")
    parser.add_argument("-s", "--max-steps")
    parser.add_argument("--for", dest="presets")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction)
    return parser


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("`max_steps` is 0; use more", "--max-steps is 0; use more"),
        ("`presets` maya: no such tool, and `compile`", "--for maya: no such tool, and --compile"),
        ("`map` is no option, `other` is unknown", "`map` is no option, `other` is unknown"),
        ("max_steps, `max steps` and `max-steps`", "max_steps, `max steps` and `max-steps`"),
    ],
)
def test_flags(message: str, said: str, parser: argparse.ArgumentParser) -> None:
    assert with_flags(message, parser) == said


def test_warnings_name_flags(tmp_path: Path, tiny_model_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line for one warning, as the command line says it."""
    Image.fromarray(np.ones((64, 64), np.uint8)).save(tmp_path / "map.png")
    (tmp_path / "map.pgw").write_text("30\n0\n0\n-30\n0\n0\n")
    arguments = ["generate", tmp_path / "map.png", "--out", tmp_path / "out", "--model", tiny_model_path]
    for _ in range(2):  # a second call says it once, too
        assert main([*map(str, arguments), "--format", "height"]) == 0
        (line,) = capfd.readouterr().err.splitlines()
        assert line.endswith("give that with --gsd, or save the map as GeoTIFF with a coordinate system")
