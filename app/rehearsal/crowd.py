"""Keeps about as many simulated viewers in a room as wanted: people arrive in waves, leave, and some of them come back."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque

import httpx2

from app.infra.clock import monotonic
from app.infra.tasks import TaskOwner
from app.rehearsal.viewers import Device, Room, SimulatedViewer, new_device

_STEP_SECONDS = 0.25
_WAVE_SECONDS = 420.0
_WAVE_HEIGHT = 0.25
_RETURNERS_MAX = 500
_COMES_BACK = 0.15


class Crowd:
    """The viewers of one session. Never more than `wanted` plus a quarter of it at once."""

    def __init__(self, room: Room, *, wanted: int, ramp_seconds: float, seed: int) -> None:
        self._room = room
        self._wanted = wanted
        self._ramp_seconds = max(ramp_seconds, _STEP_SECONDS)
        self._rng = random.Random(seed)  # noqa: S311 - imitates people, no secret
        self._tasks = TaskOwner("crowd")
        self._coming = 0
        self._gone: deque[Device] = deque(maxlen=_RETURNERS_MAX)

    async def run(self) -> None:
        """Let people arrive until cancelled; then everybody leaves at once."""
        started = monotonic()
        try:
            while True:
                missing = self._wanted_at(monotonic() - started) - self._coming
                for _ in range(min(missing, self._arrivals_per_step())):
                    self._coming += 1
                    rng = random.Random(self._rng.getrandbits(64))  # noqa: S311 - as above
                    self._tasks.spawn("viewer", self._visit(rng))
                await asyncio.sleep(_STEP_SECONDS * self._rng.uniform(0.6, 1.4))
        finally:
            await self._tasks.close()

    def _wanted_at(self, seconds: float) -> int:
        """Rises over the ramp, then goes up and down around what is wanted."""
        if seconds < self._ramp_seconds:
            return math.ceil(self._wanted * seconds / self._ramp_seconds)
        wave = math.sin(2 * math.pi * (seconds - self._ramp_seconds) / _WAVE_SECONDS)
        return round(self._wanted * (1 + _WAVE_HEIGHT * wave))

    def _arrivals_per_step(self) -> int:
        return max(1, math.ceil(2 * self._wanted * _STEP_SECONDS / self._ramp_seconds))

    async def _visit(self, rng: random.Random) -> None:
        try:
            if not await self._come_and_go(rng):
                # The session is over or the service is restarting: the next one comes after a pause.
                await asyncio.sleep(rng.uniform(1.0, 4.0))
        finally:
            self._coming -= 1

    async def _come_and_go(self, rng: random.Random) -> bool:
        """One visit; False when the door was shut."""
        try:
            device = await self._device(rng)
            has_been_in = await SimulatedViewer(self._room, device, rng).visit()
        except httpx2.HTTPError as error:
            self._room.tally.troubles[type(error).__name__] += 1
            return False
        if has_been_in:
            self._gone.append(device)
        return has_been_in

    async def _device(self, rng: random.Random) -> Device:
        if self._gone and rng.random() < _COMES_BACK:
            return self._gone.popleft()
        return await new_device(self._room, rng)
