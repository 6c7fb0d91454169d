"""HTTP routes of the host's questions. Boards hear of changes over their socket (`questions.asked`)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.questions.board import QuestionBoards
from app.questions.schemas import AnsweredTopic, AskedGroups, OwnAnswerText, OwnKind
from app.sessions.errors import NotYourSession, ProductNotInSession, SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}/questions", tags=["sessions"])

Boards = Annotated[QuestionBoards, Depends(provided(QuestionBoards))]
_IN_CHARGE: tuple[type[AppError], ...] = (NotSignedIn, NotYourSession, SessionNotFound, MalformedRequest)


@router.get(
    "",
    dependencies=[needs(Action.MODERATE_COMMENTS)],
    summary="What viewers ask now, with answers from the facts",
    responses=problem_responses(*_IN_CHARGE),
)
async def read_questions(session_id: UUID, user: SignedInUser, boards: Boards) -> AskedGroups:
    """Staff in charge. Questions of the last minutes, recognised in the comments and grouped by kind and product."""
    return AskedGroups(groups=await boards.asked(user, session_id))


@router.post(
    "/answered",
    dependencies=[needs(Action.MODERATE_COMMENTS)],
    summary="Mark a group of questions as answered",
    responses=problem_responses(*_IN_CHARGE, OriginRefused, IntentionKeyReused, ProductNotInSession),
)
async def mark_answered(session_id: UUID, body: AnsweredTopic, user: SignedInUser, boards: Boards, intention: Intended) -> AskedGroups:
    """Staff in charge. Returns what is left."""
    left = await boards.mark_answered(
        user, session_id, kind=body.kind, product_id=body.product_id, until_ms=body.until_ms, intention=intention
    )
    return AskedGroups(groups=left)


@router.put(
    "/own-answers/{topic}",
    dependencies=[needs(Action.PREPARE_SESSIONS)],
    summary="Write the organisation's own answer where no other fact says it",
    responses=problem_responses(*_IN_CHARGE, OriginRefused, IntentionKeyReused),
)
async def write_own_answer(
    session_id: UUID, topic: OwnKind, body: OwnAnswerText, user: SignedInUser, boards: Boards, intention: Intended
) -> AskedGroups:
    """Staff in charge. It holds in all sessions of the organisation."""
    return AskedGroups(groups=await boards.write_own_answer(user, session_id, kind=topic, words=body.text, intention=intention))
