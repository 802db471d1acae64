"""The names of the textures that land can be shown in."""

ATLAS = "atlas"
"""As a physical atlas paints the land."""
SATELLITE = "satellite"
"""As a satellite sees it."""
