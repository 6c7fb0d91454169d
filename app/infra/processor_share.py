"""How much a process of ours counts where many want the processor. Linux divides it between sessions first (autogroup).

Each of our processes leads a session of its own: one session for eighteen workers kept the stores and the writer of the orders, which have
one each, from the processor for a fifth of a second at a time (docs/adr/0046). The weights follow those of `nice`: 1.25 for each step.
"""

from __future__ import annotations

import errno
import math
import os
import random
import sys
import time
from pathlib import Path

_OWN = Path("/proc/self/autogroup")
_STEP = 1.25
_NICE_MAX = 19
# The kernel takes ten changes a second from all who are not root together.
_PATIENCE_SECONDS = 5.0
_TRY_AGAIN_SECONDS = (0.05, 0.3)


def take_share(share: float) -> bool:
    """Let this process count as `share` (0 to 1) of an ordinary one, in steps of a quarter, a 69th at the least; whether the kernel has been told.

    Nothing changes where the session is somebody else's (a terminal's), or where processes are divided otherwise: without autogroup, and
    in a container or a unit that has a share of its own, all processes count alike.
    """
    steps = _steps(share)
    if not steps or sys.platform != "linux" or os.getsid(0) != os.getpid():
        return False
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            _OWN.write_text(str(steps))
        except OSError as error:
            if error.errno != errno.EAGAIN or time.monotonic() >= deadline:
                return False
            time.sleep(random.uniform(*_TRY_AGAIN_SECONDS))  # noqa: S311 - spreads those who try, no secret
        else:
            return True


def _steps(share: float) -> int:
    return min(_NICE_MAX, round(-math.log(max(share, 1e-9), _STEP))) if share < 1 else 0
