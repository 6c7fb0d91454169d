"""HTTP routes of banks' notices: their addresses and secrets for organisers, and the door that providers send them to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import OrganiserOnly
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.fulfilment.bank_feeds import BankFeeds, Notice
from app.fulfilment.bank_notices import NOTICE_MAX_BYTES
from app.fulfilment.errors import BankFeedNotFound, NoticeNotGenuine
from app.fulfilment.money_kinds import Provider
from app.fulfilment.money_schemas import BankFeedList, NewBankFeed, NoticeTaken, OpenedFeed
from app.infra.body_limits import body_at_most
from app.infra.bounded_requests import BodyTooLarge
from app.infra.open_doors import FOR_BANKS
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["payments"])

Feeds = Annotated[BankFeeds, Depends(provided(BankFeeds))]
_CHANGING: tuple[type[AppError], ...] = (NotSignedIn, OrganiserOnly, OriginRefused, MalformedRequest)
_NOTICE = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


@router.get(
    "/bank-feeds",
    dependencies=[needs(Action.SET_BANK_ACCOUNTS)],
    summary="Who sends notices of what came in",
    description="Organisers. With the address of each and when it was last heard; never the secret.",
    responses=problem_responses(NotSignedIn, OrganiserOnly),
)
async def list_feeds(user: SignedInUser, feeds: Feeds) -> BankFeedList:
    return await feeds.listed(user)


@router.put(
    "/bank-feeds/{provider}",
    dependencies=[needs(Action.SET_BANK_ACCOUNTS)],
    summary="Take notices of SePay or Casso, or with another secret",
    description="Organisers. Without a secret one is made and shown in this answer alone. The address stays. Audited.",
    openapi_extra=body_at_most(1_024),
    responses=problem_responses(*_CHANGING),
)
async def open_feed(provider: Provider, body: NewBankFeed, user: SignedInUser, feeds: Feeds) -> OpenedFeed:
    return await feeds.open(user, provider, body)


@router.delete(
    "/bank-feeds/{provider}",
    dependencies=[needs(Action.SET_BANK_ACCOUNTS)],
    summary="Take no more notices of a provider",
    description="Organisers. Its address answers no more; a new one has another. Audited.",
    responses=problem_responses(*_CHANGING, BankFeedNotFound),
)
async def end_feed(provider: Provider, user: SignedInUser, feeds: Feeds) -> BankFeedList:
    return await feeds.end(user, provider)


@router.post(
    "/bank-notices/{feed_id}",
    dependencies=[FOR_BANKS],
    summary="A notice of SePay or Casso",
    description="Signed as the provider documents it. Answered 2xx once it is committed, a repeat too; no address and a wrong signature are answered "
    "alike.",
    openapi_extra=_NOTICE | body_at_most(NOTICE_MAX_BYTES),
    responses=problem_responses(NoticeNotGenuine, OriginRefused, MalformedRequest, BodyTooLarge),
)
async def take_notice(feed_id: UUID, request: Request, feeds: Feeds) -> NoticeTaken:
    headers = {name.lower(): value for name, value in request.headers.items()}
    booked = await feeds.take(Notice(feed_id, headers, await request.body()))
    return NoticeTaken(success=True, lines=[each.fate for each in booked])
