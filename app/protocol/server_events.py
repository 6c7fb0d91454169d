"""What the server says: room events in one order for everybody, frames that carry them, and replies to commands."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from app.protocol.amounts import Vnd
from app.protocol.base import CommandId, Epoch, Message, Milliseconds, Offset
from app.protocol.claims import ClaimView
from app.protocol.moderation import HiddenMark, ModerationRules, ModerationView, QuestionView, RestrictionView, TalkView, WarningView
from app.protocol.order_codes import OrderCode
from app.protocol.questions import AskedGroup
from app.protocol.views import BoardFigures, CommentView, Counts, OfferView, ProductView, SessionView, StockView


class CommentPosted(Message):
    """Somebody said something, a viewer or the staff."""

    type: Literal["comment.posted"] = "comment.posted"
    comment: CommentView


class CommentsHidden(Message):
    """Take these comments off the screen. `comments` and `mark` say on staff sockets what it was, why, and who did it."""

    type: Literal["comments.hidden"] = "comments.hidden"
    comment_ids: tuple[str, ...]
    comments: tuple[CommentView, ...] = ()
    mark: HiddenMark | None = None


class CommentsRestored(Message):
    """Show these comments again, or for the first time, in their place by time."""

    type: Literal["comments.restored"] = "comments.restored"
    comments: tuple[CommentView, ...]
    by: str | None = Field(None, description="only on staff sockets")


class CommentHeld(Message):
    """A comment that a rule has hidden from the start. Only on staff sockets."""

    type: Literal["comment.held"] = "comment.held"
    comment: CommentView
    mark: HiddenMark


class SpeakerRestricted(Message):
    """Somebody was muted or banned. Only on staff sockets, and without `device` and `network`, which nodes alone read."""

    type: Literal["speaker.restricted"] = "speaker.restricted"
    restriction: RestrictionView
    device: UUID | None = None
    network: str | None = None


class SpeakerFreed(Message):
    """A mute or ban was lifted. Only on staff sockets."""

    type: Literal["speaker.freed"] = "speaker.freed"
    restriction_id: UUID


class ModerationChanged(Message):
    """The session's rules for the talk are others now. Only on staff sockets."""

    type: Literal["moderation.changed"] = "moderation.changed"
    rules: ModerationRules


class QuestionsChanged(Message):
    """The queue of questions; replaces the one before. Only on staff sockets."""

    type: Literal["questions.changed"] = "questions.changed"
    questions: tuple[QuestionView, ...]


class TalkChanged(Message):
    """What everybody sees of the talk's rules, the pinned comment, the notice, the question that is answered; replaces what was before."""

    type: Literal["talk.changed"] = "talk.changed"
    talk: TalkView


class WarningChanged(Message):
    """The organiser's warning on every screen; null: it was lifted. Replaces what stood there."""

    type: Literal["warning.changed"] = "warning.changed"
    warning: WarningView | None


class ClaimChanged(Message):
    """A comment has become a claim, or something became of it. On staff sockets, without `device`, which nodes alone read; its writer hears
    `claim.answered`."""

    type: Literal["claim.changed"] = "claim.changed"
    claim: ClaimView
    device: UUID | None = None


class OfferOpened(Message):
    """A flash offer takes orders from now on; sent at once, without waiting for the next tick."""

    type: Literal["offer.opened"] = "offer.opened"
    offer: OfferView


class OfferChanged(Message):
    """An offer was made, extended or restocked without opening anew."""

    type: Literal["offer.changed"] = "offer.changed"
    offer: OfferView


class OfferSoldOut(Message):
    """The last unit is taken; orders are refused until something comes back."""

    type: Literal["offer.sold_out"] = "offer.sold_out"
    offer_id: UUID


class WaitlistCalled(Message):
    """Units came back and are set aside for these waitlist entries until the given time; only their owners know the ids."""

    type: Literal["waitlist.called"] = "waitlist.called"
    offer_id: UUID
    entry_ids: tuple[UUID, ...]
    until_ms: Milliseconds


class OfferEnded(Message):
    """A flash offer takes no more orders."""

    type: Literal["offer.ended"] = "offer.ended"
    offer_id: UUID


class StockChanged(Message):
    """The pool of a product was set, or its last unit is taken. The tick tells what is left of pools that run low."""

    type: Literal["stock.changed"] = "stock.changed"
    stock: StockView


class OrdersTakenBack(Message):
    """Orders that were cancelled or expired: their units are back. Only their buyers and the staff know the ids."""

    type: Literal["orders.taken_back"] = "orders.taken_back"
    order_ids: Annotated[tuple[UUID, ...], Field(max_length=50)]


class ProductPinned(Message):
    """The product the host talks about now; null = none."""

    type: Literal["product.pinned"] = "product.pinned"
    product_id: UUID | None


class ProductsChanged(Message):
    """The shelf was put together anew; replaces the list before."""

    type: Literal["products.changed"] = "products.changed"
    products: tuple[ProductView, ...]


class SessionChanged(Message):
    """The session's state or description changed."""

    type: Literal["session.changed"] = "session.changed"
    session: SessionView


RoomEvent = Annotated[
    CommentPosted
    | CommentsHidden
    | CommentsRestored
    | CommentHeld
    | SpeakerRestricted
    | SpeakerFreed
    | ModerationChanged
    | QuestionsChanged
    | TalkChanged
    | WarningChanged
    | ClaimChanged
    | OfferOpened
    | OfferChanged
    | OfferSoldOut
    | OfferEnded
    | WaitlistCalled
    | StockChanged
    | OrdersTakenBack
    | ProductPinned
    | ProductsChanged
    | SessionChanged,
    Field(discriminator="type"),
]
room_event: TypeAdapter[RoomEvent] = TypeAdapter(RoomEvent)


