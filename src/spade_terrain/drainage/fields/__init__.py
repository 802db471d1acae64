"""Grids of numbers: compiled loops, smooth noise, splines, pieces of masks."""
