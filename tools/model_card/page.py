"""The model's card as a page of Markdown: what the template `page.md` beside this file shows."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from jinja2 import Environment, StrictUndefined
from model_card.notes import MAPS, ROOT, Notes

from spade_terrain import Model
from spade_terrain.card import Card
from spade_terrain.evaluation.report.tables import Table, heading, remarks, tables
from spade_terrain.evaluation.report.targets import Target, targets
from spade_terrain.evaluation.rounding import Figures, number

PICTURES = "pictures/model"
"""Where the page's pictures are, seen from the page."""

SEEDS = (1, 2)
"""Of the terrains that are shown of each map."""

_TEMPLATE = Path(__file__).with_name("page.md")
_NO_BREAK = "\N{NO-BREAK SPACE}"


def page(model: Model, reports: Mapping[str, Figures], notes: Notes, highest: Mapping[str, Sequence[float]]) -> str:
    """The card, Markdown.

    Args:
        model: whose card it is.
        reports: figures by split, `val` first.
        notes: what people have written.
        highest: metres of the highest point of each map's terrains, by map.

    """
    card, aims = model.card, targets(next(iter(reports.values())))
    environment = Environment(
        autoescape=False,  # Markdown
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        card=card,
        notes=notes,
        about=_about(model),
        training=[(_words(key), _said(value)) for key, value in card.training.items() if key != "config"],
        flags=_flags(card),
        scope=list(_scope(reports)),
        met=", ".join(
            f"{sum(target.missed_by(figures) == 0 for target in aims)} of {len(aims)} on {split}"
            for split, figures in reports.items()
        ),
        targets={
            "columns": ("", "target", *reports),
            "rows": [(t.name, t.bounds, *(_result(t, figures) for figures in reports.values())) for t in aims],
        },
        figures=list(_figures(reports)),
        maps_intro=_maps_intro(model, len(notes.maps)),
        maps=list(_maps(notes, highest)),
        table=_table,
        wrapped=_wrapped,
    )


def _about(model: Model) -> list[tuple[str, str]]:
    card = model.card
    weights = sum(int(np.prod(w.dims)) for w in onnx.load_from_string(model.data).graph.initializer)
    noise = ", ".join(
        f"{n.channels} at 1/{n.stride}" if n.stride > 1 else f"{n.channels} at full size" for n in card.noise
    )
    size = f"{len(model.data) / 1e6:.1f} MB, {weights / 1e6:.1f} million weights"
    return [
        ("name", card.name),
        ("file", f"`src/spade_terrain/models/default.onnx`: {size}"),
        ("classes", ", ".join(c.name for c in card.classes)),
        ("ground sample distance", f"{card.gsd:,.0f} m a pixel"),
        ("stride", f"{card.stride} pixels: windows start and end at multiples of it"),
        ("halo", f"{card.halo} pixels around a window can change it"),
        ("noise", f"channels by size: {noise} ([noise.md](noise.md))"),
        ("style", ", ".join(card.style) or "none"),
        ("height code", f"2 sqrt(metres / {card.height_code.max_m:,.0f}) - 1"),
    ]


def _flags(card: Card) -> str:
    """The training's configuration as flags, in lines."""
    config = json.loads(card.training.get("config", "{}"))
    flags = " ".join(_flag(key, value).replace(" ", _NO_BREAK) for key, value in config.items())
    return _wrapped(flags).replace(_NO_BREAK, " ")


def _scope(reports: Mapping[str, Figures]) -> Iterator[str]:
    """What was measured of each split, and what was not."""
    for split, figures in reports.items():
        yield f"{split}: {heading(figures)}."
    for split, figures in reports.items():
        for line in remarks(figures):
            yield f"{split}: {line}."
    if "test" not in reports:
        yield "**The test split has not been scored yet.** All figures here are of validation places."


def _result(target: Target, figures: Figures) -> str:
    """The number and its verdict, in Markdown."""
    measured, verdict = number(target.read(figures)), target.verdict(figures)
    if target.missed_by(figures) is None:
        return verdict
    return f"{measured}: {verdict if verdict == 'met' else f'**{verdict}**'}"


def _figures(reports: Mapping[str, Figures]) -> Iterator[Table]:
    """Each table that any report has, the columns of all reports side by side."""
    by_split = {split: {table.title: table for table in tables(figures)} for split, figures in reports.items()}
    for title in dict.fromkeys(title for found in by_split.values() for title in found):
        yield _side_by_side({split: found[title] for split, found in by_split.items() if title in found})


def _side_by_side(by_split: Mapping[str, Table]) -> Table:
    # A report may have a column that another lacks; the note of the one with more explains all.
    fullest = max(by_split.values(), key=lambda table: len(table.columns))
    cells = [({name: rest for name, *rest in t.rows}, [number(None)] * len(t.columns)) for t in by_split.values()]
    names = dict.fromkeys(name for found, _ in cells for name in found)
    rows = [(name, *(cell for found, none in cells for cell in found.get(name, none))) for name in names]
    columns = [f"{split}: {column}" for split, table in by_split.items() for column in table.columns]
    return Table(fullest.title, fullest.note, ("", *columns), rows)


def _maps_intro(model: Model, count: int) -> str:
    own = model.card.default_texture
    textures = " and ".join([own, *(name for name in model.card.textures if name != own)])
    intro = (
        f"The {count} maps, painted by `python examples/paint.py` as people paint, have 512 x 512 pixels. "
        f"Left to right: the painted map, the terrain of seed {SEEDS[0]} as {textures}, its height (white is the "
        f"highest point), the terrain of seed {SEEDS[1]} likewise."
    )
    if not model.card.style:
        return intro
    drawn = {seed: ", ".join(f"{k} {v:.1f}" for k, v in model.style(seed).items()) for seed in SEEDS}
    return f"{intro} Of the style {'; '.join(f'seed {seed} draws {style}' for seed, style in drawn.items())}."


def _maps(notes: Notes, highest: Mapping[str, Sequence[float]]) -> Iterator[dict[str, str]]:
    for name, note in notes.maps.items():
        peaks = " and ".join(f"{number(metres)} m" for metres in highest[name])
        source = f"[map](../{MAPS[name].relative_to(ROOT).as_posix()})"
        yield {
            "name": name,
            "text": f"{note['painted']} Highest points: {peaks}; {source}.",
            "picture": f"{PICTURES}/{name}.jpg",
            "seen": note["seen"].strip(),
        }


def _wrapped(text: str) -> str:
    """The text in lines of at most 120 characters, as far as its words allow."""
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], rule: str = "---:") -> str:
    """A Markdown table; all columns but the first stand to the right, or as another `rule` has it."""
    lines = [columns, ["---", *[rule] * (len(columns) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _words(key: str) -> str:
    return key.replace("_", " ")


def _said(value: object) -> str:
    """A fact of the file in words: numbers with commas, yes or no, and facts within facts, but no configuration."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(key)} {_said(inner)}" for key, inner in value.items() if key != "config")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _flag(key: str, value: object) -> str:
    """A field of the configuration as a flag."""
    name = key.replace("_", "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name} " + (" ".join(map(str, value)) if isinstance(value, list) else str(value))
