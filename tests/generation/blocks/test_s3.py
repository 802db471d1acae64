import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import numpy as np
import pytest
import xarray

from spade_terrain import Model, StorageError, generate, generate_to
from spade_terrain.generation import tiling


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of a server on this machine."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)  # which workers that are started from here see, too
    while socket.socket().connect_ex(("127.0.0.1", port)):
        assert server.poll() is None
        time.sleep(0.05)
    boto3.client("s3").create_bucket(Bucket="maps")
    yield "s3://maps"
    server.kill()
    server.wait()


def test_blocks_in_a_bucket(bucket: str, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "BLOCK", 32)
    monkeypatch.setattr(tiling, "WHOLE", 0)
    labels = np.random.default_rng(0).integers(0, 7, (8, 8), np.uint8).repeat(8, 0).repeat(8, 1)
    formats = ["texture", "height"]
    here = generate_to(labels, tmp_path / "here", formats, model=tiny_model)
    there = generate_to(labels, tmp_path / "there", formats, model=tiny_model, cluster="local:1", store=f"{bucket}/run")
    assert [path.read_bytes() for path in here] == [path.read_bytes() for path in there]
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket="maps")
    left = generate_to(labels, tmp_path / "left", ["zarr"], model=tiny_model, store=f"{bucket}/run")
    assert [path.name for path in left] == ["terrain.json"]
    terrain = xarray.open_zarr(f"{bucket}/run/terrain.zarr", group="0", chunks=None)
    assert np.array_equal(terrain.height, generate(labels, model=tiny_model).height)
    with pytest.raises(StorageError, match=r"can't write to s3://none/run: .*bucket does not exist") as raised:
        generate_to(labels, tmp_path / "there", formats, model=tiny_model, cluster="local:1", store="s3://none/run")
    assert len(str(raised.value).splitlines()) == 1
    # From now on the server wants a key that it knows, and says 403.
    plain = {"Content-Type": "text/plain"}
    no_rights = Request(f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset-auth", b"0", plain)
    urlopen(no_rights).close()
    with pytest.raises(
        StorageError, match=r"can't write to s3://maps/run: .*; check the address, your rights"
    ) as raised:
        generate_to(labels, tmp_path / "there", formats, model=tiny_model, cluster="local:1", store=f"{bucket}/run")
    assert len(str(raised.value).splitlines()) == 1
