"""HTTP routes of moderation: what the board's keys and swipes call."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.clock import from_ms
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.live.errors import (
    AddressUnknown,
    CommentIsHidden,
    CommentNotFound,
    QuestionsFull,
    RestrictionNotFound,
    RestrictionsFull,
    StaffNotRestricted,
)
from app.live.moderating import Moderating
from app.live.moderation_reading import ModerationReading
from app.live.moderation_schemas import (
    HiddenList,
    LiftRequest,
    ModerationDetails,
    NoticeRequest,
    PinnedCommentRequest,
    QuestionRequest,
    RestrictionRequest,
    Sweep,
    SweepRequest,
)
from app.live.sweeping import Sweeping
from app.live.talk import TalkService
from app.protocol.base import MILLISECONDS_MOST
from app.protocol.moderation import ModerationRules, RestrictionView
from app.sessions.errors import NotYourSession, SessionClosed, SessionNotFound
from app.sessions.lookup import SessionLookup

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["moderation"])

Actions = Annotated[Moderating, Depends(provided(Moderating))]
Sweeper = Annotated[Sweeping, Depends(provided(Sweeping))]
Talk = Annotated[TalkService, Depends(provided(TalkService))]
Reading = Annotated[ModerationReading, Depends(provided(ModerationReading))]
Sessions = Annotated[SessionLookup, Depends(provided(SessionLookup))]
HIDDEN_MOST = 200
Limit = Annotated[int, Query(ge=1, le=HIDDEN_MOST)]
Before = Annotated[
    int | None, Query(ge=0, le=MILLISECONDS_MOST, description="only those hidden before this moment, in UTC milliseconds since 1970")
]

_MODERATE = [needs(Action.MODERATE_COMMENTS)]
_READING: tuple[type[AppError], ...] = (NotSignedIn, NotYourSession, SessionNotFound, MalformedRequest)
_CHANGING: tuple[type[AppError], ...] = (*_READING, OriginRefused, IntentionKeyReused)
_STAFF: tuple[type[AppError], ...] = (*_CHANGING, SessionClosed)


@router.get(
    "/moderation", dependencies=_MODERATE, summary="Rules, mutes and bans, questions of a session", responses=problem_responses(*_READING)
)
async def read_moderation(session_id: UUID, user: SignedInUser, talk: Talk) -> ModerationDetails:
    """Staff in charge."""
    return await talk.details(user, session_id)


@router.get(
    "/moderation/hidden", dependencies=_MODERATE, summary="Hidden comments with who and why", responses=problem_responses(*_READING)
)
async def list_hidden(
    session_id: UUID, user: SignedInUser, sessions: Sessions, reading: Reading, limit: Limit = 50, before_ms: Before = None
) -> HiddenList:
    """Staff in charge. Those hidden last first, what the muted have said to nobody among them."""
    await sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
    return HiddenList(items=await reading.hidden(session_id, limit=limit, before=None if before_ms is None else from_ms(before_ms)))


@router.put("/moderation/rules", dependencies=_MODERATE, summary="Set the rules of a session's talk", responses=problem_responses(*_STAFF))
async def set_rules(session_id: UUID, body: ModerationRules, user: SignedInUser, talk: Talk, intention: Intended) -> ModerationDetails:
    """Staff in charge. Replaces all rules; they hold on every node within a second."""
    return await talk.set_rules(user, session_id, body, intention)


@router.put(
    "/moderation/notice",
    dependencies=_MODERATE,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Set the running notice",
    responses=problem_responses(*_STAFF),
)
async def set_notice(session_id: UUID, body: NoticeRequest, user: SignedInUser, talk: Talk, intention: Intended) -> Response:
    """Staff in charge. It stands above the comments of every viewer; `null` takes it away."""
    await talk.set_notice(user, session_id, body.text, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.put(
    "/moderation/pinned-comment",
    dependencies=_MODERATE,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Pin a comment",
    responses=problem_responses(*_STAFF, CommentNotFound, CommentIsHidden),
)
async def pin_comment(session_id: UUID, body: PinnedCommentRequest, user: SignedInUser, talk: Talk, intention: Intended) -> Response:
    """Staff in charge. It stands above the others on every screen; `null` takes it away."""
    await talk.pin(user, session_id, body.comment_id, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(
    "/comments/{comment_id}/hide",
    dependencies=_MODERATE,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Hide a comment",
    responses=problem_responses(*_CHANGING, CommentNotFound),
)
async def hide_comment(session_id: UUID, comment_id: UUID, user: SignedInUser, actions: Actions, intention: Intended) -> Response:
    """Staff in charge, also after the session is closed. It is gone from every screen, from snapshots and from the polling document."""
    await actions.hide(user, session_id, comment_id, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(
    "/comments/{comment_id}/restore",
    dependencies=_MODERATE,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Show a hidden comment",
    responses=problem_responses(*_CHANGING, CommentNotFound),
)
async def restore_comment(session_id: UUID, comment_id: UUID, user: SignedInUser, actions: Actions, intention: Intended) -> Response:
    """Staff in charge, also after the session is closed. Also lets a comment through that a rule holds."""
    await actions.restore(user, session_id, comment_id, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.put(
    "/comments/{comment_id}/question",
    dependencies=_MODERATE,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Put a comment into the queue of questions, or move it there",
    responses=problem_responses(*_STAFF, CommentNotFound, CommentIsHidden, QuestionsFull),
)
async def move_question(
    session_id: UUID, comment_id: UUID, body: QuestionRequest, user: SignedInUser, talk: Talk, intention: Intended
) -> Response:
    """Staff in charge. The question that is being answered is shown to viewers and on the overlay."""
    await talk.set_question(user, session_id, comment_id, body.state, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(
    "/restrictions",
    dependencies=_MODERATE,
    status_code=status.HTTP_201_CREATED,
    summary="Mute or ban whoever wrote a comment",
    responses=problem_responses(*_STAFF, CommentNotFound, StaffNotRestricted, AddressUnknown, RestrictionsFull),
)
async def restrict_speaker(
    session_id: UUID, body: RestrictionRequest, user: SignedInUser, actions: Actions, intention: Intended
) -> RestrictionView:
    """Staff in charge. Holds on every node within a second."""
    return await actions.restrict(user, session_id, body, intention)


@router.post(
    "/restrictions/{restriction_id}/lift",
    dependencies=_MODERATE,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End a mute or a ban",
    responses=problem_responses(*_STAFF, RestrictionNotFound),
)
async def lift_restriction(session_id: UUID, restriction_id: UUID, user: SignedInUser, actions: Actions, intention: Intended) -> Response:
    """Staff in charge. What was hidden with it is shown again."""
    await actions.lift(user, session_id, restriction_id, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(
    "/moderation/sweeps",
    dependencies=_MODERATE,
    status_code=status.HTTP_201_CREATED,
    summary="Mute everybody who was caught twice of late",
    responses=problem_responses(*_STAFF),
)
async def sweep_room(session_id: UUID, body: SweepRequest, user: SignedInUser, sweeper: Sweeper, intention: Intended) -> Sweep:
    """Staff in charge. All that they said is hidden; holds on every node within a second. Nobody is caught for being new or behind one network."""
    return await sweeper.sweep(user, session_id, body, intention)


@router.post(
    "/restrictions/lift",
    dependencies=_MODERATE,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End mutes and bans together",
    responses=problem_responses(*_STAFF),
)
async def lift_restrictions(session_id: UUID, body: LiftRequest, user: SignedInUser, sweeper: Sweeper, intention: Intended) -> Response:
    """Staff in charge. Takes a sweep back: what was hidden with it is shown again. Those that have ended already change nothing."""
    await sweeper.lift_all(user, session_id, body.restriction_ids, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
