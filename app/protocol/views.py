"""What clients see of a session, its products and its offers; the parts of a snapshot and of the HTTP API."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.protocol.amounts import Vnd, VndSum
from app.protocol.base import COMMENT_TEXT, PERSON_NAME, Message, Milliseconds
from app.protocol.shipping import ShippingRule

SessionKind = Literal["stream", "booth"]
SessionState = Literal["draft", "scheduled", "live", "ended", "closed"]
OfferState = Literal["scheduled", "open", "ended"]
VideoKind = Literal["youtube", "facebook", "tiktok", "hls"]


class VideoView(Message):
    """Where the video plays; it stays on its platform."""

    kind: VideoKind
    url: str
    embed_url: str | None = Field(None, description="address for an iframe or player; null where the platform only allows a link")


class SessionView(Message):
    """A livestream session as anyone may see it."""

    id: UUID
    title: str
    state: SessionState
    organisation_name: str
    host_name: str
    planned_start_at_ms: Milliseconds | None
    started_at_ms: Milliseconds | None
    ended_at_ms: Milliseconds | None
    video: VideoView | None
    is_rehearsal: bool = Field(False, description="a rehearsal: simulated people may take part, nothing is delivered")
    shipping: ShippingRule | None = Field(None, description="what delivery costs; null: nothing")
    kind: SessionKind = Field(
        "stream", description="a booth is a producer's, has no host and no planned time, and sells until it is closed"
    )
    producer_id: UUID | None = Field(None, description="whose booth it is")


class ProductView(Message):
    """A product on the shelf of a session. `ocop_stars` is null once the certificate has lapsed on the day of the broadcast."""

    id: UUID
    code: str = Field(description="short code of this session, e.g. A1")
    name: str
    story: str
    price_vnd: Vnd
    unit: str
    weight_grams: int
    ocop_stars: Literal[3, 4, 5] | None
    ocop_certificate_number: str | None
    picture_url: str
    picture_alt: str
    producer_id: UUID
    producer_name: str
    commune_name: str


class OfferView(Message):
    """A flash offer. `remaining` is derived from the ledger and may lag it by one tick."""

    id: UUID
    product_id: UUID
    state: OfferState
    flash_price_vnd: Vnd
    regular_price_vnd: Vnd
    total_quantity: int
    remaining: int
    per_viewer_limit: int
    hold_seconds: int
    starts_at_ms: Milliseconds | None
    ends_at_ms: Milliseconds | None


class StockView(Message):
    """The pool of one product in a session: `left` can be ordered at the normal price now if it is `on_shelf`, and limits its flash offers."""

    product_id: UUID
    units: int = Field(description="all that there is, sold ones included")
    left: int
    per_viewer_limit: int = Field(description="units per viewer at the normal price, counted over device and phone number")
    on_shelf: bool = Field(True, description="false: sold by flash offers alone")


class ReplyView(Message):
    """The comment that a comment answers."""

    id: str
    author: Annotated[str, PERSON_NAME.limits]


CommentSource = Literal["page", "tiktok", "facebook", "youtube", "other"]


class CommentView(Message):
    """A comment as it is shown."""

    id: str
    at_ms: Milliseconds
    author: Annotated[str, PERSON_NAME.limits]
    text: Annotated[str, COMMENT_TEXT.limits]
    by_staff: bool = False
    reply_to: ReplyView | None = None
    source: CommentSource = Field("page", description="where it was written: on a page of ours, or on another platform")


class OutsideCount(Message):
    """Viewers on an outside platform: imported, with its source, never added to the measured count."""

    source: str
    viewers: int
    observed_at_ms: Milliseconds


class Counts(Message):
    """Latest figures of the room; each tick replaces the one before."""

    viewers: int
    likes: int
    comments: int
    polling: int = Field(0, description="devices without a socket that poll instead, by their beacons; never added to viewers")
    outside: tuple[OutsideCount, ...] = ()


class BoardFigures(Message):
    """What the host sees beyond the viewers' tick."""

    viewers_peak: int
    views: int
    unique_viewers: int
    orders_placed: int
    units_placed: int
    revenue_placed_vnd: VndSum
    buyers: int
