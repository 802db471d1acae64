"""Colour profiles of wide spaces, nearly those of these names: what matters is that they are not sRGB."""

import struct
from collections.abc import Iterable
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_WHITE = (0.9642, 1.0, 0.8249)


def _fixed(values: Iterable[float]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65_536)) for value in values)


def _rgb(primaries: list[tuple[float, float]], gamma: float) -> bytes:
    """A profile with these primaries (x, y, of red, green and blue, adapted to D50) and one gamma."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    columns = columns * np.linalg.solve(columns, _WHITE)
    parts: dict[bytes, bytes] = {}
    for i, name in enumerate((b"r", b"g", b"b")):
        parts |= {name + b"XYZ": b"XYZ \0\0\0\0" + _fixed(columns[:, i]), name + b"TRC": _curve(gamma)}
    return _profile(b"RGB ", parts)


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IHH", 1, round(gamma * 256), 0)


def _profile(space: bytes, parts: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2: https://www.color.org/icc_specs2.xalter."""
    parts = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(79),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_WHITE),
        **parts,
    }
    start = 128 + 4 + 12 * len(parts)
    table, body = struct.pack(">I", len(parts)), b""
    for tag, part in parts.items():
        table += tag + struct.pack(">II", start + len(body), len(part))
        body += part
    head = bytes(4) + b"\x02\x40\0\0mntr" + space + b"XYZ " + bytes(12) + b"acsp" + bytes(28) + _fixed(_WHITE)
    return struct.pack(">I", start + len(body)) + b"lcms" + head[4:].ljust(120, b"\0") + table + body


PROFILES = {
    "Display P3": _rgb([(0.6863, 0.3171), (0.2852, 0.6690), (0.1567, 0.0643)], 2.2),
    "Adobe RGB": _rgb([(0.6484, 0.3309), (0.2302, 0.7016), (0.1559, 0.0660)], 2.2),
    "ProPhoto": _rgb([(0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)], 1.8),
}
LINEAR_GREY = _profile(b"GRAY", {b"kTRC": _curve(1)})


def in_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """The same colours as an sRGB image has, as numbers in a profile."""
    target = ImageCms.ImageCmsProfile(BytesIO(profile))
    converted = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), target, _INTENT)
    assert converted is not None
    return converted


def _inks() -> bytes:
    """A table from inks to Lab: with each ink on white its own colour, in between linear, unlike what is naive."""
    colours = {
        0b0000: (100, 0, 0),
        0b1000: (55, -37, -50),
        0b0100: (48, 74, -3),
        0b0010: (89, -5, 93),
        0b0001: (16, 0, 0),
    }
    colours |= {0b1100: (24, 22, -46), 0b0110: (47, 68, 48), 0b1010: (50, -68, 25), 0b1110: (23, 0, 0)}
    corners = [colours.get(inks, (10, 0, 0)) for inks in range(16)]
    table = bytes(number for light, a, b in corners for number in (round(light * 2.55), a + 128, b + 128))
    matrix = _fixed(np.eye(3).ravel())
    return b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + bytes(range(256)) * 4 + table + bytes(range(256)) * 3


PRESS = _profile(b"CMYK", {b"A2B0": _inks()}).replace(b"mntrCMYKXYZ ", b"prtrCMYKLab ")
