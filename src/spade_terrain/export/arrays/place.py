"""Where the pixels of a Zarr hierarchy lie, in the words of CF and of the conventions of GeoZarr.

CF Metadata Conventions 1.11, https://cfconventions.org; the conventions `proj`, `spatial` and `multiscales` 0.1,
https://github.com/zarr-conventions, which are what GeoZarr is made of.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export import ground
from spade_terrain.terrain import Georeference, TerrainRows

LOCAL = (
    'ENGCRS["spade-terrain",EDATUM["the middle of the map"],CS[Cartesian,2],AXIS["easting",east],'
    'AXIS["northing",north],LENGTHUNIT["metre",1]]'
)
"""The plane that a map without a georeference lies on: metres from its middle."""
_CONVENTIONS = {
    "multiscales": "d35379db-88df-4056-af3a-620245f8e347",
    "proj": "f17cb550-5864-4468-aeb7-f3180cfb622f",
    "spatial": "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",
}
_UNITS = {"metre": "m", "meter": "m", "degree": "degrees"}

Attributes = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a level lies.

    Attributes:
        wkt: its coordinate system, as WKT 2.
        code: the same as `EPSG:...`, if it has one.
        geographic: its coordinates are longitude and latitude.
        unit: of its coordinates, as UDUNITS calls it.
        transform: `(a, b, c, d, e, f)`: pixel corner (column, row) lies at `x = a column + b row + c`,
            `y = d column + e row + f`.

    """

    wkt: str
    code: str | None
    geographic: bool
    unit: str
    transform: tuple[float, float, float, float, float, float]

    @classmethod
    def of(cls, terrain: TerrainRows) -> Self:
        """That of a terrain: its own, or around its middle."""
        if terrain.georeference is None:
            wide, long = ground.extent(terrain)
            east_west, north_south = ground.pixel(terrain)
            return cls(LOCAL, None, False, "m", (east_west, 0.0, -wide / 2, 0.0, -north_south, long / 2))
        return cls._in_system(terrain.georeference)

    @classmethod
    def _in_system(cls, place: Georeference) -> Self:
        import rasterio

        with rasterio.Env():
            crs = rasterio.CRS.from_user_input(place.crs)
            unit = crs.units_factor[0]
            wkt = crs.to_wkt(version="WKT2_2019")
            code = crs.to_authority()
            known = ":".join(code) if code else None
            return cls(wkt, known, crs.is_geographic, _UNITS.get(unit, unit.replace(" ", "_")), place.transform)

    def coarser(self, times: int) -> "Place":
        """The same with pixels so many times as wide and as long."""
        a, b, c, d, e, f = self.transform
        return replace(self, transform=(a * times, b * times, c, d * times, e * times, f))

    @property
    def upright(self) -> bool:
        """Whether columns all lie at one x, and rows at one y."""
        return self.transform[1] == self.transform[3] == 0

    def coordinates(self, shape: tuple[int, int]) -> dict[str, tuple[NDArray[Any], Attributes]]:
        """Where the middles of columns `x` and of rows `y` lie, if the map is upright, with what CF says of them."""
        if not self.upright:
            return {}
        a, _, c, _, e, f = self.transform
        return {
            "y": (f + e * (np.arange(shape[0]) + 0.5), self._axis("Y", "latitude", "north")),
            "x": (c + a * (np.arange(shape[1]) + 0.5), self._axis("X", "longitude", "east")),
        }

    def _axis(self, axis: str, angle: str, side: str) -> Attributes:
        if self.geographic:
            unit = f"{self.unit}_{side}" if self.unit == "degrees" else self.unit
            return {"standard_name": angle, "long_name": angle, "units": unit, "axis": axis}
        if self.wkt == LOCAL:
            return {"long_name": f"{side} of the middle of the map", "units": self.unit, "axis": axis}
        name = f"projection_{axis.lower()}_coordinate"
        return {"standard_name": name, "long_name": f"to the {side}", "units": self.unit, "axis": axis}

    def grid_mapping(self) -> Attributes:
        """What CF, GDAL and rioxarray read of the variable that all others name as their grid mapping."""
        a, b, c, d, e, f = self.transform
        named = {"grid_mapping_name": "latitude_longitude"} if self.geographic else {}
        numbers = " ".join(map(repr, (c, a, b, f, d, e)))  # in GDAL's order
        return {**named, "crs_wkt": self.wkt, "spatial_ref": self.wkt, "GeoTransform": numbers}

    def attributes(self, shape: tuple[int, int]) -> Attributes:
        """What a level's group says."""
        system = {"proj:wkt2": self.wkt} | ({"proj:code": self.code} if self.code else {})
        return {"zarr_conventions": conventions("proj", "spatial"), **system, **self._spatial(shape)}

    def multiscales(self, shapes: Sequence[tuple[int, int]]) -> Attributes:
        """What the group of all levels says, of these shapes, each of half the one before."""
        layout: list[Attributes] = []
        for level, shape in enumerate(shapes):
            scale = 1.0 if level == 0 else 2.0
            entry: Attributes = {"asset": str(level)}
            if level:
                entry["derived_from"] = str(level - 1)
            entry["transform"] = {"scale": [scale, scale], "translation": [0.0, 0.0]}
            there = self.coarser(2**level)
            layout.append(entry | {"spatial:shape": list(shape), "spatial:transform": list(there.transform)})
        whole = self.attributes(shapes[0])
        whole["zarr_conventions"] = conventions("multiscales", "proj", "spatial")
        return whole | {"multiscales": {"layout": layout, "resampling_method": "average"}}

    def _spatial(self, shape: tuple[int, int]) -> Attributes:
        a, b, c, d, e, f = self.transform
        corners = [(c + a * x + b * y, f + d * x + e * y) for x in (0, shape[1]) for y in (0, shape[0])]
        xs, ys = zip(*corners, strict=True)
        return {
            "spatial:dimensions": ["y", "x"],
            "spatial:shape": list(shape),
            "spatial:transform": list(self.transform),
            "spatial:bbox": [min(xs), min(ys), max(xs), max(ys)],
            "spatial:registration": "pixel",
        }


def conventions(*names: str) -> list[Attributes]:
    """How a group says which conventions it follows."""
    home = "zarr-conventions"
    return [
        {
            "uuid": _CONVENTIONS[name],
            "name": name,
            "schema_url": f"https://raw.githubusercontent.com/{home}/{name}/refs/tags/v0.1/schema.json",
            "spec_url": f"https://github.com/{home}/{name}/blob/v0.1/README.md",
        }
        for name in names
    ]
