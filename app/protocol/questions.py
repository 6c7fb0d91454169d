"""What viewers ask, gathered for the host: kinds of questions, and one group of them with the answer that the facts give."""

from __future__ import annotations

from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.protocol.base import COMMENT_TEXT, Message, Milliseconds
from app.protocol.views import CommentView

QuestionKind = Literal[
    "price", "stock", "size", "use_by", "origin", "delivery_time", "delivery_fee", "delivery_area", "how_to_order", "payment",
    "storage", "usage", "ingredients", "certificate", "variants", "wholesale", "next_offer",
]  # fmt: skip
QUESTION_KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)

# What is not known, so that nobody makes it up: fields of the product's label, the organisation's own words, or which product is meant.
MissingFact = Literal["shelf_life", "storage", "usage", "ingredients", "certificate", "delivery_time", "wholesale", "next_offer", "product"]


class AskedGroup(Message):
    """People who ask the same. Exactly one of `answer` and `missing` is there."""

    kind: QuestionKind
    product_id: UUID | None = Field(description="null: asked of the whole session, or it is not clear of what (`missing` is `product`)")
    people: int = Field(description="distinct devices that have asked since it was answered last")
    newest: CommentView
    first_at_ms: Milliseconds
    answer: Annotated[str, COMMENT_TEXT.limits] | None = Field(description="from the facts as they are now, short enough for a comment")
    missing: MissingFact | None
