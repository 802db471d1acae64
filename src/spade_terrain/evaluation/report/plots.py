"""Plots of spectra, drawn by matplotlib."""

from contextlib import AbstractContextManager
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.measures.spectra import OCTAVES_KM

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_INK, _RULE, _BAND, _PAPER = "#756d60", "#e4ddd0", "#f3efe6", "#fbf9f5"  # as in the page's style
# By curve: colour, line width.
_STYLES = {"generated": ("#c2502e", 1.8), "real": ("#2f4858", 1.8)}
_OTHERS = ("#a9b4bc", 1.0)


def spectra_plot(wavelengths: Floats, curves: dict[str, Floats], unit: str) -> "Figure":
    """Log-log plot of log10 spectra `(K,)` in `unit` over wavelengths in km `(K,)`, large forms to the left.

    Curves are drawn in their order; those other than "generated" and "real" thin, as their background.
    """
    from matplotlib.figure import Figure

    with _style():
        figure = Figure((5.6, 3.4), facecolor=_PAPER, layout="constrained")
        axes = figure.add_subplot(facecolor=_PAPER)
        axes.axvspan(OCTAVES_KM[0][0], OCTAVES_KM[-1][1], color=_BAND, zorder=0)
        for name, log_power in curves.items():
            colour, width = _STYLES.get(name, _OTHERS)
            axes.plot(wavelengths, 10**log_power, color=colour, linewidth=width, label=name)
        _set_axes(axes, wavelengths, unit)
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], frameon=False, loc="upper right")
    return figure


def as_svg(figure: "Figure") -> bytes:
    """The figure as an SVG file, which is the same each time."""
    file = BytesIO()
    with _style():
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _style() -> AbstractContextManager[None]:
    from matplotlib import rc_context

    return rc_context(
        {
            "svg.hashsalt": "spade-terrain",  # the same names of parts, and so the same bytes, each time
            "font.size": 8,
            "text.color": _INK,
            "axes.labelcolor": _INK,
            "axes.edgecolor": _RULE,
            "xtick.color": _INK,
            "ytick.color": _INK,
        }
    )


def _set_axes(axes: "Axes", wavelengths: Floats, unit: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(wavelengths.max(), wavelengths.min())  # large forms to the left
    ticks = [km for km in (512, 256, 128, 64, 32, 16, 8, 4) if wavelengths.min() <= km <= wavelengths.max()]
    axes.set_xticks(ticks, [str(km) for km in ticks])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.grid(color=_RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("wavelength (km)")
    axes.set_ylabel(f"power ({unit})")
