"""The one error that users see."""


class TerrainError(Exception):
    """Something the user can put right: its text is one line that says what is wrong and what to do.

    The command line prints it on stderr and exits with code 2; library callers catch it.
    """
