"""HTTP routes of what a report opens on a tap."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotFound, NotSignedIn
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.reports.inside import CommentsWanted, ReportDetails
from app.reports.inside_schemas import ClosingState, CommentPage, CommentState, MomentDetails, OfferEnd
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}/report", tags=["reports"])

Details = Annotated[ReportDetails, Depends(provided(ReportDetails))]
Minutes = Annotated[int, Query(ge=1, le=60)]
_REFUSALS = problem_responses(NotSignedIn, SessionNotFound, MalformedRequest)


@router.get(
    "/moment",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="One span of the timeline, opened",
    description="Staff of the organisation. Who was pinned, the first comments with what was decided about them, the first orders by code.",
    responses=_REFUSALS,
)
async def read_moment(
    session_id: UUID,
    user: SignedInUser,
    details: Details,
    at: Annotated[AwareDatetime | None, Query(description="where it begins; without it, the last minutes of the session so far")] = None,
    minutes: Minutes = 1,
) -> MomentDetails:
    return await details.moment(user, session_id, at=at, minutes=minutes)


@router.get(
    "/comments",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="Comments of a session, searched",
    description="Staff of the organisation. Oldest first; phone numbers are masked. A search looks through 50,000 comments at a time: go on with `next_cursor` until it is null, also when a page is empty.",
    responses=_REFUSALS,
)
async def read_comments(  # noqa: PLR0913 - each is a parameter of the address
    session_id: UUID,
    user: SignedInUser,
    details: Details,
    text: Annotated[
        str,
        Query(max_length=100, description="letters in the words or the name, in any case, with or without marks: mat ong finds Mật ong"),
    ] = "",
    state: CommentState | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")] = None,
) -> CommentPage:
    return await details.comments(user, session_id, CommentsWanted(since=since, until=until, text=text, state=state, cursor=cursor))


@router.get(
    "/offers/{offer_id}/end",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="Orders in the last minutes of an offer",
    description="Staff of the organisation.",
    responses=problem_responses(NotSignedIn, SessionNotFound, NotFound, MalformedRequest),
)
async def read_offer_end(session_id: UUID, offer_id: UUID, user: SignedInUser, details: Details, minutes: Minutes = 5) -> OfferEnd:
    return await details.offer_end(user, session_id, offer_id, minutes=minutes)


@router.get(
    "/closing",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="What is open before the books are closed, and what was signed",
    description="Staff of the organisation.",
    responses=_REFUSALS,
)
async def read_closing(session_id: UUID, user: SignedInUser, details: Details) -> ClosingState:
    return await details.closing_state(user, session_id)
