"""A terrain as arrays of a Zarr hierarchy."""
