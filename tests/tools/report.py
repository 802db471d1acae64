"""A small made-up report, as `spade-terrain evaluate` writes one, with round numbers."""

from typing import Any

from spade_terrain.evaluation.report_format import FORMAT
from spade_terrain.evaluation.rounding import Figures
from spade_terrain.palette import NAMES, WATER

LAND = ["land", *(name for i, name in enumerate(NAMES) if i != WATER)]


def made_up_report(split: str = "val", **sections: Any) -> Figures:
    """All figures of a split; `sections` go before those of the same names."""

    def distances(*names: str) -> Figures:
        return {name: {"distance": 0.5, "real_baseline": 0.25, "ratio": 2.0} for name in names}

    def pairs(*names: str) -> Figures:
        return {name: {"fake": 0.5, "real": 0.625} for name in names}

    return {
        "format": FORMAT, "model": "tiny", "split": split, "crops": 500, "patches": 20, "size": 256, "seed": 0,
        "left_out": {"kid": "the weights end too early"},
        "realism": distances("terrain", "height"),
        "fid": distances("terrain", "height"),
        "kid": None,
        "spectrum": distances("terrain", "height"),
        "octaves": {
            name: {"difference": -0.5, **row}
            for name, row in distances("height_worst_octave", "terrain_worst_octave").items()
        },
        "heights_m": distances(*LAND),
        "medians_m": {name: {"fake": 750.0, "real": 1000.0, "difference": -250.0, "relative": -0.25} for name in LAND},
        "slopes_m_per_km": distances(*LAND),
        "shadow_leak": {name: {"315": 0.25, "45": 0.0} for name in ("texture", "terrain", "real")},
        "label_agreement": pairs("land_as_water", *LAND),
        "drainage": pairs("hollow_share", "mean_fill_m"),
        "coast": pairs("box_dimension", "land_kept"),
        "variety": {"terrain": {"between_seeds": 12.5, "to_real": 25.0, "ratio": 0.5}},
        "repetition": {name: {**row, "real_windows": 12} for name, row in pairs(*LAND[1:]).items()},
        **sections,
    }  # fmt: skip
