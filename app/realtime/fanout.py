"""One encoded frame to many descriptors: one `write` each, and a byte says who takes it.

An fd number is reused by the kernel at once after `close`, so while a broadcast is under way closing waits for its end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from app.infra.clock import monotonic
from app.infra.right_of_way import RightOfWay
from app.realtime import counters
from app.realtime.spread import Spread
from app.realtime.websocket_frames import text_frame

_WAY_SECONDS = 0.5  # so long in all a round stands still for orders that are in hand
_WRITES_PER_TURN = 256  # about 2 ms of a broadcast: as long a command waits for its turn


class Fanout:
    """`park` hears of an fd that takes no more bytes, with the rest of the frame that had begun; `drop` of one that is broken."""

    __slots__ = ("_doomed", "_drop", "_park", "_rounds", "ready")

    def __init__(self, *, park: Callable[[int, bytes], None], drop: Callable[[int], None]) -> None:
        # by fd: 1 = takes ticks now. A byte lookup is the only thing a broadcast does besides writing.
        self.ready = bytearray()
        self._park = park
        self._drop = drop
        self._rounds = 0
        self._doomed: list[int] = []

    async def broadcast(self, fds: Iterable[int], frame: bytes, spread: Spread, way: RightOfWay | None = None) -> None:
        """Write one frame to every fd that takes bytes. Who joins meanwhile does not get it, who leaves meanwhile is skipped."""
        data = text_frame(frame)
        length = len(data)
        write, ready = os.write, self.ready
        everyone = list(fds)
        written, patience = 0, _WAY_SECONDS
        self._rounds += 1
        try:
            for start in range(0, len(everyone), _WRITES_PER_TURN):
                await spread.wait_for_turn(start / len(everyone))
                if way is not None and way.is_taken and patience > 0:
                    since = monotonic()
                    await way.give_way(patience)
                    patience -= monotonic() - since
                for fd in everyone[start : start + _WRITES_PER_TURN]:
                    if ready[fd]:
                        try:
                            sent = write(fd, data)
                        except BlockingIOError:
                            self._park(fd, b"")
                        except OSError:
                            self._drop(fd)
                        else:
                            written += 1
                            if sent != length:
                                self._park(fd, data[sent:])
        finally:
            self._rounds -= 1
            self._close_doomed()
            counters.FRAMES.inc(written)
            counters.BYTES.inc(written * length)
            counters.SHED_TICKS.inc(len(everyone) - written)

    def close(self, fd: int) -> None:
        """Close a descriptor, at once or when no broadcast knows its number any more."""
        self.ready[fd] = 0
        self._doomed.append(fd)
        self._close_doomed()

    def _close_doomed(self) -> None:
        if not self._rounds:
            for fd in self._doomed:
                os.close(fd)
            self._doomed.clear()
