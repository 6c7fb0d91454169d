"""The base of every message, and the small types they share."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

PROTOCOL_VERSION = 1

# C0/C1 controls, bidirectional overrides and zero-width characters let a text pose as another one.
_FORBIDDEN = {
    *range(0x20),
    *range(0x7F, 0xA0),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0x200B,
    0x200E,
    0x200F,
    0xFEFF,
    0x2028,
    0x2029,
}
_MARKS_IN_A_ROW = 4  # Vietnamese needs two on one letter; more is a "zalgo" text that covers its neighbours


def clean_text(text: str) -> str:
    """NFC, one line, no control or direction-changing characters, no towers of combining marks."""
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        if ord(char) in _FORBIDDEN:
            kept.append(" ")
            marks = 0
            continue
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(char)
    return " ".join("".join(kept).split())


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


_LINE = (AfterValidator(clean_text), AfterValidator(_not_empty))
DisplayName = Annotated[str, StringConstraints(max_length=40), *_LINE]
CommentText = Annotated[str, StringConstraints(max_length=300), *_LINE]
PersonName = Annotated[str, StringConstraints(max_length=80), *_LINE]
StreetLine = Annotated[str, StringConstraints(max_length=200), *_LINE]
NoteLine = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean_text)]
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
