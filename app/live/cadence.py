"""How often a room ticks: as often as its rounds leave most of the processor to commands and orders. Pure."""

from __future__ import annotations

from app.realtime.hub import RoundCost
from app.settings import RealtimeSettings

# What rounds may take of the processor that a worker can count on, and of the time that passes.
_PROCESSOR_SHARE = 0.25
_TIME_SHARE = 0.5
# While many arrive: who is in already has what was said until a moment ago, who is not has nothing.
_RUSH_PROCESSOR_SHARE = 0.08
_WEIGHT_OF_NEWEST = 0.25
_SPREAD_SHARE = 0.25
_LEAD_SHARE = 0.1
_READING_SECONDS_MAX = 0.25


class Cadence:
    """The tick interval of one room, from the mean cost of its latest rounds.

    Two limits: a round's processor time, of which workers that share a core have only their part each, and the time it takes on the
    clock, which grows when others want the processor, too. `core_share` is cores per worker, at most 1. Rounds give way to a rush.
    """

    __slots__ = ("_core_share", "_is_rush", "_processor_seconds", "_seconds", "_settings")

    def __init__(self, settings: RealtimeSettings, *, core_share: float) -> None:
        self._settings = settings
        self._core_share = core_share
        self._is_rush = False
        self._seconds = 0.0
        self._processor_seconds = 0.0

    @property
    def seconds(self) -> float:
        """From the beginning of one tick to the beginning of the next."""
        settings = self._settings
        share = _RUSH_PROCESSOR_SHARE if self._is_rush else _PROCESSOR_SHARE
        wanted = max(self._processor_seconds / (share * self._core_share), self._seconds / _TIME_SHARE)
        longest = settings.tick_rush_max_seconds if self._is_rush else settings.tick_max_seconds
        return min(longest, max(settings.tick_min_seconds, wanted))

    @property
    def spread_seconds(self) -> float:
        """Over how long a round may be sent. Workers that share a core would all want it at once, and then the slowest decides."""
        return 0.0 if self._core_share >= 1 else self.seconds * _SPREAD_SHARE

    @property
    def lead_seconds(self) -> float:
        """How long before a tick its figures are asked for; the tick does not wait longer for them."""
        return self.seconds * _LEAD_SHARE

    @property
    def reading_seconds(self) -> float:
        """How long after the room's log was read it is read again: what is told with a tick need not be known at once, what is urgent soon."""
        return min(_READING_SECONDS_MAX, self.lead_seconds)

    def note_rush(self, is_rush: bool) -> None:
        """Whether many arrive now."""
        self._is_rush = is_rush

    def note_round(self, cost: RoundCost) -> None:
        """One more round, with what it took."""
        self._seconds += (cost.seconds - self._seconds) * _WEIGHT_OF_NEWEST
        self._processor_seconds += (cost.processor_seconds - self._processor_seconds) * _WEIGHT_OF_NEWEST
