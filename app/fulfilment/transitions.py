"""Later facts about orders, of any kind that may follow what an order has had. One transaction appends them.

Same lock order as placing: the ledger's head, pools by product, offers by id. Units that a fact frees go back to their offer and to the
pool of their product, first to whoever waits for them. What changes an order is appended by `changes.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.errors import AppError
from app.fulfilment.balances import keep_balance
from app.fulfilment.errors import OrderNotFound, PaidTooLittle, RefundTooLarge, ReturnTooLarge, StateNotReachable, TooManyParts
from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.ledger.append import OpenLedger, open_ledger
from app.ledger.chain import Entry, EntryLine, entry_of
from app.ledger.course import Content, Course, Good, lines_of
from app.ledger.kinds import KINDS, RELEASING_KINDS, EntryKind, buyer_may_act, may_follow
from app.orders.calling import Calls, call_next
from app.orders.pools import offers_of_pools, return_to_pools
from app.protocol.server_events import OrdersTakenBack
from app.sessions.outbox import Told, event_to_tell, tell_room_raw

# One order's entries of one kind: nobody needs more, and what an order costs to read stays bounded.
PARTS_MOST = 50

_HISTORY = "SELECT order_id, body FROM ledger_entries WHERE session_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY seq"
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

    It is about all of the order that is left for it, or about these units (`quantities`, by the offer or the product that sold them), or
    about this sum of money (`amount_vnd`): a refund of just so much, a payment of at least what is owed.
    `by_buyer`: the buyer says so, who may less than the desk.
    """

    order_id: UUID
    kind: EntryKind
    reason: str = ""
    by_buyer: bool = False
    quantities: Mapping[UUID, int] | None = None
    amount_vnd: int | None = None


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
    courses = await read_courses(db, session_id, [step.order_id for step in steps])
    answers: list[Entry | AppError] = []
    freed: list[EntryLine] = []
    for step in steps:
        answer = _append(ledger, courses.get(step.order_id), step)
        answers.append(answer)
        if isinstance(answer, Entry) and KINDS[answer.kind].units_taken < 0:
            freed += answer.lines
    moved = await give_back(db, ledger, freed, call_seconds=call_seconds)
    await ledger.write(db)
    appended = [answer for answer in answers if isinstance(answer, Entry)]
    for order_id in {entry.order_id for entry in appended}:
        await keep_balance(db, order_id, courses[order_id])
    taken_back = [entry.order_id for entry in appended if entry.kind in RELEASING_KINDS]
    await tell_room_raw(db, session_id, [*moved.news, *_taken_back(taken_back)])
    return StepsResult(answers, moved.calls, moved.offers)


async def read_courses(db: RawConnection, session_id: UUID, order_ids: Collection[UUID]) -> dict[UUID, Course]:
    """What these orders have had so far; those that the session does not have are missing. The ledger's lock is held."""
    courses = defaultdict[UUID, Course](Course)
    for row in await db.fetch(_HISTORY, session_id, list(order_ids)):
        courses[row["order_id"]].add(entry_of(row["body"]))
    return dict(courses)


def append_content(ledger: OpenLedger, course: Course, kind: EntryKind, order_id: UUID, content: Content, reason: str) -> Entry:
    """Chain an entry about an order, and have its course know."""
    entry = ledger.append(
        kind,
        order_id,
        buyer_token=course.buyer_token,
        lines=content.lines,
        reason=reason,
        shipping_vnd=content.shipping_vnd,
        money_vnd=content.money_vnd,
        turn=course.turns[kind] + 1,
    )
    course.add(entry)
    return entry


def _append(ledger: OpenLedger, course: Course | None, step: Step) -> Entry | AppError:
    if course is None:
        return OrderNotFound(details={"order_id": str(step.order_id)})
    content = _content(course, step)
    return content if isinstance(content, AppError) else append_content(ledger, course, step.kind, step.order_id, content, step.reason)


def _content(course: Course, step: Step) -> Content | AppError:
    """What the entry will say, or why it cannot be."""
    had, is_refund_of = course.had, step.kind == "refunded" and step.amount_vnd is not None
    may = "paid" in had if is_refund_of else may_follow(step.kind, had)
    if not may or (step.by_buyer and not buyer_may_act(had)):
        return not_reachable(step.kind, course)
    if course.turns[step.kind] >= PARTS_MOST:
        return TooManyParts(details={"limit": PARTS_MOST})
    if is_refund_of and step.amount_vnd is not None:
        return course.refund_of(step.amount_vnd) or RefundTooLarge(details={"refundable_vnd": course.refundable.total_vnd})
    if step.quantities is not None:
        left = course.units_back - course.units_restocked if step.kind == "restocked" else course.kept
        part = _part(left, step.quantities)
        if isinstance(part, AppError):
            return part
        return course.part_returned(part) if step.kind == "returned" else Content(lines_of(part))
    content = course.whole(step.kind)
    if content is None:
        return not_reachable(step.kind, course)
    if step.amount_vnd is not None and step.amount_vnd < course.owed.total_vnd:
        return PaidTooLittle(details={"owed_vnd": course.owed.total_vnd})
    return content


def not_reachable(kind: EntryKind, course: Course) -> StateNotReachable:
    return StateNotReachable(details={"kind": kind, "had": sorted(course.had)})


def _part(left: Counter[Good], quantities: Mapping[UUID, int]) -> Counter[Good] | AppError:
    by_seller = {good.sold_by: good for good in left}
    part = Counter[Good]()
    for sold_by, quantity in quantities.items():
        good = by_seller.get(sold_by)
        if good is None or quantity > left[good]:
            return ReturnTooLarge(details={"sold_by": str(sold_by), "left": left[good] if good else 0})
        part[good] = quantity
    return part


@dataclass(slots=True)
class Moved:
    """Who was called for units that came back, whom it concerns, and what the room must hear."""

    calls: list[Calls] = field(default_factory=list)
    offers: tuple[UUID, ...] = ()
    news: list[Told] = field(default_factory=list)


async def give_back(db: RawConnection, ledger: OpenLedger, lines: Sequence[EntryLine], *, call_seconds: float) -> Moved:
    """Put units back to their offers and pools, and set them aside for whoever waits. The ledger's lock is held, no other."""
    freed, freed_products = Counter[UUID](), Counter[UUID]()
    for line in lines:
        if line.offer_id is not None:
            freed[line.offer_id] += line.quantity
        freed_products[line.product_id] += line.quantity
    session_id = ledger.session_id
    pooled = await return_to_pools(db, session_id, freed_products) if ledger.has_stock and freed_products else ()
    if not freed and not pooled:
        return Moved()
    offer_ids = [row["id"] for row in await db.fetch(_LOCK_OFFERS, session_id, list(freed), pooled)]
    await db.execute(_GIVE_BACK, list(freed), list(freed.values()))
    called = [await call_next(db, offer_id, now=utc_now(), call_seconds=call_seconds) for offer_id in offer_ids]
    calls = [each for each in called if each is not None]
    news = [*(each.to_tell for each in calls), *(Told("offer", offer_id) for offer_id in freed), *(Told("stock", each) for each in pooled)]
    return Moved(calls, (*freed, *await offers_of_pools(db, session_id, pooled)), news)


def _taken_back(order_ids: Sequence[UUID]) -> list[Told]:
    """For the pages of their buyers, who see at once that an order is no more."""
    parts = [order_ids[start : start + _NAMED_AT_ONCE] for start in range(0, len(order_ids), _NAMED_AT_ONCE)]
    return [event_to_tell(OrdersTakenBack(order_ids=tuple(part))) for part in parts]
