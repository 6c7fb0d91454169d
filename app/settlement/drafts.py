"""Works out a producer's next settlement: what is new since the last one was agreed, line by line, and what follows to be paid.

A line is where an order stands now less what earlier settlements have said about it. So what comes late (a return, a refund, money, a carrier's
fee) is a line of the next settlement by itself, whatever it was that came. Nothing is written here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.infra.database import RawConnection
from app.ledger.chain import entry_of
from app.settlement import reading
from app.settlement.chain import Settled, reached, settlements_of
from app.settlement.errors import SettlementChanged, SettlementTooLarge
from app.settlement.lines import SettledOrder, body_of_line, canonical, digest_of_lines, line_of
from app.settlement.reading import ProducerFacts
from app.settlement.rules import SettlementRules, read_rules
from app.settlement.standing import NOTHING_BESIDE, Standing, standings_of
from app.settlement.sums import rules_applied, sums_of, totals

ORDERS_MOST: Final = 60_000
"""In one settlement: what fits into a transaction of a few seconds, and into a spreadsheet."""
# A few milliseconds of work: sockets and orders of the same process go on in between.
_ORDERS_PER_STEP = 20
_ORDERS_PER_READ = 2_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which sessions a settlement shall cover: those named, or (nothing named) all; never those left out."""

    only: frozenset[UUID] = frozenset()
    without: frozenset[UUID] = frozenset()

    def __contains__(self, session_id: UUID) -> bool:
        return session_id not in self.without and (not self.only or session_id in self.only)


ALL_SESSIONS: Final = Chosen()


@dataclass(frozen=True, slots=True)
class Draft:
    """A settlement before somebody agrees. `content` is what would be agreed, without who and when; `bodies` are its lines as text."""

    producer: ProducerFacts
    earlier: Sequence[Settled]
    lines: Sequence[SettledOrder]
    bodies: Sequence[str]
    charges: Sequence[asyncpg.Record]
    content: dict[str, Any]

    @property
    def digest(self) -> str:
        """What somebody who looked at it agrees to: SHA-256 of the content, in hex."""
        return hashlib.sha256(canonical(self.content).encode()).hexdigest()

    @property
    def is_nothing(self) -> bool:
        return not self.lines and not self.charges and self.content["sums"]["opening"] <= 0


async def read_draft(
    db: RawConnection, producer: ProducerFacts, *, upto: Mapping[UUID, int] | None = None, chosen: Chosen = ALL_SESSIONS
) -> Draft:
    """The next settlement, up to these entries of these sessions; up to the last of all chosen ones when nothing is said.

    Must run in a transaction. Raises `SettlementChanged` when a ledger does not go so far or was settled further, `SettlementTooLarge`.
    """
    rules = await read_rules(db, producer.organisation_id)
    earlier = settlements_of(await reading.fact_rows(db, producer.id))
    charges = await reading.charge_rows(db, producer.id, None)
    settled_to = reached(earlier)
    lines: list[SettledOrder] = []
    sessions: list[dict[str, Any]] = []
    for session_id, to in await _wanted(db, producer, settled_to, upto, chosen):
        after = settled_to.get(session_id, 0)
        found = await lines_of_session(db, producer, session_id, after=after, to=to)
        if len(lines) + len(found) > ORDERS_MOST:
            raise SettlementTooLarge(details={"limit": ORDERS_MOST})
        if found:
            lines += found
            last_hash = await reading.hash_of_entry(db, session_id, to)
            sessions.append({"after": after, "hash": last_hash.hex(), "session": str(session_id), "to": to})
    bodies = [body_of_line(line) for line in lines]
    content = _content(producer, rules, earlier, lines, charges) | {
        "lines": len(lines),
        "lines_sha256": await asyncio.to_thread(digest_of_lines, bodies),
        "sessions": sessions,
    }
    return Draft(producer, earlier, lines, bodies, charges, content)


