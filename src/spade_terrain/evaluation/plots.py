"""Plots of spectra as inline SVG."""

from html import escape

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.spectra import OCTAVES_KM

Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 560, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 14, 46
# By curve: colour, line width.
_STYLES = {"generated": ("#c2502e", 2.4), "real": ("#2f4858", 2.4)}
_OTHERS = ("#b3bdc4", 1.3)


def spectra_plot(wavelengths: Floats, curves: dict[str, Floats], unit: str) -> str:
    """Log-log plot of log10 spectra `(K,)` over wavelengths in km `(K,)`, large forms to the left.

    Curves are drawn in their order; those other than "generated" and "real" thin, as their background.
    """
    along = -np.log2(wavelengths)
    values = np.stack(list(curves.values()))
    bottom, top = np.floor(values.min()), np.ceil(values.max() + 1e-9)

    def x(place: float) -> float:
        return float(_LEFT + (place - along[0]) / (along[-1] - along[0]) * (_WIDTH - _LEFT - _RIGHT))

    def y(power: float) -> float:
        return float(_HEIGHT - _BOTTOM - (power - bottom) / (top - bottom) * (_HEIGHT - _TOP - _BOTTOM))

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">']
    compared = [x(-np.log2(edge)) for edge in (OCTAVES_KM[-1][1], OCTAVES_KM[0][0])]
    parts.append(_band(max(compared[0], _LEFT), min(compared[1], _WIDTH - _RIGHT)))
    for power in range(int(bottom), int(top) + 1):
        parts.append(_line(_LEFT, y(power), _WIDTH - _RIGHT, y(power)))
        parts.append(_text(_LEFT - 8, y(power) + 4, f"10<tspan dy='-5' font-size='9'>{power}</tspan>", "end"))
    for km in (512, 256, 128, 64, 32, 16, 8, 4):
        if wavelengths[-1] <= km <= wavelengths[0]:
            parts.append(_line(x(-np.log2(km)), _TOP, x(-np.log2(km)), _HEIGHT - _BOTTOM))
            parts.append(_text(x(-np.log2(km)), _HEIGHT - _BOTTOM + 17, str(km), "middle"))
    parts.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 8, f"wavelength, km; power in {escape(unit)}", "middle"))
    for name, curve in curves.items():
        colour, width = _STYLES.get(name, _OTHERS)
        points = " ".join(f"{x(a):.1f},{y(p):.1f}" for a, p in zip(along, curve, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
    for i, name in enumerate(reversed(curves)):
        place = _TOP + 18 + 17 * i
        colour, width = _STYLES.get(name, _OTHERS)
        parts.append(_line(_WIDTH - 140, place - 4, _WIDTH - 118, place - 4, colour, width))
        parts.append(_text(_WIDTH - 112, place, escape(name), "start"))
    return "".join([*parts, "</svg>"])


def _band(left: float, right: float) -> str:
    height = _HEIGHT - _TOP - _BOTTOM
    return f'<rect x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" height="{height}" fill="#f3efe6"/>'


def _line(x0: float, y0: float, x1: float, y1: float, colour: str = "#ddd8cc", width: float = 1) -> str:
    ends = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
