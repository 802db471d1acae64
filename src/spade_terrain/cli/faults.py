"""What may go wrong anywhere and is no fault of the program's: memory, files, libraries. Each is one line."""

from traceback import walk_tb

from spade_terrain.errors import one_line


def in_words(error: Exception) -> str | None:
    """The line for an error that no part has put into words of its own; `None` if it is a fault of the program's."""
    if isinstance(error, MemoryError):
        return "the memory does not suffice; free some, or give it less to do at once"
    library = _broken_library(error)
    if library or (isinstance(error, ImportError) and not (error.name or "").startswith("spade_terrain")):
        return f"{library or 'a library'} can't be loaded ({one_line(error)}); install it anew with pip"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"the system refuses a file ({where}{one_line(error)}); check rights, names and space"
    return None


def _broken_library(error: Exception) -> str | None:
    """The library that failed while it was being imported: whatever was raised, the body of a module of its did it."""
    for frame, _ in walk_tb(error.__traceback__):
        library = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if frame.f_code.co_name == "<module>" and library not in ("spade_terrain", "__main__"):
            return library
    return None
