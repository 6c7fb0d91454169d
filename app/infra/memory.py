"""Gives memory back to the kernel: a rush of handshakes leaves free blocks behind that glibc keeps for itself."""

from __future__ import annotations

import ctypes
import sys

TRIM_SECONDS = 30.0


async def give_back_memory() -> None:
    """Return free heap pages to the kernel (glibc's `malloc_trim`); does nothing where there is none. A few milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