class LoggedEvent(Message):
    """A room event with its place in the room's log."""

    offset: Offset
    at_ms: Milliseconds
    event: RoomEvent


class RoomTick(Message):
    """One frame for the whole room: events in (`after`, `offset`], and the latest counts.

    A client whose own offset is not `after` has missed something and says hello again with its position.
    Comments may be left out above a readable rate (`comments_skipped`); every other event is always there.
    """

    type: Literal["room.tick"] = "room.tick"
    epoch: Epoch
    after: Offset
    offset: Offset
    server_time_ms: Milliseconds
    events: tuple[LoggedEvent, ...] = ()
    counts: Counts | None = None
    stock: dict[str, int] | None = Field(
        None, description="units left by offer id, for offers that are open, and by product id, for pools that run low"
    )
    comments_skipped: int = 0
    board: BoardFigures | None = Field(None, description="only on staff sockets")


class RoomSnapshot(Message):
    """Answer to a hello without a position, or with one that is too old: everything, as of `offset`."""

    type: Literal["room.snapshot"] = "room.snapshot"
    id: CommandId
    version: int
    recovered: Literal[False] = False
    epoch: Epoch
    offset: Offset
    server_time_ms: Milliseconds
    session: SessionView
    products: tuple[ProductView, ...]
    offers: tuple[OfferView, ...]
    shelf: tuple[StockView, ...] = Field((), description="products with a pool of units: these can be ordered at their normal price")
    pinned_product_id: UUID | None
    comments: tuple[CommentView, ...]
    talk: TalkView = TalkView()
    warning: WarningView | None = Field(None, description="the organiser's, until it is lifted")
    counts: Counts
    board: BoardFigures | None = None
    moderation: ModerationView | None = Field(None, description="only on staff sockets")


class RoomResumed(Message):
    """Answer to a hello with a position inside the window: exactly what was missed."""

    type: Literal["room.resumed"] = "room.resumed"
    id: CommandId
    version: int
    recovered: Literal[True] = True
    epoch: Epoch
    offset: Offset
    server_time_ms: Milliseconds
    events: tuple[LoggedEvent, ...]
    counts: Counts


class CommandDone(Message):
    """The command was carried out and has nothing more to tell."""

    type: Literal["command.done"] = "command.done"
    id: CommandId


class OrderedLine(Message):
    """One line of a committed order at the price that was agreed; `offer_id` is null for a product at its normal price."""

    offer_id: UUID | None
    product_id: UUID
    quantity: int
    unit_price_vnd: Vnd
    amount_vnd: Vnd


class OrderReceipt(Message):
    """A committed order. `number` is its place in the session's ledger, `order_code` what people call it.

    `/o/{order_code}#{link_token}` is its page: whoever has the link may see, mend and cancel it.
    """

    order_id: UUID
    key: UUID
    number: int
    order_code: OrderCode
    link_token: str = Field(description="unguessable; a repeat of the order gets the same")
    lines: tuple[OrderedLine, ...]
    shipping_vnd: Vnd = Field(0, description="fee of the delivery, in the total")
    total_vnd: Vnd
    placed_at_ms: Milliseconds


class OrderPlaced(OrderReceipt):
    """Reply to `order.place`, said only after COMMIT; a repeat with the same key gets the same receipt."""

    type: Literal["order.placed"] = "order.placed"
    id: CommandId


class WaitlistJoined(Message):
    """Reply to `waitlist.join`: keep the entry id, `waitlist.called` names it when it is your turn."""

    type: Literal["waitlist.joined"] = "waitlist.joined"
    id: CommandId
    offer_id: UUID
    entry_id: UUID
    place: int = Field(description="1 = next")
    until_ms: int | None = Field(None, description="units are kept for you until then; null while you wait")


class QuestionsAsked(Message):
    """What viewers ask now and was not answered yet; replaces what was told before. Only on staff sockets."""

    type: Literal["questions.asked"] = "questions.asked"
    groups: tuple[AskedGroup, ...]


class CommentEchoed(Message):
    """A comment that is shown on the page of whoever wrote it, and nowhere else."""

    type: Literal["comment.echoed"] = "comment.echoed"
    comment: CommentView


class ClaimAnswered(Message):
    """What became of your comment that asked for something: units are held for you, or why not. Only on the sockets of the device that wrote it."""

    type: Literal["claim.answered"] = "claim.answered"
    claim: ClaimView


class CommandFailed(Message):
    """A command was refused; the socket stays open. `id` is null when the message could not be read."""

    type: Literal["command.failed"] = "command.failed"
    id: str | None
    code: str
    message: str
    retryable: bool
    retry_after_ms: int | None = None
    details: dict[str, object] = Field(default_factory=dict)


class ServerLeaving(Message):
    """This node is about to stop: come back after the given delay."""

    type: Literal["server.leaving"] = "server.leaving"
    return_after_ms: int


ServerMessage = (
    RoomTick
    | RoomSnapshot
    | RoomResumed
    | CommandDone
    | OrderPlaced
    | WaitlistJoined
    | QuestionsAsked
    | CommentEchoed
    | ClaimAnswered
    | CommandFailed
    | ServerLeaving
)
server_message: TypeAdapter[ServerMessage] = TypeAdapter(Annotated[ServerMessage, Field(discriminator="type")])
