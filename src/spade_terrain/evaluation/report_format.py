"""The names in a report's figures, and how reports with older names are read."""

from typing import Any

from spade_terrain.evaluation.rounding import FigureRow, rounded

FORMAT = 4
"""Written into every report. Format 1, which says no number, had other names for the same figures; format 2 gave the
distance of the reference split as a multiple of the baseline, `reference_ratio`; format 3 knew no carved land."""

_SECTIONS = {"beside": "reference_split", "obedience": "label_agreement"}
_ROWS = {"drowned": "land_as_water"}
_COLUMNS = {"floor": "real_baseline", "made": "fake"}


def upgrade(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures of a report of any format in the names of `FORMAT`. The argument is not changed."""
    if figures.get("format", 1) == 1:
        sections = {_SECTIONS.get(name, name): section for name, section in figures.items()}
        figures = {name: _rename(name, section) for name, section in sections.items()}
    return {**{name: _with_share(section) for name, section in figures.items()}, "format": FORMAT}


def _rename(name: str, section: Any) -> Any:
    """Rename the rows and columns of a table of figures; anything else, such as the number of crops, is returned."""
    if not _is_table(section):
        return section
    # Beside the medians of the other split stood its ratio, elsewhere: two things of one name.
    columns = _COLUMNS | {"beside": "reference" if name == "medians_m" else "reference_ratio"}
    return {
        _ROWS.get(row, row): {columns.get(key, key): value for key, value in figures.items()}
        for row, figures in section.items()
    }


def _with_share(section: Any) -> Any:
    """Give a table's rows the reference split's distance, and the share of it, in place of its ratio."""
    if not _is_table(section):
        return section
    return {name: _row_with_share(row) for name, row in section.items()}


def _row_with_share(row: FigureRow) -> FigureRow:
    if "reference_ratio" not in row:
        return row
    kept = {name: value for name, value in row.items() if name != "reference_ratio"}
    reference, baseline, ratio = row["reference_ratio"], row["real_baseline"], row["ratio"]
    distance = None if reference is None or baseline is None else rounded(reference * baseline)
    share = rounded(ratio / reference) if reference and ratio is not None else None
    return {**kept, "reference_distance": distance, "reference_share": share}


def _is_table(section: Any) -> bool:
    return isinstance(section, dict) and all(isinstance(row, dict) for row in section.values())
