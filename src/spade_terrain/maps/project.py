"""A project of the studio: a painted map, rough heights of it, and what its terrain was made with, in one file.

It is a ZIP of `project.json`, `map.png` (labels, in the palette's colours) and, if there are rough heights, `guide.tif`
(float32 metres, NaN where unknown): what other programs open, too.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import schema
from spade_terrain.errors import MapError, StorageError, TerrainError, one_line
from spade_terrain.inputs import check_input
from spade_terrain.maps import limits
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.images.decoding import decoding
from spade_terrain.palette import COLOURS, Labels, image_to_labels
from spade_terrain.terrain import Course

SUFFIX = ".spadeproj"
FORMAT = 1
"""Of `project.json`."""
MOST_JSON = 2 << 20
"""Bytes of the largest `project.json`."""
_MOST_PNG, _MOST_TIFF = 1 << 26, 1 << 28
_MOST_COURSES = 3 << 19
"""Bytes of all that a project says of courses."""
_MOST_WATER, _LONGEST_NAME = 1e12, 200
_ADVICE = "save the project again in the studio"
_JSON, _MAP, _GUIDE = "project.json", "map.png", "guide.tif"
_TIME = (1980, 1, 1, 0, 0, 0)  # so that the same project gives the same bytes


@dataclass(frozen=True)
class Orders:
    """What a terrain was made with, beyond its map.

    Attributes:
        seed: the noise's.
        style: numbers of the model's style that the seed did not draw, by name.
        texture: which of the model's textures; `None` for the model's choice.
        model: the model's name, if it is known.
        gsd: ground sample distance, metres a pixel; `None` for the model's.
        courses: where the map's rivers run, as `describe_courses` makes them; `None` if only its paint says that.
        settings: what else the page keeps: JSON values.

    """

    seed: int = 0
    style: Mapping[str, float] = field(default_factory=dict)
    texture: str | None = None
    model: str | None = None
    gsd: float | None = None
    courses: Sequence[Mapping[str, Any]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def rivers(self) -> list[Course] | None:
        """The courses as water follows them."""
        if self.courses is None:
            return None
        return [
            Course(np.array(each["line"], np.float64), float(each["discharge"]), each.get("name"))
            for each in self.courses
        ]


@dataclass(frozen=True, eq=False)
class Project:
    """A map and its orders.

    Attributes:
        labels: uint8 `(H, W)`, 0..6.
        orders: what its terrain was made with.
        guide: rough heights of the same ground, float32 `(h, w)`, metres, NaN where unknown; `None` if there are none.

    """

    labels: Labels
    orders: Orders
    guide: NDArray[np.float32] | None = None

    def heights(self, name: str) -> RoughHeights | None:
        """The rough heights, as `name`; `None` if none are known."""
        if self.guide is None or np.isnan(self.guide).all():
            return None
        metres = np.maximum(self.guide, 0)
        range_m = float(np.nanmin(metres)), float(np.nanmax(metres))
        rough = RoughHeights.fitted(metres, (self.labels.shape[0], self.labels.shape[1]), name, range_m)
        return replace(rough, rule="the heights painted in it")


def describe_courses(courses: Sequence[Course] | None, scale: float = 1) -> list[dict[str, Any]] | None:
    """Courses as JSON values, on a map of so many pixels for one; no more than a project has room for."""
    if courses is None:
        return None
    described: list[dict[str, Any]] = []
    left = _MOST_COURSES
    for points, discharge, name in courses:
        line = np.round(points * scale, 1)
        line = line[np.append(True, (np.diff(line, axis=0) != 0).any(1))]
        course = {"line": line.tolist(), "discharge": discharge, "name": name if _is_name(name) else None}
        if not _is_course(course):  # so short that nothing is left of it
            continue
        left -= len(json.dumps(course)) + 2
        if left < 0:
            break  # they come by size, those first that others flow into
        described.append(course)
    return described


def _is_course(value: object) -> bool:
    """Whether a JSON value is a river as `describe_courses` makes it."""
    if not isinstance(value, dict) or not isinstance(line := value.get("line"), list):
        return False
    water: Any = value.get("discharge")
    name = value.get("name")
    pairs = all(isinstance(point, list) and len(point) == 2 for point in line)
    numbers = [n for point in line for n in point] if pairs else []
    return (
        len(line) > 1
        and pairs
        and all(type(n) in (int, float) and abs(n) <= limits.MAX_SIDE for n in numbers)
        and type(water) in (int, float)
        and 0 <= water <= _MOST_WATER
        and (name is None or _is_name(name))
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


STYLE = schema.check(
    "numbers by name",
    lambda v: isinstance(v, dict) and len(v) <= 64 and all(type(number) in (int, float) for number in v.values()),
)
SEED = schema.whole(-(2**63), 2**64 - 1)
ORDERS: Mapping[str, schema.Reader] = {
    "seed": SEED,
    "style": STYLE,
    "texture": schema.optional(schema.text(32)),
    "model": schema.optional(schema.text(200)),
    "gsd": schema.optional(schema.positive(1e6)),
    "courses": schema.optional(
        schema.check(
            "a list of rivers, each with `line`, `discharge` and perhaps `name`",
            lambda v: isinstance(v, list) and all(map(_is_course, v)),
        )
    ),
    "settings": schema.mapping,
}
"""How each of `Orders` is read from JSON."""
_ORDERS = schema.record(Orders, **ORDERS)
_FORMAT = schema.record(lambda format: format, format=schema.whole(1, 10**6))  # noqa: A006


def pack_project(project: Project) -> bytes:
    """The bytes of a project's file; the same project gives the same."""
    files = {
        _JSON: json.dumps({"format": FORMAT, **asdict(project.orders)}, allow_nan=False).encode(),
        _MAP: pack_labels(project.labels),
    }
    if project.guide is not None:
        files[_GUIDE] = _encoded(Image.fromarray(project.guide, "F"), "TIFF", compression="tiff_adobe_deflate")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED if name == _JSON else zipfile.ZIP_STORED
            archive.writestr(entry, data)
    return file.getvalue()


