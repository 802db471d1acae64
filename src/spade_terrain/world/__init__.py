"""Global Terrain and Height rasters -> a training set.

Layers, each of which may import only those below it:

- `build`: choosing places, cleaning and segmenting patches, and writing them as a folder or a packed file;
- `classes`: the land cover class of each pixel: clusters of land, their names, the classifier that learned them;
- `rasters`: reading the two rasters at a place; and, beside it, knowing nothing of rasters, `dataset`: the training set
  as files, which training loads without GDAL;
- `places` (where on the Earth patches lie, and in which split), `pictures` (image files), `relief` (slopes) and `water`
  (sea, rivers and lakes in a patch);
- `masked`: smoothing and filling where some pixels don't count.
"""
