"""Figures as they are reported: rounded for reading, and None for what can't be told."""

from typing import Any, TypeAlias

import numpy as np

FigureRow: TypeAlias = dict[str, float | None]
"""The figures of one thing, by name."""

Figures: TypeAlias = dict[str, Any]
"""The figures of a report, nested: section, row, column."""


def rounded(value: float) -> float | None:
    """Round a number to four digits for reading; None if it is not finite."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


def number(value: float | int | None) -> str:
    """About three digits, never an exponent; a dash for what could not be told."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return str(value)
    if 0 < abs(value) < 0.01:
        return f"{value:.4f}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) > 1 else f"{value:.3f}"
