from xml.etree import ElementTree

import numpy as np

from spade_terrain.evaluation.measures.spectra import wavelengths_km
from spade_terrain.evaluation.report.plots import as_svg, spectra_plot

WAVELENGTHS = wavelengths_km(256, 2000)
CURVES = {"other": np.linspace(6, 1, 128), "real": np.linspace(5, 1, 128), "generated": np.linspace(5, 2, 128)}


def test_a_plot_has_a_line_a_curve_within_its_axes() -> None:
    (axes,) = spectra_plot(WAVELENGTHS, CURVES, "square metres").axes
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    assert list(lines) == list(CURVES)
    for name, line in lines.items():
        np.testing.assert_array_equal(line.get_xdata(), WAVELENGTHS)
        np.testing.assert_allclose(np.log10(np.asarray(line.get_ydata(), float)), CURVES[name])
        assert line.get_linewidth() > 1 or name == "other"
    assert axes.get_xlim() == (512, 4)  # large forms to the left
    bottom, top = axes.get_ylim()
    assert bottom < 10
    assert top > 10**6
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["512", "256", "128", "64", "32", "16", "8", "4"]
    assert axes.get_xlabel() == "wavelength (km)"
    assert axes.get_ylabel() == "power (square metres)"


def test_the_file_is_sound_svg_and_the_same_each_time() -> None:
    one, other = (as_svg(spectra_plot(WAVELENGTHS, CURVES, "square metres")) for _ in range(2))
    assert one == other
    assert ElementTree.fromstring(one).tag.endswith("svg")
