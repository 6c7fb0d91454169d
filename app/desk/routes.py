"""HTTP routes of the desk: its queues over sessions, and what colleagues do with one order there."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.desk.bulk import DeskBulk
from app.desk.buyers import BuyerKnowledge
from app.desk.claims import DeskClaims
from app.desk.errors import CallTimeUnfit, NotesFull, NotOfTheDesk, OrderInHand, TooLateToUndo
from app.desk.queues import Queue
from app.desk.schemas import (
    Advice,
    BulkAssignment,
    BulkResult,
    BulkStep,
    BulkUndone,
    BuyerHistory,
    Colleagues,
    ColleagueView,
    FoundOrders,
    NewAssignment,
    NewCall,
    NewHeldStep,
    NewHold,
    NewNote,
    NextOrder,
    OrderWork,
    QueueCounts,
    QueuedClaims,
    QueuePage,
    Search,
    Undo,
    WantNext,
)
from app.desk.searching import DeskSearch
from app.desk.work import DeskWork
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.fulfilment.errors import OrderNotFound, StateNotReachable
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.sessions.errors import NotYourSession, SessionNotFound

router = APIRouter(prefix="/api/v1", tags=["order desk"])

Work = Annotated[DeskWork, Depends(provided(DeskWork))]
Searching = Annotated[DeskSearch, Depends(provided(DeskSearch))]
Bulk = Annotated[DeskBulk, Depends(provided(DeskBulk))]
Claims = Annotated[DeskClaims, Depends(provided(DeskClaims))]
Knowledge = Annotated[BuyerKnowledge, Depends(provided(BuyerKnowledge))]
OneSession = Annotated[UUID | None, Query(description="orders of this session only; without it those of all sessions in reach")]
_READING: tuple[type[AppError], ...] = (NotSignedIn, NotYourSession, SessionNotFound, MalformedRequest)
_DOING: tuple[type[AppError], ...] = (*_READING, OriginRefused, OrderNotFound, OrderInHand, IntentionKeyReused)
_ORDER = "/sessions/{session_id}/orders/{order_id}"


@router.get(
    "/desk/queues",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="How many orders wait for what",
    description="Staff of the organisation. Of all sessions in their reach but rehearsals, or of one session.",
    responses=problem_responses(*_READING),
)
async def count_queues(user: SignedInUser, work: Work, session_id: OneSession = None) -> QueueCounts:
    return await work.counts(user, session_id)


@router.get(
    "/desk/orders",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="A page of a queue",
    description="Staff of the organisation. In the order in which they are worked; of what is done the newest first. Phones are masked.",
    responses=problem_responses(*_READING),
)
async def list_queue(
    user: SignedInUser,
    work: Work,
    queue: Queue = "first",
    session_id: OneSession = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> QueuePage:
    return await work.page(user, session_id, queue, cursor=cursor, limit=limit)


@router.get(
    "/desk/claims",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Claims of comments that wait for a decision",
    description="Staff of the organisation. Of all sessions in their reach but rehearsals, or of one session. Phones are masked.",
    responses=problem_responses(*_READING),
)
async def list_claims_over_sessions(user: SignedInUser, claims: Claims, session_id: OneSession = None) -> QueuedClaims:
    return await claims.queue(user, session_id)


@router.post(
    "/desk/next",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Take the next order in hand",
    description="Staff of the organisation. The one of this queue that they have in hand already, or the next that is due and that nobody else has.",
    responses=problem_responses(*_READING, OriginRefused),
)
async def take_next(body: WantNext, user: SignedInUser, work: Work) -> NextOrder:
    return await work.take_next(user, body)


@router.post(
    "/desk/search",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Find orders by code, phone, name or product",
    description="Staff of the organisation. Phones by keyed digest over everything in reach; names among the newest orders, whose contacts are opened for it.",
    responses=problem_responses(*_READING, OriginRefused),
)
async def search(body: Search, user: SignedInUser, searching: Searching) -> FoundOrders:
    return await searching.search(user, body.text, body.session_id)


@router.post(
    "/desk/bulk/preview",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="What one step would do to many orders",
    description="Staff of the organisation. Which of them fit, and why the others do not. Changes nothing.",
    responses=problem_responses(*_READING, OriginRefused),
)
async def preview_bulk(body: BulkStep, user: SignedInUser, bulk: Bulk) -> BulkResult:
    return await bulk.preview(user, body)


@router.post(
    "/desk/bulk",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Take one step for many orders",
    description="Staff of the organisation. For those that fit, in one transaction; each can be taken back for a minute. The others are named with the reason.",
    responses=problem_responses(*_READING, OriginRefused, IntentionKeyReused),
)
async def apply_bulk(body: BulkStep, user: SignedInUser, bulk: Bulk, intention: Intended) -> BulkResult:
    return await bulk.apply(user, body, intention)


@router.post(
    "/desk/bulk/undo",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Take a step in bulk back",
    description="Staff of the organisation. Within a minute, all of it that is not written yet; nothing of that is in the ledger then.",
    responses=problem_responses(*_READING, OriginRefused, IntentionKeyReused, TooLateToUndo),
)
async def undo_bulk(body: Undo, user: SignedInUser, bulk: Bulk, intention: Intended) -> BulkUndone:
    return await bulk.undo(user, body.mark, intention)


@router.post(
    "/desk/bulk/assignment/preview",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Which of many orders a colleague can be given",
    description="Staff of the organisation. Which of them fit, and why the others do not. Changes nothing.",
    responses=problem_responses(*_READING, OriginRefused, NotOfTheDesk),
)
async def preview_bulk_assignment(body: BulkAssignment, user: SignedInUser, bulk: Bulk) -> BulkResult:
    return await bulk.preview_assignment(user, body)


@router.put(
    "/desk/bulk/assignment",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Say which colleague shall do many orders",
    description="Staff of the organisation. They come to nobody else by themselves then; null: whoever comes. Again changes nothing.",
    responses=problem_responses(*_READING, OriginRefused, NotOfTheDesk),
)
async def assign_bulk(body: BulkAssignment, user: SignedInUser, bulk: Bulk) -> BulkResult:
    return await bulk.assign(user, body)


@router.get(
    "/desk/colleagues",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Who works orders",
    description="Staff of the organisation. By name; of one session, or anywhere.",
    responses=problem_responses(*_READING),
)
async def list_colleagues(user: SignedInUser, work: Work, session_id: OneSession = None) -> Colleagues:
    found = await work.colleagues(user, session_id)
    return Colleagues(colleagues=[ColleagueView(user_id=each.user_id, name=each.display_name) for each in found])


@router.get(
    "/desk/advice",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="How many orders to take beyond the stock",
    description="Staff of the organisation. Per product, from the organisation's own sessions: numerator and denominator, and advice only from enough orders.",
    responses=problem_responses(*_READING),
)
async def read_advice(user: SignedInUser, knowledge: Knowledge) -> Advice:
    return await knowledge.advice(user)


@router.get(
    f"{_ORDER}/work",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="What colleagues did with an order",
    description="Staff in charge. Who has it in hand, calls, notes, and the step that can still be taken back.",
    responses=problem_responses(*_READING, OrderNotFound),
)
async def read_work(session_id: UUID, order_id: UUID, user: SignedInUser, work: Work) -> OrderWork:
    return await work.read(user, session_id, order_id)


@router.get(
    f"{_ORDER}/buyer",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Other orders of the same phone number",
    description="Staff in charge. Over all sessions of the organisation, without name and address: a hint, by which nobody is refused.",
    responses=problem_responses(*_READING, OrderNotFound),
)
async def read_buyer(session_id: UUID, order_id: UUID, user: SignedInUser, knowledge: Knowledge) -> BuyerHistory:
    return await knowledge.history(user, session_id, order_id)


@router.put(
    f"{_ORDER}/hold",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Take an order in hand, or go on having it",
    description="Staff in charge. For two minutes from now; a page renews it. Whoever has it is named in the refusal.",
    responses=problem_responses(*_READING, OriginRefused, OrderNotFound, OrderInHand),
)
async def hold(session_id: UUID, order_id: UUID, body: NewHold, user: SignedInUser, work: Work) -> OrderWork:
    return await work.hold(user, session_id, order_id, take_over=body.take_over)


@router.delete(
    f"{_ORDER}/hold",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=204,
    summary="Put an order back",
    description="Staff in charge. One that a colleague has in hand stays theirs.",
    responses=problem_responses(*_READING, OriginRefused, OrderNotFound),
)
async def let_go(session_id: UUID, order_id: UUID, user: SignedInUser, work: Work) -> None:
    await work.let_go(user, session_id, order_id)


@router.post(
    f"{_ORDER}/calls",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=201,
    summary="Note what came of a call",
    description="Staff in charge. `agreed` confirms the order and `refused` cancels it, each after a minute in which it can be taken back.",
    responses=problem_responses(*_DOING, StateNotReachable, CallTimeUnfit),
)
async def note_call(session_id: UUID, order_id: UUID, body: NewCall, user: SignedInUser, work: Work, intention: Intended) -> OrderWork:
    return await work.call(user, session_id, order_id, body, intention)


@router.post(
    f"{_ORDER}/held-steps",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=201,
    summary="Take a step that can be taken back",
    description="Staff in charge. Written into the ledger after a minute, or when the next step comes.",
    responses=problem_responses(*_DOING, StateNotReachable),
)
async def hold_step_back(
    session_id: UUID, order_id: UUID, body: NewHeldStep, user: SignedInUser, work: Work, intention: Intended
) -> OrderWork:
    return await work.step(user, session_id, order_id, body, intention)


@router.post(
    f"{_ORDER}/undo",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Take a call or a step back",
    description="Staff in charge. Within a minute; nothing of it is in the ledger then.",
    responses=problem_responses(*_DOING, TooLateToUndo),
)
async def undo(session_id: UUID, order_id: UUID, body: Undo, user: SignedInUser, work: Work, intention: Intended) -> OrderWork:
    return await work.undo(user, session_id, order_id, body.mark, intention)


@router.put(
    f"{_ORDER}/assignment",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Say which colleague shall do it",
    description="Staff in charge. It comes to nobody else by itself then; null: whoever comes.",
    responses=problem_responses(*_READING, OriginRefused, OrderNotFound, NotOfTheDesk),
)
async def assign(session_id: UUID, order_id: UUID, body: NewAssignment, user: SignedInUser, work: Work) -> OrderWork:
    return await work.assign(user, session_id, order_id, body.user_id)


@router.post(
    f"{_ORDER}/notes",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=201,
    summary="Write a note for colleagues",
    description="Staff in charge. Sealed with the order's contact, and gone with it.",
    responses=problem_responses(*_READING, OriginRefused, OrderNotFound, NotesFull, IntentionKeyReused),
)
async def add_note(session_id: UUID, order_id: UUID, body: NewNote, user: SignedInUser, work: Work, intention: Intended) -> OrderWork:
    return await work.add_note(user, session_id, order_id, body.words, intention)
