"""HTTP bodies of complaints: what a viewer complains of about a session, and the organiser's work list of all complaints."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.protocol.base import ComplaintText
from app.protocol.text import Line

SessionComplaintKind = Literal["description", "price", "insult", "prohibited", "other"]
ComplaintKind = Literal["order", "description", "price", "insult", "prohibited", "other"]
ComplaintState = Literal["new", "in_work", "answered"]
CONTACT_LINE = Line(100, needs="nothing")


class NewSessionComplaint(BaseModel):
    """What is wrong with a session: the description, the price, an insult, prohibited goods, or something else. The same key again is the
    same complaint.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "key": "5f0c1d4e-7f5e-4c7e-9d1a-3b6f0a2e8c11",
                    "kind": "price",
                    "words": "Giá nói trên sóng khác giá lúc chốt.",
                    "contact": "",
                }
            ]
        },
    )

    key: UUID
    kind: SessionComplaintKind
    words: ComplaintText
    contact: Annotated[str, *CONTACT_LINE.rules] = Field("", description="phone or address for an answer, if that is wanted; sealed")


class OwnComplaint(BaseModel):
    """A complaint as the device that made it sees it. `words` null: they were erased."""

    complaint_id: UUID
    session_id: UUID
    kind: SessionComplaintKind
    words: str | None
    contact: str | None
    made_at_ms: int
    due_at_ms: int = Field(description="the organiser answers by then")
    answer: str | None
    answered_at_ms: int | None


class OwnComplaints(BaseModel):
    """The complaints of a device about one session, newest first."""

    items: list[OwnComplaint]


class ComplaintItem(BaseModel):
    """A complaint on the work list, about an order or about a session. `words` null: the person was erased."""

    complaint_id: UUID
    kind: ComplaintKind
    state: ComplaintState
    session_id: UUID
    session_title: str
    order_id: UUID | None
    order_code: str | None
    words: str | None
    has_contact: bool = Field(description="the viewer left a way to answer; POST …/contact shows it")
    made_at_ms: int
    due_at_ms: int
    is_overdue: bool
    taken_by: str | None = Field(description="who works on it")
    answer: str | None
    answered_by: str | None
    answered_at_ms: int | None


class ComplaintList(BaseModel):
    """`open`: the longest waiting first, so what is overdue stands on top. `answered`: those answered last first."""

    items: list[ComplaintItem]
    waiting: int = Field(description="open ones in all sessions, also beyond this list")
    overdue: int = Field(description="of these")
    answer_working_days: int


class ContactLook(BaseModel):
    """What somebody wants to see a complaint's contact for. Written down with their name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "complaint"}]})

    reason: Literal["call", "complaint"]


class ComplaintContact(BaseModel):
    """How to reach whoever complained; null when they left nothing, or it was erased."""

    contact: str | None
