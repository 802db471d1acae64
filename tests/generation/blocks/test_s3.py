from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import numpy as np
import pytest
import xarray
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from spade_terrain import Model, StorageError, generate, generate_to
from spade_terrain.generation import tiling


class Server:
    """A server of buckets on this machine.

    Attributes:
        room: bytes that may be written; None is as many as there are.
        denies: whether nobody has any rights.
        written: the paths of what was written.

    """

    def __init__(self) -> None:
        self.room: int | None = None
        self.denies = False
        self.written: list[str] = []
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        put, size = environ["REQUEST_METHOD"] == "PUT", int(environ.get("CONTENT_LENGTH") or 0)
        if put and self.room is not None:
            self.room -= size
        error = None
        if self.denies:
            error = "403 Forbidden", b"<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"
        elif put and self.room is not None and self.room < 0:  # as MinIO says it
            error = (
                "507 Insufficient Storage",
                b"<Error><Code>XMinioStorageFull</Code><Message>Storage backend is full.</Message></Error>",
            )
        if error:
            environ["wsgi.input"].read(size)
            start(error[0], [("Content-Type", "application/xml")])
            return [error[1]]
        if put:
            self.written.append(environ["PATH_INFO"])
        answer: Iterable[bytes] = self._moto(environ, start)
        return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with the bucket s3://maps, which processes that are started from here find."""
    application = Server()
    served = make_server("127.0.0.1", 0, application, threaded=True)
    thread = Thread(target=served.serve_forever)
    thread.start()
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{served.server_port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="maps")
    yield application
    served.shutdown()
    thread.join()
    served.server_close()


def test_blocks_in_a_bucket(server: Server, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "BLOCK", 32)
    monkeypatch.setattr(tiling, "WHOLE", 0)
    labels = np.random.default_rng(0).integers(0, 7, (8, 8), np.uint8).repeat(8, 0).repeat(8, 1)

    def there(store: str = "s3://maps/run", **options: Any) -> list[Path]:
        formats = ["texture", "height"]
        out = tmp_path / "there"
        return generate_to(labels, out, formats, model=tiny_model, cluster="local:1", store=store, **options)

    def refused(words: str, **options: Any) -> None:
        with pytest.raises(StorageError, match=words) as raised:
            there(**options)
        assert len(str(raised.value).splitlines()) == 1

    refused(r"can't write to s3://none/run: .*bucket does not exist", store="s3://none/run")
    server.denies = True
    refused(r"can't write to s3://maps/run: .*Access Denied.*; check the address, your rights")
    server.denies = False
    server.room = 25_000  # for the labels and some of the four blocks
    refused(
        r"can't write to s3://maps/run.*Storage backend is full.*; check .* the space there, then go on with `resume`$"
    )
    bucket = boto3.client("s3")
    finished = bucket.list_objects_v2(Bucket="maps", Prefix="run/blocks/finished")["Contents"]
    assert 0 < len(finished) < 4
    server.room, server.written = None, []
    resumed = there(resume=True)
    assert len([path for path in server.written if "/finished/" in path]) == 4 - len(finished)
    here = generate_to(labels, tmp_path / "here", ["texture", "height"], model=tiny_model)
    assert [path.read_bytes() for path in here] == [path.read_bytes() for path in resumed]
    assert "Contents" not in bucket.list_objects_v2(Bucket="maps")

    left = generate_to(labels, tmp_path / "left", ["zarr"], model=tiny_model, store="s3://maps/run")
    assert [path.name for path in left] == ["terrain.json"]
    terrain = xarray.open_zarr("s3://maps/run/terrain.zarr", group="0", chunks=None)
    assert np.array_equal(terrain.height, generate(labels, model=tiny_model).height)
