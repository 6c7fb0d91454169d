"""The step between fork and exec of a child: drop rights, tie its life to the parent, become the program.

`app/local_servers/child_process.py` runs this file by path with a bare interpreter, so it may import the standard library only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

KEEP_USER = -1
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int, death_signal: int) -> None:
    """Ask the kernel to send `death_signal` to this process when its parent ends, however it ends.

    Raises `SystemExit` when the parent is already gone. Does nothing but that check where the kernel has no such call.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    # The parent may have died before the call above, then no signal will ever come.
    if os.getppid() != parent_pid:
        raise SystemExit(1)


def main(arguments: list[str]) -> None:
    """`parent pid, death signal, user id, group id, program, arguments…`; does not return."""
    parent_pid, death_signal, user_id, group_id = (int(number) for number in arguments[:4])
    command = arguments[4:]
    if user_id != KEEP_USER:
        os.setgroups([])
        os.setgid(group_id)
        os.setuid(user_id)
    # Its group is not the one that the terminal listens to: after `stty tostop`, writing a log line would stop it.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    # A change of user clears the parent-death signal, so it is set last.
    die_with_parent(parent_pid, death_signal)
    os.execv(command[0], command)  # noqa: S606 - the whole point; no shell is involved


if __name__ == "__main__":
    main(sys.argv[1:])
