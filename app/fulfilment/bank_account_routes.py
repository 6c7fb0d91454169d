"""HTTP routes of the bank accounts that buyers transfer to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import OrganiserOnly
from app.accounts.permissions import Action
from app.catalog.errors import ProducerNotFound
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.fulfilment.bank_accounts import BankAccounts
from app.fulfilment.errors import AccountNumbersDiffer, BankAccountNotFound, UnknownBank
from app.fulfilment.money_schemas import BankAccountList, NewBankAccount
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1/bank-accounts", tags=["payments"])

Accounts = Annotated[BankAccounts, Depends(provided(BankAccounts))]
_CHANGING: tuple[type[AppError], ...] = (NotSignedIn, OrganiserOnly, OriginRefused, MalformedRequest)


@router.get(
    "",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Accounts that buyers transfer to",
    description="Staff of the organisation; who may not change them sees the last four signs of each.",
    responses=problem_responses(NotSignedIn),
)
async def list_accounts(user: SignedInUser, accounts: Accounts) -> BankAccountList:
    return await accounts.list(user)


@router.put(
    "",
    dependencies=[needs(Action.SET_BANK_ACCOUNTS)],
    summary="Name an account",
    description="Organisers. Replaces the organisation's, or a producer's, from the next look at an order's page on. Audited.",
    openapi_extra=body_at_most(4_096),
    responses=problem_responses(*_CHANGING, AccountNumbersDiffer, UnknownBank, ProducerNotFound),
)
async def name_account(body: NewBankAccount, user: SignedInUser, accounts: Accounts) -> BankAccountList:
    return await accounts.name(user, body)


@router.delete(
    "/{account_id}",
    dependencies=[needs(Action.SET_BANK_ACCOUNTS)],
    summary="Use an account no more",
    description="Organisers. Orders show another account, or none. Audited.",
    responses=problem_responses(*_CHANGING, BankAccountNotFound),
)
async def drop_account(account_id: UUID, user: SignedInUser, accounts: Accounts) -> BankAccountList:
    return await accounts.drop(user, account_id)
