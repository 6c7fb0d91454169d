"""HTTP bodies of questions. Ids of the examples are invented."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.protocol.base import CommentText, Milliseconds
from app.protocol.questions import AskedGroup, QuestionKind

OwnKind = Literal["delivery_time", "wholesale"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnsweredTopic(_Body):
    """A group that was answered, by speaking or by a comment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "price", "product_id": "6a1f7a52-2f0b-4a5e-8a77-8b1f5f0c9d21", "until_ms": 1_796_432_400_000}]
        }
    )

    kind: QuestionKind
    product_id: UUID | None
    until_ms: Milliseconds = Field(description="time of the newest comment that the answer serves; later ones go on waiting")


class OwnAnswerText(_Body):
    """What the organisation answers, in its own words."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Hàng đi trong ngày, trong tỉnh 1 đến 2 ngày, tỉnh xa 3 đến 5 ngày ạ."}]}
    )

    text: CommentText


class AskedGroups(_Body):
    """What is asked and not answered yet: what most people ask first, then the newest."""

    groups: tuple[AskedGroup, ...]
