"""HTTP bodies of moderation. Ids of the examples are invented."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.protocol.moderation import (
    RESTRICT_MINUTES_MOST,
    HiddenComment,
    ModerationRules,
    NoticeText,
    QuestionView,
    RestrictionKind,
    RestrictionScope,
    RestrictionView,
    TalkView,
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RestrictionRequest(_Body):
    """Mute or ban whoever wrote this comment: their device, or everybody behind their network."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"comment_id": "1b3d5f7a-9c2e-4d6f-8a0b-3c5e7d9f1a09", "kind": "mute", "scope": "device", "minutes": 30}]
        }
    )

    comment_id: UUID
    kind: RestrictionKind
    scope: RestrictionScope = "device"
    minutes: int | None = Field(30, ge=1, le=RESTRICT_MINUTES_MOST, description="null: until the session ends")
    hides_comments: bool = Field(True, description="also hide what they have said")


class NoticeRequest(_Body):
    """The running notice above the comments; null takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Miễn phí giao hàng đến 21 giờ"}]})

    text: NoticeText | None


class PinnedCommentRequest(_Body):
    """The comment that stands above the others; null takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment_id": "1b3d5f7a-9c2e-4d6f-8a0b-3c5e7d9f1a09"}]})

    comment_id: UUID | None


class QuestionRequest(_Body):
    """Where a question stands. `dropped` takes it out of the queue; one is answered at a time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "answering"}]})

    state: Literal["waiting", "answering", "answered", "dropped"] = "waiting"


class ModerationDetails(_Body):
    """Everything that the board shows of a room's moderation."""

    rules: ModerationRules
    talk: TalkView
    restrictions: tuple[RestrictionView, ...]
    questions: tuple[QuestionView, ...]


class HiddenList(_Body):
    """Hidden comments, those hidden last first."""

    items: tuple[HiddenComment, ...]
