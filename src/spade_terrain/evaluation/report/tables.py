"""Figures as tables, which the page and the terminal show alike."""

from dataclasses import dataclass

from spade_terrain.evaluation.options import QUOTABLE_CROPS
from spade_terrain.evaluation.report.targets import targets
from spade_terrain.evaluation.rounding import Figures, number

RATIO = "ratio"


@dataclass(frozen=True)
class Table:
    """A table of figures.

    Attributes:
        title: what was measured.
        note: what the numbers mean.
        columns: names of the columns behind the first.
        rows: a name and a cell for each column.

    """

    title: str
    note: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


_BASELINE = "The real baseline is the same between halves of the real patches; ratio 1 is as close as real is to real."

# Behind the note of each section that has a column of another split, where one was measured.
_REFERENCE_COLUMNS = {
    "reference_distance": "The last two columns are the distance of real terrain of another split, which is geography "
    "alone, since no map is shared, and the generated terrain's as a share of it.",
    "reference": "The last column is real terrain of another split.",
}

_DISTANCE = (
    ("distance", "distance"),
    ("real_baseline", "real baseline"),
    ("ratio", RATIO),
    ("reference_distance", "real {reference}"),
    ("reference_share", "share of it"),
)
_BESIDE = (("fake", "generated"), ("real", "real"), ("reference", "real {reference}"))
# Each section of the figures: its title, its note, and the key and heading of each column.
_SECTIONS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "realism": ("Realism", f"Frechet distance of VGG-19 features (relu3_1, mean of each crop). {_BASELINE}", _DISTANCE),
    "fid": ("FID", f"torchmetrics' FID of VGG-19's last features (relu5_4, mean of each crop). {_BASELINE}", _DISTANCE),
    "kid": ("KID", f"Size of torchmetrics' KID of the same features. {_BASELINE}", _DISTANCE),
    "spectrum": (
        "Spectrum",
        f"Mean absolute log10 difference of power spectra in octaves from 8 to 256 km; 0.3 is twice. {_BASELINE}",
        _DISTANCE,
    ),
    "octaves": (
        "Octaves",
        "The same octave by octave. The difference, of all crops at once, is above 0 where the generated terrain is "
        "rougher than the real.",
        (("difference", "difference"), *_DISTANCE),
    ),
    "heights_m": ("Heights", f"Wasserstein-1 distance of heights, metres. {_BASELINE}", _DISTANCE),
    "medians_m": (
        "Median heights",
        "Metres, of all land and of each class. The difference is generated less real; relative, as a share of the "
        "real.",
        (
            ("fake", "generated"),
            ("real", "real"),
            ("difference", "difference"),
            ("relative", "relative"),
            ("reference", "real {reference}"),
        ),
    ),
    "slopes_m_per_km": ("Slopes", f"Wasserstein-1 distance of slopes, metres a kilometre. {_BASELINE}", _DISTANCE),
    "shadow_leak": (
        "Shadow leak",
        "Correlation of fine luminance with the slope toward azimuth 315, where the light is, and 45, where none is. "
        "A texture should have 0, a generated terrain what the real one has.",
        (("315", "light, 315"), ("45", "control, 45")),
    ),
    "label_agreement": (
        "Label agreement",
        "Share of the pixels painted in a class that the pixel classifier reads as that class; land as water is "
        "painted land read as sea, which in real patches is the strip along the coast.",
        (("fake", "generated"), ("real", "real")),
    ),
    "drainage": (
        "Drainage",
        "Share of land in closed hollows, which water does not leave, and the metres that filling them takes, mean "
        "over all land. Sea, painted water and the borders of crops are outlets.",
        _BESIDE,
    ),
    "coast": (
        "Coast",
        "Box dimension of coasts (1 is smooth), and the share of painted land that is above the sea.",
        _BESIDE,
    ),
    "guide": (
        "Height guide",
        "The real heights were each crop's guide. Means over cells of 64 km: their correlation with the guide, of all "
        "cells and, on average, within a crop; the median error, in metres and as a share of the guide.",
        (
            ("correlation", "correlation"),
            ("correlation_within", "within crops"),
            ("median_error_m", "error, metres"),
            ("median_error", "error, share"),
        ),
    ),
    "carved_land": (
        "Carved land",
        "The first crops, carved by water, and real land as fine: medians over pieces, the least and the most of the "
        "real pieces, and the share of the crops that lie between. Enlarged is the network's land, not carved. Slopes "
        "and heights by the highest are shares; relief is metres, rms, by which land differs over these wavelengths.",
        (
            ("fake", "generated"),
            ("enlarged", "enlarged"),
            ("real", "real"),
            ("real_least", "real, least"),
            ("real_most", "real, most"),
            ("within", "within"),
        ),
    ),
    "carved_classes": (
        "Drainage density",
        "Of the carved crops together, by class, and of the real land, whose classes are unknown. Streams begin where "
        "16 pixels gather.",
        (("streams_km_per_km2", "km of streams a square km"), ("mean_slope", "mean slope")),
    ),
    "variety": (
        "Variety",
        "Mean absolute difference on land of two seeds of one map, and of a seed and the real terrain: grey levels and "
        "metres. Ratio 0: all seeds look alike; near 1: seeds differ as much as terrain of one map may.",
        (("between_seeds", "between seeds"), ("to_real", "to the real"), ("ratio", RATIO)),
    ),
    "repetition": (
        "Repetition",
        "Highest off-centre autocorrelation of fine height on maps of a single class, compared with real windows that "
        "the class covers to 80%; 1 is a copy.",
        (("fake", "generated"), ("real", "real"), ("real_windows", "real windows")),
    ),
}


