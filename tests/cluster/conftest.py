from collections.abc import Iterator

import cloudpickle
import pytest

from spade_terrain.cluster.address import open_cluster
from spade_terrain.cluster.executor import Executor
from tests.cluster import jobs

cloudpickle.register_pickle_by_value(jobs)  # workers don't have the tests


@pytest.fixture(scope="session")
def two_workers() -> Iterator[Executor]:
    """Two processes with a scheduler; tests may kill the processes, which come again."""
    with open_cluster("local:2") as executor:
        assert executor is not None
        yield executor
