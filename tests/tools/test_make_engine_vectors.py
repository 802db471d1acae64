import json

import pytest
from make_engine_vectors import FOLDER, VECTORS


@pytest.mark.parametrize("name", VECTORS)
def test_the_page_is_tested_against_what_the_program_makes(name: str) -> None:
    assert json.loads((FOLDER / name).read_text()) == VECTORS[name](), "run python tools/make_engine_vectors.py"
