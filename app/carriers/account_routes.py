"""HTTP routes of carriers' APIs: connections, parcels given to them, and the door for their notices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import OrganiserOnly
from app.accounts.permissions import Action
from app.carriers.accounts import CarrierAccounts
from app.carriers.errors import CarrierAccountNotFound, CarrierNoticeNotGenuine, CarrierTokenRefused
from app.carriers.notices import NOTICE_MAX_BYTES, CarrierNotices
from app.carriers.schemas import AccountList, ApiCarrier, CarrierAnswers, ConnectedAccount, NewAccount, NoticeTaken, ParcelsToCarrier
from app.carriers.sending import CarrierSending
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.body_limits import body_at_most
from app.infra.bounded_requests import BodyTooLarge
from app.infra.open_doors import FOR_CARRIERS
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.orders.errors import InvalidPhone
from app.parcels.errors import ParcelNotFound

router = APIRouter(prefix="/api/v1", tags=["carriers"])

Accounts = Annotated[CarrierAccounts, Depends(provided(CarrierAccounts))]
Sending = Annotated[CarrierSending, Depends(provided(CarrierSending))]
Notices = Annotated[CarrierNotices, Depends(provided(CarrierNotices))]
_CHANGING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, OriginRefused, MalformedRequest)
_SETTING: tuple[type[AppError], ...] = (NotSignedIn, OrganiserOnly, OriginRefused, MalformedRequest)
_ASKING: tuple[type[AppError], ...] = (*_CHANGING, CarrierAccountNotFound, ParcelNotFound, CarrierTokenRefused)
_EXAMPLE = {
    "label_id": "S1.A1.17001",
    "partner_id": "P-K7M2PA",
    "status_id": 5,
    "action_time": "2026-11-28T10:00:00+07:00",
    "pick_money": 258000,
}
_NOTICE = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
            "application/json": {"schema": {"type": "object"}, "example": _EXAMPLE},
        },
    }
}
_FIELDS_MOST = 60


@router.get(
    "/carrier-accounts",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Carriers whose API is connected",
    description="Staff of the organisation. With where parcels are fetched and when the carrier was last heard; never the token or the secret.",
    responses=problem_responses(NotSignedIn, Forbidden),
)
async def list_accounts(user: SignedInUser, accounts: Accounts) -> AccountList:
    return await accounts.listed(user)


@router.put(
    "/carrier-accounts/{carrier}",
    dependencies=[needs(Action.SET_CARRIERS)],
    summary="Connect a carrier's API, or change where parcels are fetched",
    description="Organisers. With a token a new secret for notices is made, shown in this answer alone; the address stays. Audited.",
    openapi_extra=body_at_most(4_096),
    responses=problem_responses(*_SETTING, CarrierAccountNotFound, InvalidPhone),
)
async def connect(carrier: ApiCarrier, body: NewAccount, user: SignedInUser, accounts: Accounts) -> ConnectedAccount:
    return await accounts.connect(user, carrier, body)


@router.delete(
    "/carrier-accounts/{carrier}",
    dependencies=[needs(Action.SET_CARRIERS)],
    summary="Reach a carrier no more",
    description="Organisers. Its notices are taken no more. Audited.",
    responses=problem_responses(*_SETTING, CarrierAccountNotFound),
)
async def disconnect(carrier: ApiCarrier, user: SignedInUser, accounts: Accounts) -> AccountList:
    return await accounts.end(user, carrier)


@router.post(
    "/carrier-accounts/{carrier}/prices",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="What a carrier asks for these parcels",
    description="Staff of the organisation. Asks the carrier; nothing is changed.",
    responses=problem_responses(*_ASKING),
)
async def prices(carrier: ApiCarrier, body: ParcelsToCarrier, user: SignedInUser, sending: Sending) -> CarrierAnswers:
    return await sending.price(user, carrier, body.parcel_ids)


@router.post(
    "/carrier-accounts/{carrier}/orders",
    dependencies=[needs(Action.PRINT_RECEIVERS)],
    summary="Give parcels to a carrier",
    description="Staff of the organisation. Receivers in the clear, which is written down. Never twice: what is there is answered as it is, what nobody knows is asked first.",
    responses=problem_responses(*_ASKING),
)
async def submit(carrier: ApiCarrier, body: ParcelsToCarrier, user: SignedInUser, sending: Sending) -> CarrierAnswers:
    return await sending.submit(user, carrier, body.parcel_ids)


@router.post(
    "/carrier-accounts/{carrier}/cancellations",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Have a carrier carry these parcels no more",
    description="Staff of the organisation.",
    responses=problem_responses(*_ASKING),
)
async def cancel(carrier: ApiCarrier, body: ParcelsToCarrier, user: SignedInUser, sending: Sending) -> CarrierAnswers:
    return await sending.cancel(user, carrier, body.parcel_ids)


@router.post(
    "/carrier-accounts/{carrier}/checks",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Ask a carrier where these parcels are",
    description="Staff of the organisation. What is news is noted as a report's rows are. Those that gave no answer are left out.",
    responses=problem_responses(*_ASKING),
)
async def check(carrier: ApiCarrier, body: ParcelsToCarrier, user: SignedInUser, notices: Notices) -> CarrierAnswers:
    return await notices.ask(user, carrier, body.parcel_ids)


@router.post(
    "/carrier-notices/{account_id}",
    dependencies=[FOR_CARRIERS],
    summary="A notice of a carrier",
    description="With the secret of its address in `hash`, as the carrier documents it. Answered 200 once it is committed, a repeat too; no address and a wrong "
    "secret are answered alike.",
    openapi_extra=_NOTICE | body_at_most(NOTICE_MAX_BYTES),
    responses=problem_responses(CarrierNoticeNotGenuine, OriginRefused, MalformedRequest, BodyTooLarge),
)
async def take_notice(
    account_id: UUID, request: Request, notices: Notices, shown: Annotated[str, Query(alias="hash", max_length=200)] = ""
) -> NoticeTaken:
    await notices.take(account_id, shown, fields_of(await request.body(), request.headers.get("content-type", "")))
    return NoticeTaken()


def fields_of(body: bytes, media_type: str) -> Mapping[str, str]:
    """A notice's plain fields, as a form or as JSON; what cannot be read has none."""
    text = body.decode("utf-8", "replace")
    if "json" in media_type:
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        fields = content if isinstance(content, dict) else {}
        return {str(name): str(value) for name, value in list(fields.items())[:_FIELDS_MOST] if isinstance(value, str | int | float)}
    try:
        return dict(parse_qsl(text, max_num_fields=_FIELDS_MOST))
    except ValueError:
        return {}
