"""What the organisation's own sessions teach: a phone number's other orders, and how many of a product's orders come to something.

Both are hints for people. Nothing is refused by them, and nobody outside the organisation sees them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.desk.in_hand import require_there
from app.desk.schemas import Advice, BuyerHistory, OtherOrder, ProductAdvice
from app.fulfilment.sealed_rows import SealedRows
from app.infra.clock import to_ms
from app.infra.database import Database
from app.ledger.kinds import LOSS_KINDS, sql_list, state_of
from app.orders.contacts import CONTACT_COLUMNS, contact_of
from app.sessions.lookup import SessionLookup

ORDERS_COUNTED = 500
OTHERS_SHOWN = 20
ORDERS_NEEDED = 30
# What sellers are told to take at most (FIELD.md §1, Haravan).
EXTRA_PERCENT_MOST = 15
# So many newest decided orders teach; more would make the desk wait for what changes little.
DECIDED_MOST = 5_000
# Of the reasons for cancelling, those that lay with the seller, or with nobody.
NOT_THE_BUYERS = frozenset({"out_of_stock", "duplicate"})

_CONTACT = f"SELECT {CONTACT_COLUMNS} FROM order_contacts c WHERE c.order_id = $1"  # noqa: S608 - names of our own columns
_OF_PHONE = """
SELECT o.id, o.session_id, s.title, o.code, o.total_vnd, o.placed_at, e.kinds, e.reason
FROM order_contacts c JOIN orders o ON o.id = c.order_id JOIN sessions s ON s.id = o.session_id
CROSS JOIN LATERAL (
  SELECT array_agg(kind) AS kinds, max(body::json->>'reason') FILTER (WHERE kind = 'cancelled') AS reason
  FROM ledger_entries WHERE order_id = o.id
) AS e
WHERE c.phone_digest = ANY($1::bytea[]) AND s.organisation_id = $2 AND s.is_rehearsal = $3
ORDER BY o.placed_at DESC LIMIT $4
"""
_IS_REHEARSAL = "SELECT is_rehearsal FROM sessions WHERE id = $1"
# Decided: agreed, paid or lost. What is still to be called says nothing yet.
_KEPT = f"""
WITH decided AS (
  SELECT q.order_id FROM unnest(ARRAY['pack', 'again', 'collect', 'refund', 'over']) AS of(queue) CROSS JOIN LATERAL (
    SELECT d.order_id, d.ready_at FROM desk_orders d WHERE d.organisation_id = $1 AND NOT d.is_rehearsal AND d.queue = of.queue
    ORDER BY d.ready_at DESC LIMIT $2
  ) AS q ORDER BY q.ready_at DESC LIMIT $2
), lines AS (
  SELECT DISTINCT l.order_id, coalesce(l.product_id, f.product_id) AS product_id
  FROM decided JOIN order_lines l ON l.order_id = decided.order_id LEFT JOIN offers f ON f.id = l.offer_id
), lost AS (
  SELECT DISTINCT e.order_id FROM decided JOIN ledger_entries e ON e.order_id = decided.order_id AND e.kind IN {sql_list(LOSS_KINDS)}
)
SELECT p.id, p.name, count(*)::int AS placed, count(*) FILTER (WHERE lost.order_id IS NULL)::int AS kept
FROM lines JOIN products p ON p.id = lines.product_id LEFT JOIN lost ON lost.order_id = lines.order_id
GROUP BY p.id, p.name ORDER BY count(*) DESC, p.name LIMIT 200
"""  # noqa: S608 - kinds of our own table


class BuyerKnowledge:
    """Reads only."""

    def __init__(self, database: Database, *, sessions: SessionLookup, rows: SealedRows) -> None:
        self._database = database
        self._sessions = sessions
        self._rows = rows

    async def history(self, user: CurrentUser, session_id: UUID, order_id: UUID) -> BuyerHistory:
        """Orders of the same number over the organisation's sessions; of a rehearsal, over rehearsals. Raises `OrderNotFound`."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._database.pool.acquire() as db:
            await require_there(db, session_id, order_id)
            row = await db.fetchrow(_CONTACT, order_id)
            contact = None if row is None else contact_of(self._rows.envelopes, row)
            if contact is None:
                return BuyerHistory(orders=0, agreed=0, delivered=0, refused=0, others=[])
            pseudonyms = self._rows.pseudonyms
            digests = [pseudonyms.phone_digest(contact.phone), *pseudonyms.other_phone_digests(contact.phone)]
            is_rehearsal = await db.fetchval(_IS_REHEARSAL, session_id)
            rows = await db.fetch(_OF_PHONE, digests, user.organisation_id, is_rehearsal, ORDERS_COUNTED)
        return BuyerHistory(
            orders=len(rows),
            agreed=sum("confirmed" in each["kinds"] for each in rows),
            delivered=sum("delivered" in each["kinds"] for each in rows),
            refused=sum(is_refused(each["kinds"], each["reason"]) for each in rows),
            others=[_other(each) for each in rows if each["id"] != order_id][:OTHERS_SHOWN],
        )

    async def advice(self, user: CurrentUser) -> Advice:
        """Per product, what came of its orders, and how many more to take than there is stock."""
        async with self._database.reading.acquire() as db:
            rows = await db.fetch(_KEPT, user.organisation_id, DECIDED_MOST)
        return Advice(
            products=[
                ProductAdvice(
                    product_id=row["id"],
                    name=row["name"],
                    placed_orders=row["placed"],
                    kept_orders=row["kept"],
                    extra_percent=extra_percent(row["placed"], row["kept"]),
                )
                for row in rows
            ],
            orders_needed=ORDERS_NEEDED,
        )


def is_refused(kinds: list[str], reason: str | None) -> bool:
    """Whether it came to nothing because of the buyer."""
    if "returned" in kinds:
        return True
    return "cancelled" in kinds and reason is not None and reason not in NOT_THE_BUYERS and not reason.startswith("buyer_")


def extra_percent(placed: int, kept: int) -> int | None:
    """Whole percent of the stock to take beyond it, so that what is kept sells it: rounded down, and never more than sellers are advised."""
    if placed < ORDERS_NEEDED or kept == 0:
        return None
    return min(EXTRA_PERCENT_MOST, 100 * (placed - kept) // kept)


def _other(row: Any) -> OtherOrder:  # noqa: ANN401 - a record of asyncpg
    return OtherOrder(
        order_id=row["id"],
        session_id=row["session_id"],
        session_title=row["title"],
        code=row["code"] or "",
        state=state_of(row["kinds"]),
        reason=row["reason"] or "",
        total_vnd=row["total_vnd"],
        placed_at_ms=to_ms(row["placed_at"]) or 0,
    )
