"""What a PNG's chunks gAMA and cHRM say of its colours, as a colour profile.

The chunks: https://www.w3.org/TR/png-3; the profile, of version 2: https://www.color.org/icc_specs2.xalter.
"""

import struct

import numpy as np
from numpy.typing import NDArray

_UNIT = 100_000
"""In which both chunks count."""
_SRGB_GAMMA = 45_455
"""What programs write that mean sRGB, whose curve is not a power."""
_SRGB = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
"""x and y of white, red, green and blue."""
_SAME = 0.02
"""Gammas, and places of colours in x and y times 10, that differ by less are the same: programs round them."""
_D50 = np.array([0.9642, 1.0, 0.8249])
"""The white of profiles, XYZ."""
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
"""The Bradford transform, from XYZ, which adapts one white to another."""


def profile_of(gamma: bytes, places: bytes) -> bytes | None:
    """An ICC profile that says the same as the contents of gAMA and cHRM; the latter may be empty.

    `None` if that is sRGB, or makes no sense.
    """
    exponent = int.from_bytes(gamma) / _UNIT
    numbers = struct.unpack(">8I", places) if len(places) == 32 else _SRGB
    if len(gamma) != 4 or not 0.1 <= exponent <= 2 or min(numbers[1::2]) == 0:
        return None
    xy = np.array(numbers).reshape(4, 2) / _UNIT
    srgb = np.array(_SRGB).reshape(4, 2) / _UNIT
    if abs(exponent * _UNIT / _SRGB_GAMMA - 1) < _SAME and np.abs(xy - srgb).max() < _SAME / 10:
        return None
    white, *primaries = np.column_stack([xy[:, 0], xy[:, 1], 1 - xy.sum(1)]) / xy[:, 1:]
    columns = np.array(primaries).T
    if abs(np.linalg.det(columns)) < 1e-6:
        return None
    columns = _adaptation(white) @ (columns * np.linalg.solve(columns, white))
    parts = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"gAMA\0" + bytes(79), b"cprt": b"text\0\0\0\0none\0"}
    parts[b"wtpt"] = _numbers(_D50)
    for name, column in zip((b"r", b"g", b"b"), columns.T, strict=True):
        parts[name + b"XYZ"] = _numbers(column)
        parts[name + b"TRC"] = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(256 / exponent))
    return _assembled(parts)


def _adaptation(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """What takes colours seen in a white, XYZ, to those seen in D50."""
    gains = (_CONES @ _D50) / (_CONES @ white)
    adapted: NDArray[np.float64] = np.linalg.solve(_CONES, gains[:, None] * _CONES)
    return adapted


def _numbers(xyz: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + np.rint(xyz * 65_536).astype(">i4").tobytes()


def _assembled(parts: dict[bytes, bytes]) -> bytes:
    start = 128 + 4 + 12 * len(parts)
    table, body = struct.pack(">I", len(parts)), b""
    for tag, part in parts.items():
        table += tag + struct.pack(">II", start + len(body), len(part))
        body += part
    size = start + len(body)
    head = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x2400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (head + _numbers(_D50)[8:]).ljust(128, b"\0") + table + body
