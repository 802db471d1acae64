"""A run's folder: configuration, checkpoint, TensorBoard scalars and sample sheets. One process writes it."""

import time

from torch.utils.tensorboard.writer import SummaryWriter

from spade_terrain.errors import StorageError
from spade_terrain.storage.files import whole_file
from spade_terrain.training import checkpoint
from spade_terrain.training.run.progress import LOG_STEPS
from spade_terrain.training.run.samples import draw_sheet
from spade_terrain.training.session import Session
from spade_terrain.training.state import trainer_state
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.patches import Patches

CONFIG_FILE = "config.json"


class RunFolder:
    """Keeps a run's folder up to date; the configuration is written at once.

    All its methods raise `StorageError` if the folder can't be written; the last checkpoint stays.
    """

    def __init__(self, trainer: Trainer, shown: Patches, session: Session) -> None:
        self._trainer, self._shown, self._session = trainer, shown, session
        self._path = session.out
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            # Scalars of later steps, which a killed process may have left, are dropped.
            self._scalars = SummaryWriter(str(self._path / "tensorboard"), purge_step=trainer.steps + 1)
        except OSError as e:
            raise StorageError(f"can't write to the folder {self._path}: {e.strerror}; choose another `out`") from e
        with whole_file(self._path / CONFIG_FILE) as draft:
            draft.write_text(trainer.config.to_json() + "\n")
        self._last_checkpoint = self._last_sheet = time.monotonic()

    def keep(self, measured: dict[str, float]) -> None:
        """Write what is due after a step that measured `measured`."""
        if self._trainer.steps % LOG_STEPS == 0:
            self._write_scalars(measured)
        now = time.monotonic()
        if now - self._last_checkpoint > 60 * self._session.checkpoint_minutes:
            self._save()
            self._last_checkpoint = now
        if now - self._last_sheet > 60 * self._session.sample_minutes:
            self._draw()
            self._last_sheet = now

    def close(self) -> None:
        """Write the last checkpoint and sheet."""
        self._save()
        self._draw()
        self._scalars.close()

    def _write_scalars(self, measured: dict[str, float]) -> None:
        counts = {"images": self._trainer.images, "D:G": self._trainer.ratio}
        try:
            for name, value in {**measured, **counts}.items():
                self._scalars.add_scalar(name, value, self._trainer.steps)
            self._scalars.flush()
        except OSError as e:
            raise StorageError(f"can't write to {self._path}: {e.strerror}; free some space and `resume`") from e

    def _save(self) -> None:
        checkpoint.save_checkpoint(self._path / checkpoint.FILE, *trainer_state(self._trainer))

    def _draw(self) -> None:
        draw_sheet(self._trainer, self._shown, self._path / "samples" / f"{self._trainer.steps:07}.png")
