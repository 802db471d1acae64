"""What the machine gives this process."""

import math
import os
from pathlib import Path


def usable_cores() -> int:
    """How many cores this process may use: a container may be allowed fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory() -> float:
    """Bytes of memory that this process may still take, as far as the system tells; infinite where it doesn't."""
    limits = [math.inf]
    memory, group = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
    if memory.exists():
        fields = dict(line.split(":") for line in memory.read_text().splitlines())
        limits.append(int(fields["MemAvailable"].split()[0]) * 1024)
    if (group / "memory.max").exists() and (most := (group / "memory.max").read_text().strip()) != "max":
        taken = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        limits.append(int(most) - int(taken["anon"]))  # the rest is cache, which gives way
    return min(limits)
