"""Ledgers made up for tests: a valid chain of random facts, written straight into the tables."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

from app.infra.clock import from_ms
from app.infra.database import Database
from app.ledger.chain import Entry, EntryLine, body_of, chain, entry_of, genesis_hash
from app.ledger.kinds import KINDS, EntryKind, may_follow
from app.reports.folding import Row

COLUMNS = ("session_id", "seq", "kind", "order_id", "happened_at", "amount_vnd", "units", "body", "hash")


def a_random_ledger(session_id: UUID, dice: random.Random, entries: int, *, is_lawful: bool = False) -> list[Row]:
    """Half of it orders, half later facts about them; few products, offers and buyers, so that they come again.

    `is_lawful`: facts follow one another as the verifier wants it, so there are more orders; otherwise anything follows anything.
    """
    had: dict[UUID, list[EntryKind]] = {}
    orders: list[tuple[UUID, str, tuple[EntryLine, ...]]] = []
    rows: list[Row] = []
    previous = genesis_hash(session_id)
    later: list[EntryKind] = [kind for kind in KINDS if kind != "placed"]
    kind: EntryKind
    for seq in range(1, entries + 1):
        if not orders or dice.random() < 0.5:
            numbers = [dice.randrange(4) for _ in range(dice.randint(1, 3))]
            lines = tuple(
                EntryLine(UUID(int=n), UUID(int=n // 2), UUID(int=n % 2), dice.randint(1, 5), dice.randrange(1, 9) * 1000) for n in numbers
            )
            orders.append((UUID(int=dice.getrandbits(128)), f"buyer {dice.randrange(entries // 4 + 1)}", lines))
            order, kind, reason = orders[-1], "placed", ""
        else:
            order, kind, reason = dice.choice(orders), dice.choice(later), dice.choice(("", "late", "changed mind"))
            # A change is a difference, and what comes again is a part: neither is about the whole order.
            if is_lawful and (kind == "changed" or kind in had[order[0]] or not may_follow(kind, had[order[0]])):
                kind = "placed"
                order = (UUID(int=dice.getrandbits(128)), order[1], order[2])
                orders.append(order)
        had.setdefault(order[0], []).append(kind)
        entry = Entry(session_id, seq, kind, order[0], order[1], seq * 9000, order[2], reason)
        previous = chain(previous, body_of(entry))
        rows.append((seq, body_of(entry), previous, entry.amount_vnd))
    return rows


async def write_ledger(database: Database, session_id: UUID, rows: Sequence[Row]) -> None:
    """Entries and head, without the rows of the orders they are about."""
    records = []
    for seq, body, stored_hash, amount_vnd in rows:
        entry = entry_of(body)
        happened_at = from_ms(entry.happened_at_ms)
        records.append((session_id, seq, entry.kind, entry.order_id, happened_at, amount_vnd, entry.units, body, stored_hash))
    async with database.pool.acquire() as db, db.transaction():
        await db.execute(
            "INSERT INTO ledgers (session_id, last_seq, last_hash) VALUES ($1, $2, $3) "
            "ON CONFLICT (session_id) DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash",
            *(session_id, rows[-1][0], rows[-1][2]),
        )
        await db.copy_records_to_table("ledger_entries", records=records, columns=COLUMNS)
