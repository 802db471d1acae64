"""How far rasters of one world lie apart: measured by `register`, kept as a `stored.Registration`."""
