"""Names of rasters: paths, folders of tiles, and what GDAL knows besides, such as `https://...` or `/vsizip/...`.

They are kept as text, because a `Path` folds the slashes of an address.
"""

import os
import re
from pathlib import Path
from typing import Literal, get_args

Scheme = Literal["xyz", "tms"]
"""Which row of a folder of tiles is number 0: the northernmost (xyz), or the southernmost (tms)."""
RasterName = str | os.PathLike[str]
"""What a raster is called by."""

_SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
_FOREIGN = re.compile(r"/vsi\w+/|[a-z][a-z0-9+.-]+://", re.IGNORECASE)
"""How names begin that are no paths of this machine's."""


def is_foreign(name: str) -> bool:
    """Whether GDAL has to find it: on the web, in an archive, in memory."""
    return bool(_FOREIGN.match(name))


def split_name(name: str) -> tuple[Scheme, Path] | None:
    """The scheme and folder of `xyz:FOLDER` or `tms:FOLDER`; None if `name` is neither."""
    scheme, colon, folder = name.partition(":")
    return next(((s, Path(folder)) for s in _SCHEMES if colon and s == scheme), None)


def short_name(name: str) -> str:
    """The last part of a name, without what an address asks for, which may be secret."""
    return Path(name.split("?")[0] if is_foreign(name) else name).name


def absolute_name(name: str) -> str:
    """The same raster's name from any folder, as far as it is a path or a folder of tiles."""
    tiles = split_name(name)
    if tiles:
        return f"{tiles[0]}:{tiles[1].absolute()}"
    return name if is_foreign(name) else str(Path(name).absolute())
