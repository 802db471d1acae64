"""Loops that numpy can't express, compiled by numba; and rows shared out to all cores.

Kernels release the interpreter's lock, so plain threads run them side by side. Each row is worked out by itself, so
their number changes nothing of the result.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar, cast

from spade_terrain.runtime.libraries import require
from spade_terrain.runtime.machine import usable_cores

_STRIPE_PIXELS = 2**18  # at once, unless one row has more

_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(function: _F) -> _F:
    """Compile a function with numba when it is called first; later processes find it on disk.

    Without `fastmath`: sums keep their order, so the same input gives the same bytes. Raises `MissingLibraryError` if
    numba is not installed.
    """
    require("numba", "carving valleys", "drainage")
    import numba

    return cast(_F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def by_rows(function: Callable[..., None], shape: tuple[int, ...], *arguments: Any) -> None:
    """Call `function(first, last, *arguments)` for stripes of the rows of a grid of `(H, W)`, on all cores.

    It may write rows from `first` to before `last` only, and read nothing that it writes. Stripes are small, so that
    what a function needs besides its arguments takes no memory to speak of.
    """
    cores = usable_cores()
    at_once = max(1, min(_STRIPE_PIXELS // shape[1], -(-shape[0] // cores)))
    bounds = [*range(0, shape[0], at_once), shape[0]]
    with ThreadPoolExecutor(cores) as pool:
        for done in [pool.submit(function, *stripe, *arguments) for stripe in pairwise(bounds)]:
            done.result()
