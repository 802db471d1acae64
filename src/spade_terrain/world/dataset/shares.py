"""The share of each class in a training set, by split."""

from collections import Counter
from typing import Any

from spade_terrain.palette import NAMES
from spade_terrain.world.places import SPLITS


def mean_shares(entries: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The mean share of each class, by split: of each split that has patches."""
    by_split = {s: [e["shares"] for e in entries if e["split"] == s] for s in SPLITS}
    return {s: {n: sum(x[n] for x in rows) / len(rows) for n in NAMES} for s, rows in by_split.items() if rows}


def shares_table(entries: list[dict[str, Any]]) -> str:
    """The mean shares as a Markdown table, a row for each split, which also reads well as plain text."""
    counts = Counter(e["split"] for e in entries)
    rows = ["| split | patches | " + " | ".join(NAMES) + " |", "|---|---:|" + "---:|" * len(NAMES)]
    for split, shares in mean_shares(entries).items():
        cells = " | ".join(f"{shares[n]:{len(n)}.1%}" for n in NAMES)
        rows.append(f"| {split:<5} | {counts[split]:7} | {cells} |")
    return "\n".join(rows)
