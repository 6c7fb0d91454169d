"""The base of every message, and the small types they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.protocol.text import Line

PROTOCOL_VERSION = 1

# The same at the door, in the tables and in what is answered.
DISPLAY_NAME = Line(40, needs="letter")
COMMENT_TEXT = Line(300)
PERSON_NAME = Line(80, needs="letter")
STREET_LINE = Line(200)
NOTE_LINE = Line(200, needs="nothing")
COMPLAINT_TEXT = Line(1_000, keeps_paragraphs=True)
DESK_NOTE = Line(500, keeps_paragraphs=True)

DisplayName = Annotated[str, *DISPLAY_NAME.rules]
CommentText = Annotated[str, *COMMENT_TEXT.rules]
PersonName = Annotated[str, *PERSON_NAME.rules]
StreetLine = Annotated[str, *STREET_LINE.rules]
NoteLine = Annotated[str, *NOTE_LINE.rules]
ComplaintText = Annotated[str, *COMPLAINT_TEXT.rules]
DeskNote = Annotated[str, *DESK_NOTE.rules]
CommandId = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.:-]+$")]
# 2100: the calendar ends long before numbers do, and what is no moment of it is refused at the door.
MILLISECONDS_MOST = 4_102_444_800_000
Milliseconds = Annotated[int, Field(ge=0, le=MILLISECONDS_MOST, description="UTC milliseconds since 1970")]
Epoch = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Offset = Annotated[int, Field(ge=0, le=2**53)]


class Message(BaseModel):
    """Frozen, and closed to fields that the protocol does not name."""

    # Messages are always written whole, so a reader may rely on fields that a writer may leave out.
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class ResumePosition(Message):
    """The last room event a client has seen."""

    epoch: Epoch
    offset: Offset
