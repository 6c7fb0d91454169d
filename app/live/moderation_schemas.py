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

# Speakers of one sweep.
SWEPT_MOST = 100


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


class SweepRequest(_Body):
    """Mute whoever was caught twice within the last minutes, by the rules or by somebody in charge, and hide all that they said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 10, "mute_minutes": 30}]})

    minutes: int = Field(10, ge=1, le=60, description="how far back it looks for what was held or hidden")
    mute_minutes: int | None = Field(30, ge=1, le=RESTRICT_MINUTES_MOST, description="null: until the session ends")


class Sweep(_Body):
    """What a sweep did; the mutes are lifted together with `POST …/restrictions/lift`."""

    id: UUID
    restriction_ids: tuple[UUID, ...] = Field(description="one for each speaker that was muted")
    comments: int = Field(description="how many comments were hidden with them")


class LiftRequest(_Body):
    """Mutes and bans to be ended together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"restriction_ids": ["1b3d5f7a-9c2e-4d6f-8a0b-3c5e7d9f1a09"]}]})

    restriction_ids: tuple[UUID, ...] = Field(min_length=1, max_length=SWEPT_MOST)


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
