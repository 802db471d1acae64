"""The names in a report's figures, and how reports with older names are read."""

from typing import Any

FORMAT = 2
"""Written into every report. Format 1, which says no number, had other names for the same figures."""

_SECTIONS = {"beside": "reference_split", "obedience": "label_agreement"}
_ROWS = {"drowned": "land_as_water"}
_COLUMNS = {"floor": "real_baseline", "made": "fake"}


def upgrade(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures of a report of any format in the names of `FORMAT`; the numbers stay. The argument is not changed."""
    if figures.get("format", 1) != 1:
        return figures
    sections = {_SECTIONS.get(name, name): section for name, section in figures.items()}
    return {"format": FORMAT} | {name: _upgrade_section(name, section) for name, section in sections.items()}


def _upgrade_section(name: str, section: Any) -> Any:
    """Rename the rows and columns of a table of figures; anything else, such as the number of crops, is returned."""
    if not isinstance(section, dict) or name == "left_out":
        return section
    # Beside the medians of the other split stood its ratio, elsewhere: two things of one name.
    columns = _COLUMNS | {"beside": "reference" if name == "medians_m" else "reference_ratio"}
    return {
        _ROWS.get(row, row): {columns.get(key, key): value for key, value in figures.items()}
        for row, figures in section.items()
    }
