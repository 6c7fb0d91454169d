"""What devices did on a node and statistics have not been told yet. What it means over all nodes is decided there."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from app.metrics.service import SAME_VIEW_SECONDS, Move

MOVES_PER_FLUSH = 1_000  # so that the script which counts them holds Redis for a few milliseconds
_DEVICES_MAX = 200_000


class DeviceMoves:
    """Moves of devices, by the 16 bytes of their ids, in the order in which the devices first moved."""

    def __init__(self) -> None:
        self._moves: dict[bytes, tuple[Move, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._moves)

    @property
    def is_full(self) -> bool:
        """Too much has been kept for a store that does not answer: begin anew."""
        return len(self._moves) > _DEVICES_MAX

    def comes(self, device_key: bytes, at: float) -> None:
        """An absence that is short enough to continue the view, and that nobody was told of, has not been."""
        before = self._moves.get(device_key, ())
        if not before or before[-1].kind != "went" or at - before[-1].at > SAME_VIEW_SECONDS:
            self._moves[device_key] = (*before, Move(device_key, "came", at))
        elif len(before) > 1:
            self._moves[device_key] = before[:-1]
        else:
            del self._moves[device_key]

    def goes(self, device_key: bytes, at: float) -> None:
        self._moves[device_key] = (*self._moves.get(device_key, ()), Move(device_key, "went", at))

    def stays(self, device_keys: Iterable[bytes], at: float) -> None:
        """Tell devices again that are here and that statistics may have forgotten."""
        for device_key in device_keys:
            if device_key not in self._moves:
                self._moves[device_key] = (Move(device_key, "stayed", at),)

    def take(self) -> tuple[Move, ...]:
        """The moves of the first devices, not many more than `MOVES_PER_FLUSH`; the others wait for the next flush."""
        devices = list(islice(self._moves, MOVES_PER_FLUSH))
        moves = tuple(move for device_key in devices for move in self._moves.pop(device_key))
        if not self._moves:
            self._moves = {}  # an emptied dictionary keeps the table of its fullest moment
        return moves
