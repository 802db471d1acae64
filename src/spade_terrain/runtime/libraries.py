"""Libraries beyond the core: one line if one is not installed, or is and can't be loaded."""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from spade_terrain.errors import MissingLibraryError, one_line


def require(library: str, what: str, extra: str) -> None:
    """Load `library`, which `what` takes and the package's `extra` brings.

    Raises `MissingLibraryError` if that fails.
    """
    if library == "rasterio":
        _use_its_own_data()
    try:
        import_module(library)
    except ModuleNotFoundError as e:
        raise MissingLibraryError(
            f"{what} takes {e.name}, which is not installed; pip install 'spade-terrain[{extra}]'"
        ) from e
    except (ImportError, OSError) as e:
        raise MissingLibraryError(
            f"{what} takes {library}, which can't be loaded ({one_line(e)}); reinstall it: "
            f"pip install --force-reinstall {library}"
        ) from e


def _use_its_own_data() -> None:
    """Let a rasterio that brought PROJ's and GDAL's data use them, not what another program has set for itself."""
    found = find_spec("rasterio")
    home = Path(found.origin).parent if found and found.origin else None
    for data, variables in (("proj_data", ("PROJ_DATA", "PROJ_LIB")), ("gdal_data", ("GDAL_DATA",))):
        if home and (home / data).is_dir():
            for variable in variables:
                os.environ.pop(variable, None)
