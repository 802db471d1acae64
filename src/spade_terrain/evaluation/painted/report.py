"""The figures of painted maps for people, and as a file."""

import json
from pathlib import Path

from spade_terrain.evaluation.painted.evaluate import ALL, RANDOM
from spade_terrain.evaluation.report.tables import Table, table_lines
from spade_terrain.evaluation.rounding import Figures, number
from spade_terrain.storage.files import staged

NAME = "maps.json"

_MAKERS = {"network": "by the network alone", "generator": "by the whole generator"}
_COLUMNS = {
    "land_lost": "land lost",
    "lands": "lands",
    "cut": "cut",
    "waters": "waters",
    "opened": "opened",
    "painted_dimension": "painted dimension",
    "box_dimension": "dimension",
}


def write_maps_report(folder: Path, figures: Figures) -> Path:
    """Write `maps.json` into `folder` (made if missing); returns its path.

    Raises `TerrainError` if the folder can't be written; nothing half-written is left behind.
    """
    with staged(folder) as stage:
        text = json.dumps(figures, indent=2, allow_nan=False)
        (stage / NAME).write_text(text + "\n", encoding="utf-8", newline="\n")
    return folder / NAME


def maps_tables(figures: Figures) -> list[Table]:
    """The maps, one a row, and what became of the islands of all painted and of all random ones."""
    groups = {name: figures[name] for name in (ALL, RANDOM) if figures[name]}
    return [
        *(_lands(maker, {**figures["maps"], **groups}) for maker in _MAKERS),
        *(_islands(f"Islands of {name}", group) for name, group in groups.items()),
    ]


def maps_as_text(figures: Figures) -> str:
    """All tables for the terminal."""
    lines = [f"model {figures['model']}: {len(figures['maps'])} painted maps, seed {figures['seed']}"]
    for table in maps_tables(figures):
        lines += ["", *table_lines(table)]
    return "\n".join(lines)


def _lands(maker: str, rows: Figures) -> Table:
    note = (
        "Share of painted land that is sea; painted lands, and those that have fallen apart into pieces of more than "
        "12 pixels; painted waters, and those that have run into others; box dimension of the coasts."
    )
    cells = [(name, *(number(row[maker][key]) for key in _COLUMNS)) for name, row in rows.items()]
    return Table(f"Maps {_MAKERS[maker]}", note, tuple(_COLUMNS.values()), cells)


def _islands(title: str, group: Figures) -> Table:
    columns = [f"{heading}, {maker}" for heading in ("left", "half left") for maker in _MAKERS]
    cells = [
        (
            f"{size} pixels",
            number(row["painted"]),
            *(number(group[maker]["islands"][size][key]) for key in ("surviving", "half") for maker in _MAKERS),
        )
        for size, row in group["network"]["islands"].items()
    ]
    note = "Painted islands by size, those that have some land left, and those that have half of it."
    return Table(title, note, ("painted", *columns), cells)
