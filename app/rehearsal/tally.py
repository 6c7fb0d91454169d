"""What the simulated people have done, counted while they do it; the demo's log line and its summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class DemoTally:
    """Running counts of one simulation. `refusals` and `troubles` are by code; both have few possible keys."""

    viewers_now: int = 0
    viewers_peak: int = 0
    visits: int = 0
    comments: int = 0
    likes: int = 0
    orders_placed: int = 0
    units_ordered: int = 0
    revenue_vnd: int = 0
    orders_repeated: int = 0
    orders_given_up: int = 0
    offers_opened: int = 0
    outside_reports: int = 0
    reconnects: int = 0
    sessions: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)

    def entered(self) -> None:
        self.visits += 1
        self.viewers_now += 1
        self.viewers_peak = max(self.viewers_peak, self.viewers_now)

    def left(self) -> None:
        self.viewers_now -= 1

    def summary(self) -> DemoSummary:
        """The counts as they are now, not to change any more."""
        return DemoSummary(
            visits=self.visits,
            viewers_peak=self.viewers_peak,
            comments=self.comments,
            likes=self.likes,
            orders_placed=self.orders_placed,
            units_ordered=self.units_ordered,
            revenue_vnd=self.revenue_vnd,
            orders_repeated=self.orders_repeated,
            orders_given_up=self.orders_given_up,
            offers_opened=self.offers_opened,
            outside_reports=self.outside_reports,
            reconnects=self.reconnects,
            sessions=self.sessions,
            refusals=dict(self.refusals),
            troubles=dict(self.troubles),
        )


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What a simulation did. `orders_placed` counts receipts, each order once however often it was repeated.

    `orders_given_up` have an unknown outcome: the viewer went away before the answer, so the ledger may hold a few more.
    """

    visits: int
    viewers_peak: int
    comments: int
    likes: int
    orders_placed: int
    units_ordered: int
    revenue_vnd: int
    orders_repeated: int
    orders_given_up: int
    offers_opened: int
    outside_reports: int
    reconnects: int
    sessions: int
    refusals: dict[str, int]
    troubles: dict[str, int]
