"""How a raster writes heights, and the same raster in metres."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal, get_args

from spade_terrain.errors import DataError
from spade_terrain.world.rasters.vrt import Band, Piece, file_of, mask_of, open_vrt, whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

HeightEncoding = Literal["metres", "feet", "terrarium", "mapbox"]
HEIGHT_ENCODINGS: tuple[HeightEncoding, ...] = get_args(HeightEncoding)

_UNIT_M = {"metres": 1.0, "feet": 0.3048}
# Metres of one step of red, green and blue, and of black.
_TENTH_M = 0.100000001490116119384765625  # 0.1 in 24 bits: all sums are exact then, and the sea is at 0, not 1e-12
_RGB_M = {
    "terrarium": ((256, 1, 1 / 256), -32768),
    "mapbox": ((65536 * _TENTH_M, 256 * _TENTH_M, _TENTH_M), -100_000 * _TENTH_M),
}

_HIGHEST_M = 9_000.0
_LOWEST_M = -12_000.0
_FLAT_M = 10.0


def in_metres(stack: ExitStack, dataset: "DatasetReader", encoding: HeightEncoding, name: str) -> "DatasetReader":
    """`dataset` as one band of metres, masked where it holds no data; `stack` closes it.

    Raises `DataError` if the bands don't fit the encoding.
    """
    if encoding in _RGB_M:
        if dataset.count < 3 or dataset.dtypes[0] != "uint8":
            raise DataError(
                f"{name} has {_bands(dataset)}; `height_code` {encoding} takes 8-bit RGB, one band is metres or feet"
            )
        ratios, black = _RGB_M[encoding]
        # Decoded by GDAL on the way to the warper: a colour between two coded colours means some other height.
        pieces = [_piece(dataset, i + 1, r, black if i == 0 else 0) for i, r in enumerate(ratios)]
        # In doubles, since GDAL computes in the type of the band.
        band = Band("float64", pieces, summed=True)
    else:
        if dataset.count != 1:
            raise DataError(
                f"{name} has {_bands(dataset)}; the Height raster must have one, of metres, "
                "or `height_code` terrarium or mapbox if its colours are heights"
            )
        ratio, offset = (x * _UNIT_M[encoding] for x in (dataset.scales[0], dataset.offsets[0]))
        if (ratio, offset) == (1.0, 0.0):
            return dataset
        band = Band("float32", [_piece(dataset, 1, ratio, offset)])
    mask = mask_of(dataset, [(whole(dataset), whole(dataset))])
    return open_vrt(stack, dataset.shape[::-1], dataset.crs, dataset.transform, [band], mask)


def check_heights(metres: "NDArray[np.float32]", encoding: HeightEncoding, name: str) -> None:
    """Raise `DataError` if `metres` (any shape, only ground with data) can't be the Earth's heights in metres."""
    low, high = float(metres.min()), float(metres.max())
    fix = "give the `height_code` it is written in (feet, terrarium, mapbox)"
    if encoding != "metres":
        fix = f"check `height_code` {encoding}"
    if high > _HIGHEST_M:
        raise DataError(f"{name} reaches {high:,.0f} m, above any ground: {fix}, or declare its nodata value")
    if low < _LOWEST_M:
        raise DataError(f"{name} goes down to {low:,.0f} m, below any ground: {fix}, or declare its nodata value")
    if high < _FLAT_M:
        raise DataError(f"{name} reaches only {high:,.1f} m: heights must be in metres; {fix}")


def _piece(dataset: "DatasetReader", band: int, ratio: float, offset: float) -> Piece:
    return Piece(file_of(dataset), str(band), whole(dataset), whole(dataset), float(ratio), float(offset))


def _bands(dataset: "DatasetReader") -> str:
    return f"{dataset.count} band{'s' * (dataset.count != 1)} of {dataset.dtypes[0]}"
