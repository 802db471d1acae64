"""The water of carved terrain as files: rivers, wetness, basins."""
