import os
import subprocess
import sys
from pathlib import Path

import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.training.engine import launch


def test_the_processor_is_always_there() -> None:
    fabric = launch("cpu", bfloat16=True)
    assert (fabric.device.type, fabric.world_size, fabric.is_global_zero) == ("cpu", 1, True)


@pytest.mark.parametrize("device", ["cuda:99", "abacus", "cuda:first"])
def test_a_device_that_is_none_is_named(device: str) -> None:
    with pytest.raises(TerrainError, match=f"`device` {device} can't be used by 1 processes: here are cpu"):
        launch(device, bfloat16=False)


THREADS = Path("/proc/self/task")
IN_A_GROUP = """
import atexit, sys
from pathlib import Path
import torch
from spade_terrain.training.engine import launch

def tell(when):
    names = [(thread / "comm").read_text().strip() for thread in Path("/proc/self/task").iterdir()]
    Path(sys.argv[1], f"{when}-{fabric.global_rank}").write_text(" ".join(names))

def use():
    network = fabric.setup_module(torch.nn.Linear(1, 1))
    network.cycle = [network]  # only the garbage collector frees it
    fabric.backward(network(torch.ones(1, 1)).sum())
    tell("before")

atexit.register(tell, "after")  # the first to register is the last to be called
fabric = launch("cpu", bfloat16=False)
use()
if sys.argv[2] == "fail":
    raise ValueError
"""


@pytest.mark.skipif(not THREADS.exists(), reason="only Linux lists threads in /proc")
@pytest.mark.parametrize("ending", ["end", "fail"])
def test_a_process_leaves_its_group_before_it_ends_well(tmp_path: Path, ending: str) -> None:
    (tmp_path / "script.py").write_text(IN_A_GROUP)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*torchrun, str(tmp_path / "script.py"), str(tmp_path), ending]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert (done.returncode == 0) == (ending == "end"), done.stderr
    for when, in_group in (("before", True), ("after", ending == "fail")):
        told = [file.read_text() for file in tmp_path.glob(f"{when}-?")]
        assert told
        assert {"gloo_runloop" in names for names in told} == {in_group}
