import gzip
import json
import logging
from io import BytesIO
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from spade_terrain.palette import labels_to_image
from tests.maps.azgaar_map import ISLAND, OCEAN, export
from tests.studio.conftest import Answer, Client, painted


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _drop(client: Client, data: bytes, name: str = "map.png", query: str = "") -> Answer:
    return client.ask("POST", f"/api/import{query}", data, X_File_Name=quote(name))


def test_a_painted_picture(client: Client) -> None:
    labels = painted(70, 90)
    read = _drop(client, _png(Image.fromarray(labels_to_image(labels))), "Carte d'été.png").container
    assert read.header == {
        "width": 90,
        "height": 70,
        "name": "Carte d'été.png",
        "notes": [],
        "gsd": None,
        "courses": None,
    }
    np.testing.assert_array_equal(read.arrays["labels"], labels)


def test_what_was_not_plain_is_told_by_the_name_that_its_user_knows(client: Client) -> None:
    picture = labels_to_image(painted(70, 90))
    picture[5, 5] = (255, 0, 0)
    (note,) = _drop(client, _png(Image.fromarray(picture)), "C:\\maps\\home.png").container.header["notes"]
    assert note.startswith("home.png: 1 pixel is not exactly in the palette's colours")
    assert logging.getLogger("spade_terrain").handlers == []


@pytest.mark.parametrize(("size", "shape"), [(64, (64, 64)), (100, (100, 100)), (300, (128, 128))])
def test_a_picture_is_no_larger_than_is_wanted(client: Client, size: int, shape: tuple[int, int]) -> None:
    """Labels are never mixed: there are no others than were painted."""
    labels = np.where(np.arange(128) < 64, np.uint8(2), np.uint8(5)) * np.ones((128, 1), np.uint8)
    read = _drop(client, _png(Image.fromarray(labels_to_image(labels))), query=f"?size={size}").container
    made = read.arrays["labels"]
    assert made.shape == shape
    assert set(np.unique(made)) == {2, 5}
    assert (made[:, : shape[1] // 2] == 2).all()
    assert (made[:, shape[1] // 2 :] == 5).all()


def test_a_large_picture_is_made_smaller(client: Client) -> None:
    made = _drop(client, _png(Image.fromarray(np.zeros((1024, 4096), np.uint8)))).container
    assert made.arrays["labels"].shape == (512, 2048)


@pytest.mark.parametrize("packed", [False, True])
def test_an_azgaar_export(client: Client, packed: bool) -> None:
    atlas = export(300, 200, 10, lambda x, y: (50, 6, ISLAND) if x > 150 else (5, 0, OCEAN), new=True)
    atlas["pack"]["rivers"] = [{"i": 1, "parent": 1, "cells": [20, 21, 52], "discharge": 900, "name": "Sill"}]
    data = json.dumps(atlas).encode()
    name = "Atlantis.json.gz" if packed else "Atlantis.json"
    read = _drop(client, gzip.compress(data) if packed else data, name, "?size=200").container
    assert max(read.arrays["labels"].shape) == 200
    assert read.header["name"] == name
    assert len(np.unique(read.arrays["labels"])) > 1
    (river,) = read.header["courses"]
    sites = np.array([atlas["pack"]["cells"][cell]["p"] for cell in (20, 21, 52)])
    np.testing.assert_allclose(river["line"], sites * 200 / 300, atol=0.051)
    assert (river["name"], river["discharge"]) == ("Sill", 900)


@pytest.mark.parametrize(
    ("data", "name", "query", "said"),
    [
        (b"", "map.png", "", "map.png"),
        (b"GIF89a but no picture", "map.png", "", "map.png"),
        (b"<html>", "page.html", "", "page.html is not an image"),
        (_png(Image.new("1", (60_000, 60_000))), "bomb.png", "", "bomb.png is 60000 x 60000 pixels; shrink it"),
        (_png(Image.new("1", (63, 64))), "small.png", "", "63 x 64"),
        (_png(Image.new("L", (2100, 64))), "narrow.png", "", "2048 x 62"),
        (_png(Image.new("RGB", (64, 64), (255, 0, 0))), "red.png", "", "repaint it"),
        (b"{", "map.json", "", "map.json is not JSON"),
        (b"[" * 100_000, "map.json", "", "map.json is not JSON"),
        (gzip.compress(b"{}")[:-4], "map.gz", "", "map.gz was cut short"),
        (b"x", "map.png", "?size=63", "`size` is 63"),
        (b"x", "map.png", "?size=-1", "`size` is -1"),
        (b"x", "map.png", "?size=large", "`size` is 'large', and should be a valid integer"),
        (b"x", "map.png", "?size=9999999999999999999", "`size`"),
        (b"x", "map.png", "?legend=/etc/passwd", "no `legend` is called '/etc/passwd'"),
        (b"x", "../../../../etc/passwd", "", "passwd is not an image"),
        (b"x", "a\r\nb\0c/\n", "", "the file is not an image"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_map_is_refused(client: Client, data: bytes, name: str, query: str, said: str) -> None:
    answer = _drop(client, data, name, query)
    assert answer.status == 400
    assert said in answer.error
    assert str(client.folder) not in answer.error
    assert list(client.folder.glob("tmp*/map*")) == []


def test_gzip_that_grows_without_end_is_refused(client: Client) -> None:
    bomb = gzip.compress(b" " * (101 << 20), 9)
    assert len(bomb) < 1 << 20
    answer = _drop(client, bomb, "map.json.gz")
    assert answer.status == 413
    assert "over 100 MB unpacked" in answer.error
    encoded = client.ask("POST", "/api/import", bomb, Content_Encoding="gzip")
    assert encoded.status == 413
    assert client.get("/api/health").status == 200
