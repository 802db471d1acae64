"""Rasters to a training set."""
