"""Appending to a session's ledger: lock its head, chain new entries onto it, write them and the new head in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.infra.table_columns import TableColumns
from app.ledger.chain import Entry, EntryLine, body_of, chain, genesis_hash
from app.ledger.kinds import EntryKind
from app.ledger.models import Ledger, LedgerEntry

_LOCK_HEAD = """
SELECT l.last_seq, l.last_hash, l.has_stock, s.state,
  (SELECT r.rule FROM shipping_rules r WHERE r.organisation_id = s.organisation_id AND (r.session_id = s.id OR r.session_id IS NULL)
   ORDER BY r.session_id NULLS LAST LIMIT 1) AS shipping_rule
FROM ledgers l JOIN sessions s ON s.id = l.session_id
WHERE l.session_id = $1
FOR UPDATE OF l FOR SHARE OF s
"""


class EntryColumns(TypedDict):
    """Rows of `ledger_entries`."""

    session_id: list[UUID]
    happened_at: list[datetime]
    seq: list[int]
    kind: list[EntryKind]
    order_id: list[UUID]
    amount_vnd: list[int]
    units: list[int]
    body: list[str]
    hash: list[bytes]


ENTRIES = TableColumns(LedgerEntry, EntryColumns)

_BEGIN = "INSERT INTO ledgers (session_id, last_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING"
ADVANCE_HEAD = "UPDATE ledgers SET last_seq = $2, last_hash = $3 WHERE session_id = $1"


@dataclass(slots=True)
class OpenLedger:
    """A ledger whose head this transaction holds the lock of; other writers of the session wait until it ends.

    `has_stock`: some product of the session has a pool of units. `shipping_rule`: a `ShippingRule` as JSON, None where delivery is free.
    """

    session_id: UUID
    session_state: str
    last_seq: int
    last_hash: bytes
    now: datetime
    has_stock: bool = False
    shipping_rule: str | None = None
    _entries: list[Entry] = field(default_factory=list)
    _bodies: list[str] = field(default_factory=list)
    _hashes: list[bytes] = field(default_factory=list)

    def append(  # noqa: PLR0913 - what an entry says
        self,
        kind: EntryKind,
        order_id: UUID,
        *,
        buyer_token: str,
        lines: Sequence[EntryLine],
        reason: str = "",
        shipping_vnd: int = 0,
        money_vnd: int = 0,
        turn: int = 1,
        source: str = "",
    ) -> Entry:
        """Chain one more entry; it is written by `write`."""
        entry = Entry(
            session_id=self.session_id,
            seq=self.last_seq + 1,
            kind=kind,
            order_id=order_id,
            buyer_token=buyer_token,
            happened_at_ms=to_ms(self.now) or 0,
            lines=tuple(lines),
            reason=reason,
            shipping_vnd=shipping_vnd,
            money_vnd=money_vnd,
            turn=turn,
            source=source,
        )
        body = body_of(entry)
        self.last_seq, self.last_hash = entry.seq, chain(self.last_hash, body)
        self._entries.append(entry)
        self._bodies.append(body)
        self._hashes.append(self.last_hash)
        return entry

    def take(self) -> EntryColumns | None:
        """The appended entries, for a caller that writes them and the new head itself; `write` has nothing more to do then.

        None when nothing was appended.
        """
        if not self._entries:
            return None
        taken = EntryColumns(
            session_id=[self.session_id] * len(self._entries),
            happened_at=[self.now] * len(self._entries),
            seq=[entry.seq for entry in self._entries],
            kind=[entry.kind for entry in self._entries],
            order_id=[entry.order_id for entry in self._entries],
            amount_vnd=[entry.amount_vnd for entry in self._entries],
            units=[entry.units for entry in self._entries],
            body=self._bodies,
            hash=self._hashes,
        )
        self._entries, self._bodies, self._hashes = [], [], []
        return taken

    async def write(self, db: RawConnection) -> None:
        """Write the appended entries and the new head. Nothing happens when none was appended."""
        if (entries := self.take()) is not None:
            await ENTRIES.copy(db, entries)
            await db.execute(ADVANCE_HEAD, self.session_id, self.last_seq, self.last_hash)


async def open_ledger(db: RawConnection, session_id: UUID, now: datetime) -> OpenLedger | None:
    """Lock the head of a session's ledger until the transaction ends; None when the session has never had an offer."""
    row = await db.fetchrow(_LOCK_HEAD, session_id)
    if row is None:
        return None
    return OpenLedger(session_id, row["state"], row["last_seq"], row["last_hash"], now, row["has_stock"], row["shipping_rule"])


async def begin_ledger(db: AsyncSession, session_id: UUID) -> None:
    """Make sure that a session has a ledger, inside a transaction of the caller; doing it twice changes nothing."""
    await db.execute(insert(Ledger).values(session_id=session_id, last_seq=0, last_hash=genesis_hash(session_id)).on_conflict_do_nothing())


async def begin_ledger_raw(db: RawConnection, session_id: UUID) -> None:
    """The same for a transaction that is written by hand."""
    await db.execute(_BEGIN, session_id, genesis_hash(session_id))
