"""HTTP routes of complaints about sessions, and of the organiser's work list of all complaints."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, status

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused, TooManyRequests
from app.fulfilment.complaint_desk import LISTED_MOST, ComplaintDesk, Part
from app.fulfilment.complaint_schemas import (
    ComplaintContact,
    ComplaintItem,
    ComplaintList,
    ContactLook,
    NewSessionComplaint,
    OwnComplaint,
    OwnComplaints,
)
from app.fulfilment.errors import ComplaintNotFound, ComplaintsWait
from app.fulfilment.schemas import ComplaintAnswer
from app.fulfilment.session_complaints import SessionComplaints
from app.infra.body_limits import body_at_most
from app.infra.clock import from_ms
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.protocol.base import MILLISECONDS_MOST
from app.realtime.errors import TicketInvalid
from app.realtime.viewer_device import ViewerDevice
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1", tags=["complaints"])

Desk = Annotated[ComplaintDesk, Depends(provided(ComplaintDesk))]
Complaints = Annotated[SessionComplaints, Depends(provided(SessionComplaints))]
_HANDLE = [needs(Action.HANDLE_COMPLAINTS)]
_STAFF: tuple[type[AppError], ...] = (NotSignedIn, OrganiserOnly, MalformedRequest)
_WRITING: tuple[type[AppError], ...] = (*_STAFF, OriginRefused, ComplaintNotFound)
_BODY_BYTES = 16 * 1024


@router.post(
    "/sessions/{session_id}/complaints",
    status_code=status.HTTP_201_CREATED,
    summary="Complain about a session",
    responses=problem_responses(SessionNotFound, TicketInvalid, TooManyRequests, ComplaintsWait, OriginRefused, MalformedRequest),
    openapi_extra=body_at_most(_BODY_BYTES),
)
async def complain_about_session(
    session_id: UUID, body: NewSessionComplaint, device_id: ViewerDevice, request: Request, complaints: Complaints
) -> OwnComplaint:
    """Viewer's ticket. During the session and afterwards; the same key again is the same complaint. Three may wait for an answer."""
    return await complaints.make(session_id, device_id, body, address="unknown" if request.client is None else request.client.host)


@router.get(
    "/sessions/{session_id}/complaints/mine",
    summary="What this device has complained of in a session",
    responses=problem_responses(SessionNotFound, TicketInvalid, MalformedRequest),
)
async def read_own_complaints(session_id: UUID, device_id: ViewerDevice, complaints: Complaints) -> OwnComplaints:
    """Viewer's ticket. With the organiser's answers."""
    return OwnComplaints(items=await complaints.mine(session_id, device_id))


@router.get(
    "/complaints",
    dependencies=_HANDLE,
    summary="Complaints over all sessions, of orders and of sessions",
    responses=problem_responses(*_STAFF),
)
async def list_complaints(
    user: SignedInUser,
    desk: Desk,
    part: Part = "open",
    before_ms: Annotated[
        int | None, Query(ge=0, le=MILLISECONDS_MOST, description="only those answered before this moment, in UTC milliseconds since 1970")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LISTED_MOST)] = LISTED_MOST,
) -> ComplaintList:
    """Organisers. Open ones with the longest waiting first, overdue on top; answered ones with the last answer first."""
    return await desk.listed(user, part, before=None if before_ms is None else from_ms(before_ms), limit=limit)


@router.post(
    "/complaints/{complaint_id}/work",
    dependencies=_HANDLE,
    summary="Take a complaint into work",
    responses=problem_responses(*_WRITING, IntentionKeyReused),
)
async def take_complaint(complaint_id: UUID, user: SignedInUser, desk: Desk, intention: Intended) -> ComplaintItem:
    """Organisers. Whoever came first stays named."""
    return await desk.take(user, complaint_id, intention)


@router.post(
    "/complaints/{complaint_id}/answer",
    dependencies=_HANDLE,
    summary="Answer a complaint",
    responses=problem_responses(*_WRITING, IntentionKeyReused),
    openapi_extra=body_at_most(_BODY_BYTES),
)
async def answer_any_complaint(
    complaint_id: UUID, body: ComplaintAnswer, user: SignedInUser, desk: Desk, intention: Intended
) -> ComplaintItem:
    """Organisers. Once; read on the order's page, or where the session was complained of."""
    return await desk.answer(user, complaint_id, body.words, intention)


@router.post(
    "/complaints/{complaint_id}/contact",
    dependencies=_HANDLE,
    summary="How to reach whoever complained about a session",
    responses=problem_responses(*_WRITING),
)
async def read_complaint_contact(complaint_id: UUID, body: ContactLook, user: SignedInUser, desk: Desk) -> ComplaintContact:
    """Organisers, with the reason: who looked, when and what for stands in the audit trail."""
    return ComplaintContact(contact=await desk.contact(user, complaint_id, body))
