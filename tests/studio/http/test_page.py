import gzip
from pathlib import Path

import pytest

from spade_terrain.studio.http.page import Page
from tests.studio.conftest import Client, Start

SCRIPT = b"export const answer = 42;\n" * 100


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("page")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Studio</title>")
    (folder / "docs.html").write_text("<!doctype html><title>Calls</title>")
    (folder / "assets" / "main.js").write_bytes(SCRIPT)
    (folder / "assets" / "icon.png").write_bytes(b"\x89PNG")
    (folder / "assets" / "runtime.wasm").write_bytes(b"\0asm")
    (folder.parent / "secret.txt").write_text("secret")
    return Page.of(folder)


def test_files_are_served_as_what_they_are(start: Start, built: Page) -> None:
    with start(page=built) as client:
        stranger = Client(client.port, client.folder, {})
        index = stranger.get("/")
        assert index.status == 200
        assert index.headers["content-type"].startswith("text/html")
        assert index.body == stranger.get("/index.html").body
        assert stranger.get("/docs").body == stranger.get("/docs.html").body
        assert b"Calls" in stranger.get("/docs").body
        script = stranger.get("/assets/main.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.body == SCRIPT
        packed = stranger.get("/assets/main.js", Accept_Encoding="gzip, br")
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == SCRIPT
        assert "content-encoding" not in stranger.get("/assets/icon.png", Accept_Encoding="gzip").headers


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd", "/assets", "/assets/", "/none", "/assets/..%2findex.html"],
)
def test_no_path_leads_elsewhere(start: Start, built: Page, path: str) -> None:
    with start(page=built) as client:
        answer = client.get(path)
        assert answer.status == 404
        assert "open / instead" in answer.error


def test_the_runtime_of_sites_takes_no_memory_of_a_server(start: Start, built: Page) -> None:
    with start(page=built) as client:
        assert client.get("/assets/runtime.wasm").status == 404


def test_a_page_that_is_not_built_says_how(client: Client) -> None:
    answer = client.get("/")
    assert answer.status == 503
    assert "npm run build" in answer.error


def test_a_folder_without_a_page(tmp_path: Path) -> None:
    assert not Page.of(tmp_path / "none").is_there
    assert not Page.of(tmp_path).is_there
