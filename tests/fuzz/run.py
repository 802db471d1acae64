"""Cases in processes of their own, with limits, and what became of each: `python -m tests.fuzz.run 5000`."""

import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from spade_terrain.cli import main
from spade_terrain.schema import SchemaError, parse_json
from tests.fuzz.cases import write_case

LIMIT_S = 30
"""Of one core; by the clock four times as long, since the machine may be at work on other things."""
LIMIT_BYTES = 3 * 10**9
GOOD = ("made", "refused")
"""All that a case may come to."""
_NOTE = "spade-terrain: note: "


def run_case(seed: int) -> tuple[str, str, str]:
    """Run the case of a number; returns its kind, what it came to, and what it said on stderr."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        kind, args = write_case(seed, folder)
        process = os.fork()
        if process == 0:
            _child(args, folder)
        status, memory = _wait(process)
        said = (folder / "stderr").read_text(errors="replace") if (folder / "stderr").exists() else ""
        return kind, _outcome(status, memory, said, folder), said
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _child(args: list[str], folder: Path) -> None:
    """Run the command in this process, which ends with it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S + 1))
    os.chdir(folder)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    code = 70
    try:
        code = main(args)
    except SystemExit as e:
        code = int(e.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _wait(process: int) -> tuple[int, int]:
    """The process's wait status and its peak of memory in bytes; it is killed when its time is up."""
    end = time.monotonic() + 4 * LIMIT_S
    while True:
        done, status, used = os.wait4(process, os.WNOHANG)
        if done:
            return status, used.ru_maxrss * 1024
        if time.monotonic() > end:
            os.kill(process, signal.SIGALRM)
            end += LIMIT_S
        time.sleep(0.002)


def _outcome(status: int, memory: int, said: str, folder: Path) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "hang" if number in (signal.SIGALRM, signal.SIGXCPU) else f"killed by {signal.Signals(number).name}"
    code = os.WEXITSTATUS(status)
    if memory > LIMIT_BYTES:
        return "too much memory"
    if code not in (0, 2):
        return "traceback"
    errors = [line for line in said.splitlines() if not line.startswith(_NOTE)]
    if len(errors) != (code != 0) or not all(line.startswith("spade-terrain") for line in errors):
        return "not one line"
    if code == 0:
        return "made" if _is_json(folder / "out" / "terrain.json") else "no JSON"
    return "left files" if (folder / "out").exists() else "refused"


def _is_json(file: Path) -> bool:
    try:
        return not file.exists() or bool(parse_json(file.read_text("utf-8")))
    except SchemaError:
        return False


def run(first: int, count: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Run `count` cases from number `first` on; returns how many of each kind came to what, and a line a bad one.

    A bad one is printed at once, too, for a long run takes a quarter of an hour.
    """
    counts: Counter[tuple[str, str]] = Counter()
    bad = []
    for seed in range(first, first + count):
        kind, outcome, said = run_case(seed)
        counts[kind, outcome] += 1
        if outcome not in GOOD:
            bad.append(f"{seed} {kind}: {outcome}: {' | '.join(said.strip().splitlines()[-3:])}")
            print(bad[-1], flush=True)
    return counts, bad


if __name__ == "__main__":
    found, faults = run(int(sys.argv[2]) if len(sys.argv) > 2 else 0, int(sys.argv[1]))
    for (what, became), number in sorted(found.items()):
        print(f"{what:<8} {became:<24} {number}")
    sys.exit(bool(faults))
