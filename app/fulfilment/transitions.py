"""Later facts about orders, of any kind that may follow what an order has had. One transaction appends them.

Same lock order as placing: the ledger's head, pools by product, offers by id. Units that a fact frees go back to their offer and to the
pool of their product, first to whoever waits for them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.errors import AppError
from app.fulfilment.errors import OrderNotFound, StateNotReachable
from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.ledger.append import open_ledger
from app.ledger.chain import Entry, entry_of
from app.ledger.kinds import RELEASING_KINDS, EntryKind, buyer_may_act, may_follow
from app.orders.calling import Calls, call_next
from app.orders.pools import offers_of_pools, return_to_pools
from app.protocol.server_events import OrdersTakenBack
from app.sessions.outbox import Told, event_to_tell, tell_room_raw

_HISTORY = "SELECT order_id, kind, body FROM ledger_entries WHERE session_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY seq"
# Those that the units go back to, and those that others wait for in vain because the pool was empty.
_LOCK_OFFERS = """
SELECT f.id FROM offers f WHERE f.session_id = $1 AND (f.id = ANY($2::uuid[]) OR (f.product_id = ANY($3::uuid[])
  AND EXISTS (SELECT FROM waitlist_entries w WHERE w.offer_id = f.id AND w.state IN ('waiting', 'called'))))
ORDER BY f.id FOR UPDATE
"""
_GIVE_BACK = """
UPDATE offers SET remaining = remaining + t.quantity FROM unnest($1::uuid[], $2::int[]) AS t(id, quantity) WHERE offers.id = t.id
"""
# Orders in one event, so that a tick stays small when hundreds expire together.
_NAMED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Step:
    """A fact to append about an order. `reason` is a short code such as `no_answer`; never personal data.

    `by_buyer`: the buyer says so, who may less than the desk.
    """

    order_id: UUID
    kind: EntryKind
    reason: str = ""
    by_buyer: bool = False


@dataclass(slots=True)
class StepsResult:
    """Per step the entry, or why it was refused; and who was called from waitlists. Valid once the transaction has committed."""

    answers: list[Entry | AppError]
    calls: list[Calls] = field(default_factory=list)
    freed_offers: tuple[UUID, ...] = ()


async def append_steps(db: RawConnection, session_id: UUID, steps: Sequence[Step], *, call_seconds: float) -> StepsResult:
    """Append what may follow, refuse the rest; must run inside a transaction of the caller."""
    ledger = await open_ledger(db, session_id, utc_now())
    if ledger is None:
        return StepsResult([OrderNotFound() for _ in steps])
    placed, had = await _histories(db, session_id, steps)
    answers: list[Entry | AppError] = []
    freed, freed_products = Counter[UUID](), Counter[UUID]()
    for step in steps:
        first = placed.get(step.order_id)
        if first is None:
            answers.append(OrderNotFound(details={"order_id": str(step.order_id)}))
        elif not may_follow(step.kind, had[step.order_id]) or (step.by_buyer and not buyer_may_act(had[step.order_id])):
            answers.append(StateNotReachable(details={"kind": step.kind, "had": sorted(had[step.order_id])}))
        else:
            answers.append(
                ledger.append(
                    step.kind,
                    step.order_id,
                    buyer_token=first.buyer_token,
                    lines=first.lines,
                    reason=step.reason,
                    shipping_vnd=first.shipping_vnd,
                )
            )
            had[step.order_id].add(step.kind)
            if step.kind in RELEASING_KINDS:
                freed.update({line.offer_id: line.quantity for line in first.lines if line.offer_id is not None})
                for line in first.lines:
                    freed_products[line.product_id] += line.quantity
    pooled = await return_to_pools(db, session_id, freed_products) if ledger.has_stock and freed_products else ()
    calls = await _give_back(db, session_id, freed, pooled, call_seconds)
    await ledger.write(db)
    news = [*(each.to_tell for each in calls), *(Told("offer", offer_id) for offer_id in freed), *(Told("stock", each) for each in pooled)]
    taken_back = [answer.order_id for answer in answers if isinstance(answer, Entry) and answer.kind in RELEASING_KINDS]
    await tell_room_raw(db, session_id, [*news, *_taken_back(taken_back)])
    return StepsResult(answers, calls, (*freed, *await offers_of_pools(db, session_id, pooled)))


def _taken_back(order_ids: Sequence[UUID]) -> list[Told]:
    """For the pages of their buyers, who see at once that an order is no more."""
    parts = [order_ids[start : start + _NAMED_AT_ONCE] for start in range(0, len(order_ids), _NAMED_AT_ONCE)]
    return [event_to_tell(OrdersTakenBack(order_ids=tuple(part))) for part in parts]


async def _histories(db: RawConnection, session_id: UUID, steps: Sequence[Step]) -> tuple[dict[UUID, Entry], dict[UUID, set[str]]]:
    placed: dict[UUID, Entry] = {}
    had: dict[UUID, set[str]] = defaultdict(set)
    for row in await db.fetch(_HISTORY, session_id, [step.order_id for step in steps]):
        had[row["order_id"]].add(row["kind"])
        if row["kind"] == "placed":
            placed[row["order_id"]] = entry_of(row["body"])
    return placed, had


async def _give_back(db: RawConnection, session_id: UUID, freed: Counter[UUID], pooled: Sequence[UUID], call_seconds: float) -> list[Calls]:
    if not freed and not pooled:
        return []
    offer_ids = [row["id"] for row in await db.fetch(_LOCK_OFFERS, session_id, list(freed), pooled)]
    await db.execute(_GIVE_BACK, list(freed), list(freed.values()))
    calls = [await call_next(db, offer_id, now=utc_now(), call_seconds=call_seconds) for offer_id in offer_ids]
    return [each for each in calls if each is not None]
