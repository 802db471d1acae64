import json
import math
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spade_terrain.card import Card, Cut, HeightCode, NoiseInput
from spade_terrain.errors import ModelError
from spade_terrain.palette import COLOURS
from tests.conftest import old_card

CARD = Card(
    name="a model",
    stride=32,
    halo=128,
    noise=(NoiseInput("noise_32", 32, 16), NoiseInput("noise_8", 8, 4), NoiseInput("noise_1", 1, 2)),
    cut=Cut("features", 8, 40),
    textures=("atlas", "satellite"),
    default_texture="satellite",
    class_colours=(((200, 220, 180),) * 7, ((30, 60, 20),) * 7),
    guided=True,
    style=("elevation",),
    height_code=HeightCode(8000.0),
    training={"images": 1000, "places": ["north", "south"]},
    metrics={"fid": 12.5},
)


ONE_TEXTURE: dict[str, Any] = {"textures": ("atlas",), "default_texture": "atlas", "class_colours": (), "guided": False}


def test_a_card_survives_json() -> None:
    assert Card.from_json(CARD.to_json()) == CARD


def test_the_card_is_plain_json_for_readers_in_other_languages() -> None:
    fields = json.loads(CARD.to_json())
    assert fields["format"] == 3
    assert fields["classes"][0] == {"name": "water", "rgb": [17, 141, 215]}
    assert fields["noise"][2] == {"name": "noise_1", "stride": 1, "channels": 2}
    assert fields["cut"] == {"features": "features", "stride": 8, "halo": 40}
    assert fields["outputs"] == ["texture", "height", "shaded"]


def test_a_card_with_a_figure_that_json_lacks_is_not_written() -> None:
    with pytest.raises(ModelError, match="NaN or infinite"):
        replace(CARD, metrics={"fid": math.nan}).to_json()


def test_a_card_of_format_1() -> None:
    assert Card.from_json(old_card(CARD)) == replace(CARD, cut=None, **ONE_TEXTURE)


def test_a_card_of_format_2_has_one_texture_and_no_guide() -> None:
    fields = json.loads(CARD.to_json()) | {"format": 2}
    old = {name: value for name, value in fields.items() if name not in ONE_TEXTURE}
    assert Card.from_json(json.dumps(old)) == replace(CARD, **ONE_TEXTURE)


def test_colours_of_classes_are_the_palettes_where_nothing_is_known_of_them() -> None:
    assert CARD.colours_of("satellite").tolist() == [[30, 60, 20]] * 7
    assert replace(CARD, class_colours=()).colours_of("satellite").tolist() == COLOURS.tolist()


def test_inputs_are_those_that_the_model_takes() -> None:
    noise = [n.name for n in CARD.noise]
    assert CARD.inputs == ["labels", *noise, "style", "height_guide"]
    assert replace(CARD, style=(), guided=False).inputs == ["labels", *noise]


def test_fields_and_outputs_that_are_unknown_are_passed_over() -> None:
    card = _changed("outputs", ["texture", "height", "shaded", "texture_2"])
    card = json.dumps(json.loads(card) | {"author": "somebody"})
    assert Card.from_json(card) == replace(CARD, outputs=("texture", "height", "shaded", "texture_2"))


def test_a_card_of_another_format() -> None:
    with pytest.raises(ModelError, match="made for a newer version"):
        Card.from_json(_changed("format", 4))


def _changed(path: str, value: object) -> str:
    """The card's JSON with another value at a path such as `noise.0.stride`; without it if that is `...`."""
    document = json.loads(CARD.to_json())
    *parents, last = (int(key) if key.isdigit() else key for key in path.split("."))
    place = document
    for key in parents:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document)


