"""Loading a training set, whatever form its files have."""

from pathlib import Path

from spade_terrain.world.dataset.folder import load_folder
from spade_terrain.world.dataset.packed import load_packed
from spade_terrain.world.dataset.patches import Patches


def load(source: Path, split: str = "train", seed: int = 0, most: int | None = None) -> Patches:
    """Load one split ("train", "val" or "test") of a set into memory: a folder, or the file that `pack` wrote.

    The maps of a packed file are painted as it is loaded: another `seed`, other maps of the same ground. Where a few
    patches will do, `most`, 1 or more, loads no more than that: the same ones each time, evenly spread over the split.

    A folder without an index, such as the public 5,000 patches, is all "train", and 65535 in its heights is 8,848 m;
    an `index.json` in it that says no more than `{"metres_per_unit": 0.1}` gives them another unit.

    Raises `MissingFileError` or `DataError` naming the file if one is missing, can't be read, differs in size or has a
    colour outside the palette; `EmptySplitError` if the set holds no patch of this split; `DeviceError` if the split
    does not fit in memory.
    """
    return load_packed(source, split, seed, most) if source.is_file() else load_folder(source, split, most)
