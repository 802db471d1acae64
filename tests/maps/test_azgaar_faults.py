"""Files that are not what the generator writes, or those of its files that can't be read: one clear line each."""

import gzip
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spade_terrain import TerrainError
from spade_terrain.maps.azgaar import read
from spade_terrain.maps.read import open_map
from tests.maps.azgaar_map import ISLAND, LAKE, Cell, export, save

HOW = "choose Export, JSON, full in the generator"


def _cell(x: float, y: float) -> Cell:
    return (30, 4, ISLAND) if x < 60 else (10, 0, LAKE)


def _changed(change: Callable[[dict[str, Any]], object], *, new: bool = True) -> str:
    made = export(100, 100, 10, _cell, new=new)
    change(made)
    return json.dumps(made)


def _cells(**fields: object) -> str:
    """An export with one cell that has other fields."""
    return _changed(lambda made: made["pack"]["cells"][3].update(fields))


def _info(**fields: object) -> str:
    return _changed(lambda made: made["info"].update(fields))


def _settings(**fields: object) -> str:
    return _changed(lambda made: made["settings"].update(fields))


EXPORTS = {
    "cut short": (_changed(lambda made: None)[:-100], "is not JSON .* or was cut short .*"),
    "no JSON": ("a map, in words", f"is not JSON nor a saved map.*{HOW}"),
    "empty": ("", "is not a map of Azgaar's Fantasy Map Generator, or was cut short"),
    "nested too deep": ("[" * 100_000, "is not JSON"),
    "with a number of 5,000 digits": ('{"info": ' + "9" * 5000 + "}", "is not JSON"),
    "a list": ("[1, 2]", "is not an export of Azgaar's Fantasy Map Generator"),
    "of another program": ('{"info": {"width": 3}, "pack": {"cells": []}}', "is not an export of Azgaar's"),
    "with a list for its information": ('{"info": ["Azgaar"]}', "is not an export of Azgaar's"),
    "GeoJSON": ('{"type": "FeatureCollection", "features": []}', f"is GeoJSON, .*{HOW}"),
    "SVG": ('<?xml version="1.0"?>\n<svg></svg>', f"is an SVG, .*export a PNG, or, if it is Azgaar.s, {HOW}"),
    "minimal": (_changed(lambda made: made["pack"].pop("cells")), f"is not the full export; {HOW}"),
    "of the grid": (_changed(lambda made: made.pop("pack")), f"is not the full export; {HOW}"),
    "without cells": (_changed(lambda made: made["pack"]["cells"].clear()), r"pack.cells is \[\], not cells"),
    "without biomes": (_changed(lambda made: made["pack"].pop("biomes")), r"biomesData.name is missing, not a list"),
    "with fewer colours": (
        _changed(lambda made: made["biomesData"]["color"].pop(), new=False),
        "biomesData.color is .*, not 13 colours",
    ),
    "of no height": (_info(height=0), "info.height is 0, not a number from 1 to 100000"),
    "of no known width": (_info(width=float("nan")), "info.width is nan, not a number"),
    "wide without end": (_info(width=float("inf")), "info.width is inf, not a number from 1 to 100000"),
    "a billion wide": (_info(width=1e9), "info.width is 1000000000.0, not a number from 1 to 100000"),
    "of a width of 400 digits": (_info(width=10**400), r"info.width is 1000*\.\.\.0*, not a number"),
    "of a width in words": (_info(width="wide"), "info.width is 'wide', not a number"),
    "of a width that is true": (_info(width=True), "info.width is True, not a number"),
    "of a width in a list": (_info(width=[[[[100]]]]), r"info.width is \[\[...\]\], not a number"),
    "wider than a map may be": (_info(width=90_000), "90000 x 100 pixels, and sides of 65536 are the most"),
    "flat": (_info(height=1), "100 x 1 pixels; paint one with sides of at least 64"),
    "without points": (
        _changed(
            lambda made: [made["info"].pop("width"), made["grid"].pop("boundary"), made["pack"]["vertices"].clear()]
        ),
        "info.width is missing, not a number, nor do its points tell it",
    ),
    "with text for a height": (_cells(h="x"), r"pack.cells.h\[3\] is 'x', not a number from 0 to 100"),
    "with a cell too high": (_cells(h=1e300), r"pack.cells.h\[3\] is 1e\+300, not a number from 0 to 100"),
    "with a height between": (_cells(h=20.5), r"pack.cells.h\[3\] is 20.5, not a whole number"),
    "with a wrong point": (_cells(p=[1]), r"pack.cells.p\[3\] is \[1\], not a point"),
    "with a point far away": (
        _cells(p=[1e9, 2]),
        "pack.cells.p, x and y,.* is 1000000000.0, not a number from -100000",
    ),
    "with a wrong biome": (_cells(biome=77), r"pack.cells.biome\[3\] is 77, not a number from 0 to 12"),
    "with a biome below zero": (_cells(biome=-1), r"pack.cells.biome\[3\] is -1, not a number from 0 to 12"),
    "with a wrong feature": (_cells(f=99), r"pack.cells.f\[3\] is 99, not a number from 0 to 3"),
    "with no feature": (_cells(f=None), r"pack.cells.f\[3\] is missing, not a number"),
    "with a number for a cell": (
        _changed(lambda made: made["pack"]["cells"].append(7)),
        r"pack.cells.h\[\d+\] is missing, not a number",
    ),
    "with an object for its cells": (_changed(lambda made: made["pack"].update(cells={"i": []})), "not a list"),
    "with features in words": (_changed(lambda made: made["pack"].update(features="all")), "'all', not a list"),
    "with spacing zero": (_changed(lambda made: made["grid"].update(spacing=0)), "grid.spacing is 0, not a number"),
    "with cells too small": (
        _changed(lambda made: made["grid"].update(spacing=4)),
        "spacing is 4, not about 9.9, the side",
    ),
    "with cells too large": (
        _changed(lambda made: made["grid"].update(spacing=50)),
        "spacing is 50, not about 9.9, the side",
    ),
    "with a scale without end": (_settings(distanceScale=float("inf")), "settings.distanceScale is inf, not a number"),
    "with no scale": (_settings(distanceScale=None), "settings.distanceScale is missing, not a number"),
    "with a nameless biome": (
        _changed(lambda made: made["pack"]["biomes"][4].update(name=None)),
        r"pack.biomes.name\[4\] is missing, not a text",
    ),
    "with a hatched biome": (
        _changed(lambda made: made["pack"]["biomes"][4].update(name="Ash", color="url(#hatch7)")),
        "a biome 'Ash' that is not known, of the colour 'url.*; give it a plain colour",
    ),
}


