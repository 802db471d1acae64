import json
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.errors import ParameterError
from spade_terrain.studio.container import MAGIC, pack, unpack


def test_arrays_and_header_come_back() -> None:
    arrays: dict[str, NDArray[Any]] = {
        "labels": np.arange(15, dtype=np.uint8).reshape(3, 5),
        "guide": np.array([[np.nan, 1.5]], np.float32),
        "wide": np.arange(6, dtype=np.uint16)[::2],
    }
    body = b"".join(bytes(part) for part in pack({"seed": 2**60, "name": "é"}, arrays))
    read = unpack(body)
    assert read.header == {"seed": 2**60, "name": "é"}
    assert list(read.arrays) == list(arrays)
    for name, array in arrays.items():
        assert read.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(read.arrays[name], array)


def test_the_layout_is_the_documented_one() -> None:
    """What the page reads with a `DataView`: little-endian, all parts at multiples of 4."""
    body = b"".join(
        bytes(part) for part in pack({}, {"a": np.array([1, 2, 3], np.uint8), "b": np.array([1.0], np.float32)})
    )
    (length,) = struct.unpack_from("<I", body, 8)
    assert body[:8] == b"SPADE\0\1\0"
    assert length % 4 == 0
    assert json.loads(body[12 : 12 + length])["arrays"][1] == {"name": "b", "dtype": "float32", "shape": [1]}
    assert body[12 + length :] == b"\1\2\3\0" + struct.pack("<f", 1)


def _body(header: bytes, rest: bytes = b"") -> bytes:
    header += b" " * (-len(header) % 4)
    return MAGIC + struct.pack("<I", len(header)) + header + rest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        MAGIC,
        MAGIC + struct.pack("<I", 2**32 - 4),
        MAGIC + struct.pack("<I", 3) + b"{} ",
        _body(b"[]"),
        _body(b"{"),
        _body(b"\xff\xfe\xfd\xfc"),
        _body(b"[" * 100_000),
        _body(b'{"arrays": 1}'),
        _body(b'{"arrays": []}', b"more"),
        _body(b'{"arrays": [{"name": "a", "dtype": "object", "shape": [1]}]}', b"\0\0\0\0"),
        _body(b'{"arrays": [{"name": "a", "dtype": "uint8", "shape": [5]}]}', b"\0\0\0\0"),
        _body(b'{"arrays": [{"name": "a", "dtype": "uint8", "shape": [-4]}]}', b"\0\0\0\0"),
        _body(b'{"arrays": [{"name": "a", "dtype": "uint8", "shape": [65536, 65536, 65536]}]}', b"\0\0\0\0"),
        _body(b'{"arrays": [{"name": "a", "dtype": "uint8", "shape": [65537]}]}', b"\0" * 65540),
        _body(b'{"arrays": [], "seed": NaN}'),
    ],
)
def test_what_is_no_container_is_refused(body: bytes) -> None:
    with pytest.raises(ParameterError, match="send"):
        unpack(body)
