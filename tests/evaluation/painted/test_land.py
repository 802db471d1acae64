import numpy as np

from spade_terrain.evaluation.painted.land import SIZE_NAMES, land_kept
from spade_terrain.palette import Labels


def _map() -> Labels:
    """A dumb-bell with a lake in either end, and islands of 1, 12, 16 and 240 pixels."""
    labels = np.zeros((96, 96), np.uint8)
    labels[10:40, 10:40] = labels[10:40, 60:90] = 5
    labels[23:26, 40:60] = 1
    labels[20:24, 20:24] = labels[20:24, 70:74] = 0
    labels[60, 10] = 1
    labels[60:63, 20:24] = 2
    labels[60:64, 30:34] = 3
    labels[60:75, 50:66] = 4
    return labels


def test_a_map_that_is_kept_has_lost_nothing() -> None:
    labels = _map()
    figures = land_kept(labels, labels != 0).figures()
    assert (figures["land_lost"], figures["cut"], figures["opened"]) == (0, 0, 0)
    assert (figures["lands"], figures["waters"]) == (5, 3)
    assert figures["box_dimension"] == figures["painted_dimension"]
    painted = [row["painted"] for row in figures["islands"].values()]
    assert dict(zip(SIZE_NAMES, painted, strict=True)) == {
        "1 to 5": 1, "6 to 12": 1, "13 to 50": 1, "51 to 200": 0, "more than 200": 2
    }  # fmt: skip
    assert all(row["painted"] == row["surviving"] == row["half"] for row in figures["islands"].values())


def test_what_is_gone_cut_and_opened() -> None:
    labels = _map()
    above = labels != 0
    above[60, 10] = False  # an island is gone
    above[60:63, 20:23] = False  # of one a quarter is left
    above[60:62, 30:34] = False  # of one half
    above[23:26, 50] = False  # the isthmus is cut
    above[22, 10:20] = False  # a lake runs into the sea
    lost = 1 + 9 + 8 + 3 + 10
    figures = land_kept(labels, above).figures()
    assert figures["land_lost"] == float(f"{lost / (labels != 0).sum():.4g}")
    assert (figures["cut"], figures["opened"]) == (1, 1)
    islands = {name: (row["surviving"], row["half"]) for name, row in figures["islands"].items()}
    assert islands == {
        "1 to 5": (0, 0), "6 to 12": (1, 0), "13 to 50": (1, 1), "51 to 200": (0, 0), "more than 200": (2, 2)
    }  # fmt: skip


def test_a_skerry_off_the_coast_does_not_make_a_land_that_fell_apart() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[10:40, 10:40] = 1
    above = labels != 0
    above[12, 10:40] = False
    above[10:12, 16:40] = False  # 2 x 6 pixels are left on the other side
    assert land_kept(labels, above).cut == 0
    above[10, 16] = True
    assert land_kept(labels, above).cut == 1


def test_land_that_touches_the_border_is_no_island() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[0:5, 10:15] = labels[20:25, 10:15] = 1
    kept = land_kept(labels, labels != 0)
    assert (kept.lands, kept.islands.sum()) == (2, 1)


def test_counts_of_maps_are_summed() -> None:
    labels = _map()
    whole, nothing = land_kept(labels, labels != 0), land_kept(labels, np.zeros_like(labels, bool))
    both = (whole + nothing).figures()
    assert (both["land_lost"], both["lands"]) == (0.5, 10)
    assert both["islands"]["13 to 50"] == {"painted": 2, "surviving": 1, "half": 1}
