"""HTTP bodies of the desk."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.comment_orders.schemas import QueuedClaim
from app.desk.queues import Outcome, Queue
from app.fulfilment.schemas import DeskOrder
from app.ledger.kinds import StepKind
from app.protocol.amounts import EventTime
from app.protocol.base import DeskNote
from app.protocol.text import Line

Reason = Annotated[str, Field(max_length=40, pattern=r"^[a-z_]*$", description="short code, e.g. too_dear; never personal data")]


class QueueCount(BaseModel):
    """How many orders wait in a queue: `due` can be worked now, `later` are to be called at a time that is yet to come."""

    queue: Queue
    due: int
    later: int
    next_at_ms: int | None = Field(description="when the next of the later ones is due")


class WaitingComplaint(BaseModel):
    """An order whose buyer waits for an answer."""

    order_id: UUID
    session_id: UUID


class ClaimCount(BaseModel):
    """Claims of comments that wait for a decision; `first_until_ms`: when the first of them gives its units back."""

    waiting: int
    first_until_ms: int | None


class QueuedClaims(BaseModel):
    """Those whose writers nobody has asked first, by when their time is over; at most sixty."""

    claims: list[QueuedClaim]
    count: ClaimCount


class QueueCounts(BaseModel):
    queues: list[QueueCount]
    claims: ClaimCount
    complaints: list[WaitingComplaint] = Field(description="the longest waiting first, at most fifty")


class QueuedOrder(DeskOrder):
    """An order in a queue. Names are those of colleagues."""

    session_id: UUID
    session_title: str
    queue: Queue
    ready_at_ms: int = Field(description="since when it waits here, or when it is to be called again")
    tries: int = Field(description="calls that reached nobody")
    assigned_to: UUID | None
    assigned_name: str | None
    held_by: UUID | None = Field(description="who has it in hand now")
    held_name: str | None
    held_until_ms: int | None


class QueuePage(BaseModel):
    orders: list[QueuedOrder]
    next_cursor: str | None = Field(description="for the orders after these; null: there are none")


class FoundOrders(BaseModel):
    """What a search found. Names are looked for among the newest orders only, as they are sealed: `names_searched` says among how many."""

    orders: list[QueuedOrder]
    names_searched: int


class Search(BaseModel):
    """An order's code, a phone number, a buyer's name, or a product. A body, so that no phone number stands in an address."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "0912 345 678"}]})

    text: Annotated[str, *Line(80).rules]
    session_id: UUID | None = None


class WantNext(BaseModel):
    """`skip`: orders that this colleague put off; what of them is in their hand is let go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"queue": "first"}]})

    queue: Queue
    session_id: UUID | None = None
    skip: list[UUID] = Field(default_factory=list, max_length=200)


class NextOrder(BaseModel):
    """The order that the colleague has in hand now; null: nobody is left in this queue who can be worked now."""

    order: QueuedOrder | None


class NewHold(BaseModel):
    """`take_over`: although a colleague has it in hand."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"take_over": False}]})

    take_over: bool = False


class NewCall(BaseModel):
    """What came of a call. `again_at` goes with `call_back` alone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"outcome": "no_answer"}]})

    outcome: Outcome
    reason: Reason = ""
    again_at: EventTime | None = None


class NewHeldStep(BaseModel):
    """What happened to an order; written into the ledger after a minute unless it is taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "delivered"}]})

    kind: StepKind
    reason: Reason = ""


class Undo(BaseModel):
    """Which call or step is taken back: its `mark`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"mark": "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"}]})

    mark: UUID


class NewAssignment(BaseModel):
    """Which colleague shall do it; null: whoever comes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user_id": "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"}]})

    user_id: UUID | None


class NewNote(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"words": "Gọi sau 17 giờ, chị đi làm đồng."}]})

    words: DeskNote


class CallView(BaseModel):
    mark: UUID
    outcome: Outcome
    reason: str
    called_by: str
    called_at_ms: int
    again_at_ms: int | None
    is_undone: bool


class HeldStepView(BaseModel):
    """A step that can still be taken back."""

    mark: UUID
    kind: StepKind
    reason: str
    taken_by: str
    due_at_ms: int = Field(description="when it is written into the ledger")


class NoteView(BaseModel):
    """`words` is null once the person was erased."""

    note_id: UUID
    words: str | None
    written_by: str
    written_at_ms: int


class OrderWork(BaseModel):
    """Where an order stands on the desk, and what colleagues did with it."""

    order: QueuedOrder
    asks_again: bool = Field(description="something changed after the buyer had agreed")
    suggests_cancel: bool = Field(description="nobody was reached in three calls, or the number is wrong")
    step: HeldStepView | None
    calls: list[CallView]
    notes: list[NoteView]


class ColleagueView(BaseModel):
    user_id: UUID
    name: str


class Colleagues(BaseModel):
    colleagues: list[ColleagueView]


class OtherOrder(BaseModel):
    """Another order of the same phone number."""

    order_id: UUID
    session_id: UUID
    session_title: str
    code: str
    state: str
    reason: str = Field(description="why it was cancelled, as a short code")
    total_vnd: int
    placed_at_ms: int


class BuyerHistory(BaseModel):
    """What the organisation knows of a phone number over its sessions: a hint for whoever calls, and nothing is refused by it."""

    orders: int
    agreed: int
    delivered: int
    refused: int = Field(description="cancelled because the buyer did not want it, was not reached or gave a wrong number, or returned")
    others: list[OtherOrder] = Field(description="the newest twenty, without this one")


class ProductAdvice(BaseModel):
    """How many of a product's ordered units were kept, from the organisation's own sessions, and what follows for taking extra orders."""

    product_id: UUID
    name: str
    placed_orders: int
    kept_orders: int = Field(description="of those that are decided: confirmed, paid or delivered, and not lost afterwards")
    extra_percent: int | None = Field(description="units that may be taken beyond the stock; null: too few orders to say")


class Advice(BaseModel):
    products: list[ProductAdvice]
    orders_needed: int = Field(description="decided orders of a product below which nothing is advised")


class DeskChanged(BaseModel):
    """What the desk's socket says: look again."""

    type: Literal["desk.changed"] = "desk.changed"


class BulkStep(BaseModel):
    """One step for many orders."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "delivered", "order_ids": []}]})

    kind: StepKind
    reason: Reason = ""
    order_ids: list[UUID] = Field(max_length=200)


class OrderInBulk(BaseModel):
    """`problem`: the code of why it does not fit; null: it does. `who` has it in hand, if somebody has."""

    order_id: UUID
    code: str
    problem: str | None
    who: str | None


class BulkResult(BaseModel):
    """What the step does, or did. `mark` takes all of it back; null: a preview, or nothing that is taken back so."""

    fits: int
    orders: list[OrderInBulk]
    mark: UUID | None


class BulkAssignment(BaseModel):
    """Which colleague shall do these orders; null: whoever comes."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"user_id": "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e", "order_ids": []}]}
    )

    user_id: UUID | None
    order_ids: list[UUID] = Field(max_length=200)


class BulkUndone(BaseModel):
    """How many orders are as they were before; `in_hand`: those that a colleague has taken up meanwhile, and that stay as they are."""

    undone: int
    in_hand: int
