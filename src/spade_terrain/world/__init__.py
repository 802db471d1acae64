"""Global Terrain and Height rasters -> a training set."""
