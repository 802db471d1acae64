"""Rasters to a training set: `build` writes a folder of patches, `pack` one file that covers all the land once."""