async def _wanted(
    db: RawConnection, producer: ProducerFacts, settled_to: Mapping[UUID, int], upto: Mapping[UUID, int] | None, chosen: Chosen
) -> list[tuple[UUID, int]]:
    sold_in = await reading.sessions_of(db, producer)
    if upto is None:
        return [(each.session_id, each.last_seq) for each in sold_in if each.session_id in chosen]
    last = {each.session_id: each.last_seq for each in sold_in}
    for session_id, to in upto.items():
        if not settled_to.get(session_id, 0) <= to <= last.get(session_id, -1):
            raise SettlementChanged(details={"session_id": str(session_id)})
    return [(each.session_id, upto[each.session_id]) for each in sold_in if each.session_id in upto]


async def lines_of_session(db: RawConnection, producer: ProducerFacts, session_id: UUID, *, after: int, to: int) -> list[SettledOrder]:
    """What is new about the producer's orders of one session, in the order in which they were placed."""
    codes = await reading.orders_of(db, session_id, producer.id)
    beside = await reading.beside_ledgers(db, producer.id, codes)
    moved = await reading.moved_orders(db, session_id, after, to, codes)
    touched = [order_id for order_id in codes if order_id in moved or order_id in beside]
    lines: list[SettledOrder] = []
    for start in range(0, len(touched), _ORDERS_PER_READ):
        some = touched[start : start + _ORDERS_PER_READ]
        bodies = await reading.bodies_by_order(db, session_id, to, some)
        settled = _settled(await reading.settled_rows(db, producer.id, some), producer.id)
        for number, order_id in enumerate(some, start=1):
            entries = [entry_of(body) for body in bodies.get(order_id, ())]
            standing = standings_of(entries, beside.get(order_id, NOTHING_BESIDE)).get(producer.id, Standing())
            before = settled.get(order_id, _Before())
            news = standing.less(before.standing)
            seqs = tuple(entry.seq for entry in entries if entry.seq > after)
            if entries and (seqs or not news.is_nothing):
                lines.append(SettledOrder(session_id, order_id, codes[order_id], seqs, news, before.under))
            if number % _ORDERS_PER_STEP == 0:
                await asyncio.sleep(0)
    return lines


@dataclass(slots=True)
class _Before:
    """What settlements have said of an order, and the first of them that settled money of it."""

    standing: Standing = field(default_factory=Standing)
    under: int | None = None


def _settled(rows: Sequence[asyncpg.Record], producer_id: UUID) -> dict[UUID, _Before]:
    found: dict[UUID, _Before] = defaultdict(_Before)
    for row in rows:
        line = line_of(row["body"], producer_id)
        before = found[line.order_id]
        before.standing.add(line.news)
        if before.under is None and line.news.has_money:
            before.under = row["settlement"]
    return found


def _content(
    producer: ProducerFacts,
    rules: SettlementRules,
    earlier: Sequence[Settled],
    lines: Sequence[SettledOrder],
    charges: Sequence[asyncpg.Record],
) -> dict[str, Any]:
    units, vnd, of_order = totals(line.news for line in lines)
    applied = rules_applied(rules, producer)
    sums, older = sums_of(lines, applied, earlier, charges)
    content = {
        "charges": [_charge(row) for row in charges],
        "figures": {"order_vnd": _kept(of_order), "units": _kept(units), "vnd": _kept(vnd)},
        "kind": "agreed",
        "producer": {"id": str(producer.id), "kind": producer.kind, "name": producer.name, "tax_code": producer.tax_code},
        "rules": applied,
        "settlement": len(earlier) + 1,
        "sums": sums,
        "v": 1,
    }
    # only where there are some: older settlements have no such word
    return content | ({"older_rules": older} if older else {})


def _charge(row: asyncpg.Record) -> dict[str, Any]:
    return {"amount_vnd": row["amount_vnd"], "id": str(row["id"]), "kind": row["kind"], "order": row["code"], "reason": row["reason"]}


def _kept(figures: Counter[str]) -> dict[str, int]:
    return {name: figure for name, figure in sorted(figures.items()) if figure}
