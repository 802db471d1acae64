"""What the machine gives this process."""

import os


def usable_cores() -> int:
    """How many cores this process may use: a container may be allowed fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
