"""The description of the calls, of which the page's types are made."""

import json
from typing import Any

import pytest
import write_openapi

from spade_terrain.studio.app import DOCUMENT, App
from tests.studio.conftest import Client, painted


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return App().openapi()


def test_the_file_is_what_the_server_says(client: Client) -> None:
    """If not, `python tools/write_openapi.py` and `npm run api` in web/ are to be run."""
    written = write_openapi.DOCUMENT.read_text(encoding="utf-8")
    assert written == write_openapi.document()
    assert client.get(DOCUMENT).json == json.loads(written)


def test_it_takes_the_token_as_every_call(client: Client) -> None:
    assert Client(client.port, client.folder, {}).get(DOCUMENT).status == 401


def test_all_that_it_refers_to_is_there(document: dict[str, Any]) -> None:
    references: set[str] = set()

    def walk(value: Any) -> None:
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if name == "$ref":
                references.add(inner)
            elif isinstance(inner, dict | list):
                walk(inner)

    walk(document)
    assert {name.removeprefix("#/components/schemas/") for name in references} == set(document["components"]["schemas"])


def test_every_call_can_be_refused_and_is_described(document: dict[str, Any]) -> None:
    calls = [call for path in document["paths"].values() for call in path.values()]
    assert len(calls) == 15
    for call in calls:
        assert call["description"]
        assert call["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith("/Error")
        assert "422" not in call["responses"]


def test_headers_hold_what_is_described(client: Client, document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["TerrainHeader"]
    assert set(client.terrain(painted(64, 64)).container.header) == set(schema["properties"]) == set(schema["required"])
