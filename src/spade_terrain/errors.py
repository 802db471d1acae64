"""The errors that users see: one base class, and a class a kind, each also the builtin exception that it is.

The text of each is one line that says what is wrong and what to do. A parameter is named in backticks by its Python
name, `max_minutes`; the command line shows its flag there, --max-minutes. Beware: a handler of `ValueError` or
`OSError` catches these too, so code that wraps foreign errors lets a `TerrainError` pass first.
"""


class TerrainError(Exception):
    """Something the user can put right. The command line prints it on stderr and exits with code 2.

    >>> from spade_terrain import generate
    >>> try:
    ...     generate("no-such-map.png")
    ... except TerrainError as e:
    ...     print(e)
    no such file: no-such-map.png
    """


class ParameterError(TerrainError, ValueError):
    """An argument is out of range, or contradicts another."""


class MapError(TerrainError, ValueError):
    """A painted map, a legend or an export of a map generator can't be read as one."""


class ModelError(TerrainError, ValueError):
    """A model file, a checkpoint or weights are damaged, of another kind, or can't do what was asked."""


class DataError(TerrainError, ValueError):
    """A raster, a training set or another file of data is damaged, or holds too little."""


class MissingFileError(TerrainError, FileNotFoundError):
    """There is no such file or folder."""


class FileInTheWayError(TerrainError, FileExistsError):
    """What was to be written is there already: another result, or a run that was not finished."""


class StorageError(TerrainError, OSError):
    """A file or folder can't be read or written: no rights, a full disk, a failed download."""


class DeviceError(TerrainError, RuntimeError):
    """The device can't be used, or its memory, or the machine's, does not suffice."""


class ClusterError(TerrainError, ConnectionError):
    """A scheduler can't be reached, or its workers can't do the work."""


class MissingLibraryError(TerrainError, ImportError):
    """A library that this takes is not installed."""


def one_line(error: BaseException) -> str:
    """What a foreign exception says, for a message: the reason alone of an `OSError`, without line breaks."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())


def root_cause(error: BaseException) -> BaseException:
    """The error that `error` came of: rasterio's own says no more than to look there."""
    return error if error.__cause__ is None else root_cause(error.__cause__)
