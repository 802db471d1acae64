"""Jobs that show what becomes of them."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spade_terrain.errors import StorageError


@dataclass(frozen=True)
class Doubling:
    """Doubles numbers, and says in files of `folder` who opened it and who was asked for what."""

    folder: Path
    pause: float = 0
    kills_at: int | None = None
    always: bool = False

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        (self.folder / f"opened-{os.getpid()}-{time.monotonic_ns()}").touch()

        def work(item: int) -> int:
            (self.folder / f"made-{item}-{time.monotonic_ns()}").touch()
            time.sleep(self.pause)
            if item == self.kills_at and (self.always or not (self.folder / "killed").exists()):
                (self.folder / "killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return 2 * item

        yield work

    def made(self, item: int) -> int:
        """How often an item was asked for."""
        return len(list(self.folder.glob(f"made-{item}-*")))

    def opened(self) -> list[str]:
        """By which processes it was opened."""
        return [path.name.split("-")[1] for path in self.folder.glob("opened-*")]


@dataclass(frozen=True)
class Hungry:
    """Takes more and more memory at one item, and says in a file of `folder` that it did; the second time, little."""

    folder: Path
    at: int
    always: bool = False

    @contextmanager
    def open(self) -> Iterator[Callable[[int], bytes]]:
        def work(item: int) -> bytes:
            eaten = []
            if item == self.at and (self.always or not (self.folder / "eaten").exists()):
                (self.folder / "eaten").touch()
                while True:  # until the nanny sees it
                    eaten.append(b"x" * 20_000_000)
                    time.sleep(0.005)
            return bytes([item]) * 1_000_000

        yield work


@dataclass(frozen=True)
class Failing:
    """Opens a file that is not there."""

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        yield lambda item: Path("/no/such/file").stat().st_size + item


class UnpicklableError(Exception):
    """An error as some libraries raise them: what it is made of is not what it says."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


@dataclass(frozen=True)
class Refused:
    """Tells in words of ours what a library raised."""

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        def work(item: int) -> int:
            try:
                raise UnpicklableError("no", "way")
            except UnpicklableError as e:
                raise StorageError("the disk is full; free some space") from e

        yield work
