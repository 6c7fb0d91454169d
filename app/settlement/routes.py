"""HTTP routes of settlements: how things stand with producers, the next settlement, agreements, payments, amounts by hand, rules."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.errors import ProducerNotFound
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.fulfilment.errors import OrderNotFound
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.settlement.agreeing import SettlementDesk
from app.settlement.charges import SettlementCharges
from app.settlement.choosing import ChosenSessions
from app.settlement.errors import (
    ChargeNotFound,
    MoreThanPayable,
    NothingPayable,
    NothingToSettle,
    PaidInFuture,
    PaidTooEarly,
    SettlementChanged,
    SettlementNotFound,
    SettlementPaid,
    SettlementsBeingSummed,
    SettlementTooLarge,
    TooManyCharges,
)
from app.settlement.listing import SettlementLists
from app.settlement.rules import SettlementRuleBook, SettlementRules
from app.settlement.schemas import (
    LINES_SHOWN,
    Agreement,
    ChargeView,
    NewCharge,
    OrderSteps,
    Payout,
    ProducerRows,
    ProducerSettlements,
    SessionChoices,
    SettlementView,
)

router = APIRouter(prefix="/api/v1", tags=["settlements"])

Lists = Annotated[SettlementLists, Depends(provided(SettlementLists))]
Settling = Annotated[SettlementDesk, Depends(provided(SettlementDesk))]
Charges = Annotated[SettlementCharges, Depends(provided(SettlementCharges))]
RuleBook = Annotated[SettlementRuleBook, Depends(provided(SettlementRuleBook))]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
After = Annotated[int, Query(ge=0, le=10_000_000, description="lines that were shown already")]
Limit = Annotated[int, Query(ge=1, le=1_000)]
_READING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest, ProducerNotFound)
_SETTLING: tuple[type[AppError], ...] = (NotSignedIn, OrganiserOnly, OriginRefused, MalformedRequest, ProducerNotFound)


@router.get(
    "/settlements",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    summary="How the organisation stands with its producers",
    description="Staff of the organisation: organisers and auditors; producers see themselves. What is collected and in no settlement yet, agreed, paid.",
    responses=problem_responses(NotSignedIn, Forbidden, SettlementsBeingSummed),
)
async def list_producers(user: SignedInUser, lists: Lists) -> ProducerRows:
    return await lists.producers(user)


@router.get(
    "/settlement-rules",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    summary="How the organisation settles",
    responses=problem_responses(NotSignedIn, Forbidden),
)
async def read_rules(user: SignedInUser, rule_book: RuleBook) -> SettlementRules:
    """Staff of the organisation: organisers, auditors, producers."""
    return await rule_book.read(user)


@router.put(
    "/settlement-rules",
    dependencies=[needs(Action.SETTLE)],
    summary="Set how the organisation settles",
    description="Organisers. Whose the delivery is, and what tax is kept back of which kind of producer; nothing unless it says so. Counts from the "
    "next agreement on. Audited.",
    openapi_extra=body_at_most(4_096),
    responses=problem_responses(NotSignedIn, OrganiserOnly, OriginRefused, MalformedRequest),
)
async def set_rules(body: SettlementRules, user: SignedInUser, rule_book: RuleBook) -> SettlementRules:
    return await rule_book.set(user, body)


@router.get(
    "/settlements/{producer_id}",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    summary="A producer's agreed settlements",
    description="Staff of the organisation: organisers and auditors; producers their own. The newest first, and whether the chain of facts fits.",
    responses=problem_responses(*_READING),
)
async def list_settlements(producer_id: UUID, user: SignedInUser, lists: Lists) -> ProducerSettlements:
    return await lists.settlements(user, producer_id)


@router.get(
    "/settlements/{producer_id}/next",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    summary="A producer's next settlement",
    description="Staff of the organisation: organisers and auditors; producers their own. What is new since the last one was agreed, of all sessions or of chosen ones. Whoever agrees "
    "sends its sessions and its digest back.",
    responses=problem_responses(*_READING, SettlementTooLarge),
)
async def read_next(
    producer_id: UUID,
    user: SignedInUser,
    lists: Lists,
    chosen: ChosenSessions,
    after: After = 0,
    limit: Limit = LINES_SHOWN,
) -> SettlementView:
    return await lists.draft(user, producer_id, chosen=chosen, after=after, limit=limit)


@router.get(
    "/settlements/{producer_id}/next/sessions",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    summary="Sessions that a producer's next settlement may cover",
    description="Staff of the organisation: organisers and auditors; producers their own. Those with something new since the last one, with their "
    "orders and the goods collected.",
    responses=problem_responses(*_READING),
)
async def list_choices(producer_id: UUID, user: SignedInUser, lists: Lists) -> SessionChoices:
    return await lists.choices(user, producer_id)


@router.get(
    "/settlements/{producer_id}/orders/{order_id}",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    summary="The ledger's entries behind a line",
    description="Staff of the organisation: organisers and auditors; producers of their own goods. Every entry about the order with its hash; the buyer is not named.",
    responses=problem_responses(*_READING, SettlementNotFound),
)
async def read_steps(producer_id: UUID, order_id: UUID, user: SignedInUser, lists: Lists) -> OrderSteps:
    return await lists.steps(user, producer_id, order_id)


@router.get(
    "/settlements/{producer_id}/{number}",
    dependencies=[needs(Action.SEE_SETTLEMENTS)],
    summary="An agreed settlement",
    description="Staff of the organisation: organisers and auditors; producers their own. As it was agreed, with its lines by pages.",
    responses=problem_responses(*_READING, SettlementNotFound),
)
async def read_settlement(
    producer_id: UUID, number: Number, user: SignedInUser, lists: Lists, after: After = 0, limit: Limit = LINES_SHOWN
) -> SettlementView:
    return await lists.settlement(user, producer_id, number, after=after, limit=limit)


@router.post(
    "/settlements/{producer_id}/agreements",
    dependencies=[needs(Action.SETTLE)],
    status_code=201,
    summary="Agree on a producer's next settlement",
    description="Organisers. On exactly what was looked at: entries that came since stay for the one after. A fact for good; what has to be corrected "
    "is a line of the next settlement. Audited.",
    openapi_extra=body_at_most(262_144),
    responses=problem_responses(*_SETTLING, IntentionKeyReused, SettlementChanged, NothingToSettle, SettlementTooLarge),
)
async def agree(
    producer_id: UUID, body: Agreement, user: SignedInUser, settling: Settling, lists: Lists, intention: Intended
) -> SettlementView:
    return await lists.settlement(user, producer_id, await settling.agree(user, producer_id, body, intention))


@router.post(
    "/settlements/{producer_id}/{number}/payouts",
    dependencies=[needs(Action.SETTLE)],
    status_code=201,
    summary="Note that a settlement was paid",
    description="Organisers. Day, amount and reference of the organisation's own transfer, at most what is payable: what is left of it goes into the next "
    "settlement. Not after today, nor more than 366 days before the day of agreeing. A fact for good. Audited.",
    openapi_extra=body_at_most(4_096),
    responses=problem_responses(
        *(*_SETTLING, IntentionKeyReused, SettlementNotFound, SettlementPaid, NothingPayable, MoreThanPayable, PaidInFuture, PaidTooEarly)
    ),
)
async def pay(  # noqa: PLR0913 - who paid what
    producer_id: UUID, number: Number, body: Payout, user: SignedInUser, settling: Settling, lists: Lists, intention: Intended
) -> SettlementView:
    await settling.pay(user, producer_id, number, body, intention)
    return await lists.settlement(user, producer_id, number)


@router.post(
    "/settlements/{producer_id}/charges",
    dependencies=[needs(Action.SETTLE)],
    status_code=201,
    summary="Enter an amount by hand for the next settlement",
    description="Organisers. A carrier's fee, another deduction or something added, with a reason. Answers all that wait. Audited.",
    openapi_extra=body_at_most(4_096),
    responses=problem_responses(*_SETTLING, IntentionKeyReused, OrderNotFound, TooManyCharges),
)
async def add_charge(producer_id: UUID, body: NewCharge, user: SignedInUser, charges: Charges, intention: Intended) -> list[ChargeView]:
    return await charges.add(user, producer_id, body, intention)


@router.delete(
    "/settlements/{producer_id}/charges/{charge_id}",
    dependencies=[needs(Action.SETTLE)],
    summary="Take back an amount that nobody has agreed on",
    description="Organisers. Answers those that still wait. Audited.",
    responses=problem_responses(*_SETTLING, ChargeNotFound),
)
async def withdraw_charge(producer_id: UUID, charge_id: UUID, user: SignedInUser, charges: Charges) -> list[ChargeView]:
    return await charges.withdraw(user, producer_id, charge_id)
