"""Breakdowns: each sums to the whole, and says the same as an independent count over the ledger that is exported."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from app.infra.database import Database
from app.ledger.kinds import KINDS, figure_names
from app.metrics.service import Sales
from app.redis_keys import SessionKeys
from app.reports.schemas import Report
from app.reports.summaries import Summaries
from tests.orders.builders import a_wanted_order
from tests.reports.builders import Fair

GOODS = [name for kind in KINDS for name in (figure_names(kind).units, figure_names(kind).revenue_vnd)]


def summed(rows: tuple[Any, ...]) -> Counter[str]:
    total = Counter[str]()
    for row in rows:
        total.update(row.sales.model_dump())
    return total


async def counted_independently(database: Database, fair: Fair) -> Counter[str]:
    """Goods per kind from the texts of the ledger with nothing of the program's own."""
    found = Counter[str]()
    for row in await database.pool.fetch("SELECT body FROM ledger_entries WHERE session_id = $1", fair.id):
        entry = json.loads(row["body"])
        for line in entry["lines"]:
            if "kind" not in line:
                found[f"units_{entry['kind']}"] += line["quantity"]
                found[f"revenue_{entry['kind']}_vnd"] += line["amount_vnd"]
    return found


async def a_busy_fair(fair: Fair) -> None:
    first, second = await fair.offer(total=20, price_vnd=129_000), await fair.offer(total=20, price_vnd=50_000)
    orders = [await fair.order(offer_id, quantity) for offer_id in (first, second) for quantity in (1, 2, 3)]
    await fair.record(orders[0], "confirmed", "delivered", "paid")
    await fair.record(orders[1], "cancelled", reason="no_answer")
    await fair.record(orders[4], "confirmed", "delivered", "returned")
    await fair.project()


def assert_sums(report: Report, ledger: Counter[str]) -> None:
    for rows in (report.products, report.producers, report.communes, report.offers, report.order_sources):
        assert {name: summed(rows)[name] for name in GOODS} == {name: ledger[name] for name in GOODS}


async def test_every_breakdown_sums_to_an_independent_count_of_the_ledger_with_and_without_a_stored_fold(fair: Fair) -> None:
    await a_busy_fair(fair)
    ledger = await counted_independently(fair.database, fair)

    assert_sums(await fair.report(), ledger)
    await Summaries(fair.database).extend(fair.id, steps=1)
    await fair.order(await fair.offer(), 4)
    await fair.project()

    report = await fair.report()
    assert_sums(report, await counted_independently(fair.database, fair))
    assert (ledger["units_placed"], summed(report.offers)["units_placed"]) == (12, 16)


async def sources_counted_independently(database: Database, fair: Fair) -> Counter[str]:
    """Orders and goods per source and kind, from the texts of the ledger in their order."""
    found, source_of = Counter[str](), dict[str, str]()
    for row in await database.pool.fetch("SELECT body FROM ledger_entries WHERE session_id = $1 ORDER BY seq", fair.id):
        entry = json.loads(row["body"])
        if entry["kind"] == "placed":
            is_flash = any(line.get("offer") for line in entry["lines"])
            source_of[entry["order"]] = entry.get("source") or ("flash" if is_flash else "shelf")
        goods = sum(line["amount_vnd"] for line in entry["lines"] if line.get("kind") != "shipping")
        found[f"{source_of[entry['order']]} {entry['kind']} orders"] += 1
        found[f"{source_of[entry['order']]} {entry['kind']} vnd"] += goods
    return +found


async def test_sources_of_orders_are_recomputed_from_the_ledger_alone(fair: Fair) -> None:
    offer_id = await fair.offer(total=20)
    for source in ("page", "comment", "page", "comment", "comment"):
        order = await fair.queues.place(replace(a_wanted_order(fair.market, {offer_id: 2}), source=source))
        await fair.record(order, *(("confirmed", "delivered", "paid") if source == "comment" else ("cancelled",)))
    await fair.project()
    await Summaries(fair.database).extend(fair.id, steps=1)

    ledger = await sources_counted_independently(fair.database, fair)

    shown = Counter[str]()
    for row in (await fair.report()).order_sources:
        for kind in KINDS:
            shown[f"{row.source} {kind} orders"] = getattr(row.sales, figure_names(kind).orders)
            shown[f"{row.source} {kind} vnd"] = getattr(row.sales, figure_names(kind).revenue_vnd)
    assert (+shown, ledger["comment placed orders"], ledger["flash placed orders"]) == (ledger, 3, 2)


