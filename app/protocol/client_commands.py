"""What a client may ask over its socket. Every command carries the client's `id`; exactly one reply echoes it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, TypeAdapter

from app.protocol.amounts import LineQuantity, Vnd
from app.protocol.base import CommandId, CommentText, DisplayName, Message, Milliseconds, NoteLine, PersonName, ResumePosition, StreetLine

OutsideSource = Literal["tiktok", "facebook", "youtube", "other"]


class Command(Message):
    id: CommandId


class ViewerHello(Command):
    """First message of every socket: protocol version, and where the client was if it comes back."""

    type: Literal["viewer.hello"] = "viewer.hello"
    version: int = Field(ge=0, le=1_000, description="protocol version the client speaks")
    resume: ResumePosition | None = None
    name: DisplayName | None = Field(None, description="display name beside comments")


class PostComment(Command):
    """Say something to the room."""

    type: Literal["comment.post"] = "comment.post"
    text: CommentText
    reply_to: UUID | None = Field(None, description="the comment that this one answers, among the latest of the room")


class SendLikes(Command):
    """A bunch of likes, counted by the client between two sends."""

    type: Literal["like.send"] = "like.send"
    count: int = Field(ge=1, le=100)


class ShowInterest(Command):
    """A product of the session was opened, or was the first line of a basket. Counted once per device (and product)."""

    type: Literal["interest.show"] = "interest.show"
    step: Literal["opened", "basket"]
    product_id: UUID


class OrderLine(Message):
    """How many units of one flash offer."""

    offer_id: UUID
    quantity: LineQuantity


class ShelfLine(Message):
    """How many units of a product at its normal price, and the price that the buyer was shown."""

    product_id: UUID
    quantity: LineQuantity
    unit_price_vnd: Vnd = Field(description="as shown; when it has changed nothing is placed (`price_changed`)")


class BuyerAddress(Message):
    """Two-level address in force since 1 July 2025: ward or commune, and province, by official code."""

    province_code: int = Field(ge=1, le=99)
    ward_code: int = Field(ge=1, le=99_999)
    street: StreetLine


class Buyer(Message):
    """Who receives the goods. Personal data: never in a broadcast, a log or Redis."""

    name: PersonName
    phone: Annotated[str, StringConstraints(min_length=8, max_length=20)]
    address: BuyerAddress
    note: NoteLine = ""


class OrderContent(Message):
    """An order without its envelope; the HTTP body and the socket command share it."""

    key: UUID = Field(description="the client's idempotency key: a repeat with the same key is the same order")
    lines: tuple[OrderLine | ShelfLine, ...] = Field(min_length=1, max_length=10)
    shipping_fee_vnd: Vnd | None = Field(None, description="the fee as shown; when it is another one nothing is placed")
    buyer: Buyer
    payment: Literal["cod", "transfer"] = Field(
        "cod", description="cash on delivery, or a bank transfer that must arrive within the hold time"
    )


class PlaceOrder(Command, OrderContent):
    """Order from open flash offers and from the shelf. Answered only after the order is committed, or refused."""

    type: Literal["order.place"] = "order.place"


class JoinWaitlist(Command):
    """Wait for units of a sold-out offer. Joining again gives the same place."""

    type: Literal["waitlist.join"] = "waitlist.join"
    offer_id: UUID
    quantity: LineQuantity = 1


class Leave(Command):
    """The viewer closes the page on purpose."""

    type: Literal["viewer.leave"] = "viewer.leave"


class ReportOutsideCount(Command):
    """Viewers now on an outside platform, read there by the host or a bridge. Shown as imported, never added to ours."""

    type: Literal["outside_count.report"] = "outside_count.report"
    source: OutsideSource
    viewers: int = Field(ge=0, le=100_000_000)
    observed_at_ms: Milliseconds | None = None


ViewerCommand = ViewerHello | PostComment | SendLikes | ShowInterest | PlaceOrder | JoinWaitlist | Leave
StaffCommand = ViewerHello | PostComment | ReportOutsideCount | Leave
BridgeCommand = ViewerHello | ReportOutsideCount | Leave
ClientCommand = ViewerHello | PostComment | SendLikes | ShowInterest | PlaceOrder | JoinWaitlist | Leave | ReportOutsideCount

client_command: TypeAdapter[ClientCommand] = TypeAdapter(Annotated[ClientCommand, Field(discriminator="type")])
