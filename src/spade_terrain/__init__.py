"""Terrain from a painted map: texture, height and 3D files."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spade_terrain.api import generate, generate_window
    from spade_terrain.errors import TerrainError
    from spade_terrain.generation.model import Model, load_model
    from spade_terrain.terrain import Terrain

__all__ = ["Model", "Terrain", "TerrainError", "generate", "generate_window", "load_model"]
__version__ = "0.1.0"

_HOMES = {
    "Model": "spade_terrain.generation.model",
    "Terrain": "spade_terrain.terrain",
    "TerrainError": "spade_terrain.errors",
    "generate": "spade_terrain.api",
    "generate_window": "spade_terrain.api",
    "load_model": "spade_terrain.generation.model",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `--help` loads neither numpy nor onnxruntime."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
