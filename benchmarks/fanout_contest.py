"""Who is measured when: all servers are up, and the service and each rival take turns, window by window."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.fanout_measure import Contestant, Window, standing_still
from benchmarks.load.viewers import LoadFailed, Report
from benchmarks.pairs import Pair, in_turns
from benchmarks.sheet import console

# A viewer is idle when the timers for silent newcomers are over.
SETTLE_SECONDS = 15.0
# So few that nobody stands still for longer than a server's timers allow.
_HANDSHAKES = 2_000
FAILURES = (LoadFailed, TimeoutError, OSError, RuntimeError)
# Its files below /proc are gone, or its pipe is closed.
_ENDED = (FileNotFoundError, ProcessLookupError, ConnectionError)
Measured = TypeVar("Measured")


@dataclass(slots=True)
class Outcome:
    """What was measured of one contestant; `missing` = why not all of it. Pairs are ours and this rival's, none for ourselves."""

    contestant: Contestant
    bytes_per_viewer: float = 0.0
    windows: list[Window] = field(default_factory=list)
    deliveries_us: list[Pair] = field(default_factory=list)
    handshakes: list[Pair] = field(default_factory=list)
    paced: Report | None = None
    missing: str | None = None


class Contest:
    """Contestants that are up and have their crowds. What fails with a rival takes it out; what fails with ourselves is raised."""

    def __init__(self, ours: Contestant, rivals: Sequence[Contestant], *, pairs: int) -> None:
        self._pairs = pairs
        self.ours = Outcome(ours)
        self.rivals = [Outcome(rival) for rival in rivals]

    async def run(self, *, handshakes_against: str) -> None:
        """All phases. Raises `LoadFailed`, `TimeoutError`."""
        await asyncio.sleep(SETTLE_SECONDS)
        for each in self._all():
            each.bytes_per_viewer = each.contestant.bytes_per_viewer()
        for number in range(self._pairs):
            console.print(f"  windows, pair {number + 1} of {self._pairs}…")
            for rival in self._in_the_run():
                await self._deliver(rival, number)
        for each in self._all():
            console.print(f"  latency of {each.contestant.name}…")
            await self._paced(each)
        await asyncio.gather(*(each.contestant.send_home() for each in self._all()))
        for each in self._all():
            await each.contestant.quiet()
        for number in range(self._pairs):
            console.print(f"  handshakes, pair {number + 1} of {self._pairs}…")
            for rival in self._in_the_run():
                if rival.contestant.name == handshakes_against:
                    await self._shake_hands(rival, number)

    def _all(self) -> list[Outcome]:
        return [self.ours, *self._in_the_run()]

    def _in_the_run(self) -> list[Outcome]:
        return [rival for rival in self.rivals if rival.missing is None]

    async def _deliver(self, rival: Outcome, number: int) -> None:
        measured = await self._both(rival, number, lambda each: each.contestant.window())
        if measured is not None:
            ours, theirs = measured
            self.ours.windows.append(ours)
            rival.windows.append(theirs)
            rival.deliveries_us.append(Pair(ours.microseconds, theirs.microseconds))

    async def _shake_hands(self, rival: Outcome, number: int) -> None:
        measured = await self._both(rival, number, lambda each: each.contestant.handshakes_per_core_s(_HANDSHAKES))
        if measured is not None:
            rival.handshakes.append(Pair(*measured))

    async def _paced(self, each: Outcome) -> None:
        with standing_still(other.contestant for other in self._all() if other is not each):
            each.paced = await self._kept_in(each, each.contestant.paced())

    async def _both(
        self, rival: Outcome, number: int, measure: Callable[[Outcome], Awaitable[Measured]]
    ) -> tuple[Measured, Measured] | None:
        """Ours and theirs, one right after the other; None when the rival failed."""
        found: dict[str, Measured] = {}
        for each in in_turns(number, self.ours, rival):
            with standing_still(other.contestant for other in self._all() if other is not each):
                one = await self._kept_in(each, measure(each))
            if one is None:
                return None
            found[each.contestant.name] = one
        return found[self.ours.contestant.name], found[rival.contestant.name]

    async def _kept_in(self, each: Outcome, measuring: Awaitable[Measured]) -> Measured | None:
        """The measurement; None when a rival's failed, which ends its run."""
        try:
            return await measuring
        except FAILURES as error:
            if each is self.ours:
                raise
            each.missing = "it ended" if isinstance(error, _ENDED) else str(error) or type(error).__name__
            console.print(f"  {each.contestant.name} falls out: {each.missing}", style="yellow")
            return None
