"""Terrain from a painted map: texture, height and 3D files."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spade_terrain.api import generate, generate_to, generate_window
    from spade_terrain.errors import (
        ClusterError,
        DataError,
        DeviceError,
        FileInTheWayError,
        MapError,
        MissingFileError,
        MissingLibraryError,
        ModelError,
        ParameterError,
        StorageError,
        TerrainError,
    )
    from spade_terrain.export.options import ExportOptions
    from spade_terrain.generation.model import Model, load_model
    from spade_terrain.maps.legend import Legend
    from spade_terrain.maps.read import open_map
    from spade_terrain.terrain import Terrain

__all__ = [
    "ClusterError",
    "DataError",
    "DeviceError",
    "ExportOptions",
    "FileInTheWayError",
    "Legend",
    "MapError",
    "MissingFileError",
    "MissingLibraryError",
    "Model",
    "ModelError",
    "ParameterError",
    "StorageError",
    "Terrain",
    "TerrainError",
    "generate",
    "generate_to",
    "generate_window",
    "load_model",
    "open_map",
]
__version__ = "0.1.0"

_HOMES = {
    "ExportOptions": "spade_terrain.export.options",
    "Legend": "spade_terrain.maps.legend",
    "Model": "spade_terrain.generation.model",
    "Terrain": "spade_terrain.terrain",
    "generate": "spade_terrain.api",
    "generate_to": "spade_terrain.api",
    "generate_window": "spade_terrain.api",
    "load_model": "spade_terrain.generation.model",
    "open_map": "spade_terrain.maps.read",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `--help` loads neither numpy nor onnxruntime."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "spade_terrain.errors")), name)