def _check(path: Path, match: str) -> str:
    tracemalloc.start()
    with pytest.raises(TerrainError, match=match) as caught:
        open_map(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(path))
    assert most < 100 << 20
    return str(caught.value)


@pytest.mark.parametrize(("text", "match"), EXPORTS.values(), ids=EXPORTS.keys())
def test_exports(text: str, match: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "map.json").write_text(text)
    refusal = _check(tmp_path / "map.json", match)
    if "export it again" in refusal:  # nobody needs to know what is not used of such a file
        assert not caplog.messages


def _record(place: int, text: str) -> str:
    """A saved map with one record that reads otherwise."""
    records = save(100, 100, 10, _cell, new=True)
    records[place] = text
    return "\r\n".join(records)


def _grid(**fields: object) -> str:
    records = save(100, 100, 10, _cell, new=True)
    return _record(6, json.dumps(json.loads(records[6]) | fields))


SAVES = {
    "cut short": ("\r\n".join(save(100, 100, 10, _cell, new=True)[:20]), "is not a map of Azgaar's.*or was cut short"),
    "no map": ("1|2", "is not a map of Azgaar's Fantasy Map Generator, or was cut short; save it again"),
    "no text": ("\xff\xfe", "is not JSON nor a saved map"),
    "without a size": (_record(0, "1.1|a|b"), "record 0 is .*, not parameters"),
    "wide without end": (_record(0, "1.1|a|b|1|inf|100|5"), r"record 0\[4\] is 'inf', not a number from 1 to 100000"),
    "with a grid that is no JSON": (_record(6, "{"), f"damaged in record 6, or of too old a version .*{HOW}"),
    "with a grid nested too deep": (_record(6, "[" * 100_000), "damaged in record 6"),
    "with a grid of nothing": (_record(6, "3"), "record 6.points is missing, not a list"),
    "with cells too small": (_grid(spacing=4), "record 6.spacing is 4, not about 10, the side of a cell"),
    "with cells too large": (_grid(spacing=21), "record 6.spacing is 21, not about 10, the side of a cell"),
    "with fewer points": (_grid(points=[[1, 2]] * 99), "record 6.points is .*, not 10 points a row"),
    "with more columns": (_grid(cellsX=11), "not 11 points a row, with a height"),
    "with a column more than any": (_grid(cellsX=1e30), "record 6.cellsX is 1e.30, not a number"),
    "with a point without end": (_grid(points=[[1, 1e999]] * 100), "record 6.points, x and y,.* is inf, not a number"),
    "without features": (_grid(features=[]), "record 9.* not a number from 0 to -1"),
    "with heights cut short": (_record(7, "1,2,3"), "not 10 points a row, with a height"),
    "with heights of words": (_record(7, "high,low"), r"record 7\[0\] is 'high', not a number from 0 to 100"),
    "with fewer cells": (_record(16, "4,4,4"), f"has 3 cells, but its grid makes \\d+; {HOW}"),
    "with biomes cut short": (_record(3, "#466eab,#fbe79f|5|Marine"), "record 3 is .*, not biomes"),
    "with biomes that are no JSON": (_record(3, "[{"), "damaged in record 3"),
    "without a scale": (_record(1, "km"), "settings is missing, not a number"),
}


@pytest.mark.parametrize(("text", "match"), SAVES.values(), ids=SAVES.keys())
def test_saved_maps(text: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "map.map").write_bytes(text.encode("latin-1"))
    _check(tmp_path / "map.map", match)


@pytest.mark.parametrize("name", ["map.geojson", "map.svg", "map.gz"])
def test_files_that_are_known_by_their_names_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text('{"type": "FeatureCollection"}' if "geo" in name else "<svg/>")
    _check(tmp_path / name, HOW)


def test_files_that_unpack_to_more_than_any_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_MOST", 1 << 20)
    (tmp_path / "map.gz").write_bytes(gzip.compress(bytes(200 << 20)))
    _check(tmp_path / "map.gz", "has over 1 MB, more than any map of Azgaar's generator")
    (tmp_path / "map.map").write_bytes(bytes(2 << 20))
    _check(tmp_path / "map.map", "has over 1 MB")


def test_packed_files_that_are_damaged(tmp_path: Path) -> None:
    packed = gzip.compress(_cells().encode())
    for name, data in (("short.gz", packed[:-30]), ("flipped.gz", packed[:400] + b"\0" * 9 + packed[409:])):
        (tmp_path / name).write_bytes(data)
        _check(tmp_path / name, "(can't be unpacked .*|was cut short); save it again")


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.map")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    (tmp_path / "folder.json").mkdir()
    for name, kind in (("pipe.map", "a pipe"), ("device.json", "a device"), ("folder.json", "a folder")):
        _check(tmp_path / name, f"is {kind}, not a file; give a plain file")
