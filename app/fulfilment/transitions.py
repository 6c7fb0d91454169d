"""Later facts about orders, of any kind that may follow what an order has had. One transaction appends them.

Same lock order as placing: the ledger's head, then offers by id. Units that a fact frees go back to their offer, first to whoever
waits for them.
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
from app.sessions.outbox import Told, tell_room_raw

_HISTORY = "SELECT order_id, kind, body FROM ledger_entries WHERE session_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY seq"
_LOCK_OFFERS = "SELECT id FROM offers WHERE session_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE"
_GIVE_BACK = """
UPDATE offers SET remaining = remaining + t.quantity FROM unnest($1::uuid[], $2::int[]) AS t(id, quantity) WHERE offers.id = t.id
"""


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
    freed: Counter[UUID] = Counter()
    for step in steps:
        first = placed.get(step.order_id)
        if first is None:
            answers.append(OrderNotFound(details={"order_id": str(step.order_id)}))
        elif not may_follow(step.kind, had[step.order_id]) or (step.by_buyer and not buyer_may_act(had[step.order_id])):
            answers.append(StateNotReachable(details={"kind": step.kind, "had": sorted(had[step.order_id])}))
        else:
            answers.append(ledger.append(step.kind, step.order_id, buyer_token=first.buyer_token, lines=first.lines, reason=step.reason))
            had[step.order_id].add(step.kind)
            if step.kind in RELEASING_KINDS:
                freed.update({line.offer_id: line.quantity for line in first.lines})
    calls = await _give_back(db, session_id, freed, call_seconds)
    await ledger.write(db)
    await tell_room_raw(db, session_id, [*(each.to_tell for each in calls), *(Told("offer", offer_id) for offer_id in freed)])
    return StepsResult(answers, calls, tuple(freed))


async def _histories(db: RawConnection, session_id: UUID, steps: Sequence[Step]) -> tuple[dict[UUID, Entry], dict[UUID, set[str]]]:
    placed: dict[UUID, Entry] = {}
    had: dict[UUID, set[str]] = defaultdict(set)
    for row in await db.fetch(_HISTORY, session_id, [step.order_id for step in steps]):
        had[row["order_id"]].add(row["kind"])
        if row["kind"] == "placed":
            placed[row["order_id"]] = entry_of(row["body"])
    return placed, had


async def _give_back(db: RawConnection, session_id: UUID, freed: Counter[UUID], call_seconds: float) -> list[Calls]:
    if not freed:
        return []
    offer_ids = sorted(freed)
    await db.fetch(_LOCK_OFFERS, session_id, offer_ids)
    await db.execute(_GIVE_BACK, offer_ids, [freed[offer_id] for offer_id in offer_ids])
    calls = [await call_next(db, offer_id, now=utc_now(), call_seconds=call_seconds) for offer_id in offer_ids]
    return [each for each in calls if each is not None]
