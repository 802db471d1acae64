"""What the server refuses: an HTTP status and one line that says what to do."""

from spade_terrain.errors import DeviceError, MissingFileError, MissingLibraryError, StorageError, TerrainError


class RefusedError(Exception):
    """A request that is answered with a status of its own.

    Attributes:
        status: of HTTP, 400 to 599.
        message: one line on what is wrong and what to do.

    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


_STATUSES: dict[type[TerrainError], int] = {
    MissingFileError: 404,
    DeviceError: 503,
    StorageError: 507,
    MissingLibraryError: 501,
}
"""Of errors that are not the request's fault alone; all others are a 400."""


def status_of(error: TerrainError) -> int:
    """The status of HTTP that an error is answered with."""
    return next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 400)


def superseded() -> RefusedError:
    """The answer to a request whose page has asked for something newer."""
    return RefusedError(409, "superseded")


def busy(what: str) -> RefusedError:
    """The answer where too much waits already."""
    return RefusedError(503, f"the server is busy with {what}; try again in a moment")
