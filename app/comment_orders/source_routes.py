"""HTTP routes of comments from other platforms: making sources for staff, and the intake that their programs send to."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response, status
from pydantic import BaseModel, ConfigDict

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.comment_orders.errors import CommentSourceNotFound, SignatureInvalid
from app.comment_orders.intake import CommentIntake, Outcome
from app.comment_orders.outside import BODY_MOST_BYTES, COMMENTS_MOST, OutsideBatch
from app.comment_orders.sources import CommentSources
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.body_limits import body_at_most
from app.infra.clock import to_ms
from app.infra.open_doors import FOR_SIGNED
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.sessions.errors import NotYourSession, SessionNotFound, SessionNotLive
from app.sessions.schemas import Label

router = APIRouter(prefix="/api/v1", tags=["comment orders"])

Sources = Annotated[CommentSources, Depends(provided(CommentSources))]
Intake = Annotated[CommentIntake, Depends(provided(CommentIntake))]

_STAFF: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, NotYourSession, SessionNotFound, MalformedRequest)
_MESSAGE = {"chatname": "Lan", "chatmessage": "A1 x2", "type": "facebook", "userid": "998", "id": 41, "textonly": True}


class NewCommentSource(BaseModel):
    """A program that will send comments of a platform; `social_stream` sends those of several."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"platform": "facebook", "label": "Trang Facebook của xã"}]})

    platform: Literal["tiktok", "facebook", "youtube", "other", "social_stream"]
    label: Label


class CommentSourceView(BaseModel):
    """A source that is in use."""

    id: UUID
    platform: str
    label: str
    created_at_ms: int


class IssuedCommentSource(BaseModel):
    """`secret` is shown to whoever made it; it cannot be listed. `address`: where to send, `webhook`: the same for programs that cannot sign."""

    id: UUID
    secret: str
    address: str
    webhook: str


class CommentSourceList(BaseModel):
    sources: list[CommentSourceView]


class TakenComment(BaseModel):
    """`taken`: shown; `held`: a rule of the room holds it; `repeated`: known already; `refused`: `code` says why."""

    id: str
    outcome: Outcome
    code: str | None = None


class TakenComments(BaseModel):
    """One line per comment, in the order of the batch."""

    items: list[TakenComment]


@router.get(
    "/sessions/{session_id}/comment-sources",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="Programs that send comments into a session",
    description="Staff in charge.",
    responses=problem_responses(*_STAFF),
)
async def list_sources(session_id: UUID, user: SignedInUser, sources: Sources) -> CommentSourceList:
    found = await sources.list(user, session_id)
    return CommentSourceList(
        sources=[
            CommentSourceView(id=each.id, platform=each.platform, label=each.label, created_at_ms=to_ms(each.created_at) or 0)
            for each in found
        ]
    )


@router.post(
    "/sessions/{session_id}/comment-sources",
    dependencies=[needs(Action.RUN_SESSIONS)],
    status_code=status.HTTP_201_CREATED,
    summary="Let a program send comments into a session",
    description="Staff in charge. The secret is what the program signs with.",
    responses=problem_responses(*_STAFF, OriginRefused, IntentionKeyReused),
)
async def make_source(
    session_id: UUID, body: NewCommentSource, user: SignedInUser, sources: Sources, response: Response, intention: Intended
) -> IssuedCommentSource:
    source_id = await sources.make(user, session_id, body.platform, body.label, intention)
    response.headers["cache-control"] = "no-store"
    secret = sources.secret_of(source_id)
    at = f"/api/v1/comment-sources/{source_id}"
    return IssuedCommentSource(id=source_id, secret=secret, address=f"{at}/comments", webhook=f"{at}/social-stream?secret={secret}")


@router.delete(
    "/sessions/{session_id}/comment-sources/{source_id}",
    dependencies=[needs(Action.RUN_SESSIONS)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Let a program send nothing any more",
    description="Staff in charge. Again changes nothing.",
    responses=problem_responses(*_STAFF, OriginRefused, CommentSourceNotFound),
)
async def revoke_source(session_id: UUID, source_id: UUID, user: SignedInUser, sources: Sources) -> None:
    await sources.revoke(user, session_id, source_id)


@router.post(
    "/comment-sources/{source_id}/comments",
    dependencies=[FOR_SIGNED],
    summary="Comments of another platform",
    description="Signed by a source: `Ocop-Timestamp` and `Ocop-Signature: sha256=` HMAC-SHA256 of timestamp, a full stop and the raw body. "
    f"At most {COMMENTS_MOST} at once. What was sent before is known by the platform's id; each comment is taken or refused for itself.",
    openapi_extra=body_at_most(BODY_MOST_BYTES),
    responses=problem_responses(SignatureInvalid, OriginRefused, MalformedRequest, SessionNotLive),
)
async def take_comments(  # noqa: PLR0913 - what a signature consists of
    source_id: UUID,
    body: OutsideBatch,
    request: Request,
    sources: Sources,
    intake: Intake,
    ocop_timestamp: Annotated[str, Header(max_length=12)] = "",
    ocop_signature: Annotated[str, Header(max_length=80)] = "",
) -> TakenComments:
    source = await sources.signed(source_id, timestamp=ocop_timestamp, signature=ocop_signature, body=await request.body())
    outcomes = await intake.take(source, body.comments)
    return TakenComments(items=[TakenComment(id=each.id, outcome=each.outcome, code=each.code) for each in outcomes])


@router.post(
    "/comment-sources/{source_id}/social-stream",
    dependencies=[FOR_SIGNED],
    summary="Messages of social_stream",
    description="Signed by a source, in its way: the webhook of social_stream cannot sign, so the secret stands in the address; keep that to yourself. "
    "One message, or a list; what is no chat is passed by.",
    openapi_extra=body_at_most(BODY_MOST_BYTES),
    responses=problem_responses(SignatureInvalid, OriginRefused, MalformedRequest, SessionNotLive),
)
async def take_social_stream(
    source_id: UUID,
    body: Annotated[dict[str, Any] | list[dict[str, Any]], Body(examples=[_MESSAGE])],
    sources: Sources,
    intake: Intake,
    secret: Annotated[str, Query(max_length=80)] = "",
) -> TakenComments:
    source = await sources.with_secret(source_id, secret)
    messages = body if isinstance(body, list) else [body]
    if not 1 <= len(messages) <= COMMENTS_MOST:
        raise MalformedRequest
    outcomes = await intake.take_social_stream(source, messages)
    return TakenComments(items=[TakenComment(id=each.id, outcome=each.outcome, code=each.code) for each in outcomes])
