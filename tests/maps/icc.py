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


def _profile(primaries: list[tuple[float, float]], gamma: float) -> bytes:
    """An ICC profile of version 2 with these primaries (x, y, of red, green and blue, adapted to D50) and one gamma."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    columns = columns * np.linalg.solve(columns, _WHITE)
    curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, round(gamma * 256), 0)
    parts = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(79)}
    parts |= {b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": b"XYZ \0\0\0\0" + _fixed(_WHITE)}
    for i, name in enumerate((b"r", b"g", b"b")):
        parts |= {name + b"XYZ": b"XYZ \0\0\0\0" + _fixed(columns[:, i]), name + b"TRC": curve}
    start = 128 + 4 + 12 * len(parts)
    table, body = struct.pack(">I", len(parts)), b""
    for tag, part in parts.items():
        table += tag + struct.pack(">II", start + len(body), len(part))
        body += part
    head = bytes(4) + b"\x02\x40\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + _fixed(_WHITE)
    return struct.pack(">I", start + len(body)) + b"lcms" + head[4:].ljust(120, b"\0") + table + body


PROFILES = {
    "Display P3": _profile([(0.6863, 0.3171), (0.2852, 0.6690), (0.1567, 0.0643)], 2.2),
    "Adobe RGB": _profile([(0.6484, 0.3309), (0.2302, 0.7016), (0.1559, 0.0660)], 2.2),
    "ProPhoto": _profile([(0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)], 1.8),
}


def in_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """The same colours as an sRGB image has, as numbers in a profile."""
    target = ImageCms.ImageCmsProfile(BytesIO(profile))
    converted = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), target, _INTENT)
    assert converted is not None
    return converted
