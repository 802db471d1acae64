"""Training on two nodes of two processes, one of which is killed, and resumed from what lies on the disk they share.

A node is a network namespace with an address of its own, joined to the other by a virtual cable, so that all it can do
is talk to the other over the network and read and write the same folder. Takes Linux, root and iproute2:

    python examples/cluster/two_nodes.py
    python examples/cluster/two_nodes.py --data DATASET --steps 200 -- --crop 96 --batch 8

It trains once undisturbed, and once with the second node killed (SIGKILL) after the first checkpoint; the same command
on both nodes with --resume goes on; then the two checkpoints are compared. What stands after -- goes to `train`.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from spade_terrain.training.checkpoint import load_checkpoint
from spade_terrain.world.dataset.folder import write_patch

NODES = {"spade-terrain-a": "10.77.0.1", "spade-terrain-b": "10.77.0.2"}
PORT = 29500
SMALL = ["--crop", "32", "--perceptual-crop", "32", "--batch", "4", "--channels", "8", "8", "--guide-channels", "4"]
SMALL += ["--head-channels", "4", "--discriminator-channels", "4", "--discriminator-scales", "1"]
SMALL += ["--device", "cpu", "--no-compile", "--no-bfloat16"]


@contextmanager
def two_nodes() -> Iterator[None]:
    """The two namespaces, with a cable between them."""
    ip("link", "add", "node-a", "type", "veth", "peer", "name", "node-b")
    try:
        for (node, address), cable in zip(NODES.items(), ("node-a", "node-b"), strict=True):
            ip("netns", "add", node)
            ip("link", "set", cable, "netns", node)
            for what in (("link", "set", cable, "name", "eth0"), ("addr", "add", f"{address}/24", "dev", "eth0")):
                ip("-n", node, *what)
            for device in ("lo", "eth0"):
                ip("-n", node, "link", "set", device, "up")
        yield
    finally:
        for node in NODES:
            kill(node)
            subprocess.run(["ip", "netns", "delete", node], stderr=subprocess.DEVNULL, check=False)
        subprocess.run(["ip", "link", "delete", "node-a"], stderr=subprocess.DEVNULL, check=False)


def ip(*command: str) -> None:
    """Run iproute2's `ip`."""
    subprocess.run(["ip", *command], check=True)


def start(data: Path, run: Path, flags: list[str]) -> list["subprocess.Popen[bytes]"]:
    """The same command on both nodes."""
    running = []
    host = NODES["spade-terrain-a"]
    for node, address in NODES.items():
        launcher = ["-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "2", "--max-restarts", "0"]
        launcher += ["--rdzv-backend", "c10d", "--rdzv-endpoint", f"{host}:{PORT}"]
        # Both have the name of the machine that they are on, which is not to be found at these addresses.
        launcher += ["--rdzv-conf", f"is_host={int(address == host)}", "--local-addr", address]
        command = ["-m", "spade_terrain.cli", "train", str(data), "--out", str(run), *flags]
        running.append(
            subprocess.Popen(
                ["ip", "netns", "exec", node, sys.executable, *launcher, *command],
                env=os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "eth0"},
                start_new_session=True,
            )
        )
    return running


def kill(node: str) -> None:
    """Kill all that runs on a node, at once."""
    found = subprocess.run(["ip", "netns", "pids", node], check=False, capture_output=True, text=True).stdout.split()
    for process in map(int, found):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def finished(running: list["subprocess.Popen[bytes]"]) -> None:
    """Wait until both nodes have ended well."""
    for process in running:
        if process.wait():
            sys.exit(f"a node ended with code {process.returncode}")


def some_patches(folder: Path) -> Path:
    """A set of a few patches of noise."""
    folder.mkdir()
    rng, entries = np.random.default_rng(0), []
    for number, split in enumerate(["train"] * 4 + ["val"]):
        height = rng.uniform(0, 3000, (96, 96)).astype(np.float32)
        labels = rng.integers(1, 7, (12, 12), np.uint8).repeat(8, 0).repeat(8, 1)
        write_patch(folder, f"{number:04}", rng.integers(0, 255, (96, 96, 3), np.uint8), height, labels)
        entries.append({"name": f"{number:04}", "split": split})
    (folder / "index.json").write_text(json.dumps({"format": 1, "metres_per_unit": 8848 / 65535, "patches": entries}))
    return folder


def killed_and_resumed(data: Path, run: Path, flags: list[str]) -> None:
    """Train with a node killed after the first checkpoint, and go on from that."""
    running = start(data, run, flags)
    while not (run / "checkpoint.safetensors").exists():
        if any(process.poll() is not None for process in running):
            sys.exit("the run ended before its first checkpoint; ask for more --steps")
        time.sleep(0.1)
    began = time.monotonic()
    kill("spade-terrain-b")
    codes = [process.wait() for process in running]
    steps = load_checkpoint(run / "checkpoint.safetensors")[1]["steps"]
    print(f"node b killed: both ended within {time.monotonic() - began:.1f} s, with {codes}; {steps} steps are saved")
    if 0 in codes:
        sys.exit("a node ended well, though the other one was killed")
    finished(start(data, run, [*flags, "--resume"]))


def main() -> None:
    """Train twice, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a training set (default: some patches of noise)")
    parser.add_argument("--steps", type=int, default=300, help="of each run (default 300)")
    parser.add_argument("flags", nargs="*", help="for `train` (default: a tiny network on the CPU)")
    args = parser.parse_args()
    with TemporaryDirectory() as folder, two_nodes():
        shared = Path(folder)
        data = args.data or some_patches(shared / "data")
        flags = [*(args.flags or SMALL), "--max-steps", str(args.steps), "--checkpoint-minutes", "0.05"]
        finished(start(data, shared / "undisturbed", flags))
        killed_and_resumed(data, shared / "killed", flags)
        runs = [load_checkpoint(shared / run / "checkpoint.safetensors") for run in ("undisturbed", "killed")]
        (expected, facts), (found, found_facts) = runs
        farthest = max((found[name].double() - tensor.double()).abs().max().item() for name, tensor in expected.items())
        same = sum(torch.equal(found[name], tensor) for name, tensor in expected.items())
        print(
            f"steps {facts['steps']} and {found_facts['steps']}; {same} of {len(expected)} tensors are the same to the "
            f"last bit, and no number is farther off than {farthest:g}"
        )


if __name__ == "__main__":
    main()
