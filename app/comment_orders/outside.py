"""What comments of other platforms look like on their way in: our own form, and what `social_stream` says. Pure.

`social_stream` (Social Stream Ninja) says each message as one object: `chatname`, `chatmessage` (with markup unless `textonly`), `type` (the platform), `id`
(a number of its own), `userid`, and `event` for what is no chat; by webhook and over its websocket alike.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from app.protocol.amounts import EventTime
from app.protocol.base import COMMENT_TEXT, PERSON_NAME
from app.protocol.text import clean_text
from app.protocol.views import CommentSource

Platform = Literal["tiktok", "facebook", "youtube", "other"]
COMMENTS_MOST = 200
BODY_MOST_BYTES = 256 * 1024

_UNNAMED: Final = "Khách"
_TAG: Final = re.compile(r"<[^>]*>")
_PICTURE_WORDS: Final = re.compile(r"<img[^>]*\salt=\"([^\"]{0,40})\"[^>]*>", re.IGNORECASE)
_NAMESPACE: Final = UUID("6d2f8a14-97c3-5f0e-8b61-2c4e9a7d3b05")

OutsideId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class OutsideComment(BaseModel):
    """One comment of another platform. `id` is the platform's own: what is sent again under it is known. `author_id` tells people of one name apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platform: Platform
    id: OutsideId
    author: str = Field(max_length=500)
    author_id: OutsideId | None = None
    text: str = Field(max_length=10_000)
    at: EventTime | None = Field(None, description="when it was written; left out: now")


class OutsideBatch(BaseModel):
    """Comments in the order in which they were written. Each is taken or refused for itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "comments": [
                        {
                            "platform": "facebook",
                            "id": "1234_5678",
                            "author": "Lan",
                            "author_id": "998",
                            "text": "A1 x2",
                            "at": "2026-12-05T20:00:00+07:00",
                        }
                    ]
                }
            ]
        }
    )

    comments: list[dict[str, Any]] = Field(min_length=1, max_length=COMMENTS_MOST, description="of `OutsideComment`")


outside_comment: TypeAdapter[OutsideComment] = TypeAdapter(OutsideComment)


@dataclass(frozen=True, slots=True)
class ReadComment:
    """A comment that can be shown. `comment_id`: the same for every repeat; `device_id`: its author, who is a buyer of their own."""

    comment_id: UUID
    device_id: UUID
    source: CommentSource
    author: str
    text: str
    at: datetime | None


def read_comment(session_id: UUID, organisation_id: UUID, said: OutsideComment) -> ReadComment | None:
    """What we show of it; None when nothing readable is left. Long ones are cut as our own may not be longer."""
    text = _line(said.text, COMMENT_TEXT.most)
    if not text:
        return None
    author = _line(said.author, PERSON_NAME.most)
    if not any(map(str.isalpha, author)):
        author = _UNNAMED
    whose = said.author_id or f"name {author.casefold()}"
    return ReadComment(
        comment_id=uuid5(_NAMESPACE, f"comment\0{session_id}\0{said.platform}\0{said.id}"),
        device_id=uuid5(_NAMESPACE, f"author\0{organisation_id}\0{said.platform}\0{whose}"),
        source=said.platform,
        author=author,
        text=text,
        at=said.at,
    )


_PLATFORMS: Final[dict[str, Platform]] = {
    "tiktok": "tiktok",
    "tiktoklive": "tiktok",
    "facebook": "facebook",
    "facebooklive": "facebook",
    "youtube": "youtube",
    "youtubeshorts": "youtube",
}


def from_social_stream(message: object) -> OutsideComment | None:
    """A message of `social_stream` as ours; None for what is no chat: gifts without words, follows, private messages, commands, its own."""
    if not isinstance(message, dict):
        return None
    if isinstance(inner := message.get("contents") or message.get("overlayNinja"), dict):
        message = inner
    name, said = message.get("chatname"), message.get("chatmessage")
    if not isinstance(said, str) or not said.strip() or message.get("event") or message.get("private") or message.get("bot"):
        return None
    kind = str(message.get("type") or "other").lower()
    text = said if message.get("textonly") is True else _without_markup(said)
    author = name if isinstance(name, str) else ""
    user = message.get("userid")
    author_id = str(user)[:200] if isinstance(user, str | int) and str(user) else None
    number = message.get("id")
    # Its numbers begin anew with every start of the extension, so they tell messages apart only together with what was said.
    about = "\0".join((kind, str(number), author_id or author, text))
    try:
        return OutsideComment(
            platform=_PLATFORMS.get(kind, "other"),
            id=f"ssn-{hashlib.sha256(about.encode('utf-8', 'replace')).hexdigest()[:40]}",
            author=author[:500],
            author_id=author_id,
            text=text[:10_000],
        )
    except ValueError:
        return None


def _without_markup(said: str) -> str:
    return html.unescape(_TAG.sub(" ", _PICTURE_WORDS.sub(r" \1 ", said)))


def _line(text: str, most: int) -> str:
    """One line of readable signs, as our own comments are."""
    readable = "".join(char if unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn"} else " " for char in text)
    return " ".join(clean_text(readable).split())[:most].strip()
