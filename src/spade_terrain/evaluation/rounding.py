"""Figures as they are reported: rounded for reading, and None for what can't be told."""

from typing import TypeAlias

import numpy as np

FigureRow: TypeAlias = dict[str, float | None]
"""The figures of one thing, by name."""


def rounded(value: float) -> float | None:
    """Round a number to four digits for reading; None if it is not finite."""
    return float(f"{value:.4g}") if np.isfinite(value) else None
