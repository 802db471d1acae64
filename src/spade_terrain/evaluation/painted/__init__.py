"""Painted maps: how much of the land that people paint a model keeps, and whether it holds together."""
