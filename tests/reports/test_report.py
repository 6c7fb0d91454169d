"""The report: sales by the ledger, every fact counted twice, final figures after the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.accounts.audit import record_audit
from app.redis_keys import SessionKeys
from app.sessions.errors import SessionNotFound
from tests.reports.builders import Fair, check, failed, headline, step


async def test_a_session_without_anything_has_a_report_of_zeros(fair: Fair) -> None:
    report = await fair.report()

    assert report.reconciliation.ok
    assert [(found.name, found.orders, found.amount_vnd) for found in report.ladder] == [
        (name, 0, 0) for name in ("placed", "confirmed", "delivered", "paid", "net")
    ]
    assert headline(report)["revenue_placed_vnd"] == 0
    assert headline(report)["buyers_per_unique_viewer_percent"] is None
    assert [marker.kind for marker in report.markers] == ["session.started"]


async def test_sales_of_totals_products_producers_and_minutes_agree(fair: Fair) -> None:
    offer_id = await fair.offer(total=20, price_vnd=129_000)
    for quantity in (1, 2, 3):
        await fair.order(offer_id, quantity)
    await fair.watch(viewers=30)
    await fair.project()

    report = await fair.report()

    assert report.reconciliation.ok, failed(report)
    shown = headline(report)
    assert (shown["orders_placed"], shown["units_placed"], shown["revenue_placed_vnd"], shown["buyers"]) == (3, 6, 774_000, 3)
    assert (shown["buyers_per_unique_viewer_percent"], shown["revenue_placed_per_1000_views_vnd"]) == (10.0, 25_800_000)
    assert [(row.code, row.sales.units_placed, row.units_offered, row.units_remaining) for row in report.products] == [("A1", 6, 20, 14)]
    assert [(row.name, row.sales.revenue_placed_vnd, row.products) for row in report.producers] == [("HTX Mật ong", 774_000, 1)]
    assert sum(minute.revenue_placed_vnd for minute in report.minutes) == 774_000
    assert "offer.opened" in {marker.kind for marker in report.markers}


async def test_orders_that_redis_has_not_counted_yet_are_in_the_report_and_reconcile(fair: Fair) -> None:
    offer_id = await fair.offer()
    await fair.order(offer_id)
    await fair.project()
    await fair.order(offer_id, 2)

    report = await fair.report()

    assert headline(report)["orders_placed"] == 2
    assert (report.reconciliation.ledger_last_seq, report.reconciliation.figures_ledger_seq) == (2, 1)
    assert report.reconciliation.ok, failed(report)


async def test_figures_that_differ_from_the_ledger_are_named(fair: Fair) -> None:
    offer_id = await fair.offer()
    await fair.order(offer_id)
    await fair.project()
    await fair.redis.once.hincrby(SessionKeys(fair.prefix, fair.id).ledger, "revenue_placed_vnd", 1)

    report = await fair.report()

    assert not report.reconciliation.ok
    assert failed(report) == ["revenue_placed_vnd"]
    assert check(report, "revenue_placed_vnd").found == 129_001
    assert headline(report)["revenue_placed_vnd"] == 129_000


async def test_stock_that_differs_from_the_ledger_is_named(fair: Fair) -> None:
    offer_id = await fair.offer(total=10)
    await fair.order(offer_id, 2)
    await fair.project()
    await fair.database.pool.execute("UPDATE offers SET remaining = 9 WHERE id = $1", offer_id)

    report = await fair.report()

    assert failed(report) == ["offer_stock"]
    assert (check(report, "offer_stock").expected, check(report, "offer_stock").found) == (10, 11)


async def test_a_cancelled_order_stays_placed_and_gives_its_stock_back(fair: Fair) -> None:
    offer_id = await fair.offer(total=10)
    kept, dropped = await fair.order(offer_id, 2), await fair.order(offer_id, 3)
    await fair.record(kept, "confirmed")
    await fair.record(dropped, "cancelled", reason="no_answer")
    await fair.project()

    report = await fair.report()

    assert report.reconciliation.ok, failed(report)
    assert (step(report, "placed").orders, step(report, "placed").amount_vnd) == (2, 645_000)
    confirmed = step(report, "confirmed")
    assert (confirmed.orders, confirmed.amount_vnd, confirmed.amount_per_amount_placed_percent) == (1, 258_000, 40.0)
    assert [(loss.kind, loss.reason, loss.orders, loss.amount_vnd) for loss in confirmed.losses] == [("cancelled", "no_answer", 1, 387_000)]
    assert report.products[0].units_remaining == 8


async def test_final_figures_are_written_only_when_every_entry_is_counted(fair: Fair) -> None:
    offer_id = await fair.offer()
    await fair.order(offer_id)
    await fair.watch(viewers=4, likes=3)
    await fair.end()

    assert await fair.reports.finish_ended() == 0
    await fair.project()
    assert await fair.reports.finish_ended() == 1
    assert await fair.reports.finish_ended() == 0

    before = await fair.report()
    await fair.lose_redis()
    after = await fair.report()
    assert (before.figures_are, after.figures_are) == ("final", "final")
    assert after.model_copy(update={"as_of": before.as_of}) == before
    assert after.reconciliation.ok, failed(after)


async def test_a_running_session_is_not_finished(fair: Fair) -> None:
    await fair.watch()

    assert await fair.reports.finish_ended() == 0


async def test_facts_after_the_end_renew_the_final_figures(fair: Fair) -> None:
    order = await fair.order(await fair.offer())
    await fair.end()
    await fair.project()
    await fair.reports.finish_ended()

    await fair.record(order, "confirmed", "delivered")
    await fair.project()

    assert await fair.reports.finish_ended() == 1
    report = await fair.report()
    assert (report.reconciliation.figures_ledger_seq, report.reconciliation.ok) == (3, True)


async def test_redis_forgets_a_session_only_when_closed_and_final(fair: Fair) -> None:
    live_key = SessionKeys(fair.prefix, fair.id).live
    await fair.watch()
    await fair.end()
    await fair.reports.finish_ended()
    await fair.redis.once.persist(live_key)  # as older releases left it

    await fair.reports.forget_closed()
    assert await fair.redis.idempotent.ttl(live_key) == -1

    await fair.end("closed")
    await fair.reports.forget_closed()
    assert await fair.redis.idempotent.ttl(live_key) > 6 * 24 * 3600


async def test_a_report_is_for_the_organisation_of_the_session(fair: Fair) -> None:
    with pytest.raises(SessionNotFound):
        await fair.reports.report(replace(fair.staff, organisation_id=uuid4()), fair.id)
    with pytest.raises(SessionNotFound):
        await fair.reports.report(fair.staff, uuid4())


async def test_pins_of_the_audit_trail_mark_the_timeline(fair: Fair) -> None:
    async with fair.database.transactions.begin() as db:
        await db.execute(
            text(
                "INSERT INTO audit_entries (organisation_id, user_id, action, subject_id, details) "
                "VALUES (:organisation, :user, 'session.pinned', :session, jsonb_build_object('product_id', CAST(:product AS text)))"
            ),
            {
                "organisation": fair.market.organisation_id,
                "user": fair.market.user_id,
                "session": str(fair.id),
                "product": str(fair.market.product_id),
            },
        )

    report = await fair.report()

    assert [(marker.kind, marker.product_name) for marker in report.markers if marker.kind == "product.pinned"] == [
        ("product.pinned", "Mật ong")
    ]


async def test_notices_stand_on_the_timeline_with_their_words_and_taking_one_away_does_not(fair: Fair) -> None:
    async with fair.database.transactions.begin() as db:
        for words in ("Còn 10 phút miễn phí giao hàng", None):
            record_audit(
                db,
                organisation_id=fair.market.organisation_id,
                user_id=fair.market.user_id,
                action="notice.set",
                subject_id=fair.id,
                details={"text": words},
            )

    report = await fair.report()

    assert [marker.text for marker in report.markers if marker.kind == "notice.shown"] == ["Còn 10 phút miễn phí giao hàng"]


async def test_outside_counts_are_shown_with_their_source_and_not_in_the_headline(fair: Fair) -> None:
    await fair.watch(viewers=3)
    await fair.metrics.report_outside(fair.id, source="tiktok", viewers=15_000, observed_at_ms=1)

    report = await fair.report()

    assert [(found.source, found.outside_viewers) for found in report.outside] == [("tiktok", 15_000)]
    assert headline(report)["viewers_peak"] == 3
    assert "imported" not in {metric.source for metric in report.headline}


async def test_reports_read_while_orders_are_placed_always_reconcile(fair: Fair) -> None:
    offer_id = await fair.offer(total=200)

    async def sell() -> None:
        for _ in range(40):
            await fair.order(offer_id)
            await fair.project()

    selling = asyncio.gather(sell(), sell())
    while not selling.done():
        report = await fair.report()
        assert report.reconciliation.ok, failed(report)
    await selling

    assert headline(await fair.report())["orders_placed"] == 80


async def test_the_over_order_buffer_is_offered_stock(fair: Fair) -> None:
    offer_id = await fair.offer(total=10)
    await fair.database.pool.execute("UPDATE offers SET buffer_quantity = 3, remaining = remaining + 3 WHERE id = $1", offer_id)
    for _ in range(6):
        await fair.order(offer_id, 2)
    await fair.project()

    report = await fair.report()

    assert report.reconciliation.ok, failed(report)
    assert (check(report, "offer_stock").expected, check(report, "offer_stock").found) == (13, 13)
    assert [(row.units_offered, row.units_remaining) for row in report.products] == [(13, 1)]
    assert [marker.units_offered for marker in report.markers if marker.kind == "offer.opened"] == [13]
