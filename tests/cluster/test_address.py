import signal
import socket
import time

import pytest

from spade_terrain.cluster import address, scheduler
from spade_terrain.cluster.address import open_cluster
from spade_terrain.errors import ClusterError, MissingFileError, ParameterError


@pytest.mark.parametrize(
    ("cluster", "error", "text"),
    [
        ("", MissingFileError, "no such file: a name is missing; give `cluster` as"),
        ("local:0", ParameterError, r"`cluster` local:0: use 1 to \d+ processes on this machine, best one a core"),
        ("local:-1", ParameterError, r"`cluster` local:-1: use 1 to \d+ processes"),
        ("local:99999", ParameterError, r"`cluster` local:99999: use 1 to \d+ processes"),
        ("tcp://127.0.0.1:99999", ParameterError, "ports are 1 to 65535"),
        ("tls://127.0.0.1:9", ParameterError, "takes certificates: name them in Dask's configuration"),
        ("http://host:80", ParameterError, "is no address of a scheduler"),
        ("tcp://host", ParameterError, "is no address of a scheduler"),
        ("no-such-file.json", MissingFileError, "no such file: no-such-file.json"),
        (__file__, ClusterError, "is no file that a Dask scheduler wrote"),
        ("tcp://127.0.0.1:9", ClusterError, "no Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_no_cluster(cluster: str, error: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "TIMEOUT_S", 0.5)
    with pytest.raises(error, match=text) as raised, open_cluster(cluster):
        pass
    assert len(str(raised.value).splitlines()) == 1


def test_a_port_where_something_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a web server, the scheduler's own page say, which never answers in Dask's language."""
    monkeypatch.setattr(scheduler, "TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as other:
        where = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(ClusterError, match=f"no Dask scheduler answers at {where}"), open_cluster(where):
            pass


def test_a_cluster_that_is_half_begun_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it has begun: Dask can't close it earlier."""
    said: list[str] = []

    class Begun:
        def close(self) -> None:
            said.append("closed")

    def begin(processes: int) -> Begun:
        time.sleep(0.05)  # until it is waited for
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)
        said.append("begun")
        return Begun()

    monkeypatch.setattr(address, "_local_cluster", begin)
    with pytest.raises(KeyboardInterrupt), open_cluster("local:1"):
        pass
    assert said == ["begun", "closed"]
