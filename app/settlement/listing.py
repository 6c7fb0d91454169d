"""Reads settlements: how the organisation stands with each producer, a producer's settlements, one of them, and where its lines come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from app.accounts.service import CurrentUser
from app.infra.clock import to_ms
from app.infra.database import Database, RawConnection
from app.ledger.chain import entry_of
from app.settlement import reading
from app.settlement.chain import Settled, first_break, reached, settlements_of
from app.settlement.drafts import ALL_SESSIONS, Chosen, lines_of_session, read_draft
from app.settlement.errors import SettlementNotFound
from app.settlement.lines import SettledOrder, line_of
from app.settlement.reaching import SettlementReaches
from app.settlement.rules import read_rules
from app.settlement.schemas import (
    LINES_SHOWN,
    AppliedRules,
    ChargeView,
    GoodFigures,
    LedgerStep,
    LineView,
    OlderRules,
    OrderSteps,
    PaidView,
    ProducerRow,
    ProducerRows,
    ProducerSettlements,
    SessionChoice,
    SessionChoices,
    SessionRange,
    SettlementRow,
    SettlementView,
    Sums,
)
from app.settlement.standings import Standings
from app.settlement.sums import totals

_PRODUCERS = """
SELECT id, name, kind FROM producers WHERE organisation_id = $1 AND ($2::uuid IS NULL OR id = $2) ORDER BY name, id LIMIT 2000
"""
_SETTLED_SUMS = """
SELECT f.producer_id, count(*)::int AS settlements,
  coalesce(sum((f.body::jsonb #>> '{figures,vnd,net}')::bigint), 0)::bigint AS net_vnd,
  coalesce(sum((f.body::jsonb #>> '{figures,order_vnd,shipping}')::bigint), 0)::bigint AS shipping_vnd,
  coalesce(sum(p.amount_vnd), 0)::bigint AS paid_vnd,
  coalesce(sum(f.amount_vnd) FILTER (WHERE p.number IS NULL AND f.amount_vnd > 0), 0)::bigint AS unpaid_vnd,
  coalesce(sum(CASE WHEN p.number IS NULL THEN least(0, f.amount_vnd) ELSE f.amount_vnd - p.amount_vnd END
    - (f.body::jsonb #>> '{sums,opening}')::bigint), 0)::bigint AS opening_vnd
FROM settlement_heads h JOIN settlement_facts f ON f.producer_id = h.producer_id AND f.kind = 'agreed'
LEFT JOIN settlement_facts p ON p.producer_id = f.producer_id AND p.settlement = f.settlement AND p.kind = 'paid'
WHERE h.organisation_id = $1 GROUP BY f.producer_id
"""
_LINES = "SELECT body FROM settlement_lines WHERE producer_id = $1 AND settlement = $2 AND place > $3 ORDER BY place LIMIT $4"
_STEPS = """
SELECT e.session_id, s.title, o.code, e.seq, e.body, e.hash FROM orders o JOIN sessions s ON s.id = o.session_id
JOIN ledger_entries e ON e.order_id = o.id WHERE o.id = $1 AND s.organisation_id = $2 ORDER BY e.seq
"""


class SettlementLists:
    """Whoever is asked for must be in reach; a producer's login reaches its own."""

    def __init__(self, database: Database, reaches: SettlementReaches) -> None:
        self._database = database
        self._reaches = reaches
        self._standings = Standings(database.pool)

    async def producers(self, user: CurrentUser) -> ProducerRows:
        """All producers in reach, by name. Raises `SettlementsBeingSummed`."""
        only = await self._reaches.only(user)
        async with self._database.pool.acquire() as db:
            producers = await db.fetch(_PRODUCERS, user.organisation_id, only)
            settled = {row["producer_id"]: row for row in await db.fetch(_SETTLED_SUMS, user.organisation_id)}
            of_producer = int((await read_rules(db, user.organisation_id)).delivery_is_producers)
        standing = await self._standings.of_organisation(user.organisation_id)
        items = []
        for row in producers:
            sums: Mapping[str, int] = standing.get(row["id"], {})
            before = settled.get(row["id"])
            net, shipping = sums.get("net", 0), sums.get("shipping", 0) * of_producer
            if before is not None:
                net, shipping = net - before["net_vnd"], shipping - before["shipping_vnd"] * of_producer
            # below zero nothing is owed to the producer: it comes off the next one
            rest_vnd = max(0, before["opening_vnd"]) if before else 0
            items.append(
                ProducerRow(
                    producer_id=row["id"],
                    producer_name=row["name"],
                    producer_kind=row["kind"],
                    unsettled_vnd=net + shipping,
                    waiting_vnd=sums.get("waiting", 0),
                    agreed_vnd=before["unpaid_vnd"] + rest_vnd if before else 0,
                    rest_vnd=rest_vnd,
                    paid_vnd=before["paid_vnd"] if before else 0,
                    settlements=before["settlements"] if before else 0,
                )
            )
        return ProducerRows(items=items)

    async def settlements(self, user: CurrentUser, producer_id: UUID) -> ProducerSettlements:
        """A producer's agreed settlements, the newest first. Raises `ProducerNotFound`."""
        async with self._database.pool.acquire() as db:
            producer = await self._reaches.require(db, user, producer_id)
            facts = await reading.fact_rows(db, producer_id)
        return ProducerSettlements(
            producer_id=producer.id,
            producer_name=producer.name,
            items=[_row(each) for each in reversed(settlements_of(facts))],
            chain_fits=first_break(producer_id, facts) is None,
        )

    async def draft(
        self, user: CurrentUser, producer_id: UUID, *, chosen: Chosen = ALL_SESSIONS, after: int = 0, limit: int = LINES_SHOWN
    ) -> SettlementView:
        """The next settlement as it would be agreed now, of the chosen sessions. Raises `ProducerNotFound`, `SettlementTooLarge`."""
        async with self._database.pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
            producer = await self._reaches.require(db, user, producer_id)
            draft = await read_draft(db, producer, chosen=chosen)
            shown = draft.lines[after : after + limit]
            view = await _view(db, producer.id, draft.content, shown, after=after, charges=draft.charges)
        return view.model_copy(update={"digest": draft.digest})

    async def choices(self, user: CurrentUser, producer_id: UUID) -> SessionChoices:
        """Sessions that have something new, however many orders there are together. Raises `ProducerNotFound`."""
        async with self._database.pool.acquire() as db:
            producer = await self._reaches.require(db, user, producer_id)
            settled_to = reached(settlements_of(await reading.fact_rows(db, producer_id)))
            sold_in = await reading.sessions_of(db, producer)
        items = []
        for each in sold_in:
            # a connection for one session at a time: many together may take longer than one may be kept
            async with self._database.pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
                lines = await lines_of_session(db, producer, each.session_id, after=settled_to.get(each.session_id, 0), to=each.last_seq)
            if lines:
                _, vnd, _ = totals(line.news for line in lines)
                items.append(
                    SessionChoice(
                        session_id=each.session_id,
                        title=each.title,
                        started_at_ms=to_ms(each.started_at),
                        orders=len(lines),
                        goods_vnd=vnd["net"],
                    )
                )
        return SessionChoices(items=items)

    async def settlement(
        self, user: CurrentUser, producer_id: UUID, number: int, *, after: int = 0, limit: int = LINES_SHOWN
    ) -> SettlementView:
        """An agreed settlement. Raises `ProducerNotFound`, `SettlementNotFound`."""
        async with self._database.pool.acquire() as db:
            await self._reaches.require(db, user, producer_id)
            settled = settlements_of(await reading.fact_rows(db, producer_id))
            if not 1 <= number <= len(settled):
                raise SettlementNotFound
            found = settled[number - 1]
            rows = await db.fetch(_LINES, producer_id, number, after, limit)
            lines = [line_of(row["body"], producer_id) for row in rows]
            charges = await reading.charge_rows(db, producer_id, number)
            view = await _view(db, producer_id, found.content, lines, after=after, charges=charges)
        return view.model_copy(
            update={
                "state": found.state,
                "agreed_by": found.agreed["display_name"],
                "agreed_at_ms": to_ms(found.agreed["made_at"]),
                "fact_hash": found.agreed["hash"].hex(),
                "paid": None if found.paid is None else _paid(found.paid),
            }
        )

    async def steps(self, user: CurrentUser, producer_id: UUID, order_id: UUID) -> OrderSteps:
        """The ledger's entries about an order with goods of the producer; nobody is named. Raises `ProducerNotFound`, `SettlementNotFound`."""
        async with self._database.pool.acquire() as db:
            await self._reaches.require(db, user, producer_id)
            rows = await db.fetch(_STEPS, order_id, user.organisation_id)
        entries = [entry_of(row["body"]) for row in rows]
        if not any(line.producer_id == producer_id for entry in entries for line in entry.lines):
            raise SettlementNotFound
        steps = []
        for row, entry in zip(rows, entries, strict=True):
            own = [line for line in entry.lines if line.producer_id == producer_id]
            steps.append(
                LedgerStep(
                    seq=entry.seq,
                    kind=entry.kind,
                    at_ms=entry.happened_at_ms,
                    reason=entry.reason,
                    units=sum(line.quantity for line in own),
                    goods_vnd=sum(line.amount_vnd for line in own),
                    money_vnd=entry.money_vnd,
                    shipping_vnd=entry.shipping_vnd,
                    hash=row["hash"].hex(),
                )
            )
        first = rows[0]
        return OrderSteps(
            session_id=first["session_id"], session_title=first["title"], order_id=order_id, order_code=first["code"], steps=steps
        )


async def _view(
    db: RawConnection,
    producer_id: UUID,
    content: Mapping[str, Any],
    lines: Sequence[SettledOrder],
    *,
    after: int,
    charges: Sequence[asyncpg.Record],
) -> SettlementView:
    names = await reading.product_names(db, {good.product_id for line in lines for good in line.news.vnd})
    titles = await reading.session_titles(db, [UUID(each["session"]) for each in content["sessions"]])
    figures, shown_to = content["figures"], after + len(lines)
    return SettlementView(
        producer_id=producer_id,
        producer_name=content["producer"]["name"],
        producer_kind=content["producer"]["kind"],
        tax_code=content["producer"]["tax_code"],
        number=content["settlement"],
        state="open",
        sessions=[_range(each, titles) for each in content["sessions"]],
        units=figures["units"],
        vnd=figures["vnd"],
        order_vnd=figures["order_vnd"],
        sums=Sums(**{f"{name}_vnd": amount for name, amount in content["sums"].items()}),
        rules=AppliedRules(**content["rules"]),
        older_rules=[_older(each) for each in content.get("older_rules", ())],
        charges=[charge_view(row) for row in charges],
        lines=[_line(each, names) for each in lines],
        line_count=content["lines"],
        next_line=shown_to if shown_to < content["lines"] and lines else None,
        digest=None,
    )


def _older(part: Mapping[str, Any]) -> OlderRules:
    sums = {f"{name}_vnd": amount for name, amount in part["sums"].items()}
    return OlderRules(rules=AppliedRules(**part["rules"]), settlements=part["settlements"], taxed_vnd=part["taxed_vnd"], **sums)


def charge_view(row: asyncpg.Record) -> ChargeView:
    return ChargeView(
        charge_id=row["id"],
        kind=row["kind"],
        amount_vnd=row["amount_vnd"],
        reason=row["reason"],
        order_code=row["code"],
        made_by=row["display_name"],
        made_at_ms=to_ms(row["made_at"]) or 0,
    )


def _range(covered: Mapping[str, Any], titles: Mapping[UUID, str]) -> SessionRange:
    session_id = UUID(covered["session"])
    return SessionRange(
        session_id=session_id, title=titles.get(session_id, ""), after_seq=covered["after"], to_seq=covered["to"], last_hash=covered["hash"]
    )


def _line(line: SettledOrder, names: Mapping[UUID, tuple[str, str]]) -> LineView:
    goods = []
    for good, vnd in line.news.vnd.items():
        name, unit = names.get(good.product_id, ("", ""))
        units = {figure: count for figure, count in line.news.units.get(good, {}).items() if count}
        if units or any(vnd.values()):
            goods.append(
                GoodFigures(
                    product_id=good.product_id,
                    product_name=name,
                    unit=unit,
                    unit_price_vnd=good.unit_price_vnd,
                    is_flash=good.offer_id is not None,
                    units=units,
                    vnd={figure: amount for figure, amount in vnd.items() if amount},
                )
            )
    of_order = {figure: amount for figure, amount in line.news.of_order.items() if amount}
    return LineView(
        session_id=line.session_id,
        order_id=line.order_id,
        order_code=line.code,
        entries=list(line.entries),
        goods=goods,
        order_vnd=of_order,
    )


def _row(settled: Settled) -> SettlementRow:
    paid = None if settled.paid is None else _paid(settled.paid)
    return SettlementRow(
        number=settled.number,
        state=settled.state,
        payable_vnd=settled.payable_vnd,
        orders=settled.content["lines"],
        agreed_at_ms=to_ms(settled.agreed["made_at"]) or 0,
        paid_on=None if paid is None else paid.paid_on,
        paid_vnd=None if paid is None else paid.amount_vnd,
    )


def _paid(row: asyncpg.Record) -> PaidView:
    content = json.loads(row["body"])
    return PaidView(
        amount_vnd=row["amount_vnd"],
        paid_on=date.fromisoformat(content["paid_on"]),
        reference=content["reference"],
        noted_by=row["display_name"],
        noted_at_ms=to_ms(row["made_at"]) or 0,
    )