def pack_labels(labels: Labels) -> bytes:
    """Labels, uint8 `(H, W)`, 0..6, as a PNG with the palette's colours."""
    picture = Image.fromarray(labels, "P")
    picture.putpalette(COLOURS.tobytes())
    return _encoded(picture, "PNG")


def unpack_project(data: bytes, name: str) -> Project:
    """Read what `pack_project` made; `name` is what to call the file in a message.

    Raises `MapError` if it is no project, a damaged one, or one of a newer version.
    """
    with _archive(data, name) as archive:
        orders = _orders(archive, name)
        with decoding(Path(f"{name}: {_MAP}")):
            labels = _labels(_entry(archive, _MAP, _MOST_PNG, name), name)
        guide = None
        if _GUIDE in archive.namelist():
            with decoding(Path(f"{name}: {_GUIDE}")):
                guide = _metres(_entry(archive, _GUIDE, _MOST_TIFF, name), labels.shape, name)
    return Project(labels, orders, guide)


def read_project(path: Path) -> Project:
    """Read a project's file. Raises as `unpack_project`; `MissingFileError` or `StorageError` if it can't be read."""
    return unpack_project(_read(path), str(path))


def read_orders(path: Path) -> Orders:
    """Read the orders of a project's file alone. Raises as `read_project`."""
    with _archive(_read(path), str(path)) as archive:
        return _orders(archive, str(path))


def _read(path: Path) -> bytes:
    check_input(path)
    try:
        if path.stat().st_size > _MOST_PNG + _MOST_TIFF:
            raise MapError(f"{path} is too large for a project; {_ADVICE}")
        return path.read_bytes()
    except OSError as e:
        raise StorageError(f"can't read {path}: {one_line(e)}; give a file that you may read") from e


@contextmanager
def _archive(data: bytes, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except TerrainError:  # a `MapError` is a `ValueError`, too
        raise
    except Exception as e:  # zipfile raises whatever its parts do
        raise MapError(f"{name} is not a project, or was cut short ({one_line(e)}); {_ADVICE}") from e


def _entry(archive: zipfile.ZipFile, entry: str, most: int, name: str) -> bytes:
    """The bytes of one file in it, unpacked no further than `most`."""
    if entry not in archive.namelist():
        raise MapError(f"{name} has no {entry}, so it is not a project; {_ADVICE}")
    with archive.open(entry) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise MapError(f"{name}: {entry} is too large for a project; {_ADVICE}")
    return data


def _orders(archive: zipfile.ZipFile, name: str) -> Orders:
    try:
        document = schema.parse_json(_entry(archive, _JSON, MOST_JSON, name).decode())
        if _FORMAT(document, "") > FORMAT:
            raise MapError(f"{name} was saved by a newer version of spade-terrain; update spade-terrain")
        orders: Orders = _ORDERS(document, "")
    except (schema.SchemaError, UnicodeDecodeError) as e:
        raise MapError(f"{name}: {_JSON} can't be read: {one_line(e)}; {_ADVICE}") from e
    return orders


def _labels(data: bytes, name: str) -> Labels:
    try:
        picture = Image.open(io.BytesIO(data), formats=["PNG"])
    except Image.DecompressionBombError as e:  # found before we see the size
        raise MapError(f"{name} has far more pixels, too many for a project; {_ADVICE}") from e
    with picture:
        limits.check_size(*picture.size)
        if picture.width * picture.height > limits.MAX_DECODED:
            raise MapError(f"{name} has {picture.width} x {picture.height} pixels, too many for a project; {_ADVICE}")
        return image_to_labels(np.asarray(picture.convert("RGB")))


def _metres(data: bytes, shape: tuple[int, ...], name: str) -> NDArray[np.float32]:
    with Image.open(io.BytesIO(data), formats=["TIFF"]) as picture:
        if picture.mode != "F" or picture.height > shape[0] or picture.width > shape[1]:
            raise MapError(f"{name}: {_GUIDE} holds no metres as float32, or more than the map has pixels; {_ADVICE}")
        return np.array(picture, np.float32)


def _encoded(picture: Image.Image, kind: str, **options: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