def tables(figures: Figures) -> list[Table]:
    """The tables of the figures that were measured."""
    reference = figures.get("reference_split")
    return [_table(figures[key], *section, reference) for key, section in _SECTIONS.items() if figures.get(key)]


def targets_table(figures: Figures) -> Table:
    """What the model should reach, and what it did."""
    rows: list[tuple[str, ...]] = [
        (t.name, t.bounds, number(t.read(figures)), t.verdict(figures)) for t in targets(figures)
    ]
    note = (
        "Bounds of distances are shares of the distance that real terrain of the reference split has: places differ, "
        "and a model can only know those that it learned from."
    )
    return Table("Targets", note, ("target", "measured", ""), rows)


def remarks(figures: Figures) -> list[str]:
    """A line for each section that wasn't measured, and why; and one if crops are too few."""
    lines = [f"{_SECTIONS[key][0]} is left out: {why}" for key, why in figures["left_out"].items()]
    if not figures.get("reference_split"):
        lines.append("Targets of distances need the real terrain of another split: name one (--reference-split)")
    if figures.get("carved_land") and not figures["real_pieces"]:
        lines.append("Carved land has no real land beside it: name a folder of some (--fine)")
    if figures["crops"] < QUOTABLE_CROPS:
        lines.append(
            f"Fewer than {QUOTABLE_CROPS} crops: figures are rough, and not to be compared with those of other counts"
        )
    return lines


def heading(figures: Figures) -> str:
    """What was measured on what, in one line."""
    return (
        f"model {figures['model']}: {figures['crops']} crops of {figures['size']} x {figures['size']} pixels in "
        f"{figures['patches']} patches of the split {figures['split']}, seed {figures['seed']}"
    )


def as_text(figures: Figures) -> str:
    """All tables for the terminal."""
    shown = [heading(figures)]
    for table in (targets_table(figures), *tables(figures)):
        shown += ["", *table_lines(table)]
    return "\n".join([*shown, "", *remarks(figures)]).rstrip()


def table_lines(table: Table) -> list[str]:
    """A table for the terminal: its title over the names of its rows, and numbers to the right."""
    cells = [(table.title, *table.columns), *table.rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]).rstrip()
        for name, *rest in cells
    ]


def _table(rows: Figures, title: str, note: str, columns: tuple[tuple[str, str], ...], reference: str | None) -> Table:
    headings = {
        key: heading.format(reference=reference)
        for key, heading in columns
        if reference or not key.startswith("reference")
    }
    cells = [(_words(name), *(number(row[key]) for key in headings)) for name, row in rows.items()]
    notes = [note, *(behind for key, behind in _REFERENCE_COLUMNS.items() if key in headings)]
    return Table(title, " ".join(notes), tuple(headings.values()), cells)


def _words(name: str) -> str:
    words = name.removesuffix("_m").replace("_", " ")
    return f"{words} (metres)" if name.endswith("_m") else words
