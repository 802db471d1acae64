import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spade_terrain.card import Card, HeightCode, NoiseInput
from spade_terrain.errors import TerrainError

CARD = Card(
    name="a model",
    stride=32,
    halo=128,
    noise=(NoiseInput("noise_32", 32, 16), NoiseInput("noise_1", 1, 2)),
    height_code=HeightCode(8000.0),
    training={"images": 1000, "places": ["north", "south"]},
    metrics={"fid": 12.5},
)


def test_a_card_survives_json() -> None:
    assert Card.from_json(CARD.to_json()) == CARD


def test_the_card_is_plain_json_for_readers_in_other_languages() -> None:
    fields = json.loads(CARD.to_json())
    assert fields["format"] == 1
    assert fields["classes"][0] == {"name": "water", "rgb": [17, 141, 215]}
    assert fields["noise"][1] == {"name": "noise_1", "stride": 1, "channels": 2}


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"format": 1}', CARD.to_json().replace("halo", "hello")])
def test_what_is_no_card(text: str) -> None:
    with pytest.raises(TerrainError, match="card can't be read"):
        Card.from_json(text)


def test_a_card_of_another_format() -> None:
    with pytest.raises(TerrainError, match="another version"):
        Card.from_json(CARD.to_json().replace('"format": 1', '"format": 2'))


@given(st.floats(0, 9000, width=32))
def test_heights_survive_the_code(metres: float) -> None:
    code = HeightCode()
    back = code.decode(code.encode(np.array([metres], np.float32)))
    assert back.dtype == np.float32
    assert abs(back[0] - metres) < 0.01


def test_ends_of_the_code() -> None:
    code = HeightCode()
    np.testing.assert_array_equal(code.encode(np.array([0, 2250, 9000], np.float32)), [-1, 0, 1])
    np.testing.assert_array_equal(code.decode(np.array([-7, -1, 0, 1], np.float32)), [0, 0, 2250, 9000])


@pytest.mark.parametrize("strides", [{"halo": 130}, {"noise": (NoiseInput("noise", 64, 1),)}])
def test_strides_that_do_not_fit_are_refused(strides: dict[str, Any]) -> None:
    with pytest.raises(TerrainError, match="strides"):
        Card.from_json(replace(CARD, **strides).to_json())
