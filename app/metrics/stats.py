"""From a snapshot of counters to the figures that people read: derived metrics, and a series without holes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from app.infra.clock import from_ms, to_ms
from app.metrics.figures import MEASURES_INTEREST, Snapshot, ledger_metric_names
from app.metrics.queries import SessionTimes
from app.metrics.sales import COUNTED_KINDS, Sales
from app.metrics.schemas import DerivedFigures, MinuteFigures, OutsideFigures, ProductSales, Restored, SessionStats, Totals

# A stream is shown by the minute; a booth that is open for weeks by ten minutes, hours or days.
SERIES_ENTRIES_MAX = 24 * 60
_STEPS_MINUTES = (1, 10, 60, 24 * 60)
_MINUTE_MS = 60_000
_MINUTES_AROUND = 30
_NOT_OF_SALES = ("viewers_average", "watch_seconds_per_unique_viewer", "commenters_per_unique_viewer_percent")
_MINUTE_COUNTERS = ("viewers_peak", "views", "views_10s", "likes", "comments", "orders_placed", "units_placed", "revenue_placed_vnd")


def build_stats(snapshot: Snapshot, times: SessionTimes, *, is_final: bool) -> SessionStats:
    """Figures of a session as of the snapshot. Never adds imported counts to measured ones."""
    totals = _totals(snapshot)
    step, series = _series(snapshot, times)
    return SessionStats(
        session_id=times.session_id,
        figures_are="final" if is_final else "live",
        as_of=snapshot.as_of,
        ledger_seq=snapshot.ledger_seq,
        started_at=times.started_at,
        ended_at=times.ended_at,
        totals=totals,
        derived=derive(totals, watch_ms=snapshot.measured.get("watch_ms", 0), watched_seconds=watched_seconds(snapshot, times)),
        products=tuple(
            ProductSales(product_id=UUID(product_id), **_sales(figures)) for product_id, figures in sorted(snapshot.products.items())
        ),
        step_minutes=step,
        minutes=series,
        outside=tuple(
            OutsideFigures(
                source=source,
                outside_viewers=figure.viewers,
                outside_viewers_peak=figure.viewers_peak,
                observed_at=from_ms(figure.observed_at_ms),
            )
            for source, figure in sorted(snapshot.outside.items())
        ),
        taken={UUID(offer_id): units for offer_id, units in snapshot.taken.items()},
        restored=Restored(times=snapshot.restores, lost_seconds_at_most=snapshot.lost_ms_at_most / 1000) if snapshot.restores else None,
    )


def with_sales(stats: SessionStats, sales: Mapping[str, int], *, buyers: int) -> SessionStats:
    """The same figures with sales counted elsewhere, e.g. from the ledger itself; quotients of sales follow."""
    totals = stats.totals.model_copy(update={**dict.fromkeys(ledger_metric_names(), 0), **_totalled(sales), "buyers": buyers})
    derived = derive(totals, watch_ms=totals.watch_seconds * 1000, watched_seconds=0.0)
    derived = derived.model_copy(update={name: getattr(stats.derived, name) for name in _NOT_OF_SALES})
    return stats.model_copy(update={"totals": totals, "derived": derived})


def stream_seconds(times: SessionTimes, as_of: datetime) -> float:
    """Seconds of the broadcast so far; 0 before it has begun."""
    if times.started_at is None:
        return 0.0
    return max(0.0, ((times.ended_at or as_of) - times.started_at) / timedelta(seconds=1))


def watched_seconds(snapshot: Snapshot, times: SessionTimes) -> float:
    """What average viewers are an average over: the broadcast, or the time with anybody watching if that is longer.

    The last sockets go a few seconds after the end, and clocks differ. Watch time is added up over the second one only, so the
    average can never be above the peak.
    """
    return max(stream_seconds(times, snapshot.as_of), snapshot.measured.get("occupied_ms", 0) / 1000)


def derive(totals: Totals, *, watch_ms: int, watched_seconds: float) -> DerivedFigures:
    """Quotients by the formulas of `definitions.py`; money is rounded to whole VND, half up."""
    watch_seconds = watch_ms / 1000
    return DerivedFigures(
        viewers_average=_quotient(watch_seconds, watched_seconds),
        watch_seconds_per_unique_viewer=_quotient(watch_seconds, totals.unique_viewers),
        commenters_per_unique_viewer_percent=_quotient(totals.commenters * 100, totals.unique_viewers),
        **_averages(totals),
        revenue_placed_per_1000_views_vnd=_money(totals.revenue_placed_vnd * 1000, totals.views),
        buyers_per_unique_viewer_percent=_quotient(totals.buyers * 100, totals.unique_viewers),
        orders_confirmed_per_order_placed_percent=_quotient(totals.orders_confirmed * 100, totals.orders_placed),
    )


def _averages(totals: Totals) -> dict[str, int | None]:
    named = [(each, each.average_vnd) for each in COUNTED_KINDS if each.average_vnd is not None]
    return {average: _money(getattr(totals, each.revenue_vnd), getattr(totals, each.orders)) for each, average in named}


def _quotient(numerator: float, denominator: float) -> float | None:
    return round(numerator / denominator, 2) if denominator else None


def _money(amount_vnd: int, count: int) -> int | None:
    return (2 * amount_vnd + count) // (2 * count) if count else None


def _sales(figures: Mapping[str, int]) -> dict[str, int]:
    return {name: figures[name] for name in Sales.model_fields if name in figures}


def _totalled(figures: Mapping[str, int]) -> dict[str, int]:
    return {name: figures[name] for name in ledger_metric_names() if name in figures}


def _totals(snapshot: Snapshot) -> Totals:
    measured = snapshot.measured
    is_interest_measured = bool(measured.get(MEASURES_INTEREST))
    return Totals(
        product_opens=measured.get("product_opens", 0) if is_interest_measured else None,
        product_openers=snapshot.product_openers if is_interest_measured else None,
        basket_holders=snapshot.basket_holders if is_interest_measured else None,
        views=measured.get("views", 0),
        views_10s=measured.get("views_10s", 0),
        unique_viewers=snapshot.unique_viewers,
        viewers_now=snapshot.viewers_now,
        viewers_peak=measured.get("viewers_peak", 0),
        watch_seconds=measured.get("watch_ms", 0) // 1000,
        likes=measured.get("likes", 0),
        comments=measured.get("comments", 0),
        commenters=snapshot.commenters,
        buyers=snapshot.buyers,
        **_totalled(snapshot.ledger),
    )


def _series(snapshot: Snapshot, times: SessionTimes) -> tuple[int, tuple[MinuteFigures, ...]]:
    """Every minute of the broadcast, also the empty ones, so that the sum of the series is the total; longer steps for a long session.

    A node's last flush may come just after the end. What happens to orders later is in the totals only.
    """
    if times.started_at is None:
        return 1, ()
    began = (to_ms(times.started_at) or 0) // _MINUTE_MS
    over = (to_ms(times.ended_at or snapshot.as_of) or 0) // _MINUTE_MS
    # a wrong clock somewhere must not stretch the series over days
    near = range(began - _MINUTES_AROUND, over + _MINUTES_AROUND + 1)
    busy = [
        minute for minute, figures in snapshot.minutes.items() if minute in near and any(figures.get(name) for name in _MINUTE_COUNTERS)
    ]
    step = series_step(over - began)
    first, last = min([began, *busy]) // step, max([over, *busy]) // step
    shown = range(first, min(last + 1, first + SERIES_ENTRIES_MAX))
    sums: dict[int, dict[str, int]] = {}
    for minute, figures in snapshot.minutes.items():
        if minute // step in shown:
            _add(sums.setdefault(minute // step, {}), figures)
    return step, tuple(_entry(number, sums.get(number, {}), step) for number in shown)


def series_step(minutes: int) -> int:
    """How many minutes an entry covers in the series of a session of that length."""
    return next((step for step in _STEPS_MINUTES if minutes < (SERIES_ENTRIES_MAX - 2 * _MINUTES_AROUND) * step), _STEPS_MINUTES[-1])


def _add(sums: dict[str, int], figures: Mapping[str, int]) -> None:
    for name, value in figures.items():
        sums[name] = max(sums.get(name, 0), value) if name == "viewers_peak" else sums.get(name, 0) + value


def _entry(number: int, figures: Mapping[str, int], step: int) -> MinuteFigures:
    return MinuteFigures(
        minute_at=from_ms(number * step * _MINUTE_MS),
        viewers_average=round(figures.get("watch_ms", 0) / (step * _MINUTE_MS), 2),
        **{name: figures[name] for name in _MINUTE_COUNTERS if name in figures},
    )
