from xml.etree import ElementTree

import numpy as np

from spade_terrain.evaluation.plots import spectra_plot
from spade_terrain.evaluation.spectra import wavelengths_km


def test_a_plot_is_sound_svg_with_a_line_a_curve() -> None:
    waves = wavelengths_km(256, 2000)
    curves = {"other": np.linspace(6, 1, 128), "real": np.linspace(5, 1, 128), "generated": np.linspace(5, 2, 128)}
    svg = ElementTree.fromstring(spectra_plot(waves, curves, "square metres"))
    lines = svg.findall("polyline")
    assert len(lines) == 3
    points = [[tuple(map(float, p.split(","))) for p in line.attrib["points"].split()] for line in lines]
    assert all(len(p) == 128 for p in points)
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    assert all(0 <= x <= width and 0 <= y <= height for line in points for x, y in line)
    _, real, generated = points
    assert real[0] == generated[0]
    assert generated[-1][1] < real[-1][1]  # more power is higher up
