"""What the machine gives this process."""

import math
import os
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """How many cores this process may use: a container may be allowed fewer than there are, or a part of their time.

    A share of a core counts as one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _quota(cores)))


def _quota(cores: int) -> int:
    """How many of `cores` the time that this process's control group may use each period comes to."""
    try:
        if (_GROUP / "cpu.max").exists():  # version 2
            quota, period = (_GROUP / "cpu.max").read_text().split()
        else:
            quota, period = ((_GROUP / "cpu" / f"cpu.cfs_{what}_us").read_text() for what in ("quota", "period"))
        return math.ceil(int(quota) / int(period)) if int(quota) > 0 else cores
    except (OSError, ValueError, ZeroDivisionError):  # no control groups, or "max": no quota
        return cores


def free_memory() -> float:
    """Bytes of memory that this process may still take, as far as the system tells; infinite where it doesn't."""
    limits = [math.inf]
    memory = Path("/proc/meminfo")
    if memory.exists():
        fields = dict(line.split(":") for line in memory.read_text().splitlines())
        limits.append(int(fields["MemAvailable"].split()[0]) * 1024)
    if (_GROUP / "memory.max").exists() and (most := (_GROUP / "memory.max").read_text().strip()) != "max":
        taken = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
        limits.append(int(most) - int(taken["anon"]))  # the rest is cache, which gives way
    return min(limits)
