"""Which devices came to a node and went since its last flush, so that statistics count a device on several nodes once."""

from __future__ import annotations

from app.metrics.service import Moves


class DeviceMoves:
    """Devices, by the 16 bytes of their ids, that came to this node or went since the last flush; one that did both is neither."""

    def __init__(self) -> None:
        self._came: set[bytes] = set()
        self._went: set[bytes] = set()

    def comes(self, device_key: bytes) -> None:
        if device_key in self._went:
            self._went.remove(device_key)
        else:
            self._came.add(device_key)

    def goes(self, device_key: bytes) -> None:
        if device_key in self._came:
            self._came.remove(device_key)
        else:
            self._went.add(device_key)

    def take(self) -> Moves:
        """All of them, and begin anew."""
        moves = Moves(tuple(self._came), tuple(self._went))
        self._came, self._went = set(), set()
        return moves
