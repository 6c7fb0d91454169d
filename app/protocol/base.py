"""The base of every message, and the small types they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.protocol.text import Line

PROTOCOL_VERSION = 1

DisplayName = Annotated[str, *Line(40, needs="letter").rules]
CommentText = Annotated[str, *Line(300).rules]
PersonName = Annotated[str, *Line(80, needs="letter").rules]
StreetLine = Annotated[str, *Line(200).rules]
NoteLine = Annotated[str, *Line(200, needs="nothing").rules]
CommandId = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.:-]+$")]
Milliseconds = Annotated[int, Field(ge=0, le=2**53, description="UTC milliseconds since 1970")]
Vnd = Annotated[int, Field(ge=0, le=10**12, description="whole Vietnamese đồng")]
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
