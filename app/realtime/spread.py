"""A round that is sent over some time instead of as fast as possible."""

from __future__ import annotations

import asyncio

from app.infra.clock import monotonic


class Spread:
    """Where a round should be by now: its parts are due evenly over `seconds`, until somebody is in a hurry for its end."""

    __slots__ = ("_seconds", "_started")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = monotonic()

    def hurry(self) -> None:
        """From now on as fast as possible."""
        self._seconds = 0.0

    async def wait_for_turn(self, share: float) -> None:
        """Give others their turn, and wait until this share of the round is due."""
        await asyncio.sleep(max(0.0, self._started + self._seconds * share - monotonic()))
