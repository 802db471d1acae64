"""The model's card as a page of Markdown."""

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import onnx
from model_card.bars import BARS
from model_card.notes import MAPS, ROOT, Notes

from spade_terrain import Model
from spade_terrain.card import Card
from spade_terrain.evaluation.tables import Figures, Table, heading, number, remarks, tables

PICTURES = "pictures/model"
"""Where the page's pictures are, seen from the page."""

SEEDS = (1, 2)
"""Of the terrains that are shown of each map."""

_NO_BREAK = "\N{NO-BREAK SPACE}"


def page(model: Model, reports: Mapping[str, Figures], notes: Notes, highest: Mapping[str, Sequence[float]]) -> str:
    """The card, Markdown; `highest` holds the metres of the highest point of each map's terrains."""
    sections = [
        f"# Model card: {model.card.name}",
        _about(model),
        _data(notes),
        _training(model.card),
        _figures(reports),
        _bars(reports),
        *_tables(reports),
        _maps(model, notes, highest),
        "\n\n".join(["## Failure cases", *_judged(model.card, notes), notes.failures.strip()]),
        f"## Limits\n{notes.limits.strip()}",
        f"## Licence\nThe weights are under the {model.card.licence} licence, as the code is ([LICENSE](../LICENSE)).",
    ]
    return "\n\n".join(sections) + "\n"


def _about(model: Model) -> str:
    card = model.card
    weights = sum(int(np.prod(w.dims)) for w in onnx.load_from_string(model.data).graph.initializer)
    noise = ", ".join(
        f"{n.channels} at 1/{n.stride}" if n.stride > 1 else f"{n.channels} at full size" for n in card.noise
    )
    size = f"{len(model.data) / 1e6:.1f} MB, {weights / 1e6:.1f} million weights"
    rows = [
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
    return f"""\
`python tools/make_model_card.py` makes this page of the model's file, of what `spade-terrain evaluate` measured, and of
[notes](model_card/notes.toml) that people wrote.

## What it is
The generator that `spade-terrain generate` uses unless told otherwise. From a painted map it makes the texture without
shadows, the height in metres, and the texture shaded from the north-west.

{_table(("", ""), rows, "---")}"""


def _data(notes: Notes) -> str:
    return f"""\
## Data
Two rasters of the whole Earth, both in the public domain: Natural Earth I with shaded relief, water and drainages, and
land heights of SRTM30. [sources.md](sources.md) has where they come from, [training-set.md](training-set.md) how
patches, their classes and the places kept for validation and test are made of them.

{notes.data.strip()}"""


def _training(card: Card) -> str:
    facts = [(_words(key), _said(value)) for key, value in card.training.items() if key != "config"]
    config = json.loads(card.training.get("config", "{}"))
    flags = _wrapped(" ".join(_flag(key, value).replace(" ", _NO_BREAK) for key, value in config.items()))
    return f"""\
## Training
What the file says of it; [training.md](training.md) explains the losses and flags, and [the log](model-log.md) has what
was tried.

{_table(("", ""), facts, "---")}

The configuration, as flags of `spade-terrain train`:

```
{flags.replace(_NO_BREAK, " ")}
```"""


def _figures(reports: Mapping[str, Figures]) -> str:
    lines = [f"- {split}: {heading(figures)}." for split, figures in reports.items()]
    lines += [f"- {split}: {line}." for split, figures in reports.items() for line in remarks(figures)]
    if "test" not in reports:
        lines.append("- **The test split has not been scored yet.** All figures here are of validation places.")
    return f"""\
## Figures
[evaluation.md](evaluation.md) says what each is, and what the noise floor is.

{chr(10).join(lines)}"""


def _bars(reports: Mapping[str, Figures]) -> str:
    rows = [(bar.name, bar.asked, *(bar.verdict(figures) for figures in reports.values())) for bar in BARS]
    met = ", ".join(
        f"{sum(bar.missed_by(figures) == 0 for bar in BARS)} of {len(BARS)} on {split}"
        for split, figures in reports.items()
    )
    return f"""\
### Asked and reached
What the model is asked to reach, on test places. A median height may be off by 25% of the real or by 100 m, whichever
is more. Met: {met}.

{_table(("", "asked", *reports), rows)}"""


def _tables(reports: Mapping[str, Figures]) -> list[str]:
    """A section for each table of any report, the columns of all reports side by side."""
    by_split = {split: {table.title: table for table in tables(figures)} for split, figures in reports.items()}
    titles = dict.fromkeys(title for found in by_split.values() for title in found)
    return [
        _side_by_side({split: found[title] for split, found in by_split.items() if title in found}) for title in titles
    ]


def _side_by_side(by_split: Mapping[str, Table]) -> str:
    # A report may have a column that another lacks; the note of the one with more explains all.
    fullest = max(by_split.values(), key=lambda table: len(table.columns))
    cells = [({name: rest for name, *rest in t.rows}, [number(None)] * len(t.columns)) for t in by_split.values()]
    names = dict.fromkeys(name for found, _ in cells for name in found)
    rows = [(name, *(cell for found, none in cells for cell in found.get(name, none))) for name in names]
    columns = [f"{split}: {column}" for split, table in by_split.items() for column in table.columns]
    return f"### {fullest.title}\n{_wrapped(fullest.note)}\n\n{_table(('', *columns), rows)}"


def _maps(model: Model, notes: Notes, highest: Mapping[str, Sequence[float]]) -> str:
    intro = (
        f"The {len(notes.maps)} maps, painted by `python examples/paint.py` as people paint, have 512 x 512 pixels. "
        f"Left to right: the painted map, the terrain of seed {SEEDS[0]}, its height (white is the highest point), the "
        f"terrain of seed {SEEDS[1]}."
    )
    if model.card.style:
        drawn = {seed: ", ".join(f"{k} {v:.1f}" for k, v in model.style(seed).items()) for seed in SEEDS}
        intro += f" Of the style {'; '.join(f'seed {seed} draws {style}' for seed, style in drawn.items())}."
    parts = [f"## Painted maps\n{_wrapped(intro)}", *_judged(model.card, notes)]
    for name, note in notes.maps.items():
        peaks = " and ".join(f"{number(metres)} m" for metres in highest[name])
        source = f"[map](../{MAPS[name].relative_to(ROOT).as_posix()})"
        text = f"{note['painted']} Highest points: {peaks}; {source}."
        parts += [
            f"### {name}\n{_wrapped(text)}",
            f"![{name}: painted map, terrain, height, terrain of another seed]({PICTURES}/{name}.jpg)",
            note["seen"].strip(),
        ]
    return "\n\n".join(parts)


def _judged(card: Card, notes: Notes) -> list[str]:
    """A warning, where what people wrote is about the pictures of another model."""
    same = notes.judged == card.name
    return [] if same else [f"> Written of {notes.judged}. The pictures of {card.name} have not been judged yet."]


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
