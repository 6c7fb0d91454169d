"""HTTP route of the ways in which a session's goods can be paid, for order forms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from app.errors import MalformedRequest
from app.fulfilment.bank_accounts import BankAccounts
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["payments"])

Accounts = Annotated[BankAccounts, Depends(provided(BankAccounts))]
OurSettings = Annotated[Settings, Depends(provided(Settings))]


class PaymentWays(BaseModel):
    """Cash on delivery is always there. An order of one seller's goods can be paid by bank transfer as well, if they are among these products."""

    transfer_product_ids: list[UUID] = Field(description="products whose seller, or whose market, has named an account")
    transfer_of_several: bool = Field(description="an order of several sellers' goods, too: the market has an account of its own")


@router.get(
    "/sessions/{session_id}/payment-ways",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="How a session's goods can be paid",
    description="Open to everybody. Nothing is said of accounts; an order's own page shows where to transfer to.",
    responses=problem_responses(MalformedRequest),
)
async def read_payment_ways(session_id: UUID, accounts: Accounts, settings: OurSettings) -> PaymentWays:
    if not settings.orders.transfer_in_form:
        return PaymentWays(transfer_product_ids=[], transfer_of_several=False)
    found, of_several = await accounts.to_transfer_for(session_id)
    return PaymentWays(transfer_product_ids=list(found), transfer_of_several=of_several)
