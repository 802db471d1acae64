from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spade_terrain.noise import noise, noise_words

PAGE = Path(__file__).parents[1] / "docs" / "noise.md"
SEEDS = st.integers(-(2**63), 2**64 - 1)
PLACES = st.integers(-(2**40), 2**40)


def _vectors() -> list[tuple[list[int], str, str]]:
    rows = [line.strip("|\n ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return [([int(v) for v in row[:5]], row[5].strip("`"), row[6]) for row in rows if len(row) == 7 and "`" in row[5]]


def test_the_page_has_vectors() -> None:
    assert len(_vectors()) == 9


@pytest.mark.parametrize(("inputs", "word", "value"), _vectors())
def test_vector_of_the_page(inputs: list[int], word: str, value: str) -> None:
    seed, stride, channel, x, y = inputs
    assert f"{noise_words(seed, stride, channel + 1, x, y, 1, 1)[channel, 0, 0]:08x}" == word
    assert noise(seed, stride, channel + 1, x, y, 1, 1)[channel, 0, 0] == np.float32(value)


@given(
    seed=SEEDS,
    stride=st.sampled_from([1, 2, 32]),
    x0=PLACES,
    y0=PLACES,
    left=st.integers(0, 9),
    top=st.integers(0, 9),
    width=st.integers(1, 12),
    height=st.integers(1, 12),
)
@settings(deadline=None)
def test_a_window_equals_the_same_part_of_the_whole(
    seed: int, stride: int, x0: int, y0: int, left: int, top: int, width: int, height: int
) -> None:
    whole = noise(seed, stride, 3, x0, y0, left + width + 2, top + height + 2)
    window = noise(seed, stride, 2, x0 + left, y0 + top, width, height)
    assert window.dtype == np.float32
    np.testing.assert_array_equal(window, whole[:2, top : top + height, left : left + width])


@given(seed=SEEDS, stride=st.integers(1, 2**16), channel=st.integers(0, 3), x=PLACES, y=PLACES)
@settings(deadline=None)
def test_the_value_is_what_plain_integers_give(seed: int, stride: int, channel: int, x: int, y: int) -> None:
    """The page once more, in Python's own integers."""

    def mix(h: int) -> int:
        h = (h ^ h >> 16) * 0x21F0AAAD % 2**32
        h = (h ^ h >> 15) * 0xD35A2D97 % 2**32
        return h ^ h >> 15

    def key(start: int) -> int:
        for word in (seed % 2**32, seed % 2**64 >> 32, stride, channel):
            start = mix(start ^ word)
        return start

    word = mix(mix(key(0x243F6A88) ^ y % 2**32) ^ mix(key(0x85A308D3) ^ x % 2**32))
    value = np.float32(sum(word.to_bytes(4, "little")) - 510) / np.float32(21845**0.5)
    assert noise(seed, stride, channel + 1, x, y, 1, 1)[channel, 0, 0] == value


def _is_chance(a: Any, b: Any) -> bool:
    """Whether the correlation of two fields of mean 0 and variance 1 is within five standard errors of none."""
    return bool(abs(np.mean(a * b)) * np.sqrt(a.size) < 5)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**32, -1])
def test_mean_variance_and_extremes(seed: int) -> None:
    values = noise(seed, 1, 1, -500, 300, 1024, 1024).astype(np.float64)
    assert abs(values.mean()) < 5 / 1024
    assert abs(values.var() - 1) < 5 * np.sqrt(2) / 1024
    assert 3 < values.max() < 3.46
    assert -3.46 < values.min() < -3


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (16, 0), (0, 256)])
def test_neighbours_are_uncorrelated(dx: int, dy: int) -> None:
    values = noise(3, 1, 1, 0, 0, 1024, 1024)[0].astype(np.float64)
    assert _is_chance(values[dy:, dx:], values[: 1024 - dy, : 1024 - dx])


@pytest.mark.parametrize(
    "other", [(1, 4, 0), (2**32, 4, 0), (2**63, 4, 0), (-1, 4, 0), (0, 1, 0), (0, 8, 0), (0, 4, 1)]
)
def test_seeds_strides_and_channels_are_uncorrelated(other: tuple[int, int, int]) -> None:
    seed, stride, channel = other
    a = noise(0, 4, 1, 0, 0, 512, 512)[0].astype(np.float64)
    b = noise(seed, stride, channel + 1, 0, 0, 512, 512)[channel]
    assert _is_chance(a, b)


def test_rows_and_columns_leave_no_pattern() -> None:
    """A weak hash of rows xor columns would tie the four corners of a rectangle together."""
    v = noise(0, 1, 1, 0, 0, 1024, 1024)[0].astype(np.float64)
    for d in (1, 2, 16):
        assert _is_chance(v[d:, d:] * v[:-d, :-d], v[d:, :-d] * v[:-d, d:])


def test_every_bit_is_fair() -> None:
    words = noise_words(0, 2, 1, 0, 0, 1024, 1024)
    ones = np.array([(words >> bit & 1).mean() for bit in range(32)])
    assert np.abs(ones - 0.5).max() * 2 * 1024 < 5


def test_seeds_count_modulo_64_bits() -> None:
    np.testing.assert_array_equal(noise(-1, 1, 1, 0, 0, 4, 4), noise(2**64 - 1, 1, 1, 0, 0, 4, 4))


def test_golden_hash() -> None:
    """The same bits on every machine."""
    window = noise(7, 1, 2, -30, -20, 64, 48).astype("<f4")
    assert sha256(window.tobytes()).hexdigest() == "112bb441c103ab26fe044b7de487347ccd3d4e84b810eb873ad939ed6935c323"
