"""What a report opens on a tap: one minute, its comments and orders, the end of an offer, and what is open before the books are closed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

CommentState = Literal["shown", "hidden", "held", "restored", "unheard"]
OpenKind = Literal["calls", "given_up", "packing", "on_the_way", "transfers", "collections", "refunds"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CommentRow(_Body):
    """A comment as the archive has it, phone numbers masked.

    `state`: `hidden` by somebody, `held` by a rule before any screen showed it, `restored` after either, `unheard`: said by somebody muted.
    """

    comment_id: UUID
    said_at: datetime
    author: str
    text: str
    by_staff: bool
    source: str
    state: CommentState


class CommentPage(_Body):
    """Up to 50 comments, oldest first; of a search those of the next 50,000 comments, so there may be none and yet more to come."""

    comments: tuple[CommentRow, ...]
    next_cursor: str | None = Field(None, description="for the next page; null: that was the last")
    searched_to: datetime | None = Field(None, description="so far was looked, when a search is not at its end yet")


class PinnedProduct(_Body):
    """A product on air; `at` may be before the span that was asked for: it was pinned already."""

    at: datetime
    product_id: UUID
    name: str


class OrderBrief(_Body):
    """An order without its buyer. Goods as they were placed, without shipping fees."""

    code: str | None
    placed_at: datetime
    source: Literal["page", "comment"]
    units: int
    goods_vnd: int


class MomentDetails(_Body):
    """What happened in one span of time: the first 50 comments and 100 orders, and how many there are."""

    from_at: datetime
    until_at: datetime
    pinned: tuple[PinnedProduct, ...]
    comments: CommentPage
    orders_count: int
    orders: tuple[OrderBrief, ...]


class OfferMinute(_Body):
    """Orders of one offer in one minute, as they were placed."""

    minute_at: datetime
    orders: int
    units: int
    revenue_vnd: int


class OfferEnd(_Body):
    """The last minutes of an offer, minutes without orders left out. `ends_at`: when it ended, or its last order while it runs."""

    offer_id: UUID
    ends_at: datetime | None
    minutes: tuple[OfferMinute, ...]


class OpenItem(_Body):
    """Orders that wait for one kind of work."""

    kind: OpenKind
    orders: int


class SignedFigures(_Body):
    """The ladder as one statement was signed over it."""

    number: int
    signed_at: datetime
    last_seq: int
    ladder_vnd: dict[str, int]


class ClosingState(_Body):
    """What is still to be done, and the figures as they were signed: the first statement, of the closing itself, and the newest."""

    state: str
    as_of: datetime
    open: tuple[OpenItem, ...]
    first: SignedFigures | None = None
    newest: SignedFigures | None = None
