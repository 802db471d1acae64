import json

from make_engine_vectors import VECTORS, vectors


def test_the_studios_own_engine_is_tested_against_what_the_program_makes_today() -> None:
    assert json.loads(VECTORS.read_text()) == vectors(), "run python tools/make_engine_vectors.py"