def _fault(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        Card.from_json(text)
    message = str(caught.value)
    assert message.startswith("the model's card can't be read: ")
    assert message.endswith("; export the model again")
    assert "\n" not in message
    assert len(message) < 300
    return message


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", '{"format": 1}', "[" * 100_000, '{"a": NaN}'])
def test_what_is_no_card(text: str) -> None:
    _fault(text)


FAULTS: list[tuple[str, object, str]] = [
    ("format", "2", "`format` is '2', not a whole number"),
    ("format", True, "`format` is True"),
    ("name", ..., "`name` is missing"),
    ("name", "", "`name` is '', not a printable text"),
    ("name", "two\nlines", "`name` is 'two"),
    ("name", 1000 * "long", "`name` is 'long"),
    ("stride", 32.0, "`stride` is 32.0, not a power of two"),
    ("stride", True, "`stride` is True"),
    ("stride", 48, "`stride` is 48"),
    ("stride", 0, "`stride` is 0"),
    ("stride", -32, "`stride` is -32"),
    ("stride", 2**40, "`stride` is 1099511627776"),
    ("halo", ..., "`halo` is missing"),
    ("halo", None, "`halo` is None"),
    ("halo", 130, "`halo` is 130, not a multiple of `stride`, 32"),
    ("halo", -32, "`halo` is -32"),
    ("halo", 2**20, "`halo` is 1048576, not a whole number from 0 to 1024"),
    ("noise", None, "`noise` is None, not a list"),
    ("noise", {"name": "noise_1"}, "`noise` is {'name': 'noise_1'}, not a list"),
    ("noise", 1000 * [{"name": "noise_1", "stride": 1, "channels": 1}], "not a list of 0 to 32 items"),
    ("noise.1", 8, r"`noise[1]` is 8, not an object"),
    ("noise.1.stride", ..., "`noise[1].stride` is missing"),
    ("noise.1.stride", 3, "`noise[1].stride` is 3, not a power of two"),
    ("noise.0.stride", 64, "`noise` has strides above `stride`, 32"),
    ("noise.2.channels", 0, "`noise[2].channels` is 0"),
    ("noise.2.channels", 2**31, "`noise[2].channels` is 2147483648"),
    ("noise.2.channels", 1024, "`noise` has more than 16 values a map pixel"),
    ("noise.2.name", "noise_8", "two inputs have the same name"),
    ("noise.2.name", "style", "two inputs have the same name"),
    ("cut", [], "`cut` is [], not an object"),
    ("cut.features", 7, "`cut.features` is 7"),
    ("cut.stride", 16, "`cut.stride` is 16, which no noise has"),
    ("cut.stride", 6, "`cut.stride` is 6, not a power of two"),
    ("cut.halo", 36, "`cut.halo` is 36, not a multiple of `cut.stride`, 8"),
    ("cut.halo", 136, "`cut.halo` is 136, above `halo`, 128"),
    ("outputs", ["texture", "height"], "`outputs` lacks one of texture, height, shaded"),
    ("outputs.0", None, "`outputs[0]` is None"),
    ("textures", [], "`textures` is [], not a list of 1 to 8 items"),
    ("textures.1", "atlas", "two textures have the same name"),
    ("default_texture", "painted", "`default_texture` is 'painted', not one of `textures`"),
    ("class_colours.1", [[0, 0, 0]], "`class_colours` has not one colour for each class in each texture"),
    ("class_colours.0.6", [0, 0, 256], "`class_colours[0][6][2]` is 256"),
    ("guided", 1, "`guided` is 1"),
    ("noise.2.name", "height_guide", "two inputs have the same name"),
    ("style.0", 5, "`style[0]` is 5"),
    ("height_code.max_m", 0, "`height_code.max_m` is 0, not a number above 0"),
    ("height_code.max_m", "9000", "`height_code.max_m` is '9000'"),
    ("height_code.max_m", math.nan, "NaN is no JSON"),
    ("gsd", math.inf, "Infinity is no JSON"),
    ("gsd", -1, "`gsd` is -1"),
    ("gsd", 10**400, "`gsd` is 1000"),
    ("classes.3.rgb", [1, 2], "`classes[3].rgb` is [1, 2], not a list of 3 items"),
    ("classes.3.rgb.0", 256, "`classes[3].rgb[0]` is 256"),
    ("classes.3.name", ..., "`classes[3].name` is missing"),
    ("training", [], "`training` is [], not an object"),
    ("licence", {}, "`licence` is {}"),
]


@pytest.mark.parametrize(("path", "value", "fault"), FAULTS)
def test_each_fault_is_named(path: str, value: object, fault: str) -> None:
    assert fault in _fault(_changed(path, value))


def test_a_number_too_large_for_a_float() -> None:
    assert "1e400 is out of range" in _fault(CARD.to_json().replace("12.5", "1e400"))


@given(st.data())
def test_no_other_error_comes_of_any_value_anywhere(data: st.DataObject) -> None:
    paths = ["format", *{path for path, value, _ in FAULTS if path != "format"}]
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    text = _changed(data.draw(st.sampled_from(paths)), data.draw(values))
    with suppress(ModelError):
        card = Card.from_json(text)
        assert Card.from_json(card.to_json()) == card


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
