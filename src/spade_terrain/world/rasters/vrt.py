"""GDAL's virtual rasters (VRT), kept in memory: rasters made of other rasters, worked out only where they are read."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""

_TYPES = {
    **{f"{sign}int{bits}": f"{'U' if sign else ''}Int{bits}" for sign in ("", "u") for bits in (16, 32, 64)},
    "uint8": "Byte",
    "int8": "Int8",
    "float32": "Float32",
    "float64": "Float64",
}
_SUM = "<PixelFunctionType>sum</PixelFunctionType><SourceTransferType>Float64</SourceTransferType>"


@dataclass(frozen=True)
class Piece:
    """A box of one raster's band, and where it goes. Its values become `value * ratio + offset`.

    Attributes:
        file: the raster.
        band: a band's number, or "mask,1" for where the raster holds data, 0 or 255.
        source: the box to take.
        target: the box to fill, of the same size.
        ratio: what values are multiplied with.
        offset: what is added then.
        skip: a value that leaves what lies below.
        component: of a band with a colour table, the part of the colour to take (1 red to 4 opacity); 0 for none.

    """

    file: str
    band: str
    source: Box
    target: Box
    ratio: float = 1.0
    offset: float = 0.0
    skip: float | None = None
    component: int = 0


@dataclass(frozen=True)
class Band:
    """A band made of pieces.

    Attributes:
        dtype: NumPy's name of its type.
        pieces: what it is made of.
        summed: pieces add up where they overlap; otherwise the last one counts. GDAL (3.10) reads such a band wrongly
            as a mask, and as a piece of another virtual raster.
        nodata: the value that means nothing.
        colour: GDAL's name of its colour, such as "Alpha".

    """

    dtype: str
    pieces: Sequence[Piece]
    summed: bool = False
    nodata: float | None = None
    colour: str = "Undefined"


def file_of(dataset: "DatasetReader") -> str:
    """The name by which a virtual raster finds `dataset`'s file, from any folder."""
    return str(Path(dataset.name).resolve()) if Path(dataset.name).exists() else str(dataset.name)


def whole(dataset: "DatasetReader") -> Box:
    """All of `dataset`."""
    return 0, 0, dataset.width, dataset.height


def mask_of(dataset: "DatasetReader", boxes: Sequence[tuple[Box, Box]]) -> Band:
    """Where `dataset` holds data, by its mask, alpha or nodata value, for boxes (source, target)."""
    # With a nodata value each band has a mask of its own, and a colour is missing only if all its bands are.
    bands = range(1, dataset.count + 1) if dataset.nodata is not None else (1,)
    file = file_of(dataset)
    return Band("uint8", [Piece(file, f"mask,{b}", *box, skip=0) for b in bands for box in boxes])


def open_vrt(
    stack: ExitStack, size: tuple[int, int], crs: Any, transform: Any, bands: Sequence[Band], mask: Band | None = None
) -> "DatasetReader":
    """Open a virtual raster of `size` (columns, rows); `stack` closes it."""
    from rasterio.io import MemoryFile

    a, b, c, d, e, f = tuple(transform)[:6]
    parts = [
        f'<VRTDataset rasterXSize="{size[0]}" rasterYSize="{size[1]}">',
        f"<SRS>{escape(crs.to_wkt())}</SRS>",
        f"<GeoTransform>{c!r}, {a!r}, {b!r}, {f!r}, {d!r}, {e!r}</GeoTransform>",
        *(_band(i + 1, band) for i, band in enumerate(bands)),
        f"<MaskBand>{_band(0, mask)}</MaskBand>" if mask else "",
        "</VRTDataset>",
    ]
    memory = stack.enter_context(MemoryFile("".join(parts).encode(), ext=".vrt"))
    dataset: DatasetReader = stack.enter_context(memory.open())
    return dataset


def _band(number: int, band: Band) -> str:
    # In a mask band GDAL takes no number.
    attributes = f' band="{number}"' if number else ""
    attributes += ' subClass="VRTDerivedRasterBand"' if band.summed else ""
    parts = [
        f'<VRTRasterBand dataType="{_TYPES[band.dtype]}"{attributes}>',
        f"<ColorInterp>{band.colour}</ColorInterp>",
        f"<NoDataValue>{band.nodata!r}</NoDataValue>" if band.nodata is not None else "",
        _SUM if band.summed else "",
        *map(_piece, band.pieces),
        "</VRTRasterBand>",
    ]
    return "".join(parts)


def _piece(piece: Piece) -> str:
    scaled = (piece.ratio, piece.offset) != (1.0, 0.0)
    kind = "ComplexSource" if scaled or piece.component or piece.skip is not None else "SimpleSource"
    parts = [
        f'<{kind}><SourceFilename relativeToVRT="0">{escape(piece.file)}</SourceFilename>',
        f"<SourceBand>{piece.band}</SourceBand>",
        _rect("SrcRect", piece.source),
        _rect("DstRect", piece.target),
        f"<ScaleOffset>{piece.offset!r}</ScaleOffset><ScaleRatio>{piece.ratio!r}</ScaleRatio>" if scaled else "",
        f"<NODATA>{piece.skip!r}</NODATA>" if piece.skip is not None else "",
        f"<ColorTableComponent>{piece.component}</ColorTableComponent>" if piece.component else "",
        f"</{kind}>",
    ]
    return "".join(parts)


def _rect(name: str, box: Box) -> str:
    return f'<{name} xOff="{box[0]}" yOff="{box[1]}" xSize="{box[2]}" ySize="{box[3]}"/>'
