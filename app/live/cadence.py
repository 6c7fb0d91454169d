"""How often a room ticks: as often as its rounds leave most of the processor to commands and orders. Pure."""

from __future__ import annotations

from app.realtime.hub import RoundCost
from app.settings import RealtimeSettings

# What rounds may take of the processor that a worker can count on, and of the time that passes.
_PROCESSOR_SHARE = 0.25
_TIME_SHARE = 0.5
_WEIGHT_OF_NEWEST = 0.25
_SPREAD_SHARE = 0.25
_LEAD_SHARE = 0.1
# The longest that a viewer waits for a sign of life; a room that was late stays that much below it.
_SIGN_OF_LIFE_SECONDS = 5.0
# Late rounds may take this much of the processor, so that nobody waits longer than that.
_PROCESSOR_SHARE_WHEN_LATE = 0.5
_FORGOTTEN_PER_ROUND = 0.1


class Cadence:
    """The tick interval of one room, from the mean cost of its latest rounds and how late they came.

    Two limits: a round's processor time, of which workers that share a core have only their part each, and the time it takes on the
    clock, which grows when others want the processor, too. Where rounds begin later than they are due or take longer than usual, viewers
    wait for the interval and that much more: the interval shrinks by the worst of late, so that the sum stays within a sign of life.
    `core_share` is cores per worker, at most 1.
    """

    __slots__ = ("_core_share", "_late_seconds", "_processor_seconds", "_seconds", "_settings")

    def __init__(self, settings: RealtimeSettings, *, core_share: float) -> None:
        self._settings = settings
        self._core_share = core_share
        self._seconds = 0.0
        self._processor_seconds = 0.0
        self._late_seconds = 0.0

    @property
    def seconds(self) -> float:
        """From the beginning of one tick to the beginning of the next."""
        wanted = max(self._processor_seconds / (_PROCESSOR_SHARE * self._core_share), self._seconds / _TIME_SHARE)
        affordable = self._processor_seconds / (_PROCESSOR_SHARE_WHEN_LATE * self._core_share)
        in_time = max(_SIGN_OF_LIFE_SECONDS - self._late_seconds, affordable)
        return min(self._settings.tick_max_seconds, in_time, max(self._settings.tick_min_seconds, wanted))

    @property
    def spread_seconds(self) -> float:
        """Over how long a round may be sent. Workers that share a core would all want it at once, and then the slowest decides."""
        return 0.0 if self._core_share >= 1 else self.seconds * _SPREAD_SHARE

    @property
    def lead_seconds(self) -> float:
        """How long before a tick its figures are asked for; the tick does not wait longer for them."""
        return self.seconds * _LEAD_SHARE

    def note_round(self, cost: RoundCost, *, began_late: float = 0.0) -> None:
        """One more round, with what it took and how many seconds after its time it began."""
        longer = max(0.0, cost.seconds - self._seconds) if self._seconds else 0.0
        self._late_seconds = max(began_late + longer, self._late_seconds * (1 - _FORGOTTEN_PER_ROUND))
        self._seconds += (cost.seconds - self._seconds) * _WEIGHT_OF_NEWEST
        self._processor_seconds += (cost.processor_seconds - self._processor_seconds) * _WEIGHT_OF_NEWEST