async def test_each_order_has_one_source_so_sources_sum_to_the_orders_too(fair: Fair) -> None:
    await a_busy_fair(fair)
    await fair.database.pool.execute(
        "ALTER TABLE orders DISABLE TRIGGER USER; UPDATE orders SET source = 'comment' WHERE seq = 2; ALTER TABLE orders ENABLE TRIGGER USER"
    )

    report = await fair.report()

    assert [(row.source, row.sales.orders_placed, row.sales.orders_cancelled) for row in report.order_sources] == [
        ("flash", 5, 0),
        ("comment", 1, 1),
    ]
    totals = {metric.name: metric.value for metric in report.headline}
    assert summed(report.order_sources)["orders_placed"] == totals["orders_placed"] == 6


async def test_a_buyer_returns_who_had_ordered_in_an_earlier_session_by_phone_and_is_unknown_without_contact(fair: Fair) -> None:
    offer_id = await fair.offer(total=20)
    orders = [await fair.order(offer_id) for _ in range(3)]
    await fair.database.pool.execute("UPDATE order_contacts SET phone_digest = NULL WHERE order_id = $1", orders[2].order_id)
    first = (await fair.report()).buyers
    assert (first.buyers, first.new, first.returning, first.unknown) == (3, 2, 0, 1)

    await an_earlier_order_by_the_phone_of(fair, orders[0].order_id)

    tail = (await fair.report()).buyers
    await Summaries(fair.database).extend(fair.id, steps=1)
    stored = (await fair.report()).buyers
    assert tail == stored
    assert (stored.buyers, stored.new, stored.returning, stored.unknown) == (3, 1, 1, 1)


async def an_earlier_order_by_the_phone_of(fair: Fair, order_id: object) -> None:
    """Another session of the organisation sold to the same number an hour before."""
    other = await fair.database.pool.fetchval(
        "INSERT INTO sessions SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* FROM sessions s WHERE id = $1 RETURNING id",
        fair.id,
    )
    await fair.database.pool.execute(
        "INSERT INTO ledgers SELECT (jsonb_populate_record(l, jsonb_build_object('session_id', $2::uuid))).* FROM ledgers l WHERE session_id = $1",
        fair.id,
        other,
    )
    await fair.database.pool.execute(
        """
        WITH e AS (
          INSERT INTO ledger_entries
          SELECT (jsonb_populate_record(l, jsonb_build_object('session_id', $2::uuid, 'order_id', gen_random_uuid()))).*
          FROM ledger_entries l WHERE l.order_id = $1 AND l.kind = 'placed' RETURNING order_id, seq),
        o AS (
          INSERT INTO orders
          SELECT (jsonb_populate_record(o, jsonb_build_object('id', e.order_id, 'session_id', $2::uuid, 'code', NULL,
            'placed_at', o.placed_at - interval '1 hour'))).* FROM orders o, e WHERE o.id = $1 RETURNING id)
        INSERT INTO order_contacts (order_id, phone_digest) SELECT o.id, c.phone_digest FROM o, order_contacts c WHERE c.order_id = $1
        """,
        order_id,
        other,
    )


async def test_the_funnel_says_not_measured_where_nothing_was_measured_and_never_nought(fair: Fair) -> None:
    await a_busy_fair(fair)
    await fair.watch(viewers=30)
    assert [step.count for step in (await fair.report()).funnel if step.name == "product_openers"] == [0]
    # as in a session of before, whose nodes did not measure it
    await fair.redis.once.hdel(SessionKeys(fair.prefix, fair.id).live, "measures_interest")

    steps = {step.name: step for step in (await fair.report()).funnel}

    assert (steps["views"].count, steps["unique_viewers"].count, steps["buyers"].count) == (30, 30, 6)
    assert (steps["product_openers"].count, steps["product_openers"].percent) == (None, None)
    assert (steps["orders_placed"].count, steps["orders_delivered"].count, steps["orders_delivered"].percent) == (6, 2, 33.33)


def test_what_breaks_sales_down_is_what_sales_are() -> None:
    assert set(GOODS) <= set(Sales.model_fields)
