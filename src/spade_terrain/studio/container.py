"""Arrays and a JSON header in one body, as page and server send them to each other.

8 bytes `MAGIC`; the header's length in bytes, uint32; the header, UTF-8 JSON, filled up with spaces to a multiple of 4;
then the arrays that its `arrays` lists, `{"name", "dtype", "shape"}`, in that order, row by row, each filled up with
zeros to a multiple of 4. All numbers are little-endian: heights travel as float32, never as a picture of 8 bits.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from spade_terrain import schema
from spade_terrain.errors import ParameterError
from spade_terrain.studio.messages.base import Message, read_message

MAGIC = b"SPADE\x00\x01\x00"
MEDIA_TYPE = "application/octet-stream"
_START = len(MAGIC) + 4
_MOST_HEADER = 2 << 20
_MOST_SIDE = 1 << 16
_DTYPES: Mapping[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "uint16": np.dtype("<u2"), "float32": np.dtype("<f4")}


@dataclass(frozen=True)
class Container:
    """A body.

    Attributes:
        header: JSON values by name, without `arrays`.
        arrays: by name, each uint8, uint16 or float32.

    """

    header: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


class _Layout(Message):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    dtype: Literal["uint8", "uint16", "float32"]
    shape: Annotated[list[Annotated[int, Field(ge=1, le=_MOST_SIDE)]], Field(min_length=1, max_length=3)]

    @property
    def size(self) -> int:
        """Bytes, without what fills them up."""
        return prod(self.shape) * _DTYPES[self.dtype].itemsize


class _Layouts(Message):
    arrays: Annotated[list[_Layout], Field(max_length=8)]


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Iterator[bytes | memoryview]:
    """The parts of a body, one after another: arrays are not copied if they lie in memory as they are sent."""
    layouts = [{"name": name, "dtype": a.dtype.name, "shape": list(a.shape)} for name, a in arrays.items()]
    text = json.dumps({**header, "arrays": layouts}, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * _fill(len(text))
    yield MAGIC + struct.pack("<I", len(text)) + text
    for array in arrays.values():
        values = np.ascontiguousarray(array, _DTYPES[array.dtype.name])
        yield values.reshape(-1).view(np.uint8).data
        yield b"\0" * _fill(values.nbytes)


def unpack(body: bytes) -> Container:
    """Read what `pack` made, or the page. Arrays are views of `body`.

    Raises `ParameterError` if it is something else, or its length is not what its header says.
    """
    if not body.startswith(MAGIC) or len(body) < _START:
        raise ParameterError("the body is not a container; send one as docs/studio.md describes it")
    (length,) = struct.unpack_from("<I", body, len(MAGIC))
    start = _START + length
    if length > _MOST_HEADER or length % 4 or start > len(body):
        raise ParameterError(f"the container says that its header has {length} bytes, which it can't; send it anew")
    try:
        header = schema.parse_json(body[_START:start].decode())
    except (schema.SchemaError, UnicodeDecodeError) as e:
        raise ParameterError(f"the container's header can't be read: {e}; send it anew") from e
    layouts = read_message(_Layouts, header).arrays
    size = start + sum(layout.size + _fill(layout.size) for layout in layouts)
    if size != len(body):
        raise ParameterError(f"the container has {len(body):,} bytes, and by its header {size:,}; send all of it")
    arrays = {}
    for layout in layouts:
        values = np.frombuffer(body, _DTYPES[layout.dtype], prod(layout.shape), start)
        arrays[layout.name] = values.reshape(layout.shape)
        start += layout.size + _fill(layout.size)
    return Container({name: value for name, value in header.items() if name != "arrays"}, arrays)


def _fill(size: int) -> int:
    """How many bytes are missing to a multiple of 4."""
    return -size % 4
