"""A model as two stages, so that a large map costs little more a pixel than a small one.

Nearly all of a network's receptive field is that of its coarse layers, and nearly all of the work is done by its fine
ones. So the coarse stage is run on large windows with the wide halo of the whole network, and the fine stage on small
ones, from the coarse stage's features, with its own narrow halo.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spade_terrain.card import GUIDE_INPUT, OUTPUTS, Cut
from spade_terrain.errors import ModelError, TerrainError
from spade_terrain.generation.extract import extract
from spade_terrain.generation.height_guide import Metres
from spade_terrain.generation.model import Model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.palette import WATER, Labels
from spade_terrain.runtime.sessions import SESSION_ERRORS, Session, open_session

_WRONG_CUT = "the model {!r} can't be cut where its card says; export it again"


@dataclass(frozen=True)
class SplitModel:
    """A model as its coarse and its fine stage. `split_model` makes one.

    Attributes:
        model: the whole.
        cut: where it is cut, of its card.
        coarse: the session that makes the features of the map and the coarse noise.
        fine: the session that makes the model's outputs of the features, the map and the fine noise.

    """

    model: Model
    cut: Cut
    coarse: Session
    fine: Session

    def run_coarse(
        self, labels: Labels, seed: int, x0: int, y0: int, metres: Metres | None = None
    ) -> NDArray[np.float32]:
        """Features (float32 `(C, H / s, W / s)`, `s` the cut's stride) of a window as `Model.run` takes it."""
        feeds = self.model.feeds(self.coarse, labels, seed, x0, y0, metres)
        features: NDArray[np.float32] = self.model.run_session(self.coarse, [self.cut.features], feeds)[0][0]
        return features

    def run_fine(self, labels: Labels, features: NDArray[np.float32], seed: int, x0: int, y0: int) -> Pixels:
        """The terrain of a window from its features; its sides are multiples of the cut's stride."""
        feeds = self.model.feeds(self.fine, labels, seed, x0, y0)
        outputs = self.model.run_session(self.fine, OUTPUTS, {**feeds, self.cut.features: features[None]})
        return self.model.decode(outputs, labels.shape)

    def sea(self) -> Pixels | None:
        """A pixel of the sea, `(1, 1)`; `None` if the model makes it no more even than land."""
        side = self.model.card.stride
        labels = np.full((side, side), WATER, np.uint8)
        made = self.run_fine(labels, self.run_coarse(labels, 0, 0, 0), 0, 0, 0)
        return made.crop(np.s_[:1, :1]) if made.is_even else None


class KeptFeatures:
    """The coarse stage's last features: two windows in a row often see the same of the map, and once is enough."""

    def __init__(self) -> None:
        self._last: tuple[tuple[object, ...], NDArray[np.float32]] | None = None

    def of(
        self, model: SplitModel, labels: Labels, seed: int, x0: int, y0: int, metres: Metres | None = None
    ) -> NDArray[np.float32]:
        """What `model.run_coarse` makes."""
        style = tuple(model.model.style(seed).values())
        known = b"" if metres is None else metres.tobytes()
        key = (model.coarse, style, seed, x0, y0, labels.shape, labels.tobytes(), known)
        last = self._last  # which another thread may replace meanwhile
        if last is None or last[0] != key:
            last = self._last = key, model.run_coarse(labels, seed, x0, y0, metres)
        return last[1]


def split_model(model: Model) -> SplitModel:
    """Cut a model in two where its card says. The same model is cut once, whatever style is asked for.

    Raises `ModelError` if its card names no such place, or a wrong one.
    """
    return _split_by(model, lambda cut: _open_stages(model.data, cut, model.device, model.threads))


def stage_files(model: Model, data: bytes) -> tuple[bytes, bytes]:
    """The files of a model's two stages, the coarse one first. They can be opened.

    Args:
        model: what is cut.
        data: its file, or one of the same graph, inputs and outputs.

    Raises:
        ModelError: as `split_model` does.

    """
    files: list[bytes] = []

    def opened(cut: Cut) -> tuple[Session, Session]:
        files[:] = _parts(data, cut)
        return open_session(files[0], model.device, model.threads), open_session(files[1], model.device, model.threads)

    _split_by(model, opened)
    return files[0], files[1]


def _split_by(model: Model, opened: Callable[[Cut], tuple[Session, Session]]) -> SplitModel:
    card, cut = model.card, model.card.cut
    if cut is None:
        raise ModelError(
            f"the model {card.name!r} was exported by an earlier version and can't make a map in windows; convert its "
            "file with `spade-terrain export OLD.onnx NEW.onnx`"
        )
    try:
        coarse, fine = opened(cut)
    except TerrainError:
        raise
    except SESSION_ERRORS as e:
        raise ModelError(_WRONG_CUT.format(card.name)) from e
    taken_by_coarse, taken_by_fine = ({i.name for i in session.get_inputs()} for session in (coarse, fine))
    misplaced = any(n.name in (taken_by_fine if n.stride >= cut.stride else taken_by_coarse) for n in card.noise)
    if misplaced or GUIDE_INPUT in taken_by_fine:
        raise ModelError(_WRONG_CUT.format(card.name))
    return SplitModel(model, cut, coarse, fine)


def try_stages(model: Model) -> None:
    """Raise `ModelError` or `DeviceError` if a model can't be run in stages: they make a small window of water."""
    split, side = split_model(model), 4 * model.card.stride
    labels = np.zeros((side, side), np.uint8)
    features = split.run_coarse(labels, 0, 0, 0)
    if features.shape[1:] != (side // split.cut.stride, side // split.cut.stride):
        raise ModelError(_WRONG_CUT.format(model.card.name))
    split.run_fine(labels, features, 0, 0, 0)


@lru_cache(maxsize=1)
def _open_stages(data: bytes, cut: Cut, device: str, threads: int | None) -> tuple[Session, Session]:
    coarse, fine = (open_session(part, device, threads) for part in _parts(data, cut))
    return coarse, fine


def _parts(data: bytes, cut: Cut) -> tuple[bytes, bytes]:
    return extract(data, [cut.features]), extract(data, OUTPUTS, [cut.features])
