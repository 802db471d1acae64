import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from spade_terrain.errors import TerrainError
from spade_terrain.training.engine import launch, multiplies_bfloat16


def test_the_processor_is_always_there() -> None:
    fabric = launch("cpu", bfloat16=True)
    assert (fabric.device.type, fabric.world_size, fabric.is_global_zero) == ("cpu", 1, True)


@pytest.mark.parametrize("device", ["cuda:99", "abacus", "cuda:first"])
def test_a_device_that_is_none_is_named(device: str) -> None:
    with pytest.raises(TerrainError, match=f"`device` {device} can't be used by 1 processes: here are cpu"):
        launch(device, bfloat16=False)


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ({"avx2": True, "avx512_f": False}, False),
        ({"avx2": True, "avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({"avx512_bf16": True, "amx_bf16": False}, True),
        ({"neon": True, "bf16": False}, False),
        ({"neon": True, "bf16": True}, True),
    ],
)
def test_a_processor_takes_bfloat16_if_it_has_instructions_for_it(
    monkeypatch: pytest.MonkeyPatch, instructions: dict[str, bool], *, expected: bool
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: instructions)
    assert multiplies_bfloat16("cpu") == expected
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda **_: None)
    assert multiplies_bfloat16("auto") == expected


def test_a_gpu_takes_bfloat16_if_it_does_not_emulate_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", dict)
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda **_: torch.device("cuda"))
    for own in (True, False):
        monkeypatch.setattr(
            "torch.cuda.is_bf16_supported", lambda *, including_emulation, own=own: including_emulation or own
        )
        assert [multiplies_bfloat16(device) for device in ("cuda:1", "cuda", "auto")] == 3 * [own]


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
