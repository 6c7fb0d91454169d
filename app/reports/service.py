"""The door to reports: one session as its organiser reads it, and the job that makes its figures final."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.clock import from_ms, to_ms
from app.infra.database import Database, RawConnection
from app.infra.limited_reading import STATEMENT_SECONDS, reading_snapshot
from app.metrics.errors import StatisticsNotComplete, StatisticsNotFound
from app.metrics.formula_words import formula_vi, window_vi
from app.metrics.service import MetricsService, MinuteFigures, Sales, SessionStats, ShippingFees, definition_of, with_sales
from app.reports import queries
from app.reports.breakdown_queries import buyers_by_history, waited
from app.reports.breakdowns import buyer_figures, commune_rows, funnel, offer_rows, source_rows, without_goods
from app.reports.folding import FoldedLedger
from app.reports.imported import imported_rows, impressions_of
from app.reports.reconciliation import reconcile
from app.reports.schemas import HeadlineMetric, Marker, ModerationFigures, ProducerRow, ProductRow, Report
from app.reports.summaries import read_counted
from app.sessions.errors import SessionNotFound

__all__ = ["Report", "ReportService"]

log = structlog.get_logger(__name__)

HEADLINE = (
    *("revenue_placed_vnd", "shipping_placed_vnd", "orders_placed", "units_placed", "buyers", "revenue_net_vnd"),
    *("views", "views_10s", "unique_viewers", "viewers_peak", "viewers_average"),
    *("watch_seconds", "watch_seconds_per_unique_viewer", "likes", "comments", "commenters"),
    *("revenue_placed_per_order_placed_vnd", "revenue_placed_per_1000_views_vnd"),
    *("buyers_per_unique_viewer_percent", "commenters_per_unique_viewer_percent"),
    *("product_opens", "product_openers", "basket_holders"),
    *("product_openers_per_unique_viewer_percent", "buyers_per_product_opener_percent", "orders_confirmed_per_order_placed_percent"),
    "views_per_imported_impression_percent",
)
# A node flushes at least once per tick, so what was measured up to the end has arrived by then.
SETTLE_SECONDS = 20.0
# Nobody waits before a job's screen.
JOB_STATEMENT_SECONDS = 15.0
REDIS_KEEPS_SECONDS = 7 * 24 * 3600


class ReportService:
    """Reads ledger, stock and figures, and shows them side by side. Sales always come from the ledger in PostgreSQL."""

    def __init__(self, database: Database, metrics: MetricsService, *, settle_seconds: float = SETTLE_SECONDS) -> None:
        self._database = database
        self._metrics = metrics
        self._settle_seconds = settle_seconds

    async def report(self, user: CurrentUser, session_id: UUID) -> Report:
        """The report of a session, live or after its end, for those whose roles allow it there.

        Raises `SessionNotFound` for everybody else, `ReportBeingPrepared` while the stored fold is far behind, and
        `ReadTookTooLong` when the database is too busy.
        """
        try:
            # Figures first: whatever ledger entry they include is then certainly in the transaction below.
            stats = await self._metrics.stats_for(user, session_id, Action.READ_REPORTS)
        except StatisticsNotFound as error:
            raise SessionNotFound(details={"session_id": str(session_id)}) from error
        return await self._read(session_id, stats)

    async def whole(self, session_id: UUID) -> Report:
        """The same without asking who reads it: for jobs, whose askers are asked when they ask and again when they fetch the file.

        Raises `SessionNotFound`, `ReportBeingPrepared`.
        """
        try:
            stats = await self._metrics.stats(session_id)
        except StatisticsNotFound as error:
            raise SessionNotFound(details={"session_id": str(session_id)}) from error
        return await self._read(session_id, stats, seconds=JOB_STATEMENT_SECONDS)

    async def _read(self, session_id: UUID, stats: SessionStats, *, seconds: float = STATEMENT_SECONDS) -> Report:
        async with reading_snapshot(self._database, seconds=seconds) as snapshot:
            return await _read_report(snapshot.db, session_id, stats)

    async def finish_ended(self) -> int:
        """Write final figures of ended sessions once every ledger entry is counted; returns how many were written.

        A session that is not complete yet is left for the next run.
        """
        async with self._database.pool.acquire() as db:
            waiting = await queries.unfinished_sessions(db, settle_seconds=self._settle_seconds)
        written = 0
        for session_id, last_seq in waiting:
            try:
                await self._metrics.persist(session_id, expected_seq=last_seq)
                written += 1
            except StatisticsNotComplete as error:
                log.info("figures_not_final_yet", session=str(session_id), **error.details)
            except Exception:
                # one session that cannot be finished must not keep the others waiting
                log.exception("final_figures_failed", session=str(session_id))
        return written

    async def forget_closed(self) -> None:
        """Let Redis forget closed sessions whose figures are final."""
        async with self._database.pool.acquire() as db:
            session_ids = await queries.forgettable_sessions(db)
        for session_id in session_ids:
            await self._metrics.expire_session(session_id, REDIS_KEEPS_SECONDS)


async def _read_report(db: RawConnection, session_id: UUID, stats: SessionStats) -> Report:
    facts = await queries.session_facts(db, session_id)
    if facts is None:
        raise SessionNotFound(details={"session_id": str(session_id)})
    folded, counted = await read_counted(db, session_id, to=facts.last_seq, counted_to=stats.ledger_seq)
    offers = await queries.offer_facts(db, session_id)
    producers = await queries.producer_rows(db, session_id)
    product_rows = await queries.product_rows(db, session_id)
    shown = with_sales(stats, folded.whole.totals, buyers=folded.whole.buyer_count)
    ended_at = facts.ended_at or facts.as_of
    imported = await imported_rows(db, session_id)
    new, returning = await buyers_by_history(db, session_id, stored_to=folded.base_seq, later=list(folded.whole.buyers.values()))
    return Report(
        session_id=session_id,
        title=facts.title,
        state=facts.state,
        organisation_name=facts.organisation_name,
        host_name=facts.host_name,
        started_at=facts.started_at,
        ended_at=facts.ended_at,
        duration_seconds=max(0, int((ended_at - facts.started_at).total_seconds())) if facts.started_at else 0,
        as_of=facts.as_of,
        measured_as_of=stats.as_of,
        figures_are=stats.figures_are,
        lost_seconds_at_most=stats.restored.lost_seconds_at_most if stats.restored else 0.0,
        headline=_headline(shown, revenue_net_vnd=folded.steps.net_vnd(), impressions=impressions_of(imported)),
        ladder=folded.steps.steps(),
        shipping=_shipping(folded),
        products=_products(product_rows, producers, folded),
        producers=_producers(producers, product_rows, folded),
        communes=commune_rows(producers, folded),
        offers=offer_rows(offers, folded, await waited(db, session_id)),
        order_sources=source_rows(folded, is_booth=facts.is_booth),
        without_goods=without_goods(folded),
        funnel=funnel(shown),
        buyers=buyer_figures(folded, new=new, returning=returning),
        step_minutes=stats.step_minutes,
        minutes=_minutes(stats.minutes, folded.minutes, step=stats.step_minutes),
        markers=_markers(facts, offers, await queries.pin_rows(db, facts), await queries.notice_rows(db, facts)),
        outside=stats.outside,
        imported=imported,
        moderation=ModerationFigures(**await queries.moderation_figures(db, session_id)),
        reconciliation=reconcile(
            folded, counted, stats, last_seq=facts.last_seq, offers=offers, stock=await queries.stock_facts(db, session_id)
        ),
    )


def _shipping(folded: FoldedLedger) -> ShippingFees:
    totals = folded.whole.totals
    return ShippingFees(**{name: totals[name] for name in ShippingFees.model_fields})


def _headline(stats: SessionStats, *, revenue_net_vnd: int, impressions: int) -> tuple[HeadlineMetric, ...]:
    values = {**stats.totals.model_dump(), **stats.derived.model_dump(), "revenue_net_vnd": revenue_net_vnd}
    views, viewers, openers = stats.totals.views, stats.totals.unique_viewers, stats.totals.product_openers
    values["views_per_imported_impression_percent"] = _percent(views, impressions)
    values["product_openers_per_unique_viewer_percent"] = None if openers is None else _percent(openers, viewers)
    values["buyers_per_product_opener_percent"] = None if openers is None else _percent(stats.totals.buyers, openers)
    return tuple(_headline_metric(name, values[name]) for name in HEADLINE)


def _percent(part: int, whole: int) -> float | None:
    return round(part * 100 / whole, 2) if whole else None


def _headline_metric(name: str, value: float | None) -> HeadlineMetric:
    meaning = definition_of(name)
    return HeadlineMetric(
        name=name,
        value=value,
        unit=meaning.unit,
        source=meaning.source,
        label_vi=meaning.label_vi,
        label_en=meaning.label_en,
        formula=meaning.formula,
        formula_vi=formula_vi(meaning),
        window=meaning.window,
        window_vi=window_vi(meaning),
        definition_vi=meaning.definition_vi,
        definition_en=meaning.definition_en,
    )


def _sales(figures: Mapping[str, Mapping[str, int]], owner_id: UUID) -> Sales:
    return Sales(**figures.get(str(owner_id), {}))


def _products(rows: Sequence[Mapping[str, Any]], producers: Sequence[Mapping[str, Any]], folded: FoldedLedger) -> tuple[ProductRow, ...]:
    producer_names = {producer["id"]: producer["name"] for producer in producers}
    return tuple(
        ProductRow(
            product_id=row["id"],
            code=row["code"],
            name=row["name"],
            unit=row["unit"],
            producer_id=row["producer_id"],
            producer_name=producer_names.get(row["producer_id"], ""),
            offers=row["offers"],
            units_offered=row["units_offered"],
            units_remaining=row["units_remaining"],
            stock_units=row["stock_units"],
            stock_left=row["stock_left"],
            sales=_sales(folded.whole.products, row["id"]),
        )
        for row in rows
    )


def _producers(rows: Sequence[Mapping[str, Any]], products: Sequence[Mapping[str, Any]], folded: FoldedLedger) -> tuple[ProducerRow, ...]:
    return tuple(
        ProducerRow(
            producer_id=row["id"],
            name=row["name"],
            kind=row["kind"],
            commune_name=row["commune_name"],
            products=sum(product["producer_id"] == row["id"] for product in products),
            sales=_sales(folded.whole.producers, row["id"]),
        )
        for row in rows
    )


def _minutes(measured: Sequence[MinuteFigures], ledger: Mapping[int, Mapping[str, int]], *, step: int) -> tuple[MinuteFigures, ...]:
    """The measured series with sales of the ledger; an order newer than the figures opens its own entry."""
    shown = {(to_ms(figures.minute_at) or 0) // 60_000 // step: figures for figures in measured}
    sales = ("orders_placed", "units_placed", "revenue_placed_vnd")
    sold: dict[int, Counter[str]] = {}
    for minute, sums in ledger.items():
        if sums.get("orders_placed"):
            sold.setdefault(minute // step, Counter()).update({name: sums.get(name, 0) for name in sales})
            shown.setdefault(minute // step, MinuteFigures(minute_at=from_ms(minute // step * step * 60_000)))
    nothing = Counter[str]()
    return tuple(
        figures.model_copy(update={name: sold.get(number, nothing)[name] for name in sales}) for number, figures in sorted(shown.items())
    )


def _markers(
    facts: queries.SessionFacts,
    offers: Sequence[queries.OfferFacts],
    pins: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
) -> tuple[Marker, ...]:
    found: list[Marker] = []
    if facts.started_at is not None:
        found.append(Marker(at=facts.started_at, kind="session.started"))
    if facts.ended_at is not None:
        found.append(Marker(at=facts.ended_at, kind="session.ended"))
    for offer in offers:
        about: dict[str, Any] = {
            "product_id": offer.product_id,
            "product_name": offer.product_name,
            "offer_id": offer.id,
            "flash_price_vnd": offer.flash_price_vnd,
            "units_offered": offer.units_offered,
        }
        # a scheduled offer has a start in the future: nothing has happened yet
        if offer.starts_at is not None and offer.state != "scheduled":
            found.append(Marker(at=offer.starts_at, kind="offer.opened", **about))
        if offer.ends_at is not None and offer.state == "ended":
            found.append(Marker(at=offer.ends_at, kind="offer.ended", **about))
    found += [
        Marker(at=pin["happened_at"], kind="product.pinned", product_id=pin["product_id"], product_name=pin["product_name"]) for pin in pins
    ]
    found += [Marker(at=notice["happened_at"], kind="notice.shown", text=notice["text"]) for notice in notices]
    return tuple(sorted(found, key=lambda marker: marker.at))
