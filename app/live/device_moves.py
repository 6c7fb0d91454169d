"""Which devices came to a node and went since its last flush, so that statistics count a device on several nodes once."""

from __future__ import annotations

from uuid import UUID

from app.metrics.service import Moves


class DeviceMoves:
    """Devices that came to this node or went since the last flush; one that did both is neither."""

    def __init__(self) -> None:
        self._came: set[UUID] = set()
        self._went: set[UUID] = set()

    def comes(self, device_id: UUID) -> None:
        if device_id in self._went:
            self._went.remove(device_id)
        else:
            self._came.add(device_id)

    def goes(self, device_id: UUID) -> None:
        if device_id in self._came:
            self._came.remove(device_id)
        else:
            self._went.add(device_id)

    def take(self) -> Moves:
        """All of them, and begin anew."""
        moves = Moves(tuple(each.bytes for each in self._came), tuple(each.bytes for each in self._went))
        self._came, self._went = set(), set()
        return moves
