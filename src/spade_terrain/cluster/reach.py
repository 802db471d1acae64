"""Whether a Dask scheduler, or its page, answers at an address."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from distributed.comm import connect
from distributed.security import Security

from spade_terrain.errors import ParameterError

_PAGE_S = 2.0
"""How long a page may take to answer."""


def reach(address: str, timeout: float) -> None:
    """Return if something that speaks Dask's language answers at `address` within `timeout` seconds.

    Dask's own client waits for ever where something else listens. Raises `OSError` or `ValueError` if nothing answers,
    `ParameterError` if an encrypted address is given without certificates.
    """
    connection = Security().get_connection_args("client")
    if address.startswith(("tls:", "wss:")) and connection.get("ssl_context") is None:
        raise ParameterError(
            f"`cluster` {address} takes certificates: name them in Dask's configuration (distributed.comm.tls), or "
            "give a tcp:// address"
        )

    async def answers() -> None:
        async with asyncio.timeout(timeout):
            comm = await connect(address, timeout=timeout, **connection)
        with suppress(OSError):
            await comm.close()

    # In a thread of its own: the caller's may have a loop that runs, as a notebook's does.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answers()).result()


def is_served(page: str) -> bool:
    """Whether a page can be opened from this machine: Dask names one where there is none, too."""
    try:
        build_opener(ProxyHandler({})).open(page, timeout=_PAGE_S).close()
    except HTTPError as e:
        e.close()
        return False
    except (OSError, ValueError):
        return False
    return True
