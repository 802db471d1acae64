from spade_terrain.evaluation.rounding import rounded


def test_figures_have_four_digits() -> None:
    assert rounded(0.123456) == 0.1235
    assert rounded(123456.0) == 123500.0
    assert rounded(float("inf")) is None
