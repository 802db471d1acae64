"""The water of carved terrain as files: beds of lakes, rivers, wetness, basins."""
