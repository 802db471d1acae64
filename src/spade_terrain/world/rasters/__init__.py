"""The global rasters: reading, resampling, registration, and the places of patches on them."""
